"""Publishing the figures of a month once it has ended."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from complaints import figures, open_figures
from complaints.models import PublishedMonth
from complaints.open_figures import Month
from portal.accounts.models import User

# Who reported on a month's last day has been answered by then, or is late: 48 hours of
# dispatch 9458, and one day for whoever is counted late.
SETTLED: Final = timedelta(days=3)


def publish(*, at: datetime) -> list[date]:
    """Publish each of the last two years' months that is settled and was not told yet.

    One whose figures were not counted since waits: after an update or an outage they
    lie behind, and what is published stays. Safe to repeat and to run twice at once: a
    month is told once.
    """
    newest = open_figures.last_month(timezone.localdate(at - SETTLED))
    told = []
    for number in reversed(range(open_figures.MONTHS)):
        month = figures.month_after(newest, -number)
        with transaction.atomic():
            take_turn()
            if PublishedMonth.objects.filter(month=month).exists():
                continue
            counted = open_figures.count(month, at=at)
            if is_counted(counted):
                keep(counted, edition=1, at=at)
                told.append(month)
    return told


def is_counted(month: Month) -> bool:
    """Tell whether the figures were counted after the month had settled."""
    end = datetime.combine(figures.month_after(month.month, 1), time())
    return (
        month.counted_at is not None
        and month.counted_at >= timezone.make_aware(end) + SETTLED
    )


def keep(
    counted: Month,
    *,
    edition: int,
    at: datetime,
    reason: str = "",
    by: User | None = None,
    confirmed_by: User | None = None,
) -> PublishedMonth:
    """Keep what is told of a month; it can never be changed. Whoever calls checks."""
    return PublishedMonth.objects.create(
        month=counted.month,
        edition=edition,
        rows=[asdict(row) for row in counted.rows],
        country=asdict(counted.country),
        counted_at=counted.counted_at,
        at=at,
        reason=reason,
        by=by,
        confirmed_by=confirmed_by,
    )


def take_turn() -> None:
    """Wait until nobody else publishes; until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('published months'))")
