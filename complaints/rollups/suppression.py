"""Hiding small counts, and all that would give them away. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

# Counts from one to under this are not told, as they may lead to a person.
LEAST: Final = 5
# How many rows are hidden for the others' sake.
SCREENS: Final = 2

K = TypeVar("K")
# How many there are in all, and of these in each part; the rest is not told.
Counts = tuple[int, ...]
Told = tuple[int | None, ...]


def told(rows: Mapping[K, Counts]) -> tuple[dict[K, Told], Told]:
    """Return the counts of each row and their sums as they may be told; None: hidden.

    The first count of a row is of all, the others are of parts of it; what is in none
    of them is a part as well, though it is not told. A small count is hidden. With a
    small part all parts of the row go, since the whole less the others would bound it;
    with a small whole the row goes. A zero is told.

    So that the sums do not tell what is hidden, the two smallest rows are hidden in the
    same way. Still, the sum of a column is hidden with any of its parts where what is
    hidden is too little to leave each small count open.
    """
    if not rows:
        return {}, ()
    shown = {key: _row(counts) for key, counts in rows.items()}
    sums = tuple(map(sum, zip(*rows.values(), strict=True)))
    if not any(None in row for row in shown.values()):
        return shown, sums
    is_whole = any(row[0] is None for row in shown.values())
    screens = _screens(rows)
    if len(screens) == SCREENS:
        shown |= {key: _hidden(rows[key], is_whole=is_whole) for key in screens}
        if _is_much(rows, shown, screens):
            return shown, sums
    columns = zip(*shown.values(), strict=True)
    return shown, tuple(
        None if None in column else total
        for column, total in zip(columns, sums, strict=True)
    )


def is_trace(before: Told, after: Told) -> bool:
    """Tell whether two tellings of a row together would tell a small count."""
    return any(
        old is not None and new is not None and is_small(abs(new - old))
        for old, new in zip(before, after, strict=True)
    )


def _row(counts: Counts) -> Told:
    if is_small(counts[0]):
        return _hidden(counts, is_whole=True)
    if any(map(is_small, _parts(counts))):
        return _hidden(counts, is_whole=False)
    return counts


def _hidden(counts: Counts, *, is_whole: bool) -> Told:
    return (None if is_whole else counts[0], *(None for _part in counts[1:]))


def _parts(counts: Counts) -> tuple[int, ...]:
    whole, *parts = counts
    return (*parts, whole - sum(parts))


def _screens(rows: Mapping[K, Counts]) -> list[K]:
    """Return behind which rows small counts are hidden.

    By nothing but their wholes: whoever sees which ones learns nothing of their parts.
    """
    large = [key for key, counts in rows.items() if counts[0] >= LEAST]
    return sorted(large, key=lambda key: rows[key][0])[:SCREENS]


def _is_much(
    rows: Mapping[K, Counts], shown: Mapping[K, Told], screens: Sequence[K]
) -> bool:
    """Tell whether the sums leave open what each hidden small count is."""
    hidden = [counts for key, counts in rows.items() if None in shown[key]]
    most = (LEAST - 1) * len(hidden)
    if any(sum(part) <= most for part in zip(*map(_parts, hidden), strict=True)):
        return False
    wholes = [counts[0] for key, counts in rows.items() if shown[key][0] is None]
    places = {key: place for place, key in enumerate(rows)}
    others = [(row[0], places[key]) for key, row in shown.items() if row[0] is not None]
    if not wholes or not others:
        return True
    # The screens are the smallest rows, so none is larger than the next one.
    following, place = min(others)
    largest = sum(following - (places[key] > place) for key in screens)
    return sum(wholes) - 2 * (len(wholes) - len(screens)) <= largest


def is_small(count: int) -> bool:
    """Tell whether a count is too small to be told. A zero is told."""
    return 0 < count < LEAST
