"""Reading the kept figures of an organization, its parts and its months."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from complaints.models import Figure
from complaints.rollups import FEW, Times
from complaints.rollups.sketches import middle
from complaints.rollups.subtrees import COUNTED, MERGED_SKETCH, PERCENTILES, SUMS
from portal.registry.models import Organization

USUAL_MONTHS = 6

_COLUMNS = ", ".join(("organization_id", "month", *COUNTED, "computed_at"))


def _of(table: str) -> str:
    return f"""
  SELECT {_COLUMNS} FROM {table} JOIN wanted ON wanted.id = organization_id
  WHERE cohort = %(cohort)s AND kind = %(kind)s
    AND month BETWEEN %(first)s AND %(last)s"""


# Where nothing lies below, an organization's own figure says all. Each row goes into
# every group that it belongs to; a group of one row keeps its percentiles as they are.
_OVERVIEW = f"""
WITH wanted AS MATERIALIZED (
  SELECT id FROM registry_organization WHERE id = %(chosen)s OR parent_id = %(chosen)s
), own AS MATERIALIZED ({_of("complaints_figure")}
), whole AS MATERIALIZED ({_of("complaints_subtreefigure")}
), reach AS MATERIALIZED (
  SELECT * FROM whole UNION ALL SELECT * FROM own WHERE NOT EXISTS (
    SELECT 1 FROM whole WHERE whole.organization_id = own.organization_id
      AND whole.month = own.month)
), grouped AS MATERIALIZED (
  SELECT 'total' AS part, r.* FROM reach r WHERE organization_id = %(chosen)s
  UNION ALL
  SELECT 'month ' || month, r.* FROM reach r WHERE organization_id = %(chosen)s
  UNION ALL
  SELECT 'below ' || organization_id, r.* FROM reach r
  WHERE organization_id <> %(chosen)s
  UNION ALL SELECT 'itself', own.* FROM own WHERE organization_id = %(chosen)s
), times AS (
  {MERGED_SKETCH.format(by="part", parts="grouped", sketch="buckets, counts")}
), answers AS (
  {
    MERGED_SKETCH.format(
        by="part", parts="grouped", sketch="answer_buckets, answer_counts"
    )
}
), summed AS (
  SELECT part, count(*) AS rows, max(computed_at) AS computed_at,
    {", ".join(f"sum({name})::int AS {name}" for name in SUMS)},
    {", ".join(f"max({name}) AS {name}" for name in PERCENTILES)}
  FROM grouped GROUP BY part
)
SELECT part, rows, s.computed_at, {", ".join(f"s.{name}" for name in SUMS)},
  {", ".join(f"s.{name}" for name in PERCENTILES)},
  times.median, times.p75, times.p90, answers.median
FROM summed s LEFT JOIN times USING (part) LEFT JOIN answers USING (part)"""


@dataclass
class Overview:
    """Figures of a subtree: all together, by its direct parts, and by month.

    ``below`` goes by the primary key of the part; ``itself`` is what the organization
    holds of its own, None where that is nothing.
    """

    total: Times = Times()
    itself: Times | None = None
    below: dict[int, Times] = field(default_factory=dict)
    months: dict[date, Times] = field(default_factory=dict)
    computed_at: datetime | None = None


def overview(
    chosen: Organization,
    *,
    first: date,
    last: date,
    kind: str = "",
    cohort: str = Figure.Cohort.OPENED,
) -> Overview:
    """Return the kept figures at and below an organization, from month to month.

    One statement over the organization's and its direct parts' rows. Percentiles are
    exact where one organization's month answers, else at most 1 % off.
    """
    seen = Overview()
    params: dict[str, int | str | date] = {
        "chosen": chosen.pk,
        "kind": kind,
        "cohort": cohort,
        "first": first,
        "last": last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, params)
        rows = cursor.fetchall()
    for part, count, computed_at, *figures in rows:
        times = _times(count, figures)
        group, _space, key = part.partition(" ")
        if group == "total":
            seen.total, seen.computed_at = times, computed_at
        elif group == "itself":
            seen.itself = times
        elif group == "below":
            seen.below[int(key)] = times
        else:
            seen.months[date.fromisoformat(key)] = times
    return seen


def _times(rows: int, figures: list[int | None]) -> Times:
    sums, kept = figures[: len(SUMS)], figures[len(SUMS) : len(SUMS + PERCENTILES)]
    if rows > 1:
        buckets = figures[len(SUMS + PERCENTILES) :]
        kept = [None if bucket is None else middle(bucket) for bucket in buckets]
    return Times(*(count or 0 for count in sums), *kept)


@dataclass(frozen=True)
class Usual:
    """How long one organization took of late: half, and 8 of 10, in seconds."""

    n: int
    p50: int
    p80: int


def usual(organizations: set[int], *, at: datetime) -> dict[int, Usual]:
    """Return what is usual at organizations that settled enough to say it.

    Of what they settled in this month and the five before it, at most 1 % off; none
    where that was fewer than ``rollups.FEW``.
    """
    this = timezone.localdate(at).replace(day=1)
    rows = Figure.objects.filter(
        organization__in=organizations,
        kind="",
        cohort=Figure.Cohort.CLOSED,
        month__gte=month_after(this, 1 - USUAL_MONTHS),
    ).values_list("organization", "buckets", "counts")
    counted: dict[int, Counter[int]] = {}
    for organization, buckets, counts in rows:
        cell = counted.setdefault(organization, Counter())
        cell.update(dict(zip(buckets, counts, strict=True)))
    return {
        organization: Usual(n, _upto(cell, 0.5 * n), _upto(cell, 0.8 * n))
        for organization, cell in counted.items()
        if (n := cell.total()) >= FEW
    }


def _upto(cell: Counter[int], share: float) -> int:
    """Return the time within which so many of a sketch were settled."""
    seen = 0
    for bucket in sorted(cell):
        seen += cell[bucket]
        if seen >= share:
            return middle(bucket)
    return middle(max(cell))


def months_between(first: date, last: date) -> list[date]:
    """Return the first days of the months from one to another, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [month_after(first, n) for n in range(count + 1)]


def month_after(month: date, n: int) -> date:
    """Return the first day of the month n months later (or earlier)."""
    years, index = divmod(month.month - 1 + n, 12)
    return date(month.year + years, index + 1, 1)
