"""Reading the kept figures: of one organization exactly, of many by merged sketches."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from complaints import rollups
from complaints.models import Figure
from complaints.rollups import Times

# Groups by the part of the path below the chosen organization and by month at once:
# the table of organizations and the trend are read together, and the totals with them.
_KEPT = """
WITH kept AS MATERIALIZED (
  SELECT f.*, split_part(substr(o.path, length(%s::text) + 1), '/', 1) AS below
  FROM complaints_figure f JOIN registry_organization o ON o.id = f.organization_id
  WHERE o.path LIKE %s::text || '%%' AND f.cohort = %s AND f.kind = %s
    AND f.month BETWEEN %s::date AND %s::date
)"""

_COUNTS = (
    _KEPT
    + """
SELECT GROUPING(below, month), below, month, count(*), sum(received)::int,
  sum(resolved)::int, sum(on_time)::int, sum(open)::int, sum(open_overdue)::int,
  sum(untouched)::int, sum(reopened)::int, max(median), max(p75), max(p90),
  max(first_answer_median), max(computed_at)
FROM kept GROUP BY GROUPING SETS ((below), (month), ())"""
)

_SKETCHES = (
    _KEPT
    + """,
cells AS (
  SELECT below, month, false AS answers, key::int AS bucket, value::int AS n
  FROM kept, jsonb_each_text(sketch)
  UNION ALL
  SELECT below, month, true, key::int, value::int
  FROM kept, jsonb_each_text(first_answer_sketch)
), summed AS MATERIALIZED (
  SELECT below, month, answers, bucket, sum(n) AS n FROM cells
  GROUP BY below, month, answers, bucket
)
SELECT GROUPING(below, month), below, month, answers, bucket, sum(n)::int
FROM summed GROUP BY GROUPING SETS
  ((below, answers, bucket), (month, answers, bucket), (answers, bucket))"""
)

# GROUPING() has a bit for each column that does not divide the group.
_BY_BELOW, _BY_MONTH = 1, 2  # month, or below, does not divide
Group = tuple[int, str | None, date | None]


@dataclass(frozen=True)
class Overview:
    """Figures of a subtree: all together, by part of it, and by month.

    ``below`` goes by the next part of the path; "" is the organization itself.
    """

    total: Times
    below: dict[str, Times]
    months: dict[date, Times]
    computed_at: datetime | None


def overview(
    path: str,
    *,
    first: date,
    last: date,
    kind: str = "",
    cohort: str = Figure.Cohort.OPENED,
) -> Overview:
    """Return the kept figures at and below a path, for months from first to last.

    Two statements. Percentiles are exact where one kept row answers, else merged from
    sketches (at most 1 % off).
    """
    params: list[str | date] = [path, path, cohort, kind, first, last]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, params)
        counted = cursor.fetchall()
        cursor.execute(_SKETCHES, params)
        sketches = _gather(cursor.fetchall())
    groups: dict[Group, Times] = {}
    computed_at = None
    for level, below, month, rows, *figures, computed in counted:
        group = (level, below, month)
        counts, kept = figures[:7], figures[7:]
        if rows != 1:
            kept = _percentiles(sketches[(*group, False)], sketches[(*group, True)])
        groups[group] = Times(*(count or 0 for count in counts), *kept)
        if level == _BY_BELOW | _BY_MONTH:
            computed_at = computed
    return Overview(
        total=groups.get((_BY_BELOW | _BY_MONTH, None, None), Times()),
        below={g[1] or "": t for g, t in groups.items() if g[0] == _BY_BELOW},
        months={g[2]: t for g, t in groups.items() if g[0] == _BY_MONTH and g[2]},
        computed_at=computed_at,
    )


def months_between(first: date, last: date) -> list[date]:
    """Return the first days of the months from one to another, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [month_after(first, n) for n in range(count + 1)]


def month_after(month: date, n: int) -> date:
    """Return the first day of the month n months later (or earlier)."""
    years, index = divmod(month.month - 1 + n, 12)
    return date(month.year + years, index + 1, 1)


def _gather(rows: Iterable[tuple]) -> dict[tuple, dict[int, int]]:
    sketches: dict[tuple, dict[int, int]] = defaultdict(dict)
    for level, below, month, answers, bucket, n in rows:
        sketches[(level, below, month, answers)][bucket] = n
    return sketches


def _percentiles(
    times: dict[int, int], answers: dict[int, int]
) -> tuple[int | None, ...]:
    return (
        *(rollups.percentile(times, share) for share in (0.5, 0.75, 0.9)),
        rollups.percentile(answers, 0.5),
    )
