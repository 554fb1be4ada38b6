"""The spelling that a name typed without accents most likely has.

From the syllables of the registry's own names, by the part of the name: what most
people whose name folds alike bear. A suggestion, as Hoa may be Hoa, Hòa or Hoá.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from portal.common import names
from portal.registry.matching.rarity import Shares

# A plain spelling that so many of those who fold alike bear may well be meant.
PLAIN_IS_USUAL: Final = 0.2


def is_plain(full_name: str) -> bool:
    """Tell whether no letter of a name has an accent, though a Vietnamese one may."""
    return names.compose(full_name).isascii()


def suggest(full_name: str, shares: Shares, *, others: Iterable[str] = ()) -> str:
    """Return the name with the accents that it probably has; "" where it may stay.

    ``others`` are names typed elsewhere by the same person: one that reads the same
    but for its accents wins over what is usual.
    """
    if not is_plain(full_name):
        return ""
    folded = names.fold(full_name)
    for other in others:
        if names.fold(other) == folded and not is_plain(other):
            return names.tidy(other)
    words = folded.split()
    spelt, is_odd = [], False
    for word, part in zip(words, _parts(len(words)), strict=True):
        best, share, plain = _best(word, part, shares)
        is_odd |= bool(best) and plain < PLAIN_IS_USUAL * (share + plain)
        spelt.append((best if share > plain else word).capitalize())
    return " ".join(spelt) if is_odd else ""


def _parts(words: int) -> Iterator[str]:
    for place in range(words):
        if place == words - 1:
            yield "given"
        else:
            yield "middle" if place else "family"


def _best(word: str, part: str, shares: Shares) -> tuple[str, float, float]:
    """Return the commonest accented spelling, its share, and that of the plain one."""
    known = shares.of.get(part, {})
    plain = known.get(names.tone_key(word), 0.0)
    best, most = "", 0.0
    for key, share in known.items():
        # A folded form among the keys has no tone at its end.
        if share <= most or not key[-1:].isdigit() or key == names.tone_key(word):
            continue
        spelt = names.spelt(key)
        if names.fold(spelt) == word:
            best, most = spelt, share
    return best, most, plain
