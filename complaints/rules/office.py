"""Office hours: time that counts, time that passed, the next time somebody is there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from django.utils import timezone

from portal.common import dated

# The longest row of days off is that of Tết; an office closed for longer is a mistake.
HORIZON: Final = 400
_NONE: Final = timedelta(0)
Span = tuple[datetime, datetime]


class Hours(Protocol):
    """A row of office hours: which days of the week (Monday 0), from when to when."""

    @property
    def weekdays(self) -> Collection[int]:
        """Days of the week, Monday is 0."""

    @property
    def begins(self) -> time:
        """When the office opens."""

    @property
    def ends(self) -> time:
        """When it closes."""

    @property
    def break_begins(self) -> time | None:
        """When the midday break begins; None without one."""

    @property
    def break_ends(self) -> time | None:
        """When it ends."""

    @property
    def valid_from(self) -> date:
        """The first day of these hours."""

    @property
    def valid_to(self) -> date | None:
        """The first day without them."""


@dataclass(frozen=True)
class Calendar:
    """The hours of one office, and the days that are not as their weekday says.

    Hours are of the country's own clock. On a swapped Saturday the hours of a usual
    day count.
    """

    hours: Sequence[Hours]
    exceptions: Mapping[date, bool]

    def spans(self, day: date) -> list[Span]:
        """Return the stretches of a day in which the office works, in order."""
        row = dated.in_force(self.hours, day=day)
        if row is None or not self.exceptions.get(day, day.weekday() in row.weekdays):
            return []
        times = [row.begins, row.ends]
        if row.break_begins is not None and row.break_ends is not None:
            times[1:1] = [row.break_begins, row.break_ends]
        marks = [timezone.make_aware(datetime.combine(day, one)) for one in times]
        return list(zip(marks[::2], marks[1::2], strict=True))

    def worked(self, begins: datetime, ends: datetime) -> timedelta:
        """Return how much office time lies between two instants; never below zero."""
        total = _NONE
        day, last = timezone.localdate(begins), timezone.localdate(ends)
        while day <= last:
            for opens, closes in self.spans(day):
                total += max(min(closes, ends) - max(opens, begins), _NONE)
            day += timedelta(days=1)
        return total

    def after(self, begins: datetime, amount: timedelta) -> datetime:
        """Return the first instant by which so much office time has passed.

        Raise LookupError where the office does not open in more than a year.
        """
        if amount <= _NONE:
            return begins
        left, day, closed = amount, timezone.localdate(begins), 0
        while closed < HORIZON:
            spans = self.spans(day)
            closed = 0 if spans else closed + 1
            for opens, closes in spans:
                starts = max(opens, begins)
                if closes - starts >= left:
                    return starts + left
                left -= max(closes - starts, _NONE)
            day += timedelta(days=1)
        raise LookupError(f"no office hours after {day}")

    def is_open(self, at: datetime) -> bool:
        """Tell whether somebody is there at an instant."""
        day = self.spans(timezone.localdate(at))
        return any(opens <= at < closes for opens, closes in day)

    def opens(self, at: datetime) -> datetime:
        """Return the instant itself in office hours, else when the office opens next.

        Raise LookupError where it does not open in more than a year.
        """
        day = timezone.localdate(at)
        for _ in range(HORIZON):
            for opens, closes in self.spans(day):
                if at < closes:
                    return max(opens, at)
            day += timedelta(days=1)
        raise LookupError(f"no office hours after {day}")
