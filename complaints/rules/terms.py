"""Choosing the policy in force; its rows are data with validity dates."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from complaints.rules.clock import Terms


class Row(Protocol):
    """A row of the policy table."""

    kind: str
    repair_hours: int
    pause_days: int
    valid_from: date
    valid_to: date | None


def in_force(rows: Iterable[Row], *, kind: str, day: date) -> Row:
    """Return the row for a kind on a day: its own before the general one, newest first.

    Raise LookupError where no row applies: a policy table with a hole is a defect.
    """
    fitting = [
        row
        for row in rows
        if row.kind in ("", kind)
        and row.valid_from <= day
        and (row.valid_to is None or day < row.valid_to)
    ]
    if not fitting:
        raise LookupError(f"no policy for {kind} on {day}")
    return max(fitting, key=lambda row: (row.kind != "", row.valid_from))


def terms(row: Row) -> Terms:
    """Return a row as the clock takes it."""
    return Terms(
        repair=timedelta(hours=row.repair_hours), pause=timedelta(days=row.pause_days)
    )
