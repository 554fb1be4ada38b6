"""Keeping the figures: counted anew where something happened, never added to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from complaints.choices import OPEN
from complaints.models import Watermark
from complaints.rollups import subtrees
from complaints.rollups.measuring import COUNTS, PLAN_ANEW, ZONE, measured, words
from complaints.rollups.sketches import RATIO
from complaints.rollups.subtrees import CELL, COUNTED, Cell
from portal.common import scope

WATERMARK: Final = "figures"
# Events are numbered before they are committed: those of the last minutes are read
# again, so that one of a slow transaction is not passed over.
OVERLAP: Final = timedelta(minutes=10)
CHUNK: Final = 500

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
  SELECT holder_id, cohort, month, kind,
    array_agg(bucket::smallint ORDER BY bucket) AS buckets,
    array_agg(n::int ORDER BY bucket) AS counts
  FROM (
    SELECT holder_id, cohort, month, coalesce(kind, '') AS kind, bucket, count(*) AS n
    FROM both_cohorts WHERE bucket IS NOT NULL
    GROUP BY holder_id, cohort, month, bucket, GROUPING SETS ((kind), ())) b
  GROUP BY holder_id, cohort, month, kind
), answers_sketched AS (
  SELECT holder_id, cohort, month, kind,
    array_agg(answer_bucket::smallint ORDER BY answer_bucket) AS buckets,
    array_agg(n::int ORDER BY answer_bucket) AS counts
  FROM (
    SELECT holder_id, cohort, month, coalesce(kind, '') AS kind, answer_bucket,
      count(*) AS n
    FROM both_cohorts WHERE answer_bucket IS NOT NULL
    GROUP BY holder_id, cohort, month, answer_bucket, GROUPING SETS ((kind), ())) b
  GROUP BY holder_id, cohort, month, kind
), fresh AS MATERIALIZED (
  SELECT c.holder_id AS organization_id, c.cohort, c.month, c.kind, received, resolved,
    on_time, open, open_overdue, untouched, reopened, median, p75, p90,
    first_answer_median, coalesce(s.buckets, '{{}}') AS buckets,
    coalesce(s.counts, '{{}}') AS counts, coalesce(a.buckets, '{{}}') AS answer_buckets,
    coalesce(a.counts, '{{}}') AS answer_counts
  FROM counted c
  LEFT JOIN sketched s USING (holder_id, cohort, month, kind)
  LEFT JOIN answers_sketched a USING (holder_id, cohort, month, kind)
), gone AS (
  DELETE FROM complaints_figure f WHERE organization_id = ANY(%s::bigint[])
    AND NOT EXISTS (SELECT 1 FROM fresh WHERE {same_cell})
  RETURNING organization_id, cohort, month, kind
), stored AS (
  INSERT INTO complaints_figure AS f ({columns}, computed_at)
  SELECT {columns}, %s::timestamptz FROM fresh
  ON CONFLICT (organization_id, cohort, month, kind) DO UPDATE SET {replaced},
    computed_at = excluded.computed_at
)
SELECT organization_id, cohort, month, kind, true FROM gone
UNION ALL
SELECT organization_id, cohort, month, kind, NOT EXISTS (
  SELECT 1 FROM complaints_figure f WHERE {same_cell} AND {unchanged})
FROM fresh"""


def rebuild(organization_ids: Iterable[int], *, at: datetime) -> int:
    """Bring the figures of these organizations, and of those above, up to date.

    Counts anew all that these organizations hold; returns how many figures that gave
    or took away. Safe to repeat and to run at the same time as another rebuild: they
    take turns.
    """
    ids = sorted(set(organization_ids))
    statement = measured("c.holder_id = ANY(%s::bigint[])") + _REBUILD.format(
        counts=COUNTS,
        bucket=_BUCKET.format("seconds", RATIO),
        answer_bucket=_BUCKET.format("first_answer", RATIO),
        columns=", ".join(CELL + COUNTED),
        replaced=", ".join(f"{name} = excluded.{name}" for name in COUNTED),
        same_cell=" AND ".join(f"f.{name} = fresh.{name}" for name in CELL),
        unchanged=" AND ".join(
            f"f.{name} IS NOT DISTINCT FROM fresh.{name}" for name in COUNTED
        ),
    )
    counted: list[tuple[Cell, bool]] = []
    # One transaction: figures above never lag behind those below.
    with scope.system(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('figures'))")
        cursor.execute(PLAN_ANEW)
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            cursor.execute(statement, [chunk, at, chunk, at])
            counted += [(Cell(*cell), changed) for *cell, changed in cursor.fetchall()]
        subtrees.merge([cell for cell, changed in counted if changed], at=at)
    return len(counted)


def rebuild_changed(*, at: datetime) -> int:
    """Recount the organizations with news since the last time; return figures counted.

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
    """Count everything anew, from nothing; return how many figures there are now."""
    with scope.system():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('figures'))")
            cursor.execute("DELETE FROM complaints_subtreefigure")
            cursor.execute("DELETE FROM complaints_figure")
            cursor.execute("SELECT DISTINCT holder_id FROM complaints_complaint")
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
WHERE c.status IN ({words(OPEN)}) AND c.due_at < %s::timestamptz
  AND NOT EXISTS (
    SELECT 1 FROM complaints_figure f
    WHERE f.organization_id = c.holder_id AND f.cohort = 'opened' AND f.kind = ''
      AND f.month = date_trunc('month', c.submitted_at AT TIME ZONE '{ZONE}')::date
      AND (f.computed_at > c.due_at OR f.computed_at >= %s::timestamptz))"""
