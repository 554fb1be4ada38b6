"""Publishing the figures of a month once it has ended, and correcting what was told."""

from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import figures, open_figures
from complaints.models import PublishedMonth
from complaints.open_figures import Month, Row
from complaints.rollups import suppression
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit import record as audit

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
            _take_turn()
            if PublishedMonth.objects.filter(month=month).exists():
                continue
            counted = open_figures.count(month, at=at)
            if _is_counted(counted):
                _keep(counted, edition=1, at=at)
                told.append(month)
    return told


def correct(month: date, *, reason: str, by: User, at: datetime) -> PublishedMonth:
    """Tell a month anew, as a whole; the editions before stay. Raise Refused.

    A row of which any count differs by fewer than five from what was told stays as it
    was told, and the country's counts are then left out: else both editions together
    would tell a small count. By an administrator of the ministry.
    """
    runs = by.current_postings(at=at).filter(
        role=Posting.Role.ADMINISTRATOR, organization__parent=None
    )
    if not runs.exists():
        raise Refused(_("Only who runs the portal for the country publishes anew."))
    if not reason.strip():
        raise Refused(_("Say why the month is told anew."))
    with transaction.atomic():
        _take_turn()
        before = PublishedMonth.objects.filter(month=month).order_by("-edition").first()
        if before is None:
            raise Refused(_("This month was not published yet."))
        newly = open_figures.count(month, at=at)
        if not _is_counted(newly):
            raise Refused(_("The figures are still being counted. Try again later."))
        counted = _without_traces(newly, open_figures.of(before))
        row = _keep(
            counted,
            edition=before.edition + 1,
            reason=reason.strip()[:200],
            by=by,
            at=at,
        )
        audit.change(
            at=at,
            actor="staff",
            actor_id=by.pk,
            person_id=None,
            subject="published_month",
            subject_id=row.pk,
            detail=f"{month:%Y-%m} edition {row.edition}",
        )
    return row


def _is_counted(month: Month) -> bool:
    """Tell whether the figures were counted after the month had settled."""
    end = datetime.combine(figures.month_after(month.month, 1), time())
    return (
        month.counted_at is not None
        and month.counted_at >= timezone.make_aware(end) + SETTLED
    )


def _without_traces(counted: Month, before: Month) -> Month:
    known = {(row.code, row.name): row for row in before.rows}
    rows, is_kept_back = [], False
    for row in counted.rows:
        old = known.get((row.code, row.name))
        if old is not None and suppression.is_trace(_counts(old), _counts(row)):
            row, is_kept_back = old, True
        rows.append(row)
    country = counted.country
    if is_kept_back:
        country = open_figures.NOTHING
    return replace(counted, rows=rows, country=country)


def _counts(row: Row) -> tuple[int | None, ...]:
    return tuple(getattr(row, name) for name in open_figures.COUNTS)


def _keep(
    counted: Month,
    *,
    edition: int,
    at: datetime,
    reason: str = "",
    by: User | None = None,
) -> PublishedMonth:
    return PublishedMonth.objects.create(
        month=counted.month,
        edition=edition,
        rows=[asdict(row) for row in counted.rows],
        country=asdict(counted.country),
        counted_at=counted.counted_at,
        at=at,
        reason=reason,
        by=by,
    )


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('published months'))")
