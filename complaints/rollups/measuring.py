"""Measuring a matter from its events: what it took so far, by the clock.

Time of a matter: seconds of wall time from its sending to its last resolution, as
``rules.clock`` counts them and summed over its rounds; waiting for the citizen (up to
the policy's cap) and lying resolved between two rounds are not counted. On time: that
time, in office hours where the policy counts these, is at most what the matter's policy
allows without an extension. A matter counts for who holds it now (who resolved it).
Days are Vietnamese ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from complaints.choices import ENDED, OPEN, Actor, Channel, Move, Outcome, Status
from complaints.rollups.sketches import bucket_of
from complaints.rules import gaming
from complaints.rules.clock import Moment, Reckoning, Terms, reckon

# Reported again within so many days of its end, a matter was not settled for good.
REFILED: Final = timedelta(days=30)
_NO_TIME: Final = timedelta(0)
_LEDGER: Final = {
    Status.RECEIVED: "waited",
    Status.IN_REVIEW: "checked",
    Status.WAITING_CITIZEN: "paused",
    Status.WAITING_AUTHORITY: "elsewhere",
    Status.AWAITING_SECOND: "seconded",
}


@dataclass(frozen=True)
class Matter:
    """A complaint as it stands; ``is_refiled``: it was reported again after its end.

    ``rating``: the citizen's newest word on how it was handled, or empty.
    """

    complaint_id: int
    kind: str
    status: str
    round: int
    holder_id: int
    policy_id: int | None
    submitted_at: datetime
    ended_at: datetime | None
    is_touched: bool
    is_refiled: bool
    channel: str = Channel.SELF
    rating: str = ""


@dataclass(frozen=True)
class Step:
    """An event, with what the clock does not ask for."""

    moment: Moment
    actor: str
    outcome: str
    is_unit_change: bool = False


def measured(
    matter: Matter, steps: Sequence[Step], *, terms: Terms
) -> tuple[dict[str, Any], list[gaming.Sign]]:
    """Return the facts of ``models.Measure`` for a matter with these steps in order.

    With them the signs of gaming that it bears.

    They depend on no instant: the same events always give the same facts. ``steps``
    must not be empty.
    """
    moments = [step.moment for step in steps]
    rounds = [
        reckon(
            [m for m in moments if m.round <= number], terms=terms, at=moments[-1].at
        )
        for number in range(1, moments[-1].round + 1)
    ]
    now = rounds[-1]
    spent = sum((r.spent for r in rounds), _NO_TIME)
    seconds = _seconds(sum((r.wall_spent for r in rounds), _NO_TIME))
    is_open = matter.status in OPEN
    is_resolved = matter.status == Status.RESOLVED
    late_from, runs_from = _goes_on(moments, now, terms) if is_open else (None, None)
    first = now.first_answer_at
    answer = None if first is None else max(_seconds(first - matter.submitted_at), 0)
    facts = {
        "complaint_id": matter.complaint_id,
        "holder_id": matter.holder_id,
        "kind": matter.kind,
        "channel": matter.channel,
        "sent_on": _day(matter.submitted_at),
        "ended_on": matter.ended_at and _day(matter.ended_at),
        "is_open": is_open,
        "is_resolved": is_resolved,
        "is_on_time": is_resolved and spent <= terms.repair,
        "is_untouched": is_open and not matter.is_touched,
        "late_from": late_from,
        "runs_from": runs_from,
        "spent": seconds,
        "first_answer": answer,
        "bucket": bucket_of(seconds) if is_resolved else None,
        "answer_bucket": None if answer is None else bucket_of(answer),
        "left_bucket": None if is_open or is_resolved else bucket_of(seconds),
        "rounds": matter.round,
        "is_refiled": matter.is_refiled,
        "rating": matter.rating,
        **_walked(steps, is_resolved=is_resolved),
        **_stood(now),
    }
    return facts, gaming.signs(steps, rounds=rounds, terms=terms)


def _goes_on(
    moments: Sequence[Moment], now: Reckoning, terms: Terms
) -> tuple[datetime, datetime]:
    """Return after which instant an open matter is overdue, and when time runs again.

    Asked of the clock at its newest event, and after the longest pause from there.
    """
    begins = now.intervals[-1].begins
    if moments[-1].status != Status.WAITING_CITIZEN:
        return now.target_at, begins
    later = begins + terms.pause
    then = reckon(moments, terms=terms, at=later)
    runs_from = later - (then.wall_spent - now.wall_spent)
    is_late = now.spent > terms.repair
    return (now.target_at if is_late else then.target_at), runs_from


def _walked(steps: Sequence[Step], *, is_resolved: bool) -> dict[str, Any]:
    """Return what was done on the way; what was taken back was not done.

    Nor did staff do anything with a matter where a unit closed and all of it went on.
    """
    standing = [step for step in gaming.standing(steps) if not step.is_unit_change]
    moves = [step.moment.move for step in standing]
    decisions = [step for step in standing if step.moment.move in gaming.DECISIONS]
    last = decisions[-1] if decisions and is_resolved else None
    looked = [
        step
        for step in standing
        if step.actor == Actor.STAFF and step.moment.move not in gaming.NO_LOOK
    ]
    upheld = {step.outcome in _CHANGED for step in decisions if step.outcome}
    return {
        "asks": moves.count(Move.ASK),
        "hops": moves.count(Move.HAND_OVER) + moves.count(Move.ESCALATE),
        "is_disagreed": Move.DISAGREE in moves,
        "is_reversed": bool({Move.REVERT, Move.REOPEN} & set(moves)) or len(upheld) > 1,
        "is_self_corrected": last is not None and last.actor == Actor.SYSTEM,
        "is_kept_unseen": last is not None
        and last.outcome == Outcome.KEPT
        and looked == [last],
    }


_CHANGED: Final = (Outcome.CORRECTED, Outcome.PARTLY_CORRECTED)


def _stood(now: Reckoning) -> dict[str, Any]:
    """Return how long it stood in each state, and with whom if with several."""
    states = dict.fromkeys(_LEDGER.values(), _NO_TIME)
    holders: dict[int, timedelta] = {}
    for interval in now.intervals:
        if interval.status in ENDED:
            continue
        length = interval.ends - interval.begins
        states[_LEDGER[Status(interval.status)]] += length
        holders[interval.holder] = holders.get(interval.holder, _NO_TIME) + length
    held = {str(key): _seconds(length) for key, length in holders.items()}
    return {name: _seconds(length) for name, length in states.items()} | {
        "held_by": held if len(held) > 1 else None
    }


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _day(at: datetime) -> date:
    return timezone.localtime(at, timezone.get_default_timezone()).date()
