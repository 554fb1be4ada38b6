"""The time of an office, counted day by day for ``tests.plain_times``."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone

from complaints.models import OfficeHours
from portal.registry.models import Holiday

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
FREE = holidays.country_holidays("VN", years=range(2025, 2028))


def open_from_to(
    hours: OfficeHours, begins: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when an office is open, from the day of an instant on."""
    noticed = dict(Holiday.objects.values_list("day", "is_workday"))
    day = timezone.localdate(begins)
    while True:
        is_worked = day.weekday() in hours.weekdays and day not in FREE
        if noticed.get(day, is_worked or day in FREE.weekend_workdays):
            noon = (hours.break_begins, hours.break_ends)
            times = [hours.begins, *(time for time in noon if time), hours.ends]
            instants = [datetime.combine(day, time, tzinfo=VIETNAM) for time in times]
            yield from zip(instants[::2], instants[1::2], strict=True)
        day += timedelta(days=1)


def seconds(hours: OfficeHours | None, begins: datetime, ends: datetime) -> float:
    """Return the seconds between two instants, those of the office where it counts."""
    if hours is None:
        return (ends - begins).total_seconds()
    worked = 0.0
    for opens, closes in open_from_to(hours, begins):
        if opens >= ends:
            return worked
        worked += max((min(closes, ends) - max(opens, begins)).total_seconds(), 0)
    raise AssertionError("an office opens again")


def reached(
    hours: OfficeHours, begins: datetime, allowed: int, paused: float
) -> datetime:
    """Return when an office has worked the allowed hours and some seconds more."""
    left = allowed * 3600 + paused
    for opens, closes in open_from_to(hours, begins):
        since = max(opens, begins)
        if closes > since:
            if (closes - since).total_seconds() >= left:
                return since + timedelta(seconds=left)
            left -= (closes - since).total_seconds()
    raise AssertionError("an office opens again")
