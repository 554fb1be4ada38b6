"""Which days are worked against the week: public holidays, and days swapped for them.

The library ``holidays`` knows the law and the lunar calendar of any year; the table
``Holiday`` holds what the yearly notice says and overrides it day by day.
"""

from datetime import date
from functools import cache

import holidays

from portal.registry.models import Holiday


def exceptions(first: date, last: date) -> dict[date, bool]:
    """Return the days, both ends included, that are not as their weekday says.

    True: worked (a Saturday swapped for a holiday); False: a day off.
    """
    known = {
        day: is_worked
        for year in range(first.year, last.year + 1)
        for day, is_worked in _by_law(year)
        if first <= day <= last
    }
    noticed = Holiday.objects.filter(day__gte=first, day__lte=last)
    return known | dict(noticed.values_list("day", "is_workday"))


@cache
def _by_law(year: int) -> tuple[tuple[date, bool], ...]:
    """Return what the library says of a year: days off, and weekends worked."""
    known = holidays.country_holidays("VN", years=year)
    worked = ((day, True) for day in known.weekend_workdays if day.year == year)
    return (*((day, False) for day in sorted(known)), *worked)
