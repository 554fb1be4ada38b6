"""Breaking the glass: a case outside one's own units is read, once, with a reason.

For an emergency, when whoever has the case cannot be reached. It gives half an hour of
reading and no move at all; one's own case, or one of the own household, stays shut. The
case's history has it, the access audit lists it for review by somebody else, and the
leads of the unit in charge are told with their next digest.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions, timeline
from complaints.actions import moving
from complaints.choices import Actor, Move, Unusual
from complaints.models import AccessSign, Complaint, Evidence, Joining
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import scope
from portal.registry.models import Organization

# Long enough to read a case and telephone; nobody named a number, so it is ours.
LASTS: Final = timedelta(minutes=30)
# "Khẩn cấp" alone is no reason that somebody could review.
SHORTEST_REASON: Final = 20
SUBJECT: Final = "complaints.glass"


def break_open(
    *,
    code: str,
    number: int,
    reason: str,
    organization: Organization,
    by: User,
    at: datetime,
) -> AccessSign:
    """Open a case of another unit for reading, until ``LASTS`` is over.

    ``organization``: for which the user works. Raise Refused for a reason that says
    nothing, a case that does not exist, is theirs or their household's, or lies within
    their own units.
    """
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused(_("Say why, so that somebody else can judge it."))
    with scope.system():
        found = Complaint.objects.filter(submission__code=code, number=number).first()
        if found is None:
            raise Refused(_("There is no case with this code."))
        case = moving.lock(found.pk)
        if Complaint.objects.visible_to(by, at=at).filter(pk=case.pk).exists():
            raise Refused(_("This case lies within your units. Open it as always."))
        permissions.require_other(by, case, [])
        sign = AccessSign.objects.create(
            rule=Unusual.GLASS,
            user=by,
            person_id=case.submission.person_id,
            organization=case.holder,
            path=case.holder_path,
            day=timezone.localdate(at),
            begins=at,
            ends=at + LASTS,
            count=1,
            found_at=at,
            event=timeline.record(
                case,
                Move.NOTE,
                actor=Actor.STAFF,
                at=at,
                by=by,
                note=reason,
                data={"glass": organization.name},
            ),
        )
        _note(sign, organization, "opened", by=by, at=at)
    return sign


def reading(ref: uuid.UUID, *, by: User, at: datetime) -> Complaint | None:
    """Return the case that somebody opened, as long as it stays open to them."""
    with scope.system():
        sign = (
            AccessSign.objects.filter(
                ref=ref, rule=Unusual.GLASS, user=by, ends__gt=at, begins__lte=at
            )
            .select_related("event")
            .first()
        )
        if sign is None or sign.event is None:
            return None
        cases = Complaint.objects.select_related("submission__person", "holder", "dose")
        found: Complaint = cases.get(pk=sign.event.complaint_id)
        return found


def photos_of(case: Complaint) -> QuerySet[Evidence]:
    """Return the photos of a case, those of who reported it again too.

    Needs the system's scope.
    """
    again = Joining.objects.filter(complaint=case).values("submission")
    sent = Q(submission=case.submission_id) | Q(submission__in=again)
    return Evidence.objects.filter(sent).order_by("pk")


def note_look(
    ref: uuid.UUID,
    *,
    detail: str = "read",
    organization: Organization,
    by: User,
    at: datetime,
) -> None:
    """Write down one more look at an open case; ``detail``: "read" or "photo"."""
    with scope.system():
        sign = AccessSign.objects.select_related("event").get(ref=ref)
        _note(sign, organization, detail, by=by, at=at)


def _note(
    sign: AccessSign, organization: Organization, detail: str, *, by: User, at: datetime
) -> None:
    assert sign.event is not None  # the database holds it
    audit.look_up(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=sign.person_id,
        organization=organization.pk,
        subject=SUBJECT,
        subject_id=sign.event.complaint_id,
        detail=detail,
    )
