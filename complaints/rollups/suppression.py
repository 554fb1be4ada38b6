"""Hiding small counts, and all that would give them away. Pure."""

from collections.abc import Mapping
from typing import Final, TypeVar

# Counts from one to under this are not told, as they may lead to a person.
LEAST: Final = 5

K = TypeVar("K")
# How many there are in all, and of these in each part; the rest is not told.
Counts = tuple[int, ...]
Told = tuple[int | None, ...]


def told(rows: Mapping[K, Counts]) -> tuple[dict[K, Told], Told]:
    """Return the counts of each row and their sums as they may be told; None: hidden.

    The first count of a row is of all, the others are of parts of it; what is in none
    of them is a part as well, though it is not told. A small count is hidden. With a
    small part all parts of the row go, since the whole less the others would bound it;
    with a small whole the row goes. The sum of a column is hidden with
    any of its parts, since the sum less the others would tell it. A zero is told.
    """
    shown = {key: _row(counts) for key, counts in rows.items()}
    columns = zip(*shown.values(), strict=True)
    return shown, tuple(
        None if None in column else sum(n for n in column if n is not None)
        for column in columns
    )


def is_trace(before: Told, after: Told) -> bool:
    """Tell whether two tellings of a row together would tell a small count."""
    return any(
        old is not None and new is not None and is_small(abs(new - old))
        for old, new in zip(before, after, strict=True)
    )


def _row(counts: Counts) -> Told:
    whole, *parts = counts
    if is_small(whole):
        return (None,) * len(counts)
    if any(is_small(part) for part in (*parts, whole - sum(parts))):
        return (whole, *(None for _part in parts))
    return counts


def is_small(count: int) -> bool:
    """Tell whether a count is too small to be told. A zero is told."""
    return 0 < count < LEAST
