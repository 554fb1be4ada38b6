"""Deadlines of a citizen's own data: dated rows, reckoned in hours or working days."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from portal.accounts.models import Deadline
from portal.common import dated
from portal.registry import workdays


def in_force(code: str, *, day: date) -> Deadline:
    """Return the row of a code on a day, the newest that applies.

    Raise Deadline.DoesNotExist where none does: a table with a hole is a defect.
    """
    row = dated.in_force(Deadline.objects.filter(code=code), day=day)
    if row is None:
        raise Deadline.DoesNotExist(f"no deadline {code} on {day}")
    return row


def end(code: str, *, at: datetime) -> datetime:
    """Return when a deadline ends that begins now, by the row in force today.

    Hours are wall time. Days are counted from tomorrow and end with their last day;
    working days leave out weekends and holidays, and take in days swapped for them.
    """
    today = timezone.localdate(at)
    row = in_force(code, day=today)
    if row.unit == Deadline.Unit.HOURS:
        return at + timedelta(hours=row.amount)
    if row.unit == Deadline.Unit.DAYS:
        return _close_of(today + timedelta(days=row.amount))
    return _close_of(_after_working_days(today, row.amount))


def length(code: str, *, at: datetime) -> timedelta:
    """Return how long a deadline that began before now has been, in hours' time."""
    row = in_force(code, day=timezone.localdate(at))
    return timedelta(hours=row.amount)


def _after_working_days(day: date, count: int) -> date:
    # The longest row of holidays is that of Tết; twice the days and a month suffice.
    horizon = day + timedelta(days=2 * count + 31)
    swapped = workdays.exceptions(day, horizon)
    while count:
        day += timedelta(days=1)
        if swapped.get(day, day.weekday() < 5):
            count -= 1
    return day


def _close_of(day: date) -> datetime:
    """Return the last minute of a day in Vietnam."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))
