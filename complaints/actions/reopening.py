"""Opening a case again once its unit accepts that a check decided otherwise."""

from datetime import datetime

from complaints.actions import moving, subject_keys
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Event, Recheck
from portal.accounts.models import User


def open_again(row: Recheck, *, by: User, at: datetime) -> Event | None:
    """Begin a new round of a checked case; return None where there is nothing to open.

    By whoever answers for the unit, after somebody else disagreed: two people. It stays
    with the unit that has it, or whoever answers in its place, with a clock of its own;
    whoever decided before may not decide again (``permissions``). Nothing is opened
    where the case goes on already, was decided anew since, or was reported again.
    Needs the system's scope and its caller's transaction.
    """
    case = moving.lock(row.complaint_id)
    newest = (
        case.events.filter(move__in=(Move.RESOLVE, Move.COUNTERSIGN))
        .order_by("-seq")
        .values_list("pk", flat=True)
        .first()
    )
    if case.status != Status.RESOLVED or newest != row.event_id:
        return None
    same = subject_keys.under_all(case)
    if Complaint.objects.open().filter(subject_key__in=same).exists():
        return None
    to = moving.answering(case.holder, at=at)
    return moving.move(
        case,
        Move.REOPEN,
        actor=Actor.STAFF,
        by=by,
        at=at,
        data={"to": to.name},
        holder=to,
        assignee=None,
        **moving.new_round(case, body=to, at=at),
    )
