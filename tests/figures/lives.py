"""Matters with any life one likes: step by step, with whom, by whom, how it ended."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from complaints import policies
from complaints.choices import ENDED, Actor, Channel, Kind, Move, Outcome, Status
from complaints.models import Complaint, Event, Rating
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Organization
from tests.pages.cases import make_submission

CITIZENS = (Move.SUBMIT, Move.ANSWER, Move.WITHDRAW, Move.DISAGREE, Move.CONFIRM)
AGAIN = (Move.DISAGREE, Move.REVERT, Move.REOPEN, Move.PUT_BACK)
SYSTEMS = (Move.ROUTE, Move.REMIND, Move.LAPSE, Move.REVERT)
DECISIONS = (Move.RESOLVE, Move.COUNTERSIGN)


@dataclass(frozen=True)
class Then:
    """A step: what was done so long after the one before, and where that led."""

    move: Move
    status: Status
    after: timedelta
    holder: Organization | None = None
    actor: Actor | None = None
    outcome: str = Outcome.CORRECTED
    data: dict[str, Any] = field(default_factory=dict)


def live(
    holder: Organization,
    sent: datetime,
    steps: Sequence[Then] = (),
    *,
    kind: Kind = Kind.MISSING_DOSE,
    subject: bytes = b"",
    by: User | None = None,
    channel: Channel = Channel.SELF,
    word: str = "",
) -> Complaint:
    """Return a matter that was sent then and went through these steps, ``by`` staff.

    ``word``: what its citizen said, in the end, of how it was handled.
    """
    events, at, number, ended = [], sent, 1, None
    touched = touched_before = None
    outcome = ""
    for step in [Then(Move.SUBMIT, Status.RECEIVED, timedelta(0)), *steps]:
        at, holder = at + step.after, step.holder or holder
        number += step.move in AGAIN
        actor = step.actor or _actor(step.move)
        if step.move == Move.UNDO:
            touched = touched_before
        elif actor == Actor.STAFF:
            touched_before, touched = touched, touched or at
        ended = (ended or at) if step.status in ENDED else None
        outcome = "" if step.status != Status.RESOLVED else outcome
        if step.move in DECISIONS:
            outcome = step.outcome
        event = Event(
            move=step.move,
            at=at,
            actor=actor,
            by=by if actor == Actor.STAFF else None,
            status=step.status,
            round=number,
            holder=holder,
            data=step.data
            | ({"outcome": step.outcome} if step.move in DECISIONS else {}),
        )
        events.append(event)
    status = events[-1].status
    of_round = [event for event in events if event.round == number]
    given = (event.holder for event in of_round if event.move in policies.GIVEN)
    begins = of_round[0].at
    policy, due_at = policies.of_round(kind, begins=begins, body=next(given, None))
    with scope.system():
        complaint = Complaint.objects.create(
            submission=make_submission(at=sent, channel=channel),
            number=1,
            kind=kind,
            status=status,
            outcome=outcome,
            round=number,
            subject_key=subject or uuid.uuid4().bytes * 2,
            holder=holder,
            submitted_at=sent,
            round_started_at=begins,
            policy=policy,
            due_at=due_at,
            touched_at=touched,
            paused_at=at if status == Status.WAITING_CITIZEN else None,
            ended_at=ended,
        )
        for event in events:
            event.complaint = complaint
        Event.objects.bulk_create(events)
        if word:
            Rating.objects.create(complaint=complaint, round=number, word=word, at=at)
    return complaint


def _actor(move: Move) -> Actor:
    if move in CITIZENS:
        return Actor.CITIZEN
    return Actor.SYSTEM if move in SYSTEMS else Actor.STAFF
