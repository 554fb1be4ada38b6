"""Measuring a matter from its events: what it took so far, by the clock.

Time of a matter: seconds of wall time from its sending to its last resolution, as
``rules.clock`` counts them and summed over its rounds; waiting for the citizen (up to
the policy's cap) and lying resolved between two rounds are not counted. On time: no
round missed its target by the rule of the clock, and all rounds together took no more
than one may, each as a share of what its own policy allows without an extension. So
closing early to be reopened gains no time. A matter counts for who holds it now (who
resolved it); what others did with it before, ``rules.gaming`` tells. Days are
Vietnamese ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from django.utils import timezone

from complaints.choices import ENDED, OPEN, Actor, Channel, Move, Status
from complaints.rollups.sketches import bucket_of
from complaints.rules import gaming
from complaints.rules.clock import ANSWERS, Moment, Reckoning, Terms, reckon

# Reported again within so many days of its end, a matter was not settled for good.
REFILED: Final = timedelta(days=30)
_NO_TIME: Final = timedelta(0)
_TICK: Final = timedelta(microseconds=1)
# What lapsed was never resolved, however long one waits: on the scale of the sketches
# it left after sixty years. Who lets a matter lapse does not look faster by it.
NEVER: Final = bucket_of(60 * 365 * 86_400)
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
    is_bulk: bool = False


def measured(
    matter: Matter, steps: Sequence[Step], *, terms: Sequence[Terms]
) -> tuple[dict[str, Any], list[gaming.Sign]]:
    """Return the facts of ``models.Measure`` for a matter with these steps in order.

    With them the signs of gaming that it bears. ``terms``: what the policy allowed in
    each round, the first one first.

    They depend on no instant: the same events always give the same facts. ``steps``
    must not be empty.
    """
    moments = [step.moment for step in steps]
    rounds = [
        reckon(
            [m for m in moments if m.round <= number], terms=allowed, at=moments[-1].at
        )
        for number, allowed in enumerate(terms, start=1)
    ]
    now = rounds[-1]
    missed = [
        one.is_late or _was_late(moments, number, allowed)
        for number, (one, allowed) in enumerate(zip(rounds, terms, strict=True), 1)
    ]
    is_late = any(missed) or _are_too_long(rounds, terms)
    seconds = _seconds(sum((r.wall_spent for r in rounds), _NO_TIME))
    is_open = matter.status in OPEN
    is_resolved = matter.status == Status.RESOLVED
    is_lapsed = matter.status == Status.LAPSED
    late_from, runs_from = (
        _goes_on(moments, now, terms[-1], is_late=missed[-1])
        if is_open
        else (None, None)
    )
    standing = list(gaming.standing(steps))
    looked = [step for step in standing if gaming.has_looked(step)]
    first = _first_answer(standing)
    answer = None if first is None else max(_seconds(first - matter.submitted_at), 0)
    left = NEVER if is_lapsed else bucket_of(seconds)
    facts = {
        "complaint_id": matter.complaint_id,
        "holder_id": matter.holder_id,
        "kind": matter.kind,
        "channel": matter.channel,
        "sent_on": _day(matter.submitted_at),
        "ended_on": matter.ended_at and _day(matter.ended_at),
        "is_open": is_open,
        "is_resolved": is_resolved,
        "is_on_time": is_resolved and not is_late,
        "is_lapsed": is_lapsed,
        "is_left_late": not (is_open or is_resolved) and is_late,
        "is_untouched": is_open and not looked,
        "late_from": late_from,
        "runs_from": runs_from,
        "spent": seconds,
        "first_answer": answer,
        "answer_late_from": _answer_late_from(first, rounds[0], is_open=is_open),
        "bucket": bucket_of(seconds) if is_resolved else None,
        "answer_bucket": None if answer is None else bucket_of(answer),
        "left_bucket": None if is_open or is_resolved else left,
        "rounds": matter.round,
        "is_refiled": matter.is_refiled,
        "rating": matter.rating,
        **_walked(standing, looked, is_resolved=is_resolved),
        **_stood(now),
    }
    return facts, gaming.signs(steps, rounds=rounds, terms=terms)


def _was_late(moments: Sequence[Moment], number: int, terms: Terms) -> bool:
    """Tell whether a round was late at one of its steps already.

    Of office time a question asked after the close of the last day would move the
    target past that close: what was late when the citizen was asked stays late.
    """
    asked = [m for m in moments if m.round == number and m.move == Move.ASK]
    if not terms.in_office:
        return False
    return any(
        reckon(moments[: moments.index(ask) + 1], terms=terms, at=ask.at).is_late
        for ask in asked
    )


def _are_too_long(rounds: Sequence[Reckoning], terms: Sequence[Terms]) -> bool:
    """Tell whether several rounds together took more than one may."""
    shares = (
        Fraction(one.spent // _TICK, allowed.repair // _TICK)
        for one, allowed in zip(rounds, terms, strict=True)
    )
    return len(rounds) > 1 and sum(shares) > 1


def _first_answer(standing: Sequence[Step]) -> datetime | None:
    """Return when staff first told the citizen something; the portal is no staff."""
    for step in standing:
        if step.actor == Actor.STAFF and step.moment.move in ANSWERS:
            return step.moment.at
    return None


def _answer_late_from(
    first: datetime | None, begun: Reckoning, *, is_open: bool
) -> datetime | None:
    """Return since when a first answer of staff is late, or will be; None: it is not.

    Who ended unanswered waits for none.
    """
    due_at = begun.answer_due_at
    if first is None:
        return due_at if is_open else None
    return due_at if due_at is not None and first > due_at else None


def _goes_on(
    moments: Sequence[Moment], now: Reckoning, terms: Terms, *, is_late: bool
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
    return (now.target_at if is_late else then.target_at), runs_from


def _walked(
    standing: Sequence[Step], looked: Sequence[Step], *, is_resolved: bool
) -> dict[str, Any]:
    """Return what was done on the way; what was taken back was not done.

    Nor did staff do anything with a matter where a unit closed and all of it went on.
    ``looked``: the steps for which staff looked into it.
    """
    done = [step for step in standing if not step.is_unit_change]
    moves = [step.moment.move for step in done]
    decisions = [step for step in done if step.moment.move in gaming.DECISIONS]
    last = decisions[-1] if decisions and is_resolved else None
    upheld = {step.outcome in gaming.UPHELD for step in decisions if step.outcome}
    return {
        "outcome": last.outcome if last else "",
        "asks": moves.count(Move.ASK),
        "hops": moves.count(Move.HAND_OVER) + moves.count(Move.ESCALATE),
        "is_disagreed": Move.DISAGREE in moves,
        "is_reversed": bool(set(gaming.REVERSING) & set(moves)) or len(upheld) > 1,
        "is_self_corrected": last is not None and last.actor == Actor.SYSTEM,
        "is_kept_unseen": last is not None
        and last.outcome in gaming.NO_EFFECT
        and looked == [last],
    }


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
