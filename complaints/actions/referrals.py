"""Asking another body, as the commune police, and taking its answer.

The clock runs on meanwhile. A wait has a day on which it ends: whoever has the case
then goes on without the answer, which may still be entered when it comes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import locked, moving
from complaints.choices import Actor, Move, Reply, Status
from complaints.models import Complaint, Event, Referral
from complaints.rules.impersonal import names_somebody
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import names, scope
from portal.registry.models import Organization

# As long as the citizen has at most (decisions on the clock); mostly far less is given.
MOST_DAYS: Final = 10
USUAL_DAYS: Final = 2


def wait(
    *,
    complaint_id: int,
    authority: str,
    points: Sequence[str],
    note: str,
    days: int = USUAL_DAYS,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Ask another body to confirm some of the claims; the clock goes on.

    ``authority``: its name; an organization of the registry that bears it exactly sees
    the sheet under its own accounts. ``points``: fields of the claims. ``note``: the
    question; the citizen reads it, too. Raise Refused where something of that lacks.
    """
    note = moving.require_text(note, message=_("Say what they should confirm."))
    authority = " ".join(authority.split())
    if len(authority) < 4 or names_somebody(authority):
        raise Refused(_("Write the name of the body, without any number of a person."))
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("Give them 1 to 10 days."))
    with locked.turn(complaint_id, Move.WAIT, by=by, at=at, version=version) as turn:
        case = turn.case
        known = set(case.claims.values_list("field", flat=True))
        if not points or not known.issuperset(points):
            raise Refused(_("Choose what they should confirm."))
        referral = Referral(
            complaint=case,
            authority=_known(authority, at=at),
            authority_name=authority,
            points=list(points),
            expected_at=at + timedelta(days=days),
        )
        data = {"authority": authority, "referral": referral.number}
        referral.event = turn.move(note=note, data=data, assignee=by)
        referral.save()
    return turn.case


def resume(
    *,
    complaint_id: int,
    reply: str,
    note: str = "",
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Go on with a case that waits: with what the other body said, or without it.

    ``reply`` is a ``choices.Reply``, or empty where no answer came.
    """
    with locked.turn(complaint_id, Move.RESUME, by=by, at=at, version=version) as turn:
        waiting = Referral.objects.filter(
            complaint=turn.case, state=Referral.State.WAITING
        ).first()
        if waiting is None:
            raise Refused(_("This step is not possible now. Reload the page."))
        data = {"authority": waiting.authority_name, "referral": waiting.number}
        if reply:
            data["reply"] = _write(waiting, reply, note, by=by, at=at)
        turn.move(note=note, data=data)
    return turn.case


def answer(
    *, number: str, reply: str, note: str = "", by: User, at: datetime
) -> Referral:
    """Enter what a body said under the number of its sheet.

    By whoever enters answers where the case lies, or by an account of that body. A case
    that waits goes on; one that went on meanwhile gets it as a note. Raise Refused
    where it was answered already, or the case has ended.
    """
    with scope.system():
        found = Referral.objects.select_related("authority").get(number=number)
        case = moving.lock(found.complaint_id)
        found.refresh_from_db(fields=["state"])
        if not permissions.may_answer(by, case, found.authority, at=at):
            raise Refused(_("This case is with another unit, or not yours to decide."))
        if found.state not in Referral.UNANSWERED:
            raise Refused(_("An answer was entered already."))
        if not case.is_open:
            raise Refused(_("This matter has ended already. Reload the page."))
        waits = found.state == Referral.State.WAITING
        data = {"authority": found.authority_name, "referral": number}
        data["reply"] = _write(found, reply, note, by=by, at=at)
        moving.move(
            case,
            Move.RESUME if waits else Move.NOTE,
            actor=Actor.STAFF,
            by=by,
            at=at,
            note=note.strip(),
            data=data,
        )
    return found


def expire(*, at: datetime, limit: int = 500) -> int:
    """Let cases go on whose other body did not answer in time; return how many.

    They stand in their holder's queue again, with that word in their history.
    """
    with scope.system():
        late = list(
            Referral.objects.filter(
                state=Referral.State.WAITING, expected_at__lte=at
            ).order_by("expected_at", "pk")[:limit]
        )
        cases = {
            case.pk: case
            for case in Complaint.objects.select_for_update(
                of=("self",), skip_locked=True
            ).filter(
                pk__in=[one.complaint_id for one in late],
                status=Status.WAITING_AUTHORITY,
            )
        }
        count = 0
        for one in late:
            case = cases.get(one.complaint_id)
            # Whoever has the case in hand just now goes on with it anyway.
            ended = Referral.objects.filter(pk=one.pk, state=Referral.State.WAITING)
            if case is None or not ended.update(
                state=Referral.State.EXPIRED, ended_at=at
            ):
                continue
            data = {
                "authority": one.authority_name,
                "referral": one.number,
                "late": True,
            }
            moving.move(case, Move.RESUME, actor=Actor.SYSTEM, at=at, data=data)
            count += 1
        return count


def question(referral: Referral) -> Event:
    """Return the move by which the body was asked, with who asked and why."""
    event: Event = Event.objects.select_related("by", "holder").get(
        pk=referral.event_id
    )
    return event


def _write(referral: Referral, reply: str, note: str, *, by: User, at: datetime) -> str:
    """Write the answer down; return it. Raise Refused where it says nothing."""
    if reply not in Reply.values:
        raise Refused(_("Choose what they said."))
    if reply == Reply.OTHER and not note.strip():
        raise Refused(_("Write down what they said."))
    referral.state = Referral.State.ANSWERED
    referral.reply = reply
    referral.answered_at, referral.answered_by = at, by
    referral.ended_at = referral.ended_at or at
    referral.save()
    return reply


def _known(name: str, *, at: datetime) -> Organization | None:
    """Return the one organization that is called so and is there today, or None."""
    found = [
        body
        for body in Organization.objects.filter(folded=names.fold(name)).order_by("pk")
        if body.is_open_on(timezone.localdate(at))
    ]
    return found[0] if len(found) == 1 else None
