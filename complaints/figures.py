"""Reading the kept figures of an organization, its parts and its months."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from complaints.models import Figure
from complaints.rollups import FEW, Times, reading
from complaints.rollups.counting import DAY, FIGURES, SHARES, SUMS, of_row
from complaints.rollups.sketches import Sketch, percentiles
from portal.common import scope
from portal.registry.models import Organization

USUAL_MONTHS = 6

# Sketches are read where there are several months to be put together.
_OF_WHOLES = """
SELECT organization_id, month, {sketches}, {sums},
  ARRAY[median, p75, p90], first_answer_median
FROM complaints_subtreefigure
WHERE organization_id = ANY(%s::bigint[]) AND cohort = %s AND kind = %s
  AND channel = %s AND month BETWEEN %s AND %s"""
_NO_SKETCHES = "NULL, NULL, NULL, NULL"
_SKETCHES = "buckets, counts, answer_buckets, answer_counts"


def _of_parts(cohort: str, *, together: bool) -> str:
    """Return the statement that counts the chosen's own matters and those of parts.

    A part counts with all below it. ``together``: all of them as one, and by month,
    as well. ``OFFSET 0`` keeps the planner to one look into the index for each of some
    hundred holders: it takes them for eighty times as many, and would read what the
    whole country holds.
    """
    day = DAY[cohort]
    month = f"date_trunc('month', m.{day})::date" if together else "NULL::date"
    groups = f"(r.part), ({month}), ()" if together else "(r.part)"
    return f"""
WITH reach AS MATERIALIZED (
  SELECT o.id, part.id AS part FROM registry_organization part
  JOIN registry_organization o ON o.path::text ~>=~ part.path::text
    AND o.path::text ~<~ (rtrim(part.path, '/') || '0')
  WHERE part.id = ANY(%(parts)s::bigint[])
  UNION ALL SELECT %(chosen)s::bigint, %(chosen)s::bigint
)
SELECT r.part, {month},{FIGURES.replace("%s", "%(at)s")}
FROM reach r CROSS JOIN LATERAL (
  SELECT * FROM complaints_measure m
  WHERE m.holder_id = r.id
    AND m.{day} >= %(begins)s::date AND m.{day} < %(ends)s::date
    AND (%(kind)s::text = '' OR m.kind = %(kind)s::text)
    AND (%(channel)s::text = '' OR m.channel = %(channel)s::text)
  OFFSET 0
) m
GROUP BY GROUPING SETS ({groups})"""


@dataclass
class Overview:
    """Figures of a subtree: all together, by its direct parts, and by month.

    ``below`` goes by the primary key of the part; ``itself`` is what the organization
    holds of its own, None where that is nothing. ``at``: when they were counted.
    ``is_whole``: whether it is kept together with what lies below, so that its
    percentiles are at most 1 % off; else they are exact.
    """

    total: Times = Times()
    itself: Times | None = None
    below: dict[int, Times] = field(default_factory=dict)
    months: dict[date, Times] = field(default_factory=dict)
    at: datetime | None = None
    is_whole: bool = False


@dataclass
class _Whole:
    """What is kept of a whole, month by month, as it was read."""

    months: dict[date, Sequence] = field(default_factory=dict)
    sketches: list[Sketch] = field(default_factory=list)
    answers: list[Sketch] = field(default_factory=list)

    def together(self) -> Times:
        """Return all months as one; percentiles of one month stay as they are."""
        [first, *others] = self.months.values()
        if not others:
            return of_row(first)
        columns = zip(*self.months.values(), strict=True)
        sums = [sum(column) for _name, column in zip(SUMS, columns, strict=False)]
        times = percentiles(self.sketches, SHARES)
        waiting = sums[SUMS.index("unanswered")]
        answered = percentiles(self.answers, SHARES[:1], beyond=waiting)
        return of_row([*sums, times, *answered])


def overview(
    chosen: Organization,
    *,
    parts: Iterable[tuple[int, bool]],
    first: date,
    last: date,
    at: datetime,
    kind: str = "",
    channel: str = "",
    cohort: str = Figure.Cohort.OPENED,
) -> Overview:
    """Return the figures at and below an organization, from month to month.

    ``parts``: the keys of the organizations directly below it, and whether they are
    wholes (see ``rollups.subtrees``). These have exact counts and percentiles at most
    1 % off; all others are counted exactly, by index. ``at`` tells what is overdue.
    """
    below = list(parts)
    wholes = [key for key, is_whole in below if is_whole]
    seen = Overview()
    with reading.figures() as (cursor, seen.at):
        cursor.execute(
            _OF_WHOLES.format(
                sums=", ".join(SUMS),
                sketches=_NO_SKETCHES if first == last else _SKETCHES,
            ),
            [[chosen.pk, *wholes], cohort, kind, channel, first, last],
        )
        found = _wholes(cursor.fetchall())
        whole = found.pop(chosen.pk, None)
        if whole:
            seen.total = whole.together()
            seen.months = {month: of_row(row) for month, row in whole.months.items()}
            seen.is_whole = True
        seen.below = {key: part.together() for key, part in found.items()}
        cursor.execute(
            _of_parts(cohort, together=whole is None),
            {
                "parts": [key for key, is_whole in below if not is_whole],
                "chosen": chosen.pk,
                "at": at,
                "begins": first,
                "ends": month_after(last, 1),
                "kind": kind,
                "channel": channel,
            },
        )
        for part, month, *figures in cursor.fetchall():
            times = of_row(figures)
            if month is not None:
                seen.months[month] = times
            elif part is None:
                seen.total = times
            elif part == chosen.pk:
                seen.itself = times
            else:
                seen.below[part] = times
    return seen


def _wholes(rows: Iterable[tuple]) -> dict[int, _Whole]:
    found: dict[int, _Whole] = {}
    for key, month, buckets, counts, answers, answered, *figures in rows:
        whole = found.setdefault(key, _Whole())
        whole.months[month] = figures
        whole.sketches.append((buckets, counts))
        whole.answers.append((answers, answered))
    return found


@dataclass(frozen=True)
class Usual:
    """How long one organization took of late: half, and 8 of 10, in seconds."""

    n: int
    p50: int
    p80: int


_USUAL = """
SELECT holder_id, count(*),
  percentile_disc(ARRAY[0.5, 0.8]) WITHIN GROUP (ORDER BY spent)
FROM complaints_measure
WHERE holder_id = ANY(%s::bigint[]) AND ended_on >= %s AND is_resolved
GROUP BY holder_id HAVING count(*) >= %s"""


def usual(organizations: set[int], *, at: datetime) -> dict[int, Usual]:
    """Return what is usual at organizations that settled enough to say it.

    Exactly, of what they settled in this month and the five before it; none where that
    was fewer than ``rollups.FEW``.
    """
    this = timezone.localdate(at).replace(day=1)
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(
            _USUAL, [list(organizations), month_after(this, 1 - USUAL_MONTHS), FEW]
        )
        return {holder: Usual(n, *spent) for holder, n, spent in cursor.fetchall()}


def months_between(first: date, last: date) -> list[date]:
    """Return the first days of the months from one to another, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [month_after(first, n) for n in range(count + 1)]


def month_after(month: date, n: int) -> date:
    """Return the first day of the month n months later (or earlier)."""
    years, index = divmod(month.month - 1 + n, 12)
    return date(month.year + years, index + 1, 1)
