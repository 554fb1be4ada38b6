"""Figures of wholes: the nation and what stands directly below it, put together.

A whole has others below it that hold or held matters. That of a province is counted
from the measures of all at and below it; the nation is added up from the wholes below
and from what it and its bodies without anything below hold themselves. Deeper levels
are small enough to be counted from their measures by whoever asks
(``complaints.figures``), so that a change far down costs two wholes and not one for
every level. Whoever moves an organization in the tree calls ``kept.follow_move``.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from complaints.rollups.cells import CELL, CELLS, columns_of
from complaints.rollups.counting import COUNTS, DAY, PERCENTILES, SUMS
from complaints.rollups.matters import Cell
from complaints.rollups.sketches import RATIO

# The nation, and what stands directly below it.
LEVELS: Final = 2
# Name of a sketch -> the column of complaints_measure that says the bucket.
_SKETCHES: Final = {"": "bucket", "answer_": "answer_bucket", "left_": "left_bucket"}
_ARRAYS: Final = tuple(
    f"{name}{of}" for name in _SKETCHES for of in ("buckets", "counts")
)
_KEPT: Final = SUMS + PERCENTILES + _ARRAYS
_SLICE: Final = ("kind", "channel")
_KEY: Final = (*CELL, *_SLICE)
_CHUNK: Final = 100

# See sketches.middle().
_MIDDLE: Final = (
    f"CASE WHEN {{0}} = 0 THEN 1 ELSE round({RATIO} ^ {{0}} * 2 / {1 + RATIO}) END"
)


def _same(one: str, other: str, names: Iterable[str]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)


def _own(cohort: str) -> str:
    """Join each whole's bodies with their matters of the month."""
    return f"""
  FROM bodies b JOIN complaints_measure m ON m.holder_id = b.body
    AND m.{DAY[cohort]} >= b.month AND m.{DAY[cohort]} < b.after
  WHERE b.cohort = '{cohort}'"""


def _hits(cohort: str) -> str:
    """Return how many matters of each whole's bodies lie in which buckets."""
    buckets = ", ".join(f"m.{column}" for column in _SKETCHES.values())
    return f"""
  SELECT b.place, m.kind, m.channel, {buckets}, count(*)::int AS n {_own(cohort)}
  GROUP BY b.place, m.kind, m.channel, {buckets}"""


def _counted(cohort: str) -> str:
    """Return the counts of each whole's bodies by kind and channel."""
    return f"""
  SELECT b.place, m.kind, m.channel, {COUNTS} {_own(cohort)}
  GROUP BY b.place, m.kind, m.channel"""


def _crossed(source: str, columns: str, by: str = "") -> str:
    """Return rows by kind and channel with those of all kinds, all channels and both.

    No grouping sets: these the planner sorts, where it hashes plain groups.
    """
    ways = (("kind", "channel"), ("kind", "''"), ("''", "channel"), ("''", "''"))
    return " UNION ALL ".join(
        f"SELECT place, {kind} AS kind, {channel} AS channel, {by}{columns}"
        f" FROM {source} GROUP BY "
        + ", ".join(["place", *(n for n in (kind, channel) if n != "''")])
        + (f", {by.rstrip(', ')}" if by else "")
        for kind, channel in ways
    )


# Sums are cast back at once, as those of large integers are slow decimals.
def _sketch(name: str, column: str) -> str:
    """Return a sketch of each cell with its percentiles, from bodies and wholes."""
    return f"""
, {name}parts AS MATERIALIZED (
  SELECT place, kind, channel, bucket, sum(n)::int AS n FROM (
    SELECT place, kind, channel, {column} AS bucket, n FROM hits
    WHERE {column} IS NOT NULL
    UNION ALL
    SELECT place, kind, channel, bucket, n
    FROM below, unnest({name}buckets, {name}counts) AS hit (bucket, n)
  ) parts GROUP BY place, kind, channel, bucket
), {name}sketch AS MATERIALIZED (
  SELECT place, kind, channel, array_agg(bucket::smallint ORDER BY bucket)
      AS {name}buckets,
    array_agg(n ORDER BY bucket) AS {name}counts,
    min(bucket) FILTER (WHERE upto >= ceil(0.5 * total)) AS p50,
    min(bucket) FILTER (WHERE upto >= ceil(0.75 * total)) AS p75,
    min(bucket) FILTER (WHERE upto >= ceil(0.9 * total)) AS p90
  FROM (
    SELECT place, kind, channel, bucket, n,
      sum(n) OVER (PARTITION BY place, kind, channel ORDER BY bucket) AS upto,
      sum(n) OVER (PARTITION BY place, kind, channel) AS total
    FROM ({_crossed(f"{name}parts", "sum(n)::int AS n", "bucket, ")}) added
  ) ranked GROUP BY place, kind, channel
)"""


_SKETCHED: Final = "".join(_sketch(name, column) for name, column in _SKETCHES.items())
_IS_WHOLE: Final = (
    "EXISTS (SELECT FROM complaints_subtreefigure s WHERE s.organization_id = o.id)"
)
_SUMMED: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)

_MERGE: Final = f"""
WITH wanted AS MATERIALIZED ({CELLS}
), reach AS MATERIALIZED (
  SELECT top.id AS whole, o.id AS body
  FROM (SELECT DISTINCT organization_id FROM wanted) w
  JOIN registry_organization top ON top.id = w.organization_id
  CROSS JOIN LATERAL (
    SELECT o.id FROM registry_organization o
    WHERE top.parent_id IS NOT NULL AND o.path::text ~>=~ top.path::text
      AND o.path::text ~<~ (rtrim(top.path, '/') || '0')
    UNION ALL
    SELECT o.id FROM registry_organization o
    WHERE top.parent_id IS NULL AND o.parent_id = top.id AND NOT {_IS_WHOLE}
    UNION ALL
    SELECT top.id WHERE top.parent_id IS NULL
  ) o
), bodies AS MATERIALIZED (
  SELECT w.*, r.body FROM wanted w JOIN reach r ON r.whole = w.organization_id
), below AS MATERIALIZED (
  SELECT w.place, {", ".join(f"f.{name}" for name in (*_SLICE, *SUMS, *_ARRAYS))}
  FROM wanted w
  JOIN registry_organization top ON top.id = w.organization_id
    AND top.parent_id IS NULL
  JOIN registry_organization o ON o.parent_id = top.id
  JOIN complaints_subtreefigure f ON f.organization_id = o.id
    AND f.cohort = w.cohort AND f.month = w.month AND f.kind <> '' AND f.channel <> ''
), hits AS MATERIALIZED ({_hits("opened")} UNION ALL {_hits("closed")}
), counted AS MATERIALIZED (
  SELECT place, kind, channel, {_SUMMED} FROM (
    {_counted("opened")} UNION ALL {_counted("closed")}
    UNION ALL SELECT place, kind, channel, {", ".join(SUMS)} FROM below
  ) parts GROUP BY place, kind, channel
), summed AS ({_crossed("counted", _SUMMED)}
){_SKETCHED}
, fresh AS MATERIALIZED (
  SELECT {", ".join(f"w.{name}" for name in CELL)}, summed.kind, summed.channel,
    {", ".join(SUMS)},
    {_MIDDLE.format("sketch.p50")} AS median, {_MIDDLE.format("sketch.p75")} AS p75,
    {_MIDDLE.format("sketch.p90")} AS p90,
    {_MIDDLE.format("answer_sketch.p50")} AS first_answer_median,
    {", ".join(f"coalesce({name}, '{{}}') AS {name}" for name in _ARRAYS)}
  FROM summed JOIN wanted w USING (place)
  {
    " ".join(
        f"LEFT JOIN {name}sketch USING (place, kind, channel)" for name in _SKETCHES
    )
}
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

# Organizations that will be wholes from now on, with all cells at and below them.
_NEW: Final = f"""
SELECT DISTINCT o.id, f.cohort, f.month
FROM registry_organization o
JOIN registry_organization b ON b.path::text ~>=~ o.path::text
  AND b.path::text ~<~ (rtrim(o.path, '/') || '0')
JOIN complaints_figure f ON f.organization_id = b.id
WHERE o.id = ANY(%s::bigint[]) AND NOT {_IS_WHOLE}"""


def merge(changed: Iterable[Cell], *, at: datetime) -> None:
    """Put together anew the wholes at and above cells that changed, the deepest first.

    The figures of the cells themselves must have been recounted as of the same instant.
    Needs the system's scope and its caller's transaction.
    """
    changed = set(changed)
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, parent_id FROM registry_organization")
        parents: dict[int, int | None] = dict(cursor.fetchall())
        lines = {key: _line(key, parents) for key in {c.organization for c in changed}}
        above = {key for line in lines.values() for key in line[:-1][:LEVELS]}
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
            for depth, organization in enumerate(lines[cell.organization][:LEVELS]):
                if organization in wholes:
                    by_depth[depth].add(cell._replace(organization=organization))
        for cell in anew:
            by_depth[len(_line(cell.organization, parents)) - 1].add(cell)
        for depth in sorted(by_depth, reverse=True):
            wanted = sorted(by_depth[depth])
            for start in range(0, len(wanted), _CHUNK):
                columns = columns_of(wanted[start : start + _CHUNK])
                cursor.execute(_MERGE, [*columns, at, at])


def _line(organization: int, parents: dict[int, int | None]) -> list[int]:
    """Return an organization and all above it, from the top."""
    line = []
    current: int | None = organization
    while current is not None:
        line.append(current)
        current = parents[current]
    return line[::-1]
