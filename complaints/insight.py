"""Reading more of an organization's figures: backlog, ledger, peers, what lasts."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from complaints.figures import month_after
from complaints.models import Figure, SubtreeFigure
from complaints.rollups import FEW, reading, survival
from complaints.rollups.sketches import middle
from complaints.rollups.survival import Forecast
from portal.registry.models import Organization

DAY: Final = 86_400
# The first days of the ages by which a backlog is told.
AGES: Final = (0, 2, 7, 30, 90)
_HOLDERS_SHOWN: Final = 10

# The organization with all below it; see models.Below for the operators.
_REACH: Final = (
    "SELECT o.id FROM registry_organization o"
    " WHERE o.path::text ~>=~ %(first)s::text AND o.path::text ~<~ %(end)s::text"
)
_SLICE: Final = (
    "(%(kind)s::text = '' OR m.kind = %(kind)s::text)"
    " AND (%(channel)s::text = '' OR m.channel = %(channel)s::text)"
)
# Every open matter: its age, the time that counts, whether it was sent in the months.
_OPEN: Final = f"""
WITH reach AS MATERIALIZED ({_REACH})
SELECT greatest(%(today)s::date - m.sent_on, 0) AS age,
  (m.spent + greatest(extract(epoch FROM %(at)s::timestamptz - m.runs_from), 0))::bigint
    / {DAY} AS days,
  m.sent_on >= %(begins)s::date AND m.sent_on < %(ends)s::date AS is_within,
  count(*), count(*) FILTER (WHERE m.is_untouched)
FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
WHERE m.is_open AND {_SLICE}
GROUP BY 1, 2, 3"""

_PACE: Final = f"""
WITH reach AS MATERIALIZED ({_REACH})
SELECT
  (SELECT count(*) FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
    AND m.sent_on >= %(since)s::date
    AND {_SLICE}),
  (SELECT count(*) FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
    AND m.ended_on >= %(since)s::date
    AND {_SLICE})"""

# Of a whole its sketches say it, of all others their measures.
_ENDED: Final = f"""
WITH reach AS MATERIALIZED ({_REACH} AND NOT %(is_whole)s)
SELECT bucket, sum(n)::bigint, false FROM complaints_subtreefigure,
  unnest(buckets, counts) AS hit (bucket, n)
WHERE organization_id = %(chosen)s AND cohort = 'opened' AND kind = %(kind)s
  AND channel = %(channel)s
  AND month >= %(begins)s AND month < %(ends)s GROUP BY 1
UNION ALL
SELECT bucket, sum(n)::bigint, true FROM complaints_subtreefigure,
  unnest(left_buckets, left_counts) AS hit (bucket, n)
WHERE organization_id = %(chosen)s AND cohort = 'opened' AND kind = %(kind)s
  AND channel = %(channel)s
  AND month >= %(begins)s AND month < %(ends)s GROUP BY 1
UNION ALL
SELECT coalesce(m.bucket, m.left_bucket), count(*), m.bucket IS NULL
FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
WHERE NOT m.is_open
  AND m.sent_on >= %(begins)s::date AND m.sent_on < %(ends)s::date
  AND {_SLICE}
GROUP BY 1, 3"""

_HELD_BY: Final = f"""
WITH reach AS MATERIALIZED ({_REACH})
SELECT o.name, sum(held.seconds::bigint)::bigint AS seconds
FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
CROSS JOIN LATERAL jsonb_each_text(m.held_by) AS held (holder, seconds)
JOIN registry_organization o ON o.id = held.holder::bigint
WHERE m.held_by IS NOT NULL AND NOT m.is_open AND o.id <> m.holder_id
  AND m.ended_on >= %(begins)s::date AND m.ended_on < %(ends)s::date
  AND {_SLICE}
GROUP BY o.id, o.name ORDER BY seconds DESC, o.name LIMIT {_HOLDERS_SHOWN}"""

_PEERS_KEPT: Final = """
SELECT f.median, f.organization_id = %(chosen)s FROM {table} f
JOIN registry_organization o ON o.id = f.organization_id
WHERE o.kind = %(of_kind)s AND f.month = %(month)s AND f.cohort = 'closed'
  AND f.kind = %(kind)s AND f.resolved >= %(few)s {channel}
ORDER BY 1"""

# Where nothing is kept of the slice: those of one kind with all below each.
_PEERS_COUNTED: Final = f"""
WITH reach AS MATERIALIZED (
  SELECT peer.id AS peer, o.id FROM registry_organization peer
  JOIN registry_organization o ON o.path::text ~>=~ peer.path::text
    AND o.path::text ~<~ (rtrim(peer.path, '/') || '0')
  WHERE peer.kind = %(of_kind)s
)
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY m.spent),
  reach.peer = %(chosen)s
FROM reach JOIN complaints_measure m ON m.holder_id = reach.id
  AND m.ended_on >= %(month)s::date AND m.ended_on < %(after)s::date
WHERE m.is_resolved AND {_SLICE}
GROUP BY reach.peer HAVING count(*) >= %(few)s
ORDER BY 1"""


@dataclass(frozen=True)
class Backlog:
    """What is open now, whenever it was sent: how many of which age in days."""

    open: int = 0
    untouched: int = 0
    oldest: int | None = None
    ages: Sequence[int] = (0,) * len(AGES)
    arrived: int = 0
    ended: int = 0
    forecast: Forecast | None = None


@dataclass(frozen=True)
class Peers:
    """The organizations of one kind in a month: medians from fast to slow."""

    month: date
    medians: Sequence[int] = ()
    mine: int | None = None

    @property
    def place(self) -> int | None:
        """Return how many are faster, plus one; None where it is not among them."""
        if self.mine is None:
            return None
        return 1 + sum(median < self.mine for median in self.medians)


@dataclass(frozen=True)
class Insight:
    """More of one organization with all below it; ``held_by``: earlier holders."""

    backlog: Backlog
    still_open: dict[int, float | None]
    held_by: list[tuple[str, int]]
    peers: Peers


def look(
    chosen: Organization,
    *,
    first: date,
    last: date,
    at: datetime,
    is_whole: bool,
    has_parts: bool,
    kind: str = "",
    channel: str = "",
) -> Insight:
    """Return more figures of an organization with what lies below.

    The backlog and its pace are as of now, whenever matters were sent; what lasted and
    who held it is of the months from ``first`` to ``last``, the peers' month is the
    last of these that has ended, or the last of them at all. ``has_parts``:
    organizations stand below it. At most five statements, each by an index.
    """
    today = timezone.localdate(at)
    # The last month is a part of one while it runs; so is no comparison.
    month = max(min(last, month_after(today.replace(day=1), -1)), first)
    params: dict[str, int | str | date | bool] = {
        "chosen": chosen.pk,
        "of_kind": chosen.kind,
        "first": chosen.path,
        "end": f"{chosen.path.removesuffix('/')}0",
        "begins": first,
        "ends": month_after(last, 1),
        "since": today - timedelta(days=survival.WINDOW - 1),
        "today": today,
        "month": month,
        "few": FEW,
        "at": at,
        "kind": kind,
        "channel": channel,
        "after": month_after(month, 1),
        "is_whole": is_whole,
    }
    with reading.figures() as (cursor, _at):

        def ask(statement: str) -> list[tuple]:
            cursor.execute(statement, params)
            return cursor.fetchall()

        standing = ask(_OPEN)
        [(arrived, ended)] = ask(_PACE)
        resolved, unfinished = _by_day(ask(_ENDED))
        for _age, day, is_within, count, _untouched in standing:
            unfinished[day] += count * is_within
        peers = ask(_peers(is_whole=is_whole, has_parts=has_parts, channel=channel))
        return Insight(
            backlog=_backlog(standing, arrived=arrived, ended=ended),
            still_open=survival.still_open(resolved, unfinished, days=survival.AFTER),
            held_by=ask(_HELD_BY),
            peers=Peers(
                month,
                [median for median, _mine in peers],
                next((median for median, mine in peers if mine), None),
            ),
        )


def _peers(*, is_whole: bool, has_parts: bool, channel: str) -> str:
    if is_whole:
        return _PEERS_KEPT.format(
            table=SubtreeFigure._meta.db_table,
            channel="AND f.channel = %(channel)s",
        )
    if has_parts or channel:
        return _PEERS_COUNTED
    return _PEERS_KEPT.format(table=Figure._meta.db_table, channel="")


def _by_day(rows: Iterable[tuple]) -> tuple[Counter[int], Counter[int]]:
    """Return how many were resolved, and how many left, on which day of their life."""
    resolved: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for bucket, count, has_left in rows:
        (left if has_left else resolved)[middle(bucket) // DAY] += count
    return resolved, left


def _backlog(standing: Iterable[tuple], *, arrived: int, ended: int) -> Backlog:
    ages, untouched, oldest = [0] * len(AGES), 0, None
    for age, _days, _within, count, unseen in standing:
        ages[bisect_right(AGES, age) - 1] += count
        untouched += unseen
        oldest = age if oldest is None else max(oldest, age)
    return Backlog(
        open=sum(ages),
        untouched=untouched,
        oldest=oldest,
        ages=ages,
        arrived=arrived,
        ended=ended,
        forecast=survival.to_clear(
            sum(ages), arrived=arrived, ended=ended, window=survival.WINDOW
        ),
    )
