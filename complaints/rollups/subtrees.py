"""Figures of whole subtrees: merged upwards, cell by cell, from what changed below.

A cell is an organization's month and kind in one cohort. That of a whole is the sum of
the organization's own and of its direct parts, so the nation is merged from provinces
and never from twelve thousand bodies. Whoever moves an organization in the tree has to
call ``rollups.rebuild_all`` afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import connection

from complaints.rollups.sketches import RATIO
from portal.registry.models import Organization

CELL: Final = ("organization_id", "cohort", "month", "kind")
SUMS: Final = (
    "received",
    "resolved",
    "on_time",
    "open",
    "open_overdue",
    "untouched",
    "reopened",
)
PERCENTILES: Final = ("median", "p75", "p90", "first_answer_median")
SKETCHES: Final = ("buckets", "counts", "answer_buckets", "answer_counts")
COUNTED: Final = SUMS + PERCENTILES + SKETCHES


class Cell(NamedTuple):
    """Names a figure."""

    organization: int
    cohort: str
    month: date
    kind: str


# A row for each sketch of parts {parts}, which are grouped by columns {by}: the buckets
# added up, and the bucket in which each percentile lies.
MERGED_SKETCH: Final = """
  SELECT {by}, array_agg(bucket ORDER BY bucket) AS buckets,
    array_agg(n ORDER BY bucket) AS counts,
    min(bucket) FILTER (WHERE upto >= ceil(0.5 * total)) AS median,
    min(bucket) FILTER (WHERE upto >= ceil(0.75 * total)) AS p75,
    min(bucket) FILTER (WHERE upto >= ceil(0.9 * total)) AS p90
  FROM (
    SELECT {by}, bucket, n, sum(n) OVER (PARTITION BY {by} ORDER BY bucket) AS upto,
      sum(n) OVER (PARTITION BY {by}) AS total
    FROM (
      SELECT {by}, bucket, sum(n)::int AS n
      FROM {parts}, unnest({sketch}) AS cell (bucket, n) GROUP BY {by}, bucket
    ) added
  ) ranked GROUP BY {by}"""

_BY = "whole, cohort, month, kind"
# See sketches.middle().
_MIDDLE = (
    f"CASE WHEN {{0}} = 0 THEN 1 ELSE round({RATIO} ^ {{0}} * 2 / {1 + RATIO}) END"
)


def _same(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in CELL)


def _parts(source: str, table: str, more: str = "") -> str:
    columns = ", ".join(f"f.{name}" for name in COUNTED)
    same = " AND ".join(f"f.{name} = w.{name}" for name in CELL[1:])
    return (
        f"SELECT w.organization_id AS whole, w.cohort, w.month, w.kind, {columns}"
        f" FROM wanted w {source} JOIN {table} f"
        f" ON f.organization_id = {'o.id' if source else 'w.organization_id'}"
        f" AND {same} {more}"
    )


_BELOW = "JOIN registry_organization o ON o.parent_id = w.organization_id"
_WANTED = """
CREATE TEMPORARY TABLE merging ON COMMIT DROP AS
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[])
  AS w (organization_id, cohort, month, kind)"""
_MERGE = f"""
WITH wanted AS NOT MATERIALIZED (SELECT * FROM merging
), parts AS MATERIALIZED (
  {_parts("", "complaints_figure")}
  UNION ALL {_parts(_BELOW, "complaints_subtreefigure")}
  UNION ALL {
    _parts(
        _BELOW,
        "complaints_figure",
        "WHERE NOT EXISTS (SELECT 1 FROM complaints_subtreefigure s"
        f" WHERE {_same('s', 'f')})",
    )
}
), times AS (
  {MERGED_SKETCH.format(by=_BY, parts="parts", sketch="buckets, counts")}
), answers AS (
  {MERGED_SKETCH.format(by=_BY, parts="parts", sketch="answer_buckets, answer_counts")}
), summed AS (
  SELECT {_BY}, {", ".join(f"sum({name})::int AS {name}" for name in SUMS)}
  FROM parts GROUP BY {_BY}
), fresh AS MATERIALIZED (
  SELECT whole AS organization_id, cohort, month, kind, {", ".join(SUMS)},
    {_MIDDLE.format("t.median")} AS median, {_MIDDLE.format("t.p75")} AS p75,
    {_MIDDLE.format("t.p90")} AS p90,
    {_MIDDLE.format("a.median")} AS first_answer_median,
    coalesce(t.buckets, '{{}}') AS buckets, coalesce(t.counts, '{{}}') AS counts,
    coalesce(a.buckets, '{{}}') AS answer_buckets,
    coalesce(a.counts, '{{}}') AS answer_counts
  FROM summed LEFT JOIN times t USING ({_BY}) LEFT JOIN answers a USING ({_BY})
), gone AS (
  DELETE FROM complaints_subtreefigure f USING wanted w
  WHERE {" AND ".join(f"f.{name} = w.{name}" for name in CELL)} AND NOT EXISTS (
    SELECT 1 FROM fresh WHERE {
    " AND ".join(f"fresh.{name} = w.{name}" for name in CELL)
})
)
INSERT INTO complaints_subtreefigure ({", ".join(CELL + COUNTED)}, computed_at)
SELECT {", ".join(CELL + COUNTED)}, %s::timestamptz FROM fresh
ON CONFLICT (organization_id, cohort, month, kind) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in COUNTED)},
  computed_at = excluded.computed_at"""


def merge(changed: Iterable[Cell], *, at: datetime) -> None:
    """Merge anew the cells of and above those that changed, the deepest first."""
    changed = list(changed)
    parents = dict(Organization.objects.values_list("pk", "parent")) if changed else {}
    with_parts = set(parents.values())
    by_depth: dict[int, set[Cell]] = defaultdict(set)
    for cell in changed:
        line = _line(cell.organization, parents)
        for depth, organization in enumerate(line):
            if organization in with_parts:
                by_depth[depth].add(cell._replace(organization=organization))
    for depth in sorted(by_depth, reverse=True):
        columns = [list(column) for column in zip(*by_depth[depth], strict=True)]
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS merging")
            cursor.execute(_WANTED, columns)
            # Of a bare list the planner knows no length, and joins it by loops.
            cursor.execute("ANALYZE merging")
            cursor.execute(_MERGE, [at])


def _line(organization: int, parents: dict[int, int | None]) -> list[int]:
    """Return an organization and all above it, from the top."""
    line = []
    current: int | None = organization
    while current is not None:
        line.append(current)
        current = parents[current]
    return line[::-1]
