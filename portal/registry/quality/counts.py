"""How many findings were open on which day, at and below each organization.

Kept as steps: a row says what holds from its day on. Changed with the findings in one
transaction; a full run counts all anew, in case an organization moved in the tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

_ADD: Final = """
WITH RECURSIVE changed AS (
  SELECT organization_id, rule, sum(n)::int AS n FROM q_delta
  GROUP BY organization_id, rule HAVING sum(n) <> 0
), above (organization_id, rule, n) AS (
  SELECT organization_id, rule, n FROM changed
  UNION ALL
  SELECT o.parent_id, a.rule, a.n FROM above a
  JOIN registry_organization o ON o.id = a.organization_id
  WHERE o.parent_id IS NOT NULL
)
INSERT INTO registry_qualitycount AS kept (organization_id, rule, day, open)
SELECT a.organization_id, a.rule, %(today)s,
  coalesce((SELECT c.open FROM registry_qualitycount c
            WHERE c.organization_id = a.organization_id AND c.rule = a.rule
              AND c.day <= %(today)s ORDER BY c.day DESC LIMIT 1), 0) + sum(a.n)
FROM above a GROUP BY a.organization_id, a.rule
ON CONFLICT (organization_id, rule, day) DO UPDATE SET open = EXCLUDED.open"""

_REBUILD: Final = """
WITH RECURSIVE above (organization_id, rule, n) AS (
  SELECT organization_id, rule, count(*) FROM registry_qualityfinding
  WHERE resolved_at IS NULL GROUP BY organization_id, rule
  UNION ALL
  SELECT o.parent_id, a.rule, a.n FROM above a
  JOIN registry_organization o ON o.id = a.organization_id
  WHERE o.parent_id IS NOT NULL
), actual AS (
  SELECT organization_id, rule, sum(n)::int AS open FROM above
  GROUP BY organization_id, rule
), kept AS (
  SELECT DISTINCT ON (organization_id, rule) organization_id, rule, open
  FROM registry_qualitycount WHERE day <= %(today)s
  ORDER BY organization_id, rule, day DESC
)
INSERT INTO registry_qualitycount (organization_id, rule, day, open)
SELECT coalesce(t.organization_id, k.organization_id), coalesce(t.rule, k.rule),
  %(today)s, coalesce(t.open, 0)
FROM actual t FULL JOIN kept k USING (organization_id, rule)
WHERE coalesce(t.open, 0) <> coalesce(k.open, 0)
ON CONFLICT (organization_id, rule, day) DO UPDATE SET open = EXCLUDED.open"""


_TREND: Final = """
SELECT r.at, c.rule, c.day, c.open
FROM (SELECT max(at) AS at FROM registry_qualityrun) r
LEFT JOIN registry_qualitycount c ON c.organization_id = %(organization)s
  AND c.day <= %(last)s AND (c.day > %(first)s OR c.day = (
    SELECT max(b.day) FROM registry_qualitycount b
    WHERE b.organization_id = c.organization_id AND b.rule = c.rule
      AND b.day <= %(first)s))
ORDER BY c.rule, c.day"""

_BELOW: Final = """
SELECT o.code, o.name, coalesce(sum(k.open) FILTER (WHERE k.rule = ANY(%(errors)s)), 0),
  coalesce(sum(k.open) FILTER (WHERE k.rule = ANY(%(warnings)s)), 0)
FROM registry_organization o
JOIN LATERAL (
  SELECT DISTINCT ON (c.rule) c.rule, c.open FROM registry_qualitycount c
  WHERE c.organization_id = o.id AND c.day <= %(on)s ORDER BY c.rule, c.day DESC
) k ON k.open > 0
WHERE o.parent_id = %(organization)s
GROUP BY o.id, o.code, o.name
ORDER BY 3 DESC, 4 DESC, o.sort_key, o.id LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Trend:
    """Open findings by rule now, and by day; ``days`` includes both ends.

    ``counted_at`` is the newest run; None before the first.
    """

    counted_at: datetime | None
    now: dict[str, int]
    days: list[date]
    by_rule: dict[str, list[int]]


def add(cursor: Any, *, today: date) -> None:
    """Carry what q_delta says into the counts of the organizations and those above."""
    cursor.execute(_ADD, {"today": today})


def rebuild(cursor: Any, *, today: date) -> None:
    """Count all open findings anew and keep what differs from today on."""
    cursor.execute(_REBUILD, {"today": today})


def trend(organization_id: int, *, last: date, days: int) -> Trend:
    """Return the counts of an organization and what lies below: one statement.

    ``days`` is how many days up to ``last`` are wanted.
    """
    span = [last - timedelta(days=n) for n in range(days - 1, -1, -1)]
    with connection.cursor() as cursor:
        cursor.execute(
            _TREND, {"organization": organization_id, "first": span[0], "last": last}
        )
        rows = cursor.fetchall()
    steps: dict[str, list[tuple[date, int]]] = {}
    for _, rule, day, count in rows:
        if rule is not None:
            steps.setdefault(rule, []).append((day, count))
    by_rule = {rule: _by_day(known, span) for rule, known in steps.items()}
    now = {rule: line[-1] for rule, line in by_rule.items()}
    return Trend(rows[0][0], now, span, by_rule)


def below(
    organization_id: int,
    *,
    on: date,
    errors: Sequence[str],
    warnings: Sequence[str],
    most: int,
) -> list[tuple[str, str, int, int]]:
    """Return code, name, open errors and warnings of those directly below, most first.

    Those without a finding are left out. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _BELOW,
            {
                "organization": organization_id,
                "on": on,
                "errors": list(errors),
                "warnings": list(warnings),
                "most": most,
            },
        )
        return cursor.fetchall()


def _by_day(steps: Sequence[tuple[date, int]], span: Sequence[date]) -> list[int]:
    line, at, count = [], 0, 0
    for day in span:
        while at < len(steps) and steps[at][0] <= day:
            count = steps[at][1]
            at += 1
        line.append(count)
    return line
