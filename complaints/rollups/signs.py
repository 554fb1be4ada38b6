"""Keeping the signs of gaming beside the measures, and counting them by unit."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from django.db import connection

from complaints.choices import Gaming
from complaints.models import GamingSign
from complaints.rollups.counting import words
from complaints.rules import gaming

Found = Sequence[tuple[int, gaming.Sign]]

# Slots of the clock, so that the same decisions always fall together. All decisions of
# a slot are written, those of matters that were measured earlier, too; or no more, when
# too few are left in it. What was taken back was not decided (``gaming.standing``).
_BULK: Final = f"""
WITH slots AS (
  SELECT DISTINCT by_id,
    floor(extract(epoch FROM at) / {gaming.BULK_SLOT.seconds}) AS slot
  FROM complaints_event
  WHERE complaint_id = ANY(%s::bigint[]) AND actor = 'staff' AND by_id IS NOT NULL
    AND move IN ({words(gaming.DECISIONS)})
    AND data ->> 'outcome' IN ({words(gaming.NO_EFFECT)})
), decided AS (
  SELECT e.complaint_id, e.holder_id, e.at,
    count(*) OVER (PARTITION BY s.by_id, s.slot) AS together
  FROM slots s CROSS JOIN LATERAL (
    SELECT complaint_id, holder_id, at FROM complaints_event one
    WHERE at >= to_timestamp(s.slot * {gaming.BULK_SLOT.seconds})
      AND at < to_timestamp((s.slot + 1) * {gaming.BULK_SLOT.seconds})
      AND by_id = s.by_id AND actor = 'staff'
      AND move IN ({words(gaming.DECISIONS)})
      AND data ->> 'outcome' IN ({words(gaming.NO_EFFECT)})
      AND NOT EXISTS (
        SELECT FROM complaints_event next WHERE next.complaint_id = one.complaint_id
          AND next.seq = one.seq + 1 AND next.move = 'undo')
  ) e
), fewer AS (
  DELETE FROM complaints_gamingsign g USING decided d
  WHERE d.together < {gaming.BULK} AND g.complaint_id = d.complaint_id
    AND g.sign = 'bulk' AND g.at = d.at
)
INSERT INTO complaints_gamingsign (complaint_id, sign, holder_id, at, day)
SELECT complaint_id, 'bulk', holder_id, at, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM decided WHERE together >= {gaming.BULK} ON CONFLICT DO NOTHING"""

_KEEP: Final = """
INSERT INTO complaints_gamingsign (complaint_id, sign, holder_id, at, day)
SELECT complaint, sign, holder, at, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
  AS f (complaint, sign, holder, at) ON CONFLICT DO NOTHING"""

# By what lies directly below an organization, and by the organization itself.
_COUNT: Final = """
SELECT part.id, g.sign, count(DISTINCT g.complaint_id)
FROM registry_organization part
JOIN registry_organization o ON o.id = part.id
  OR part.parent_id = %(chosen)s AND o.path::text ~>=~ part.path::text
     AND o.path::text ~<~ (rtrim(part.path, '/') || '0')
JOIN complaints_gamingsign g ON g.holder_id = o.id
WHERE (part.id = %(chosen)s OR part.parent_id = %(chosen)s)
  AND g.day >= %(first)s AND g.day <= %(last)s
GROUP BY 1, 2"""


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


def counted(chosen: int, *, first: date, last: date) -> dict[int, dict[Gaming, int]]:
    """Return how many matters bear each sign, by what lies directly below, and itself.

    Of these days, both included. Needs the system's scope.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"chosen": chosen, "first": first, "last": last})
        counts: dict[int, dict[Gaming, int]] = {}
        for part, sign, n in cursor.fetchall():
            counts.setdefault(part, {})[Gaming(sign)] = n
        return counts
