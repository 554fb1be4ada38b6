"""Recounting cells: an organization's month by its own matters, from their measures."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from complaints.rollups.counting import DAY, FIGURES, INSTANTS, PERCENTILES, SUMS
from complaints.rollups.matters import Cell

CELL: Final = ("organization_id", "cohort", "month")
_CHUNK: Final = 4000
_KEY: Final = (*CELL, "kind")
_KEPT: Final = SUMS + PERCENTILES
# Arrays of cells as a table, with their place in it. "after" is the first day after the
# month: reckoned here, as row policies keep a condition that computes from the index.
CELLS: Final = (
    "SELECT *, (month + interval '1 month')::date AS after"
    " FROM unnest(%s::bigint[], %s::text[], %s::date[])"
    f" WITH ORDINALITY AS cell ({', '.join(CELL)}, place)"
)


def _same(one: str, other: str, names: Iterable[str]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)


def _counted(cohort: str) -> str:
    return f"""
  SELECT w.organization_id, w.cohort, w.month, coalesce(m.kind, '') AS kind,{FIGURES}
  FROM wanted w JOIN complaints_measure m ON m.holder_id = w.organization_id
    AND m.{DAY[cohort]} >= w.month
    AND m.{DAY[cohort]} < w.after
  WHERE w.cohort = '{cohort}'
  GROUP BY w.organization_id, w.cohort, w.month, GROUPING SETS ((m.kind), ())"""


_RECOUNT: Final = f"""
WITH wanted AS MATERIALIZED ({CELLS}
), counted AS ({_counted("opened")} UNION ALL {_counted("closed")}
), fresh AS MATERIALIZED (
  SELECT *, times[1] AS median, times[2] AS p75, times[3] AS p90 FROM counted
), gone AS (
  DELETE FROM complaints_figure f USING wanted w
  WHERE {_same("f", "w", CELL)}
    AND ({", ".join(f"f.{name}" for name in _KEY)})
      NOT IN (SELECT {", ".join(_KEY)} FROM fresh)
  RETURNING f.id
), stored AS (
  INSERT INTO complaints_figure AS f ({", ".join(_KEY + _KEPT)})
  SELECT {", ".join(_KEY + _KEPT)} FROM fresh
  ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _KEPT)}
  WHERE ({", ".join(f"f.{name}" for name in _KEPT)})
    IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _KEPT)})
  RETURNING f.id
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM stored)"""


def recount(cells: Iterable[Cell], *, at: datetime) -> int:
    """Count these cells anew as of an instant; return how many figures changed.

    Exact, and safe to repeat. Needs the system's scope and its caller's transaction.
    """
    wanted = sorted(set(cells))
    changed = 0
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), _CHUNK):
            columns = columns_of(wanted[start : start + _CHUNK])
            cursor.execute(_RECOUNT, [*columns, *[at] * INSTANTS * 2])
            changed += cursor.fetchone()[0]
    return changed


def columns_of(cells: Iterable[Cell]) -> list[list[object]]:
    """Return cells, of which there is one at least, as the parameters of CELLS."""
    return [list(column) for column in zip(*cells, strict=True)]
