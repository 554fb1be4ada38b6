"""People split in two, and doses entered twice: proposals with their evidence.

Nothing here changes a record. People come before doses (domain paper e): what looks
like a dose too many may be a person too many.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from portal.registry.matching import grading, rarity
from portal.registry.matching.blocks import Question, candidates, load
from portal.registry.matching.rarity import Shares
from portal.registry.matching.weights import Weights

# Re-entered with a corrected date (domain paper d, Q19).
_MOST_DAYS: Final = 13

_DOUBLED: Final = """
SELECT a.person_id, a.id, b.id, a.given_on = b.given_on, a.product_id = b.product_id,
  a.site_id = b.site_id,
  a.lot_number <> '' AND translate(upper(a.lot_number), 'OI -.', '01')
    = translate(upper(b.lot_number), 'OI -.', '01')
FROM registry_dose a
JOIN registry_dose b ON b.person_id = a.person_id
  AND (b.recorded_at, b.id) > (a.recorded_at, a.id)
WHERE a.person_id = ANY (%(people)s)
  AND a.status = 'completed' AND b.status = 'completed'
  AND (a.given_on = b.given_on
       OR (abs(a.given_on - b.given_on) <= %(days)s AND a.product_id = b.product_id
           AND a.dose_number = b.dose_number))
ORDER BY a.person_id, a.id, b.id
"""

DOSE_WORDS: Final = {
    "clone": _("Same day, product, lot and site."),
    "same_day": _("Same day and product; the lot or the site differs."),
    "other_product": _(
        "Same day, another product: one may be another person's or wrongly dated."
    ),
    "re_entered": _("Same product and dose number within two weeks, and the same lot."),
    "near": _("Same product and dose number within two weeks."),
}


@dataclass(frozen=True)
class SplitPerson:
    """Two records that may be one person, the older key first."""

    person_id: int
    other_id: int
    judgement: grading.Judgement


@dataclass(frozen=True)
class DoubledDose:
    """Two doses of a person that may be one; ``dose_id`` was recorded first."""

    person_id: int
    dose_id: int
    other_id: int
    grade: grading.Grade
    level: str

    @property
    def reason(self) -> str:
        """Return why, in the reader's language."""
        return str(DOSE_WORDS[self.level])


def split_people(
    people: Sequence[int], *, weights: Weights, shares: Shares | None = None
) -> list[SplitPerson]:
    """Return with whom these people may be split in two, the likeliest first.

    Every pair inside a chain (A like B, B like C) is judged; where one of them is
    refused, none of the chain is more than possible: joining it would join two people.
    Statements do not grow with the number of people.
    """
    shares = shares or rarity.current()
    facts = load(people)
    asked = sorted(facts)
    found: dict[tuple[int, int], grading.Judgement] = {}
    answers = candidates(
        [Question(facts[pk]) for pk in asked], weights=weights, shares=shares
    )
    for pk, listed in zip(asked, answers, strict=True):
        for other in {candidate.person_id for candidate in listed} - {pk}:
            found[min(pk, other), max(pk, other)] = _NONE
    everybody = load({pk for pair in found for pk in pair})
    chains = _chains(found)
    refused = set()
    for chain in chains:
        for pair in _pairs(chain):
            judgement = grading.grade(
                everybody[pair[0]], everybody[pair[1]], weights=weights, shares=shares
            )
            if judgement.grade == "none":
                refused.add(chain)
                found.pop(pair, None)
            elif pair in found:
                found[pair] = judgement
    chain_of = {pk: chain for chain in chains for pk in chain}
    proposals = [
        SplitPerson(*pair, _broken(j) if chain_of[pair[0]] in refused else j)
        for pair, j in found.items()
    ]
    return sorted(proposals, key=lambda p: (-p.judgement.score, p.person_id))


_NONE: Final = grading.Judgement("none", -99.9)


def _broken(judgement: grading.Judgement) -> grading.Judgement:
    if judgement.grade == "possible":
        return judgement
    return replace(judgement, grade="possible", doubts=("chain",))


def _chains(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the groups of people whom pairs link, directly or through others."""
    links: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        links[one].add(other)
        links[other].add(one)
    chains, seen = [], set()
    for start in sorted(links):
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            fresh = links[waiting.pop()] - group
            group |= fresh
            waiting += fresh
        seen |= group
        chains.append(tuple(sorted(group)))
    return chains


def _pairs(chain: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(a, b) for n, a in enumerate(chain) for b in chain[n + 1 :]]


def doubled_doses(people: Sequence[int]) -> list[DoubledDose]:
    """Return doses of these people that may have been entered twice; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLED, {"people": list(people), "days": _MOST_DAYS})
        rows = cursor.fetchall()
    found = []
    for person, dose, other, *same in rows:
        grade, level = _dose_grade(*same)
        found.append(DoubledDose(person, dose, other, grade, level))
    return found


def _dose_grade(
    same_day: bool, same_product: bool, same_site: bool, same_lot: bool
) -> tuple[grading.Grade, str]:
    if not same_day:
        return ("probable", "re_entered") if same_lot else ("possible", "near")
    if not same_product:
        return "possible", "other_product"
    if same_site and same_lot:
        return "certain", "clone"
    return "probable", "same_day"
