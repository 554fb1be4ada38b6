"""Resolution times: recounted from events, kept by organization, month and kind.

Time of a matter: seconds of wall time from its sending to its last resolution, as
``rules.clock`` counts them and summed over its rounds; waiting for the citizen (up to
the policy's cap) and lying resolved between two rounds are not counted. On time: that
time is at most what the policy in force on the day of sending allows. Percentiles are
of resolved matters; open ones past due stand in the denominator of the share on time.
A matter counts for who holds it now (who resolved it). Months are Vietnamese ones.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from django.db import connection
from django.utils import timezone

from complaints.choices import ENDED, OPEN, Status
from complaints.models import Figure, Watermark
from complaints.rules.clock import ANSWERS
from portal.common import scope

WATERMARK: Final = "figures"
# A bucket's middle is at most 1 % away from every time in the bucket.
RATIO: Final = 1.02
# Below this number of resolved matters a percentile says little (portals.md d2, 10).
FEW: Final = 20
# Events are numbered before they are committed: those of the last minutes are read
# again, so that one of a slow transaction is not passed over.
OVERLAP: Final = timedelta(minutes=10)
CHUNK: Final = 500
ZONE: Final = "Asia/Ho_Chi_Minh"

By = Literal["organization", "kind", "month"]

# A plan made once for all parameters expects few rows and joins them by nested loops:
# a hundred times slower from the sixth repetition on.
_PLAN_ANEW: Final = "SET LOCAL plan_cache_mode = force_custom_plan"

# A row a matter: its times. {wanted} narrows complaints c; one parameter, the instant.
_MEASURED = """
WITH terms AS MATERIALIZED (
  SELECT kind, valid_from, coalesce(valid_to, 'infinity') AS valid_to,
    repair_hours * 3600 AS repair, pause_days * 86400 AS pause
  FROM complaints_policy
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
    greatest(lead(e.at, 1, %s::timestamptz) OVER life, max(e.at) OVER life) AS ends
  FROM complaints_event e WHERE e.complaint_id IN (SELECT id FROM wanted)
  WINDOW life AS (PARTITION BY e.complaint_id ORDER BY e.seq)
), spent AS (
  SELECT w.id,
    sum(p.seconds) AS seconds,
    coalesce(sum(p.seconds) FILTER (WHERE t.round = w.round), 0) AS this_round,
    min(t.at) FILTER (WHERE t.move IN ({answers})) AS answered_at
  FROM tiled t JOIN wanted w ON w.id = t.complaint_id
  CROSS JOIN LATERAL (SELECT CASE
    WHEN t.status IN ({ended}) THEN 0
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

_COUNTS = """
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

_BUCKET = "CASE WHEN {0} IS NOT NULL THEN ceil(ln(greatest({0}, 1)) / ln({1}))::int END"

_REBUILD = """,
both_cohorts AS MATERIALIZED (
  SELECT 'opened' AS cohort, opened AS month, m.*,
    {bucket} AS bucket, {answer_bucket} AS answer_bucket FROM measured m
  UNION ALL
  SELECT 'closed', closed, m.*, {bucket}, {answer_bucket} FROM measured m
  WHERE closed IS NOT NULL
), counted AS (
  SELECT holder_id, cohort, month, coalesce(kind, '') AS kind,{counts}
  FROM both_cohorts
  GROUP BY holder_id, cohort, month, GROUPING SETS ((kind), ())
), sketched AS (
  SELECT holder_id, cohort, month, kind, jsonb_object_agg(bucket, n) AS sketch FROM (
    SELECT holder_id, cohort, month, coalesce(kind, '') AS kind, bucket, count(*) AS n
    FROM both_cohorts WHERE bucket IS NOT NULL
    GROUP BY holder_id, cohort, month, bucket, GROUPING SETS ((kind), ())) b
  GROUP BY holder_id, cohort, month, kind
), answers_sketched AS (
  SELECT holder_id, cohort, month, kind, jsonb_object_agg(answer_bucket, n) AS sketch
  FROM (
    SELECT holder_id, cohort, month, coalesce(kind, '') AS kind, answer_bucket,
      count(*) AS n
    FROM both_cohorts WHERE answer_bucket IS NOT NULL
    GROUP BY holder_id, cohort, month, answer_bucket, GROUPING SETS ((kind), ())) b
  GROUP BY holder_id, cohort, month, kind
)
INSERT INTO complaints_figure (organization_id, cohort, month, kind, received,
  resolved, on_time, open, open_overdue, untouched, reopened, median, p75, p90,
  first_answer_median, sketch, first_answer_sketch, computed_at)
SELECT c.holder_id, c.cohort, c.month, c.kind, received, resolved, on_time, open,
  open_overdue, untouched, reopened, median, p75, p90, first_answer_median,
  coalesce(s.sketch, '{{}}'), coalesce(a.sketch, '{{}}'), %s::timestamptz
FROM counted c
LEFT JOIN sketched s USING (holder_id, cohort, month, kind)
LEFT JOIN answers_sketched a USING (holder_id, cohort, month, kind)"""


def _words(values: Iterable[str]) -> str:
    """Return values of our own vocabulary as a list of SQL literals."""
    return ", ".join(f"'{value}'" for value in values)


def _measured(wanted: str) -> str:
    return _MEASURED.format(
        wanted=wanted,
        zone=ZONE,
        answers=_words(ANSWERS),
        ended=_words(ENDED),
        open=_words(OPEN),
        waiting=Status.WAITING_CITIZEN.value,
        resolved=Status.RESOLVED.value,
    )


def rebuild(organization_ids: Iterable[int], *, at: datetime) -> int:
    """Replace all figures of these organizations by a recount; return rows written.

    Safe to repeat and to run at the same time as another rebuild: they take turns.
    """
    ids = sorted(set(organization_ids))
    written = 0
    statement = _measured("c.holder_id = ANY(%s::bigint[])") + _REBUILD.format(
        counts=_COUNTS,
        bucket=_BUCKET.format("seconds", RATIO),
        answer_bucket=_BUCKET.format("first_answer", RATIO),
    )
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with scope.system(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('figures'))")
            cursor.execute(_PLAN_ANEW)
            cursor.execute(
                "DELETE FROM complaints_figure"
                " WHERE organization_id = ANY(%s::bigint[])",
                [chunk],
            )
            cursor.execute(statement, [chunk, at, at])
            written += cursor.rowcount
    return written


def rebuild_changed(*, at: datetime) -> int:
    """Recount the organizations with news since the last time; return rows written.

    News is an event of a matter that an organization holds or held, or an open matter
    that fell due since its organization was counted.
    """
    with scope.system():
        mark, _ = Watermark.objects.get_or_create(name=WATERMARK)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLED, [mark.event, at - OVERLAP])
            settled = cursor.fetchone()[0]
            cursor.execute(_CHANGED, [mark.event, at, at])
            changed = [row[0] for row in cursor.fetchall()]
    written = rebuild(changed, at=at)
    # Last, so that a crash before it only means the same work again.
    Watermark.objects.filter(name=WATERMARK, event__lt=settled).update(event=settled)
    return written


def rebuild_all(*, at: datetime) -> int:
    """Recount every organization that holds matters or has figures."""
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT holder_id FROM complaints_complaint"
            " UNION SELECT DISTINCT organization_id FROM complaints_figure"
        )
        ids = [row[0] for row in cursor.fetchall()]
    return rebuild(ids, at=at)


_SETTLED = """
SELECT coalesce(max(id), 0) FROM complaints_event
WHERE id > %s::bigint AND at <= %s::timestamptz"""

_CHANGED = f"""
SELECT DISTINCT before.holder_id FROM complaints_event news
JOIN complaints_event before USING (complaint_id) WHERE news.id > %s::bigint
UNION
SELECT c.holder_id FROM complaints_complaint c
WHERE c.status IN ({_words(OPEN)}) AND c.due_at < %s::timestamptz
  AND NOT EXISTS (
    SELECT 1 FROM complaints_figure f
    WHERE f.organization_id = c.holder_id AND f.cohort = 'opened' AND f.kind = ''
      AND f.month = date_trunc('month', c.submitted_at AT TIME ZONE '{ZONE}')::date
      AND (f.computed_at > c.due_at OR f.computed_at >= %s::timestamptz))"""


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
        _measured(
            "c.holder_path LIKE %s::text || '%%'"
            f" AND c.{column} >= %s::timestamptz AND c.{column} < %s::timestamptz"
        )
        + f" SELECT {key} AS key,{_COUNTS} FROM measured m"
        " JOIN registry_organization o ON o.id = m.holder_id GROUP BY 1 ORDER BY 1"
    )
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(_PLAN_ANEW)
        cursor.execute(statement, [path, begins, ends, at])
        return {key: Times(*counts) for key, *counts in cursor.fetchall()}


def percentile(sketch: Mapping[int, int], share: float) -> int | None:
    """Return a percentile of a sketch, at most 1 % off; None of an empty one."""
    rank = math.ceil(share * sum(sketch.values()))
    for bucket in sorted(sketch):
        rank -= sketch[bucket]
        if rank <= 0:
            # The value with the same relative distance to both ends of the bucket.
            return round(RATIO**bucket * 2 / (1 + RATIO)) if bucket else 1
    return None
