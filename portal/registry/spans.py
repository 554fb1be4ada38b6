"""Spans of keys that triggers wrote down, for work that follows what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Span:
    """Keys of one kind, both ends included."""

    kind: str
    first: int
    last: int


def take(
    cursor: Any, table: str, *, kinds: Sequence[str], most: int, order: str = "id"
) -> list[Span]:
    """Take up to ``most`` keys out of a table of spans, in an order of its rows.

    What is taken is deleted in this transaction, so that it comes back when that
    fails; of a span that holds more, the rest stays.
    """
    cursor.execute(
        f"SELECT id, kind, first, last FROM {table}"
        f" WHERE kind = ANY(%s) ORDER BY {order} LIMIT %s",
        [list(kinds), _MOST_ROWS],
    )
    taken: list[Span] = []
    done: list[int] = []
    left = most
    for pk, kind, first, last in cursor.fetchall():
        if left <= 0:
            break
        end = min(last, first + left - 1)
        taken.append(Span(kind, first, end))
        left -= end - first + 1
        if end == last:
            done.append(pk)
        else:
            cursor.execute(
                f"UPDATE {table} SET first = %s WHERE id = %s", [end + 1, pk]
            )
    cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [done])
    return taken
