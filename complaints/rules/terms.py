"""Choosing the policy in force; its rows are data with validity dates."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol, TypeVar

from complaints.rules.clock import Terms
from complaints.rules.office import Calendar
from portal.common import dated


class Row(Protocol):
    """A row of the policy table; ``level`` and ``reach`` empty: for everybody.

    ``reach`` is the path of the organization for which, with all below it, it holds.
    """

    @property
    def kind(self) -> str:
        """The kind of complaint; '' for all."""

    @property
    def level(self) -> str:
        """The kind of organization; '' for all."""

    @property
    def reach(self) -> str:
        """The path at and below which it holds; '' everywhere."""

    @property
    def repair_hours(self) -> int:
        """Hours until it is repaired."""

    @property
    def first_answer_hours(self) -> int:
        """Hours until the citizen hears from staff."""

    @property
    def extension_hours(self) -> int:
        """Hours by which it may be extended, once a round; 0: not at all."""

    @property
    def pause_days(self) -> int:
        """The longest wait for the citizen that pauses the clock."""

    @property
    def in_office(self) -> bool:
        """Whether hours are those of the office, eight to a working day."""

    @property
    def valid_from(self) -> date:
        """Its first day."""

    @property
    def valid_to(self) -> date | None:
        """The first day without it."""


class Body(Protocol):
    """Who answers, as far as a policy asks."""

    @property
    def kind(self) -> str:
        """What kind of organization it is."""

    @property
    def path(self) -> str:
        """Where it stands in the tree."""


R = TypeVar("R", bound=Row)


def in_force(rows: Iterable[R], *, kind: str, day: date, body: Body | None = None) -> R:
    """Return the row for a kind on a day and whoever it was given to first.

    The nearest organization's own row comes first, then the level's, then the kind's,
    then the general one; of equals the newest. Without ``body`` (nobody has it yet)
    only rows for everybody count. Raise LookupError where no row applies: a policy
    table with a hole is a defect.
    """
    return nearest((row for row in rows if holds_for(row, body)), kind=kind, day=day)


def nearest(rows: Iterable[R], *, kind: str, day: date) -> R:
    """Return of rows that all hold for a body the one for a kind on a day.

    Raise LookupError where no row applies.
    """
    fitting = (row for row in rows if row.kind in ("", kind))
    row = dated.in_force(fitting, day=day, closeness=_closeness)
    if row is None:
        raise LookupError(f"no policy for {kind} on {day}")
    return row


def holds_for(row: Row, body: Body | None) -> bool:
    """Tell whether a row is for whoever has it; None: nobody has it yet."""
    if body is None:
        return is_general(row)
    return row.level in ("", body.kind) and body.path.startswith(row.reach)


def is_general(row: Row) -> bool:
    """Tell whether a row holds whoever answers."""
    return not row.level and not row.reach


def terms(row: Row, *, office: Calendar | None = None) -> Terms:
    """Return a row as the clock takes it."""
    return Terms(
        repair=timedelta(hours=row.repair_hours),
        pause=timedelta(days=row.pause_days),
        first_answer=timedelta(hours=row.first_answer_hours),
        extension=timedelta(hours=row.extension_hours),
        office=office,
        in_office=row.in_office,
    )


def _closeness(row: Row) -> tuple[int, bool, bool]:
    return len(row.reach), row.level != "", row.kind != ""
