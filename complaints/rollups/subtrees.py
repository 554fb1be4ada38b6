"""Figures of whole subtrees: put together upwards, cell by cell, where below changed.

A whole is an organization below which matters are or were held; all others are bodies.
Its counts are the sums of its own, of its bodies', and of the wholes' directly below.
Its sketches are counted from the measures of its own matters and its bodies', and added
to those of the wholes; so the nation is merged from provinces and never from twelve
thousand bodies. Whoever moves an organization in the tree has to call
``rollups.rebuild_all`` afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db import connection

from complaints.rollups.cells import CELL, CELLS, columns_of
from complaints.rollups.counting import DAY, PERCENTILES, SUMS
from complaints.rollups.matters import Cell
from complaints.rollups.sketches import RATIO

# Name of a sketch -> the column of complaints_measure that says the bucket.
_SKETCHES: Final = {"": "bucket", "answer_": "answer_bucket", "left_": "left_bucket"}
_ARRAYS: Final = tuple(
    f"{name}{of}" for name in _SKETCHES for of in ("buckets", "counts")
)
_KEPT: Final = SUMS + PERCENTILES + _ARRAYS
_KEY: Final = (*CELL, "kind")
_CHUNK: Final = 100

# See sketches.middle().
_MIDDLE: Final = (
    f"CASE WHEN {{0}} = 0 THEN 1 ELSE round({RATIO} ^ {{0}} * 2 / {1 + RATIO}) END"
)


def _same(one: str, other: str, names: Iterable[str]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)


def _hits(cohort: str) -> str:
    """Return how many matters of each whole's bodies lie in which buckets."""
    buckets = ", ".join(f"m.{column}" for column in _SKETCHES.values())
    return f"""
  SELECT b.place, m.kind, {buckets}, count(*)::int AS n
  FROM bodies b JOIN complaints_measure m ON m.holder_id = b.body
    AND m.{DAY[cohort]} >= b.month AND m.{DAY[cohort]} < b.after
  WHERE b.cohort = '{cohort}'
  GROUP BY b.place, m.kind, {buckets}"""


# No grouping sets: these the planner sorts, where it hashes plain groups. Sums are cast
# back at once, as those of large integers are slow decimals.
def _sketch(name: str, column: str) -> str:
    """Return a sketch of each cell with its percentiles, from bodies and wholes."""
    return f"""
, {name}of_kinds AS MATERIALIZED (
  SELECT place, kind, bucket, sum(n)::int AS n FROM (
    SELECT place, kind, {column} AS bucket, n FROM hits WHERE {column} IS NOT NULL
    UNION ALL
    SELECT place, kind, bucket, n
    FROM below, unnest({name}buckets, {name}counts) AS hit (bucket, n)
    WHERE kind <> ''
  ) parts GROUP BY place, kind, bucket
), {name}sketch AS MATERIALIZED (
  SELECT place, kind, array_agg(bucket::smallint ORDER BY bucket) AS {name}buckets,
    array_agg(n ORDER BY bucket) AS {name}counts,
    min(bucket) FILTER (WHERE upto >= ceil(0.5 * total)) AS p50,
    min(bucket) FILTER (WHERE upto >= ceil(0.75 * total)) AS p75,
    min(bucket) FILTER (WHERE upto >= ceil(0.9 * total)) AS p90
  FROM (
    SELECT place, kind, bucket, n,
      sum(n) OVER (PARTITION BY place, kind ORDER BY bucket) AS upto,
      sum(n) OVER (PARTITION BY place, kind) AS total
    FROM (
      SELECT place, kind, bucket, n FROM {name}of_kinds
      UNION ALL
      SELECT place, '', bucket, sum(n)::int FROM {name}of_kinds
      GROUP BY place, bucket
    ) added
  ) ranked GROUP BY place, kind
)"""


_SKETCHED: Final = "".join(_sketch(name, column) for name, column in _SKETCHES.items())
_IS_WHOLE: Final = (
    "EXISTS (SELECT FROM complaints_subtreefigure s WHERE s.organization_id = o.id)"
)

_MERGE: Final = f"""
WITH wanted AS MATERIALIZED ({CELLS}
), bodies AS MATERIALIZED (
  SELECT w.*, w.organization_id AS body FROM wanted w
  UNION ALL
  SELECT w.*, o.id FROM wanted w
  JOIN registry_organization o ON o.parent_id = w.organization_id
  WHERE NOT {_IS_WHOLE}
), below AS MATERIALIZED (
  SELECT w.place, f.kind, {", ".join(f"f.{name}" for name in SUMS + _ARRAYS)}
  FROM wanted w JOIN registry_organization o ON o.parent_id = w.organization_id
  JOIN complaints_subtreefigure f ON f.organization_id = o.id
    AND f.cohort = w.cohort AND f.month = w.month
), hits AS MATERIALIZED ({_hits("opened")} UNION ALL {_hits("closed")}
), summed AS (
  SELECT place, kind, {", ".join(f"sum({name}) AS {name}" for name in SUMS)}
  FROM (
    SELECT place, kind, {", ".join(SUMS)} FROM below
    UNION ALL
    SELECT b.place, f.kind, {", ".join(f"f.{name}" for name in SUMS)}
    FROM bodies b JOIN complaints_figure f ON f.organization_id = b.body
      AND f.cohort = b.cohort AND f.month = b.month
  ) parts GROUP BY place, kind
){_SKETCHED}
, fresh AS MATERIALIZED (
  SELECT w.organization_id, w.cohort, w.month, summed.kind, {", ".join(SUMS)},
    {_MIDDLE.format("sketch.p50")} AS median, {_MIDDLE.format("sketch.p75")} AS p75,
    {_MIDDLE.format("sketch.p90")} AS p90,
    {_MIDDLE.format("answer_sketch.p50")} AS first_answer_median,
    {", ".join(f"coalesce({name}, '{{}}') AS {name}" for name in _ARRAYS)}
  FROM summed JOIN wanted w USING (place)
  {" ".join(f"LEFT JOIN {name}sketch USING (place, kind)" for name in _SKETCHES)}
), gone AS (
  DELETE FROM complaints_subtreefigure f USING wanted w
  WHERE {_same("f", "w", CELL)} AND ({", ".join(f"f.{name}" for name in _KEY)})
    NOT IN (SELECT {", ".join(_KEY)} FROM fresh)
)
INSERT INTO complaints_subtreefigure AS f ({", ".join(_KEY + _KEPT)})
SELECT {", ".join(_KEY + _KEPT)} FROM fresh
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in _KEPT)}
WHERE ({", ".join(f"f.{name}" for name in _KEPT)})
  IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _KEPT)})"""

# Organizations that will be wholes from now on, with all cells that they have.
_NEW: Final = f"""
SELECT DISTINCT f.organization_id, f.cohort, f.month
FROM registry_organization o JOIN complaints_figure f ON f.organization_id = o.id
WHERE o.id = ANY(%s::bigint[]) AND NOT {_IS_WHOLE}"""


def merge(changed: Iterable[Cell]) -> None:
    """Put together anew the wholes at and above cells that changed, the deepest first.

    The figures of the cells themselves must have been recounted. Needs the system's
    scope and its caller's transaction.
    """
    changed = set(changed)
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, parent_id FROM registry_organization")
        parents: dict[int, int | None] = dict(cursor.fetchall())
        lines = {key: _line(key, parents) for key in {c.organization for c in changed}}
        above = {key for line in lines.values() for key in line[:-1]}
        cursor.execute(_NEW, [list(above)])
        anew = {Cell(*row) for row in cursor.fetchall()}
        cursor.execute(
            "SELECT DISTINCT organization_id FROM complaints_subtreefigure"
            " WHERE organization_id = ANY(%s::bigint[])",
            [list(lines)],
        )
        wholes = above | {row[0] for row in cursor.fetchall()}
        by_depth: dict[int, set[Cell]] = defaultdict(set)
        for cell in changed:
            for depth, organization in enumerate(lines[cell.organization]):
                if organization in wholes:
                    by_depth[depth].add(cell._replace(organization=organization))
        for cell in anew:
            by_depth[len(_line(cell.organization, parents)) - 1].add(cell)
        for depth in sorted(by_depth, reverse=True):
            wanted = sorted(by_depth[depth])
            for start in range(0, len(wanted), _CHUNK):
                cursor.execute(_MERGE, columns_of(wanted[start : start + _CHUNK]))


def _line(organization: int, parents: dict[int, int | None]) -> list[int]:
    """Return an organization and all above it, from the top."""
    line = []
    current: int | None = organization
    while current is not None:
        line.append(current)
        current = parents[current]
    return line[::-1]
