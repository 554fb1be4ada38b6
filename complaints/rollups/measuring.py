"""Measuring matters from their events, in one statement: what each took, and counts.

Time of a matter: seconds of wall time from its sending to its last resolution, as
``rules.clock`` counts them and summed over its rounds; waiting for the citizen (up to
the policy's cap) and lying resolved between two rounds are not counted. On time: that
time is at most what the policy in force on the day of sending allows. Percentiles are
of resolved matters; open ones past due stand in the denominator of the share on time.
A matter counts for who holds it now (who resolved it). Months are Vietnamese ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from django.db import connection
from django.utils import timezone

from complaints.choices import ENDED, OPEN, Move, Status
from complaints.models import Figure
from complaints.rules.clock import ANSWERS
from portal.common import scope

# Below this number of resolved matters a percentile says little (portals.md d2, 10).
FEW: Final = 20
ZONE: Final = "Asia/Ho_Chi_Minh"

By = Literal["organization", "kind", "month"]

# A plan made once for all parameters expects few rows and joins them by nested loops:
# a hundred times slower from the sixth repetition on.
PLAN_ANEW: Final = "SET LOCAL plan_cache_mode = force_custom_plan"

# A row a matter: its times. {wanted} narrows complaints c; one parameter, the instant.
_MEASURED = """
WITH terms AS MATERIALIZED (
  SELECT kind, valid_from, coalesce(valid_to, 'infinity') AS valid_to,
    repair_hours * 3600 AS repair, pause_days * 86400 AS pause
  FROM complaints_policy WHERE level = '' AND organization_id IS NULL
), wanted AS MATERIALIZED (
  SELECT c.id, c.holder_id, c.kind, c.status, c.round, c.submitted_at, c.ended_at,
    c.touched_at, t.repair, t.pause
  FROM complaints_complaint c LEFT JOIN LATERAL (
    SELECT repair, pause FROM terms WHERE kind IN (c.kind, '')
      AND (c.submitted_at AT TIME ZONE '{zone}')::date >= valid_from
      AND (c.submitted_at AT TIME ZONE '{zone}')::date < valid_to
    ORDER BY terms.kind DESC, valid_from DESC LIMIT 1) t ON true
  WHERE {wanted}
), tiled AS (
  SELECT e.complaint_id, e.round, e.status, e.move, e.at,
    max(e.at) OVER life AS begins,
    greatest(lead(e.at, 1, %s::timestamptz) OVER life, max(e.at) OVER life) AS ends,
    lead(e.move, 1, '') OVER life = '{undo}' AS is_undone
  FROM complaints_event e WHERE e.complaint_id IN (SELECT id FROM wanted)
  WINDOW life AS (PARTITION BY e.complaint_id ORDER BY e.seq)
), spent AS (
  SELECT w.id,
    sum(p.seconds) AS seconds,
    coalesce(sum(p.seconds) FILTER (WHERE t.round = w.round), 0) AS this_round,
    min(t.at) FILTER (WHERE t.move IN ({answers}) AND NOT t.is_undone) AS answered_at
  FROM tiled t JOIN wanted w ON w.id = t.complaint_id
  CROSS JOIN LATERAL (SELECT CASE
    WHEN t.status IN ({ended}) AND NOT t.is_undone THEN 0
    WHEN t.status = '{waiting}' THEN
      greatest(extract(epoch FROM t.ends - t.begins) - w.pause, 0)
    ELSE extract(epoch FROM t.ends - t.begins) END AS seconds) p
  GROUP BY w.id
), measured AS (
  SELECT w.holder_id, w.kind, w.submitted_at, w.ended_at,
    date_trunc('month', w.submitted_at AT TIME ZONE '{zone}')::date AS opened,
    date_trunc('month', w.ended_at AT TIME ZONE '{zone}')::date AS closed,
    w.status = '{resolved}' AS is_resolved,
    w.status IN ({open}) AS is_open,
    w.status IN ({open}) AND w.touched_at IS NULL AS is_untouched,
    w.status IN ({open}) AND s.this_round > w.repair AS is_overdue,
    w.status = '{resolved}' AND s.seconds <= w.repair AS is_on_time,
    w.round > 1 AS is_reopened,
    CASE WHEN w.status = '{resolved}' THEN s.seconds::int END AS seconds,
    extract(epoch FROM s.answered_at - w.submitted_at)::int AS first_answer
  FROM wanted w JOIN spent s USING (id)
)"""

COUNTS = """
  count(*) AS received,
  count(*) FILTER (WHERE is_resolved) AS resolved,
  count(*) FILTER (WHERE is_on_time) AS on_time,
  count(*) FILTER (WHERE is_open) AS open,
  count(*) FILTER (WHERE is_overdue) AS open_overdue,
  count(*) FILTER (WHERE is_untouched) AS untouched,
  count(*) FILTER (WHERE is_reopened) AS reopened,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
  percentile_disc(0.75) WITHIN GROUP (ORDER BY seconds) AS p75,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds) AS p90,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY first_answer) AS first_answer_median"""


def words(values: Iterable[str]) -> str:
    """Return values of our own vocabulary as a list of SQL literals."""
    return ", ".join(f"'{value}'" for value in values)


def measured(wanted: str) -> str:
    """Return the statement's beginning: ``measured`` is a row a matter."""
    return _MEASURED.format(
        wanted=wanted,
        zone=ZONE,
        answers=words(ANSWERS),
        ended=words(ENDED),
        open=words(OPEN),
        undo=Move.UNDO.value,
        waiting=Status.WAITING_CITIZEN.value,
        resolved=Status.RESOLVED.value,
    )


@dataclass(frozen=True)
class Times:
    """The figures of one group; times in seconds, None where nothing was measured."""

    received: int = 0
    resolved: int = 0
    on_time: int = 0
    open: int = 0
    open_overdue: int = 0
    untouched: int = 0
    reopened: int = 0
    median: int | None = None
    p75: int | None = None
    p90: int | None = None
    first_answer_median: int | None = None

    @property
    def on_time_share(self) -> float | None:
        """Return the share on time: of resolved ones and open ones past due."""
        due = self.resolved + self.open_overdue
        return self.on_time / due if due else None

    @property
    def is_few(self) -> bool:
        """Tell whether so few were resolved that percentiles say little."""
        return self.resolved < FEW


def recount(
    *,
    path: str,
    first: date,
    last: date,
    at: datetime,
    by: By | None = None,
    cohort: Figure.Cohort = Figure.Cohort.OPENED,
) -> dict[str, Times]:
    """Return exact figures straight from events, for one subtree and stretch of days.

    ``first`` and ``last`` are both included, as Vietnamese days of sending (opened) or
    ending (closed). Keys are codes of organizations, kinds, months or "all".
    """
    begins, ends = (
        datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
        for day in (first, last + timedelta(days=1))
    )
    column = "submitted_at" if cohort == Figure.Cohort.OPENED else "ended_at"
    key = {
        None: "'all'",
        "organization": "o.code",
        "kind": "m.kind",
        "month": f"to_char(m.{cohort}, 'YYYY-MM')",
    }[by]
    statement = (
        measured(
            "c.holder_path LIKE %s::text || '%%'"
            f" AND c.{column} >= %s::timestamptz AND c.{column} < %s::timestamptz"
        )
        + f" SELECT {key} AS key,{COUNTS} FROM measured m"
        " JOIN registry_organization o ON o.id = m.holder_id GROUP BY 1 ORDER BY 1"
    )
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(PLAN_ANEW)
        cursor.execute(statement, [path, begins, ends, at])
        return {key: Times(*counts) for key, *counts in cursor.fetchall()}
