"""Figures of wholes: the nation and what stands directly below it, put together.

A whole has others below it that hold or held matters. That of a province is counted
from the measures of all at and below it; the nation is added up from the wholes below
and from what it and its bodies without anything below hold themselves. Deeper levels
are small enough to be counted from their measures by whoever asks
(``complaints.figures``), so that a change far down costs two wholes and not one for
every level. Whoever moves an organization in the tree calls ``kept.follow_move``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from complaints.choices import Channel, Kind
from complaints.models import Measure
from complaints.rollups.cells import CELL, CELLS, columns_of
from complaints.rollups.counting import COUNTS, DAY, INSTANTS, PERCENTILES, SUMS
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
# What both indexes of measures hold, so that the table itself is not read.
_INDEXED: Final = next(
    index.include
    for index in Measure._meta.indexes
    if index.name == "measure_by_sending"
)

# Cell, kind and channel as one number, the slot; 0 stands for all kinds, all channels.
# Texts as keys took most of the sorting. A bucket is a number below _BUCKETS: 68 years.
_KINDS: Final = ("", *Kind.values)
_CHANNELS: Final = ("", *Channel.values)
_SLICES: Final = len(_KINDS) * len(_CHANNELS)
_BUCKETS: Final = 2048
_OF_KIND: Final = f"mod(slot / {len(_CHANNELS)}, {len(_KINDS)})"
_OF_CHANNEL: Final = f"mod(slot, {len(_CHANNELS)})"
# The slots in which those of one slot count: its own, of all kinds, channels, and both.
_WAYS: Final = (
    "slot",
    f"slot - {_OF_KIND} * {len(_CHANNELS)}",
    f"slot - {_OF_CHANNEL}",
    f"slot - mod(slot, {_SLICES})",
)


def _same(one: str, other: str, names: Iterable[str]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)


def _number(column: str, values: Sequence[str]) -> str:
    """Return the place of a column's value in our vocabulary."""
    cases = " ".join(f"WHEN '{v}' THEN {n}" for n, v in enumerate(values) if v)
    return f"CASE {column} {cases} END"


def _slot(place: str, row: str) -> str:
    return (
        f"({place} * {_SLICES} + {_number(f'{row}.kind', _KINDS)} * {len(_CHANNELS)}"
        f" + {_number(f'{row}.channel', _CHANNELS)})"
    )


def _matters(cohort: str) -> str:
    """Return what counts of each matter of each whole's bodies, with its slot."""
    columns = ", ".join(f"m.{column}" for column in _INDEXED)
    return f"""
  SELECT {_slot("b.place", "m")} AS slot, {columns}
  FROM bodies b JOIN complaints_measure m ON m.holder_id = b.body
    AND m.{DAY[cohort]} >= b.month AND m.{DAY[cohort]} < b.after
  WHERE b.cohort = '{cohort}'"""


def _crossed(source: str, columns: str, by: str = "") -> str:
    """Return rows by slot with those of all kinds, all channels and both.

    No grouping sets: these the planner sorts, where it hashes plain groups.
    """
    return " UNION ALL ".join(
        f"SELECT {way} AS slot, {by}{columns} FROM {source}"
        f" GROUP BY 1{', 2' if by else ''}"
        for way in _WAYS
    )


# Sums are cast back at once, as those of large integers are slow decimals.
def _sketch(name: str, column: str) -> str:
    """Return a sketch of each slot, from bodies and wholes.

    ``upto``: how many lie in each bucket and those before it.
    """
    return f"""
, {name}parts AS MATERIALIZED (
  SELECT hit / {_BUCKETS} AS slot, mod(hit, {_BUCKETS})::int AS bucket, n
  FROM (
    SELECT hit, sum(n)::int AS n FROM (
      SELECT slot * {_BUCKETS} + {column} AS hit, 1 AS n FROM matters
      WHERE {column} IS NOT NULL
      UNION ALL
      SELECT slot * {_BUCKETS} + bucket, n
      FROM below, unnest({name}buckets, {name}counts) AS hit (bucket, n)
    ) every GROUP BY hit
  ) added
), {name}sketch AS MATERIALIZED (
  SELECT slot, array_agg(bucket::smallint ORDER BY bucket) AS {name}buckets,
    array_agg(n ORDER BY bucket) AS {name}counts,
    array_agg(upto ORDER BY bucket) AS {name}upto
  FROM (
    SELECT slot, bucket, n, sum(n) OVER (PARTITION BY slot ORDER BY bucket) AS upto
    FROM ({_crossed(f"{name}parts", "sum(n)::int AS n", "bucket, ")}) crossed
  ) ranked GROUP BY slot
)"""


def _percentile(name: str, share: float, *, of: str) -> str:
    """Return the time within which this share of so many lies, see middle().

    NULL where the sketch holds fewer: the others took longer than all in it.
    """
    upto = f"{name}upto"
    least = f"ceil({share} * ({of}))::bigint"
    bucket = f"{name}buckets[1 + width_bucket({least} - 1, {upto})]"
    return (
        f"CASE WHEN {bucket} = 0 THEN 1"
        f" ELSE round({RATIO} ^ {bucket} * 2 / {1 + RATIO}) END"
    )


def _vocabulary(values: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{value}'" for value in values) + "]::text[]"


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
  SELECT {_slot("w.place", "f")} AS slot,
    {", ".join(f"f.{name}" for name in (*SUMS, *_ARRAYS))}
  FROM wanted w
  JOIN registry_organization top ON top.id = w.organization_id
    AND top.parent_id IS NULL
  JOIN registry_organization o ON o.parent_id = top.id
  JOIN complaints_subtreefigure f ON f.organization_id = o.id
    AND f.cohort = w.cohort AND f.month = w.month AND f.kind <> '' AND f.channel <> ''
), matters AS MATERIALIZED ({_matters("opened")} UNION ALL {_matters("closed")}
), counted AS MATERIALIZED (
  SELECT slot, {_SUMMED} FROM (
    SELECT slot, {COUNTS} FROM matters m GROUP BY slot
    UNION ALL SELECT slot, {", ".join(SUMS)} FROM below
  ) parts GROUP BY slot
), summed AS ({_crossed("counted", _SUMMED)}
){_SKETCHED}
, fresh AS MATERIALIZED (
  SELECT {", ".join(f"w.{name}" for name in CELL)},
    ({_vocabulary(_KINDS)})[{_OF_KIND} + 1] AS kind,
    ({_vocabulary(_CHANNELS)})[{_OF_CHANNEL} + 1] AS channel,
    {", ".join(SUMS)},
    {_percentile("", 0.5, of="resolved")} AS median,
    {_percentile("", 0.75, of="resolved")} AS p75,
    {_percentile("", 0.9, of="resolved")} AS p90,
    {_percentile("answer_", 0.5, of="answered + unanswered")} AS first_answer_median,
    {", ".join(f"coalesce({name}, '{{}}') AS {name}" for name in _ARRAYS)}
  FROM summed JOIN wanted w ON w.place = slot / {_SLICES}
  {" ".join(f"LEFT JOIN {name}sketch USING (slot)" for name in _SKETCHES)}
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

# The planner expects a handful of matters, and would sort them all by group instead of
# hashing them, on disk.
_HASHED: Final = (
    "SELECT set_config('enable_sort', 'off', true),"
    " set_config('work_mem', '64MB', true)"
)


def merge(changed: Iterable[Cell], *, at: datetime) -> None:
    """Put together anew the wholes at and above cells that changed, the deepest first.

    The figures of the cells themselves must have been recounted as of the same instant.
    Needs the system's scope and its caller's transaction.
    """
    changed = set(changed)
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HASHED)
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
                cursor.execute(_MERGE, [*columns, *[at] * INSTANTS])


def _line(organization: int, parents: dict[int, int | None]) -> list[int]:
    """Return an organization and all above it, from the top."""
    line = []
    current: int | None = organization
    while current is not None:
        line.append(current)
        current = parents[current]
    return line[::-1]
