"""Which days are worked against the week: public holidays, and days swapped for them.

The library ``holidays`` knows the law and the lunar calendar of any year; the table
``Holiday`` holds what the yearly notice says and overrides it day by day.
"""

from datetime import date
from functools import cache
from typing import NamedTuple

import holidays

from portal.registry.models import Holiday


class Known(NamedTuple):
    """A day that is not as its weekday says; ``source`` empty: the law says so."""

    day: date
    name: str
    is_worked: bool
    source: str


def known(first: date, last: date) -> list[Known]:
    """Return such days, both ends included, in their order, with what they are."""
    found = {
        day: Known(day, name, is_worked, "")
        for year in range(first.year, last.year + 1)
        for day, is_worked, name in _by_law(year)
        if first <= day <= last
    }
    for row in Holiday.objects.filter(day__gte=first, day__lte=last):
        found[row.day] = Known(row.day, row.name, row.is_workday, row.source)
    return [found[day] for day in sorted(found)]


def exceptions(first: date, last: date) -> dict[date, bool]:
    """Return the days, both ends included, that are not as their weekday says.

    True: worked (a Saturday swapped for a holiday); False: a day off.
    """
    by_law = {
        day: is_worked
        for year in range(first.year, last.year + 1)
        for day, is_worked, _name in _by_law(year)
        if first <= day <= last
    }
    noticed = Holiday.objects.filter(day__gte=first, day__lte=last)
    return by_law | dict(noticed.values_list("day", "is_workday"))


@cache
def _by_law(year: int) -> tuple[tuple[date, bool, str], ...]:
    """Return what the library says of a year: days off, and weekends worked."""
    found = holidays.country_holidays("VN", years=year, language="vi")
    worked = ((day, True, "") for day in found.weekend_workdays if day.year == year)
    return (*((day, False, found[day]) for day in sorted(found)), *worked)
