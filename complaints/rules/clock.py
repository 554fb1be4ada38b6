"""The clock: from a complaint's events and the policy to time spent and time left.

Time counts from the sending of a round: wall time, or the office time of who answers,
as the policy says. Only waiting for the citizen pauses it, and no longer in a round
than the policy's cap, however often the citizen is asked; hand-overs do not. A
disagreement starts a new round with a new clock (dispatch 9458/BYT-CNTT and
docs/workflow.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile, zip_longest
from typing import Final

from complaints.choices import ENDED, Move, Status
from complaints.rules.office import Calendar

# What counts as a first answer to the citizen: staff looked and said so.
ANSWERS = (Move.ASK, Move.RESOLVE, Move.COUNTERSIGN)
_NONE: Final = timedelta(0)


@dataclass(frozen=True)
class Terms:
    """What the policy in force allows.

    ``pause``: how much wall time of waiting for the citizen in a round stops the clock.
    ``office``: the hours of who answers. With ``in_office`` every length of time is one
    of office time; without, of wall time, and the calendar only tells both.
    """

    repair: timedelta
    pause: timedelta
    first_answer: timedelta | None = None
    extension: timedelta = _NONE
    office: Calendar | None = None
    in_office: bool = False


@dataclass(frozen=True)
class Moment:
    """An event as the clock sees it: the state and holder *after* the move.

    ``extra``: what an extension added. ``seq`` orders moments that come unordered.
    """

    move: str
    status: str
    at: datetime
    round: int
    holder: int
    extra: timedelta = _NONE
    seq: int = 0


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
    """What the clock says of the latest round at an instant.

    ``spent``, ``left``, ``paused`` and ``allowed`` are in the policy's time.
    ``target_at`` is the due time without the extension, and ``is_late`` tells whether
    that was missed, by the same rule as ``is_overdue``. ``answer_due_at`` and
    ``answered_at`` belong to the round's own clock of the first answer (None: the
    policy has none, nobody answered yet); ``first_answer_at`` is of the whole life.
    ``office_spent`` is None without a calendar.
    """

    intervals: tuple[Interval, ...]
    begins: datetime
    spent: timedelta
    left: timedelta
    paused: timedelta
    allowed: timedelta
    due_at: datetime
    target_at: datetime
    is_running: bool
    is_overdue: bool
    is_late: bool
    first_answer_at: datetime | None
    answered_at: datetime | None
    answer_due_at: datetime | None
    is_answer_late: bool
    wall_spent: timedelta
    office_spent: timedelta | None


def reckon(events: Sequence[Moment], *, terms: Terms, at: datetime) -> Reckoning:
    """Return what the clock says at ``at`` of events, in whatever order they come.

    Times never run backwards: an event dated before the one it follows counts as
    simultaneous with it. ``events`` must not be empty.
    """
    events = sorted(events, key=lambda event: event.seq)
    intervals = tuple(_tile(events, at=at))
    last = events[-1].round
    current = [i for i in intervals if i.round == last]
    of_round = [e for e in events if e.round == last]
    begins = min(e.at for e in of_round)
    stopped = events[-1].status in ENDED
    waiting = events[-1].status == Status.WAITING_CITIZEN
    # What follows the end without reopening it, a confirmation, lengthens nothing.
    after = list(takewhile(lambda i: i.status in ENDED, reversed(current)))
    end = after[-1].begins if stopped else max(at, begins)
    pauses = _pauses(current, terms)
    stood = sum((ends - begins for begins, ends in pauses), _NONE)
    paused = sum((passed(*p, terms=terms) for p in pauses), _NONE)
    # An extension counts once, however often it was said.
    extra = next((e.extra for e in _standing(of_round) if e.extra), _NONE)
    allowed = terms.repair + extra
    spent = _without(pauses, begins, end, terms)
    due_at = later(begins, allowed + paused, terms=terms)
    target_at = later(begins, terms.repair + paused, terms=terms)
    answered_at = _first_answer(of_round)
    answer_due_at = (
        later(begins, terms.first_answer, terms=terms) if terms.first_answer else None
    )
    return Reckoning(
        intervals=intervals,
        begins=begins,
        spent=spent,
        left=allowed - spent,
        paused=paused,
        allowed=allowed,
        due_at=due_at,
        target_at=target_at,
        is_running=not stopped and not (waiting and stood < terms.pause),
        # At the close of its last day nothing is left; it is late from then on, though
        # office time itself goes on in the morning only.
        is_overdue=end > due_at if terms.in_office else spent > allowed,
        is_late=end > target_at if terms.in_office else spent > terms.repair,
        first_answer_at=_first_answer(events),
        answered_at=answered_at,
        answer_due_at=answer_due_at,
        is_answer_late=answer_due_at is not None
        and (answered_at or end) > answer_due_at,
        wall_spent=_without(pauses, begins, end, None),
        office_spent=_without(pauses, begins, end, terms, always_office=True)
        if terms.office
        else None,
    )


def later(since: datetime, amount: timedelta, *, terms: Terms) -> datetime:
    """Return when so much of the policy's time has passed since an instant."""
    if terms.in_office and terms.office is not None:
        return terms.office.after(since, amount)
    return since + amount


def passed(begins: datetime, ends: datetime, *, terms: Terms) -> timedelta:
    """Return how much of the policy's time lies between two instants."""
    if terms.in_office and terms.office is not None:
        return terms.office.worked(begins, ends)
    return max(ends - begins, _NONE)


def reaches(reckoned: Reckoning, share: float, *, terms: Terms) -> datetime:
    """Return when the round's clock reaches a share of what it is allowed (1: due)."""
    amount = reckoned.allowed * share + reckoned.paused
    return later(reckoned.begins, amount, terms=terms)


def _first_answer(events: Sequence[Moment]) -> datetime | None:
    """Return when the citizen was first answered; what was taken back told nobody."""
    return next((e.at for e in _standing(events) if e.move in ANSWERS), None)


def _standing(events: Sequence[Moment]) -> Iterator[Moment]:
    """Yield the events that were not taken back by the one after them."""
    for event, following in zip_longest(events, events[1:]):
        if following is None or following.move != Move.UNDO:
            yield event


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


def _pauses(
    intervals: Sequence[Interval], terms: Terms
) -> list[tuple[datetime, datetime]]:
    """Return when the clock of a round stands still: what the cap leaves of each wait.

    A reminder, or a note, cuts a wait in two; it begins no other one.
    """
    pauses, left = [], terms.pause
    for interval in intervals:
        if interval.status == Status.WAITING_CITIZEN:
            ends = min(interval.ends, interval.begins + left)
            pauses.append((interval.begins, ends))
            left -= ends - interval.begins
    return pauses


def _without(
    pauses: Sequence[tuple[datetime, datetime]],
    begins: datetime,
    end: datetime,
    terms: Terms | None,
    *,
    always_office: bool = False,
) -> timedelta:
    """Return the time from begin to end less the pauses; wall time without terms."""

    def length(since: datetime, until: datetime) -> timedelta:
        if terms is None:
            return max(until - since, _NONE)
        if always_office and terms.office is not None:
            return terms.office.worked(since, until)
        return passed(since, until, terms=terms)

    stood = sum((length(p, min(until, end)) for p, until in pauses), _NONE)
    return max(length(begins, end) - stood, _NONE)
