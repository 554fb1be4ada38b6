"""Opening an ended case again: of one matter one report is open at a time."""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from complaints.actions import moving, subject_keys
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Event, Recheck
from portal.accounts.models import User


def is_reported_again(case: Complaint) -> bool:
    """Tell whether a report of the same matter as this ended one is open."""
    same = subject_keys.under_all(case)
    return Complaint.objects.open().filter(subject_key__in=same).exists()


def unless_reported_again(
    case: Complaint, open_it: Callable[[], Event]
) -> Event | None:
    """Make the move that opens a locked case; return None where the same is open.

    Also where the same is being sent just now: the database takes one of the two, and
    nothing that ``open_it`` wrote stays. The case in hand is then to be read anew.
    """
    if is_reported_again(case):
        return None
    try:
        with transaction.atomic():
            return open_it()
    except IntegrityError:
        if not is_reported_again(case):
            raise
        return None


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
    to = moving.answering(case.holder, at=at)
    return unless_reported_again(
        case,
        lambda: moving.move(
            case,
            Move.REOPEN,
            actor=Actor.STAFF,
            by=by,
            at=at,
            data={"to": to.name},
            holder=to,
            assignee=None,
            **moving.new_round(case, body=to, at=at),
        ),
    )
