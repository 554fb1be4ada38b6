"""The figures that anybody may see: by month and province, small counts hidden.

Pages tell what was published (``actions.publishing``), never what is counted now.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from complaints import figures
from complaints.models import PublishedMonth, SubtreeFigure
from complaints.rollups import FEW, Times, suppression
from portal.registry.models import Organization

MONTHS = 24
COUNTS = ("received", "resolved", "open")


@dataclass(frozen=True)
class Row:
    """What is told of a province, or of the country; None: not told.

    Times are seconds, ``on_time`` a share.
    """

    code: str
    name: str
    received: int | None
    resolved: int | None
    open: int | None
    median: int | None
    p90: int | None
    on_time: float | None


NOTHING = Row("VN", "", None, None, None, None, None, None)


@dataclass(frozen=True)
class Month:
    """A month of sending: each part of the country, and the country.

    ``edition`` 0: not published. ``reason``: why it was told anew.
    """

    month: date
    rows: list[Row]
    country: Row
    counted_at: datetime | None
    edition: int = 0
    published_at: datetime | None = None
    reason: str = ""


def last_month(today: date) -> date:
    """Return the newest month that is told: the last one that has ended."""
    return figures.month_after(today.replace(day=1), -1)


def published(months: int = MONTHS) -> list[date]:
    """Return the months that were published, the newest first."""
    found = PublishedMonth.objects.order_by("-month").values_list("month", flat=True)
    return list(found.distinct()[:months])


def read(month: date) -> Month | None:
    """Return what was told of a month, by its newest edition; None for nothing."""
    editions = read_all(month)
    return editions[0] if editions else None


def read_all(month: date) -> list[Month]:
    """Return every edition of a month, the newest first."""
    rows = PublishedMonth.objects.filter(month=month).order_by("-edition")
    return [of(row) for row in rows]


def of(row: PublishedMonth) -> Month:
    """Return a month as an edition told it."""
    return Month(
        month=row.month,
        rows=[Row(**facts) for facts in row.rows],
        country=Row(**row.country),
        counted_at=row.counted_at,
        edition=row.edition,
        published_at=row.at,
        reason=row.reason,
    )


def count(month: date, *, at: datetime) -> Month:
    """Return what may be told of a month as it stands; a handful of statements.

    A row each of the provinces' departments; all else is one row without a name. Raise
    Organization.DoesNotExist where there is no ministry.
    """
    nation = Organization.objects.get(parent=None)
    kept = SubtreeFigure.objects.filter(organization=OuterRef("pk"))
    parts = list(
        Organization.objects.filter(parent=nation)
        .annotate(is_whole=Exists(kept))
        .order_by("sort_key", "pk")
    )
    seen = figures.overview(
        nation,
        parts=[(part.pk, part.is_whole) for part in parts],
        first=month,
        last=month,
        at=at,
    )
    provinces = {
        part: seen.below[part.pk]
        for part in parts
        if part.kind == Organization.Kind.HEALTH_DEPARTMENT and part.pk in seen.below
    }
    counts = {part: _counts(times) for part, times in provinces.items()}
    rest = tuple(
        whole - sum(column)
        for whole, *column in zip(_counts(seen.total), *counts.values(), strict=True)
    )
    shown, totals = suppression.told(counts | ({None: rest} if any(rest) else {}))
    rows = [
        _row(part.code, province_of(part), times, shown[part])
        for part, times in provinces.items()
    ]
    if None in shown:
        rows.append(_row("", "", None, shown[None]))
    return Month(
        month=month,
        rows=rows,
        country=_row("VN", "", seen.total, totals or _counts(seen.total)),
        counted_at=seen.at,
    )


def province_of(department: Organization) -> str:
    """Return the name of the province for which a department of health answers."""
    return department.name.removeprefix("Sở Y tế").strip()


def _counts(times: Times) -> tuple[int, ...]:
    return tuple(getattr(times, name) for name in COUNTS)


def _row(
    code: str, name: str, times: Times | None, counts: tuple[int | None, ...]
) -> Row:
    """Return a row; a time or a share of few is not told.

    Nor is a share on time beside a hidden count, or one that tells of a few late or a
    few in time. Beside a hidden count a time is told only where so many were received
    that it does not bound the others by saying that so many were resolved.
    """
    received, resolved, still_open = counts
    is_hidden = None in counts
    if is_hidden and (received is None or received < 2 * FEW):
        times = None
    if times is None or times.resolved < FEW:
        times = Times()
    is_telling = (
        is_hidden
        or suppression.is_small(times.late)
        or suppression.is_small(times.on_time)
    )
    return Row(
        code=code,
        name=name,
        received=received,
        resolved=resolved,
        open=still_open,
        median=times.median,
        p90=times.p90,
        on_time=None if is_telling else times.on_time_share,
    )
