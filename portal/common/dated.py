"""Rows that hold from one day to another, and which of them is in force on a day."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Protocol, TypeVar


class Dated(Protocol):
    """A row of a rule that is data. ``valid_to`` is the first day without it."""

    @property
    def valid_from(self) -> date:
        """The first day on which it holds."""

    @property
    def valid_to(self) -> date | None:
        """The first day on which it holds no longer; None: until a newer one."""


R = TypeVar("R", bound=Dated)


def in_force(
    rows: Iterable[R], *, day: date, closeness: Callable[[R], Any] = lambda _row: 0
) -> R | None:
    """Return the row that holds on a day; None where none does.

    Of several the closest counts (the greatest ``closeness``), of those the newest: so
    a row need not be ended for another to follow it.
    """
    fitting = [
        row
        for row in rows
        if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    ]
    return max(fitting, key=lambda row: (closeness(row), row.valid_from), default=None)
