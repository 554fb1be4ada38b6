"""How two names agree: the kind of agreement, and which syllables are shared.

Kinds follow domain paper e: the tone key decides; without accents, a slip of a letter,
another order, an abbreviation and a left-out middle name are lesser agreements. The
given name, the last syllable, is what tells brothers and sisters apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, Literal

from portal.common import names

Part = Literal["family", "middle", "given"]

# Different legal names that one mouth says for the other, north and south.
_REGIONAL: Final = {
    "hoang": "huynh",
    "vu": "vo",
    "phuc": "phuoc",
    "bao": "buu",
    "nhat": "nhut",
    "sinh": "sanh",
    "nhan": "nhon",
    "thai": "thoi",
}
_REGIONAL_OF: Final = {**_REGIONAL, **{south: n for n, south in _REGIONAL.items()}}
# The middle names that tell women and men apart.
_SEXED: Final = frozenset(("van", "thi"))
_VOWELS: Final = frozenset("aeiouy")


@dataclass(frozen=True)
class NameAgreement:
    """A kind of agreement (a row of the weights), and what both names share.

    ``shared`` holds (part, key) with tone keys where these agree, folded ones else.
    """

    level: str
    shared: tuple[tuple[Part, str], ...] = ()


@lru_cache(1 << 14)
def syllables(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tone keys and the folded forms of a name, a syllable each."""
    return tuple(names.tone_key(name).split()), tuple(names.fold(name).split())


# From the strongest agreement to none.
_ORDER: Final = (
    *("equal", "accent", "unmarked", "abbreviated", "variant", "order", "left_out"),
    *("typo", "accent_given", "variant_given", "typo_given", "middle", "family"),
    *("sexed", "given", "different", "missing"),
)


def best(one: Iterable[str], other: Iterable[str]) -> NameAgreement:
    """Return how the names of two people agree where they agree best."""
    found = (compare(mine, theirs) for mine, theirs in product(one, other))
    return min(found, key=lambda a: (_ORDER.index(a.level), sorted(a.shared)))


def compare(one: str, other: str) -> NameAgreement:
    """Return how two names agree; the same whichever stands first."""
    if not one or not other:
        return NameAgreement("missing")
    toned, folded = syllables(one)
    toned_other, folded_other = syllables(other)
    if not toned or not toned_other:
        return NameAgreement("missing")
    if toned == toned_other:
        return NameAgreement("equal", _parts(toned))
    if folded == folded_other or "".join(folded) == "".join(folded_other):
        level = _marks(toned, folded, toned_other, folded_other)
        return NameAgreement(level, _parts(min(folded, folded_other)))
    if len(folded) > 1 and sorted(folded) == sorted(folded_other):
        return NameAgreement("order", _parts(min(folded, folded_other)))
    # From here on by letters; a fixed order of the two makes it symmetric.
    short, long = sorted((folded, folded_other), key=lambda f: (len(f), f))
    if len(short) == len(long):
        return _same_length(short, long)
    if len(short) > 1 and (short[0], short[-1]) == (long[0], long[-1]):
        level = "left_out" if _is_within(short, long) else "middle"
        return NameAgreement(level, _ends(long))
    if short[-1] == long[-1]:
        return NameAgreement("different", (("given", short[-1]),))
    return _other_given(short, long)


def _marks(
    toned: tuple[str, ...],
    folded: tuple[str, ...],
    toned_other: tuple[str, ...],
    folded_other: tuple[str, ...],
) -> str:
    """Tell a name without any accents from one with other accents."""
    if _is_bare(toned, folded) or _is_bare(toned_other, folded_other):
        return "unmarked"
    if len(folded) != len(folded_other) or toned[-1] == toned_other[-1]:
        return "accent"
    return "accent_given"


def _is_bare(toned: tuple[str, ...], folded: tuple[str, ...]) -> bool:
    return toned == tuple(f"{syllable}0" for syllable in folded)


def _same_length(one: tuple[str, ...], other: tuple[str, ...]) -> NameAgreement:
    unlike = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    last = len(one) - 1
    shared = tuple(part for n, part in enumerate(_parts(one)) if n not in unlike)
    if last in unlike and len(unlike) == 1:
        pair = one[last], other[last]
        if is_respelled(*pair):
            return NameAgreement("variant", _parts(one))
        if is_variant(*pair):
            return NameAgreement("variant_given", _parts(one))
        if one_slip_apart(*pair):
            return NameAgreement("typo_given", shared)
        return NameAgreement("given", shared)
    if last in unlike:
        return _other_given(one, other)
    pairs = [(one[n], other[n]) for n in unlike]
    if all(_abbreviates(*pair) for pair in pairs):
        return NameAgreement("abbreviated", shared)
    if all(is_variant(*pair) for pair in pairs):
        return NameAgreement("variant", _parts(one))
    if any(set(pair) == _SEXED for pair in pairs):
        return NameAgreement("sexed", shared)
    if len(pairs) == 1 and one_slip_apart(*pairs[0]):
        return NameAgreement("typo", shared)
    if 0 not in unlike:
        return NameAgreement("middle", shared)
    return NameAgreement("family" if len(pairs) == 1 and last > 1 else "different")


def _other_given(one: tuple[str, ...], other: tuple[str, ...]) -> NameAgreement:
    if one[0] == other[0]:
        return NameAgreement("given", (("family", one[0]),))
    return NameAgreement("different")


def _parts(keys: tuple[str, ...]) -> tuple[tuple[Part, str], ...]:
    """Return each syllable with its part; a single one is a given name."""
    if len(keys) == 1:
        return (("given", keys[0]),)
    middles: tuple[tuple[Part, str], ...] = tuple(("middle", k) for k in keys[1:-1])
    return (("family", keys[0]), *middles, ("given", keys[-1]))


def _ends(keys: tuple[str, ...]) -> tuple[tuple[Part, str], ...]:
    return (("family", keys[0]), ("given", keys[-1]))


def _is_within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Tell whether the syllables of one name stand in the other in order."""
    rest = iter(long)
    return all(any(one == other for other in rest) for one in short)


def _abbreviates(one: str, other: str) -> bool:
    """Tell whether one syllable begins the other: T. for Thị, Ng. for Nguyễn."""
    short, long = sorted((one, other), key=len)
    return (
        len(short) <= 2 and long.startswith(short) and not _VOWELS.intersection(short)
    )


def is_respelled(one: str, other: str) -> bool:
    """Tell whether two folded syllables differ in i and y only (Mỹ, Mĩ)."""
    return one.replace("y", "i") == other.replace("y", "i")


def is_variant(one: str, other: str) -> bool:
    """Tell whether two folded syllables are said for each other (Vũ, Võ; Mỹ, Mĩ)."""
    return _REGIONAL_OF.get(one) == other or is_respelled(one, other)


def one_slip_apart(one: str, other: str) -> bool:
    """Tell whether one character was added, dropped, replaced or swapped with the
    next one. Equal texts are not."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        unlike = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(unlike) == 1:
            return True
        return (
            len(unlike) == 2
            and unlike[1] - unlike[0] == 1
            and one[unlike[0]] == other[unlike[1]]
            and one[unlike[1]] == other[unlike[0]]
        )
    short, long = sorted((one, other), key=len)
    return any(long[:n] + long[n + 1 :] == short for n in range(len(long)))


def alternatives(name: str, *, most: int = 8) -> list[str]:
    """Return folded forms under which the same person may stand on record.

    The name itself first; the order of foreign systems; abbreviations in full; one
    regional variant or i/y (candidates only: these are different legal names).
    """
    _, folded = syllables(name)
    if not folded:
        return []
    full = tuple(
        {"t": "thi", "v": "van", "ng": "nguyen"}.get(word, word) for word in folded
    )
    forms = {" ".join(form): None for form in (folded, full)}
    if len(full) > 1:
        forms[" ".join((*full[1:], full[0]))] = None
        forms[" ".join((full[-1], *full[:-1]))] = None
    for n, word in enumerate(full):
        for variant in _variants(word):
            forms[" ".join((*full[:n], variant, *full[n + 1 :]))] = None
    return list(forms)[:most]


def _variants(word: str) -> list[str]:
    found = [_REGIONAL_OF[word]] if word in _REGIONAL_OF else []
    if word[-1] in "iy" and (len(word) == 2 or word[-2:] in ("uy", "ui")):
        found.append(word[:-1] + ("i" if word[-1] == "y" else "y"))
    return found
