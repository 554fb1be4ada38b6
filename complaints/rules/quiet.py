"""When nothing may ring: hours of the night, as dated rows of the policy."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Protocol

from django.utils import timezone

from portal.common import dated


class Row(Protocol):
    """Quiet hours in force from one day to another; they may run past midnight."""

    begins: time
    ends: time
    valid_from: date
    valid_to: date | None


def until(rows: Iterable[Row], *, at: datetime) -> datetime | None:
    """Return when the quiet hours end that an instant lies in; None outside of them.

    Hours are of the country's own clock. The row in force on the day on which the
    quiet began decides, the newest where several are.
    """
    known = list(rows)
    local = timezone.localtime(at)
    for day in (local.date() - timedelta(days=1), local.date()):
        row = dated.in_force(known, day=day)
        if row is None or row.begins == row.ends:
            continue
        last = day + timedelta(days=1) if row.ends < row.begins else day
        begins, ends = (
            timezone.make_aware(datetime.combine(when, hour))
            for when, hour in ((day, row.begins), (last, row.ends))
        )
        if begins <= at < ends:
            return ends
    return None
