"""The one place where a complaint's status changes: lock, check, move, record."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import policies, timeline
from complaints.choices import ADDING, ENDED, OPEN, Actor, Move, Status
from complaints.models import Complaint, Event, Lease, Referral
from complaints.rules import succession, workflow
from complaints.rules.refused import Refused, Stale
from portal.accounts.models import User
from portal.registry.models import Organization, OrganizationSuccession


def lock(complaint_id: int, *, version: int | None = None) -> Complaint:
    """Return the complaint, locked; raise Stale where it is not the version read.

    Without a version (the citizen's own moves) the status alone decides.
    """
    complaint = Complaint.objects.lock(complaint_id)
    if version is not None and complaint.version != version:
        raise Stale(
            _("This case was changed meanwhile. Look at it again, then decide.")
        )
    return complaint


def move(
    complaint: Complaint,
    step: Move,
    *,
    actor: Actor,
    at: datetime,
    by: User | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> Event:
    """Make a move on a locked complaint and record it; ``changes`` are its new facts.

    Keeps the pause, the end and the due time in step with the status, ends the lease
    of whoever was given the case and the wait for another body; raises Refused where
    the move is not legal from here.
    """
    before = Status(complaint.status)
    complaint.status = workflow.target(step, status=before, actor=actor)
    for name, value in changes.items():
        setattr(complaint, name, value)
    if before in ENDED and complaint.status in OPEN:
        complaint.holder = answering(complaint.holder, at=at)
    if before == Status.WAITING_CITIZEN and complaint.status != before:
        _end_pause(complaint, at=at)
    if complaint.status == Status.WAITING_CITIZEN and complaint.paused_at is None:
        complaint.paused_at = at
    complaint.ended_at = (
        (complaint.ended_at or at) if complaint.status in ENDED else None
    )
    if complaint.status != Status.RESOLVED:
        # What the platform took over was of the end before.
        complaint.outcome, complaint.confirmed_upstream_at = "", None
    if complaint.status in ENDED or complaint.co_holder_id == complaint.holder_id:
        complaint.co_holder = None
    looked = actor == Actor.STAFF and step != Move.ASSIGN
    if looked and complaint.touched_at is None:
        complaint.touched_at = at
    complaint.version += 1
    complaint.save()
    if before == Status.WAITING_AUTHORITY != complaint.status:
        _end_wait(complaint, Referral.State.OVERTAKEN, at=at)
    if complaint.status != before or "holder" in changes or step == Move.ASSIGN:
        Lease.objects.filter(complaint=complaint).delete()
    return timeline.record(
        complaint, step, actor=actor, at=at, by=by, note=note, data=data
    )


def new_round(
    complaint: Complaint, *, body: Organization | None, at: datetime
) -> dict[str, Any]:
    """Return the facts with which a round with a clock of its own begins.

    ``body``: who gets it first; None where routing looks for it. What was decided
    stays in the events; the claims are open again.
    """
    forget_verdicts(complaint)
    policy, due_at = policies.of_round(complaint.kind, begins=at, body=body)
    return {
        "round": complaint.round + 1,
        "round_started_at": at,
        "policy": policy,
        "due_at": due_at,
        "overdue_at": None,
        "extended_at": None,
        "confirmed_at": None,
    }


def forget_verdicts(complaint: Complaint) -> None:
    """Open the claims of a complaint again: what the citizen said stands, alone.

    Facts of a missing dose that staff added, of which the citizen said nothing, go with
    the decision that they were for; else they would pass for the citizen's own.
    """
    if complaint.kind in ADDING:
        added = [claim.pk for claim in complaint.claims.all() if not claim.claimed]
        complaint.claims.filter(pk__in=added).delete()
    complaint.claims.update(verdict="", ground="", correction=None, decided_sealed=None)


def put_back(
    complaint: Complaint, undone: Event, *, by: User, at: datetime, **facts: Any
) -> Event:
    """Take the newest move of a locked complaint back; ``facts``: as they were before.

    A question that is taken back stopped the clock for some seconds; those are added
    to the due time, as after an answer. Where whoever had it closed meanwhile, it goes
    to whoever answers instead. Raise Refused where nothing can be taken back.
    """
    before = Status(complaint.status)
    workflow.target(Move.UNDO, status=before, actor=Actor.STAFF)
    for name, value in facts.items():
        setattr(complaint, name, value)
    if complaint.status in OPEN:
        _leave_closed(complaint, at=at)
    if before == Status.WAITING_AUTHORITY != complaint.status:
        _end_wait(complaint, Referral.State.TAKEN_BACK, at=at)
    elif complaint.status == Status.WAITING_AUTHORITY != before:
        _wait_again(complaint, undone)
    if before == Status.WAITING_CITIZEN != complaint.status:
        _end_pause(complaint, at=at)
    complaint.ended_at = None
    if complaint.status != Status.RESOLVED:
        complaint.confirmed_upstream_at = None
    complaint.version += 1
    complaint.save()
    return timeline.record(
        complaint,
        Move.UNDO,
        actor=Actor.STAFF,
        at=at,
        by=by,
        data={"move": undone.move, "seq": undone.seq},
    )


def _leave_closed(complaint: Complaint, *, at: datetime) -> None:
    """Give a case to whoever answers for its holder, as when a unit closes."""
    there = answering(complaint.holder, at=at)
    if there.pk == complaint.holder_id:
        return
    complaint.holder = there
    if complaint.co_holder_id == there.pk:
        complaint.co_holder = None
    status = Status(complaint.status)
    complaint.status = succession.status_after(status)
    if not succession.keeps_assignee(status):
        complaint.assignee = None


def _end_wait(complaint: Complaint, state: Referral.State, *, at: datetime) -> None:
    """Note why another body is waited for no longer; one that answered has done so."""
    waiting = Referral.objects.filter(complaint=complaint, state=Referral.State.WAITING)
    waiting.update(state=state, ended_at=at)


def _wait_again(complaint: Complaint, undone: Event) -> None:
    """Let the wait go on that the move ended which is taken back."""
    Referral.objects.filter(complaint=complaint, ended_at=undone.at).update(
        state=Referral.State.WAITING,
        ended_at=None,
        reply="",
        answered_at=None,
        answered_by=None,
    )


def _end_pause(complaint: Complaint, *, at: datetime) -> None:
    """Move the due time by what the citizen took, up to what the policy leaves."""
    complaint.due_at = policies.reckon(complaint, at=at).due_at
    complaint.paused_at = None
    if complaint.overdue_at and complaint.due_at > at:
        complaint.overdue_at = complaint.co_holder = None


def above(organization: Organization, *, at: datetime) -> Organization:
    """Return the nearest open organization above; the root stands above itself."""
    current, day = organization, timezone.localdate(at)
    while current.parent is not None:
        current = current.parent
        if current.is_open_on(day):
            return current
    return current


def answering(organization: Organization, *, at: datetime) -> Organization:
    """Return who answers in an organization's place: itself as long as it is open.

    Once it closed its successor, as far as they lead; where there is none, or there are
    several, the nearest open one above.
    """
    current, day, seen = organization, timezone.localdate(at), {organization.pk}
    while not current.is_open_on(day):
        following = OrganizationSuccession.objects.filter(
            old=current, valid_from__lte=day
        ).select_related("new")[:2]
        if len(following) != 1 or following[0].new_id in seen:
            return above(current, at=at)
        current = following[0].new
        seen.add(current.pk)
    return current


def require_text(note: str, *, message: str) -> str:
    """Return the note without space around it; raise Refused where nothing is said."""
    note = note.strip()
    if not note:
        raise Refused(message)
    return note
