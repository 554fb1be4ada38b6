"""Grade two records: certain, probable, possible or none, and say why.

The score compares five stories of how what is seen could have come about: the same
person, strangers, people of one commune, relatives, twins. It is ten times the decimal
logarithm of the odds of the first against the others together: 30 points are a thousand
to one. Twins and families agree in birth date, telephone, commune and family name all
at once, so they are stories of their own and not sums of chances.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log10
from typing import Final, Literal

from portal.registry.matching import comparisons, naming, wording
from portal.registry.matching.facts import Facts
from portal.registry.matching.rarity import Shares
from portal.registry.matching.weights import Weights

Grade = Literal["certain", "probable", "possible", "none"]

GRADES: Final[tuple[Grade, ...]] = ("certain", "probable", "possible", "none")
# What score is given where nothing can be compared, or a veto stands.
_FLOOR: Final = -99.9


@dataclass(frozen=True)
class Judgement:
    """A grade with its score, the levels that were seen, and what held it down."""

    grade: Grade
    score: float
    levels: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """Return the reasons in words of the language in force."""
        return wording.reasons(self.levels, self.doubts)


def grade(one: Facts, other: Facts, *, weights: Weights, shares: Shares) -> Judgement:
    """Judge whether two records are of one person; the same in either order."""
    name = naming.best((one.full_name, *one.aliases), (other.full_name, *other.aliases))
    levels = {
        "name": name.level,
        "birth": comparisons.births(one.born, other.born),
        "sex": comparisons.sexes(one.sex, other.sex),
        "number": comparisons.numbers(one, other),
        "phone": comparisons.telephones(one, other),
        "place": comparisons.places(one.place, other.place),
    }
    doubts = _doubts(levels)
    is_far = comparisons.are_generations_apart(one.born, other.born)
    if is_far and levels["number"] != "verified":
        doubts.append("generation")
    if one.is_restricted or other.is_restricted:
        doubts.append("restricted")
    if one.is_unreadable or other.is_unreadable:
        doubts.append("unreadable")
    if levels["number"].startswith("different") and one.checked == other.checked == ():
        doubts.append("two_confirmed")
    return judge(levels, doubts, rarity=shares.chance(name.shared), weights=weights)


def judge(
    levels: Mapping[str, str], doubts: list[str], *, rarity: float, weights: Weights
) -> Judgement:
    """Put levels together. ``rarity`` is the chance that a stranger has the syllables
    which both names share. A doubt holds the grade down whatever the score."""
    seen = {k: v for k, v in levels.items() if v != comparisons.MISSING}
    if not seen:
        return Judgement("none", _FLOOR)
    score = _score(seen, rarity, weights)
    reached = next(
        (name for name in GRADES[:3] if score >= getattr(weights, name)), GRADES[3]
    )
    held = max([GRADES.index(reached), *(CEILINGS[doubt] for doubt in doubts)])
    active = tuple(doubt for doubt in doubts if CEILINGS[doubt] == held)
    return Judgement(GRADES[held], round(score, 1), seen, active)


# The best grade that each doubt leaves. Two confirmed numbers are the veto of domain
# paper e; the others ask for a person's eyes.
CEILINGS: Final = {
    "two_confirmed": 3,
    "restricted": 2,
    "unreadable": 2,
    "same_day": 2,
    "orphan": 1,
    "given_name": 1,
    "two_numbers": 1,
    "sexed": 1,
    "row": 1,
    "near_number": 1,
    "birth": 1,
    "generation": 1,
    "no_name": 1,
    "no_birth": 1,
}


def _doubts(levels: Mapping[str, str]) -> list[str]:
    doubts = []
    if levels["name"] == comparisons.MISSING:
        doubts.append("no_name")
    if levels["name"] in ("given", "different"):
        doubts.append("given_name")
    if levels["name"] == "sexed":
        doubts.append("sexed")
    if levels["number"] == "different":
        doubts.append("two_numbers")
    if levels["number"] == "row":
        doubts.append("row")
    is_backed = "equal" in (levels["phone"], levels["place"])
    if levels["number"].startswith("near") and not (
        is_backed and levels["birth"] == "equal"
    ):
        doubts.append("near_number")
    if levels["birth"] == comparisons.MISSING:
        doubts.append("no_birth")
    if levels["birth"] in ("far", "year_far"):
        doubts.append("birth")
    return doubts


def _score(seen: Mapping[str, str], rarity: float, weights: Weights) -> float:
    stories = list(weights.prior)
    neighbour = weights.neighbours if seen.get("place") in ("equal", "area") else 0.0
    for item in seen.items():
        chance = weights.levels[item]
        stories = [s * c for s, c in zip(stories, chance, strict=True)]
        if item[0] != "place":
            neighbour *= chance.stranger
    same, stranger, relative, twin = stories
    # A name of one people or village is far commoner among neighbours than the shares
    # of its syllables in the country say.
    stranger *= max(rarity, weights.least_share)
    neighbour *= max(rarity, weights.local_share)
    return 10 * log10(same / (stranger + neighbour + relative + twin))
