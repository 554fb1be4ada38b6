"""The clock: from a complaint's events and the policy to time spent and time left.

Wall time from the sending of a round. Only waiting for the citizen pauses it, and no
longer than the policy's cap; hand-overs do not. A disagreement starts a new round with
a new clock (dispatch 9458/BYT-CNTT and docs/workflow.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile, zip_longest

from complaints.choices import ENDED, Move, Status

# What counts as a first answer to the citizen: staff looked and said so.
ANSWERS = (Move.ASK, Move.RESOLVE, Move.COUNTERSIGN)


@dataclass(frozen=True)
class Terms:
    """What the policy in force allows."""

    repair: timedelta
    pause: timedelta


@dataclass(frozen=True)
class Moment:
    """An event as the clock sees it: the state and holder *after* the move."""

    move: str
    status: str
    at: datetime
    round: int
    holder: int


@dataclass(frozen=True)
class Interval:
    """A stretch of a complaint's life in one state with one holder."""

    status: str
    holder: int
    round: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Reckoning:
    """What the clock says of the latest round at an instant."""

    intervals: tuple[Interval, ...]
    spent: timedelta
    left: timedelta
    due_at: datetime
    is_running: bool
    is_overdue: bool
    first_answer_at: datetime | None


def reckon(events: Sequence[Moment], *, terms: Terms, at: datetime) -> Reckoning:
    """Return what the clock says at ``at`` of events in order of their sequence.

    Times never run backwards: an event dated before the one it follows counts as
    simultaneous with it. ``events`` must not be empty.
    """
    intervals = tuple(_tile(events, at=at))
    last = events[-1].round
    current = [i for i in intervals if i.round == last]
    begins = min(e.at for e in events if e.round == last)
    paused = sum((_pause(i, terms) for i in current), timedelta(0))
    stopped = events[-1].status in ENDED
    waiting = events[-1].status == Status.WAITING_CITIZEN
    # What follows the end without reopening it, a confirmation, lengthens nothing.
    after = list(takewhile(lambda i: i.status in ENDED, reversed(current)))
    end = after[-1].begins if stopped else max(at, begins)
    spent = max(
        end - begins - sum((_pause(i, terms, end) for i in current), timedelta(0)),
        timedelta(0),
    )
    due_at = begins + terms.repair + paused
    return Reckoning(
        intervals=intervals,
        spent=spent,
        left=terms.repair - spent,
        due_at=due_at,
        is_running=not stopped and not (waiting and _pauses_still(current[-1], terms)),
        is_overdue=spent > terms.repair,
        first_answer_at=_first_answer(events),
    )


def _first_answer(events: Sequence[Moment]) -> datetime | None:
    """Return when the citizen was first answered; what was taken back told nobody."""
    for event, following in zip_longest(events, events[1:]):
        taken_back = following is not None and following.move == Move.UNDO
        if event.move in ANSWERS and not taken_back:
            return event.at
    return None


def _tile(events: Sequence[Moment], *, at: datetime) -> list[Interval]:
    """Cut a life into intervals without gaps or overlaps, the last one ending now."""
    starts: list[datetime] = []
    for event in events:
        starts.append(max(event.at, starts[-1]) if starts else event.at)
    ends = [*starts[1:], max(at, starts[-1])]
    return [
        Interval(e.status, e.holder, e.round, begins, finish)
        for e, begins, finish in zip(events, starts, ends, strict=True)
    ]


def _pause(
    interval: Interval, terms: Terms, until: datetime | None = None
) -> timedelta:
    """Return how long an interval pauses the clock."""
    if interval.status != Status.WAITING_CITIZEN:
        return timedelta(0)
    ends = min(interval.ends, until) if until else interval.ends
    return min(max(ends - interval.begins, timedelta(0)), terms.pause)


def _pauses_still(interval: Interval, terms: Terms) -> bool:
    return interval.ends - interval.begins < terms.pause
