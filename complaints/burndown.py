"""What is open on the way to a campaign's day, beside the straight line to nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from complaints.rollups import reading, survival
from complaints.rollups.survival import Expected
from portal.registry.models import Organization

# Days between two points of the curve.
STEP: Final = 7

# Which organization counts for which part: a part with all below it, and the chosen
# itself. See models.Below for the operators.
_REACH: Final = """
WITH reach AS MATERIALIZED (
  SELECT o.id, part.id AS part FROM registry_organization part
  JOIN registry_organization o ON o.path::text ~>=~ part.path::text
    AND o.path::text ~<~ (rtrim(part.path, '/') || '0')
  WHERE part.parent_id = %(chosen)s
  UNION ALL SELECT %(chosen)s::bigint, %(chosen)s::bigint
)"""
# Sent, or ended, after the first day, and in the window of the pace; by part, by day.
_MOVED: Final = """
SELECT r.part, m.{day}, count(*) FILTER (WHERE m.{day} > %(begins)s::date),
  count(*) FILTER (WHERE m.{day} >= %(since)s::date)
FROM reach r JOIN complaints_measure m ON m.holder_id = r.id
  AND m.{day} >= least(%(begins)s::date, %(since)s::date)
GROUP BY GROUPING SETS ((r.part), (m.{day}))"""
_ASK: Final = f"""{_REACH}
SELECT 'sent', moved.* FROM ({_MOVED.format(day="sent_on")}) moved
UNION ALL SELECT 'ended', moved.* FROM ({_MOVED.format(day="ended_on")}) moved
UNION ALL SELECT 'open', r.part, NULL, count(*), 0
FROM reach r JOIN complaints_measure m ON m.holder_id = r.id
WHERE m.is_open GROUP BY r.part"""


@dataclass(frozen=True)
class Way:
    """How far a unit has come: open on the first day, now, and on the straight line.

    ``expected``: what is open on the last day at the pace of the last four weeks.
    """

    begun: int
    open: int
    needed: float
    expected: Expected


@dataclass(frozen=True)
class Burndown:
    """The way of a unit with all below it, of its parts, and the curve by days.

    ``curve``: the day, what was open at its end (None: still to come), and the line.
    ``parts`` go by primary key; the chosen's own matters stand under its own.
    """

    whole: Way
    parts: dict[int, Way] = field(default_factory=dict)
    curve: list[tuple[date, int | None, float]] = field(default_factory=list)


def follow(chosen: Organization, *, begins: date, due: date, at: datetime) -> Burndown:
    """Return how what is open at and below an organization goes towards a day.

    Counted from all matters as they were last measured: one that was opened again
    counts as open all the while, so that closing and reopening helps nobody. A single
    statement; it reads what was sent and what ended since ``begins``.
    """
    today = timezone.localdate(at)
    since = today - timedelta(days=survival.WINDOW - 1)
    params: dict[str, int | date] = {
        "chosen": chosen.pk,
        "begins": begins,
        "since": since,
    }
    with reading.figures() as (cursor, _at):
        cursor.execute(_ASK, params)
        rows = cursor.fetchall()
    by_part: dict[int, dict[str, tuple[int, int]]] = {}
    by_day: dict[str, Counter[date]] = {"sent": Counter(), "ended": Counter()}
    for what, part, day, after, late in rows:
        if part is not None:
            by_part.setdefault(part, {})[what] = (after, late)
        elif day is not None:
            by_day[what][day] += after

    def way(parts: Iterable[dict[str, tuple[int, int]]]) -> Way:
        found = list(parts)

        def total(what: str, place: int) -> int:
            return sum(part.get(what, (0, 0))[place] for part in found)

        still = total("open", 0)
        begun = still + total("ended", 0) - total("sent", 0)
        return Way(
            begun=begun,
            open=still,
            needed=survival.needed(begun, begins=begins, due=due, on=today),
            expected=survival.expected(
                still,
                arrived=total("sent", 1),
                ended=total("ended", 1),
                window=survival.WINDOW,
                days=max((due - today).days, 0),
            ),
        )

    whole = way(by_part.values())
    days = [begins + timedelta(days=n) for n in range(0, (due - begins).days, STEP)]
    days = sorted({*days, due, *([today] if begins <= today <= due else [])})
    return Burndown(
        whole=whole,
        parts={key: way([part]) for key, part in by_part.items()},
        curve=[
            (
                day,
                _open_on(day, whole.open, by_day) if day <= today else None,
                survival.needed(whole.begun, begins=begins, due=due, on=day),
            )
            for day in days
        ],
    )


def _open_on(day: date, still: int, by_day: dict[str, Counter[date]]) -> int:
    """Return what was open at a day's end: less what came, and what ended, since."""
    came, went = (
        sum(n for when, n in by_day[what].items() if when > day)
        for what in ("sent", "ended")
    )
    return still + went - came
