"""Keeping the signs of gaming beside the measures, and counting them by unit."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from complaints.choices import Gaming
from complaints.models import GamingSign
from complaints.rollups.counting import words
from complaints.rules import gaming

Found = Sequence[tuple[int, gaming.Sign]]

_SLOT: Final = gaming.BULK_WITHIN.seconds

# What any of these decisions stands together with: all within ten minutes of it, before
# or after. They are looked for by stretches of the clock, each read once; those in a
# stretch beside the decision are written, those of matters that were measured earlier,
# too; or no more, when too few are left. What was taken back was not decided
# (``gaming.standing``).
_BULK: Final = f"""
WITH stretches AS (
  SELECT hit.by_id, hit.slot + away AS slot, min(abs(away)) AS away
  FROM (
    SELECT DISTINCT by_id, floor(extract(epoch FROM at) / {_SLOT}) AS slot
    FROM complaints_event
    WHERE complaint_id = ANY(%s::bigint[]) AND actor = 'staff' AND by_id IS NOT NULL
      AND move IN ({words(gaming.DECISIONS)})
      AND data ->> 'outcome' IN ({words(gaming.NO_EFFECT)})
  ) hit CROSS JOIN generate_series(-2, 2) AS away
  GROUP BY 1, 2
), decided AS (
  SELECT s.by_id, s.away, e.* FROM stretches s CROSS JOIN LATERAL (
    SELECT complaint_id, holder_id, at FROM complaints_event one
    WHERE at >= to_timestamp(s.slot * {_SLOT})
      AND at < to_timestamp((s.slot + 1) * {_SLOT})
      AND by_id = s.by_id AND actor = 'staff'
      AND move IN ({words(gaming.DECISIONS)})
      AND data ->> 'outcome' IN ({words(gaming.NO_EFFECT)})
      AND NOT EXISTS (
        SELECT FROM complaints_event next WHERE next.complaint_id = one.complaint_id
          AND next.seq = one.seq + 1 AND next.move = 'undo')
  ) e
), ended AS (
  SELECT *, count(*) OVER (PARTITION BY by_id ORDER BY at
    RANGE BETWEEN interval '{_SLOT} s' PRECEDING AND CURRENT ROW) AS upto
  FROM decided
), counted AS (
  SELECT *, max(upto) OVER (PARTITION BY by_id ORDER BY at
    RANGE BETWEEN CURRENT ROW AND interval '{_SLOT} s' FOLLOWING) AS together
  FROM ended
), fewer AS (
  DELETE FROM complaints_gamingsign g USING counted d
  WHERE d.away < 2 AND d.together < {gaming.BULK}
    AND g.complaint_id = d.complaint_id AND g.sign = 'bulk' AND g.at = d.at
)
INSERT INTO complaints_gamingsign (complaint_id, sign, holder_id, at, day)
SELECT complaint_id, 'bulk', holder_id, at, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM counted WHERE away < 2 AND together >= {gaming.BULK} ON CONFLICT DO NOTHING"""

_KEEP: Final = """
INSERT INTO complaints_gamingsign (complaint_id, sign, holder_id, at, day)
SELECT complaint, sign, holder, at, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
  AS f (complaint, sign, holder, at) ON CONFLICT DO NOTHING"""

# By what lies directly below an organization, and by the organization itself. A matter
# without a measure is not there: its events have not been read yet.
_COUNT: Final = """
SELECT part.id, g.sign, count(DISTINCT g.complaint_id)
FROM registry_organization part
JOIN registry_organization o ON o.id = part.id
  OR part.parent_id = %(chosen)s AND o.path::text ~>=~ part.path::text
     AND o.path::text ~<~ (rtrim(part.path, '/') || '0')
JOIN complaints_gamingsign g ON g.holder_id = o.id
JOIN complaints_measure m ON m.complaint_id = g.complaint_id
WHERE (part.id = %(chosen)s OR part.parent_id = %(chosen)s)
  AND g.day >= %(first)s AND g.day <= %(last)s
  AND (%(kind)s::text = '' OR m.kind = %(kind)s::text)
  AND (%(channel)s::text = '' OR m.channel = %(channel)s::text)
GROUP BY 1, 2"""


# Signs of what units did, wherever it counts now: the figures of who holds a matter do
# not tell it.
GONE: Final = (Gaming.PASSED_ON, Gaming.LATE_PASS, Gaming.DISPUTED, Gaming.REVERSED)
_GONE: Final = f"""
SELECT g.sign, count(DISTINCT g.complaint_id)
FROM registry_organization o
JOIN complaints_gamingsign g ON g.holder_id = o.id
JOIN complaints_measure m ON m.complaint_id = g.complaint_id
WHERE o.path::text ~>=~ %(path)s::text AND o.path::text ~<~ %(end)s::text
  AND g.day >= %(begins)s::date AND g.day < %(ends)s::date
  AND g.sign IN ({words(GONE)})
  AND (%(kind)s::text = '' OR m.kind = %(kind)s::text)
  AND (%(channel)s::text = '' OR m.channel = %(channel)s::text)
GROUP BY 1"""


def replace(ids: Collection[int], found: Found) -> None:
    """Put the signs of these matters in the place of what was kept of them."""
    GamingSign.objects.filter(complaint__in=ids).delete()
    with connection.cursor() as cursor:
        if found:
            cursor.execute(
                _KEEP,
                [
                    [complaint for complaint, _sign in found],
                    [sign.sign.value for _complaint, sign in found],
                    [sign.holder for _complaint, sign in found],
                    [sign.at for _complaint, sign in found],
                ],
            )
        cursor.execute(_BULK, [list(ids)])


def counted(
    chosen: int, *, first: date, last: date, kind: str = "", channel: str = ""
) -> dict[int, dict[Gaming, int]]:
    """Return how many matters bear each sign, by what lies directly below, and itself.

    Of these days, both included; ``kind`` and ``channel`` empty for all. Needs the
    system's scope.
    """
    asked: dict[str, int | str | date] = {
        "chosen": chosen,
        "first": first,
        "last": last,
        "kind": kind,
        "channel": channel,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, asked)
        counts: dict[int, dict[Gaming, int]] = {}
        for part, sign, n in cursor.fetchall():
            counts.setdefault(part, {})[Gaming(sign)] = n
        return counts


def gone(
    cursor: CursorWrapper,
    path: str,
    *,
    begins: date,
    ends: date,
    kind: str = "",
    channel: str = "",
) -> dict[Gaming, int]:
    """Return how many matters were handed away at and below a path, or what followed.

    Each counts once, by the day of the hand-over or decision: from ``begins`` until
    before ``ends``. Needs the system's scope.
    """
    asked: dict[str, str | date] = {
        "path": path,
        "end": f"{path.removesuffix('/')}0",
        "begins": begins,
        "ends": ends,
        "kind": kind,
        "channel": channel,
    }
    cursor.execute(_GONE, asked)
    return dict.fromkeys(GONE, 0) | {Gaming(sign): n for sign, n in cursor.fetchall()}
