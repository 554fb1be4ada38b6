"""An incident locked for somebody who may decide it, and the work that it then owes."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.choices import OPEN
from complaints.models import Incident, IncidentRun
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import outbox

KIND: Final = "incident"
# A list at work is looked at again after so long.
LATER: Final = timedelta(seconds=2)


def lock(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Return an incident, locked, for somebody who may decide it now.

    Raise DoesNotExist for strangers, Refused for whoever handed its reports on.
    """
    # By its key alone: joined to a holder that hands it on meanwhile it is not found.
    Incident.objects.select_for_update().get(ref=ref)
    incident = Incident.objects.select_related("site", "holder", "session_list").get(
        ref=ref
    )
    decides = (
        permissions.decides_at(by, path, at=at)
        for path in (incident.site.path, _holder_path(incident))
    )
    if any(decides):
        return incident
    if permissions.decides_at(by, incident.holder.path, at=at):
        raise Refused(_("The reports were handed on. Whoever holds them now decides."))
    raise Incident.DoesNotExist


def _holder_path(incident: Incident) -> str:
    """Return the path of who holds most of the open reports at this moment."""
    held = (
        incident.members.filter(complaint__status__in=OPEN)
        .values_list("complaint__holder__path")
        .annotate(n=Count("pk"))
        .order_by("-n", "complaint__holder")
        .first()
    )
    return str(held[0]) if held else incident.holder.path


def owe(incident: Incident, *, at: datetime, delay: timedelta = timedelta(0)) -> None:
    """Owe a slice of what the incident needs by its state."""
    run = IncidentRun.objects.create(incident=incident, asked_at=at)
    outbox.add(KIND, [run.pk], at=at, delay=delay)


def call_off(incident: Incident, signed_at: datetime | None, *, at: datetime) -> None:
    """Let nothing be done of what was signed; within half a minute, before it begins.

    Raise Refused later than that.
    """
    waiting = list(incident.runs.filter(done_at=None).values_list("pk", flat=True))
    if signed_at is None or at >= signed_at + UNDO:
        raise Refused(_("The half minute is over: it has begun."))
    if not outbox.withdraw(KIND, waiting):
        raise Refused(_("The half minute is over: it has begun."))
    IncidentRun.objects.filter(pk__in=waiting).update(done_at=at)


def note(incident: Incident, detail: str, *, by: User | None, at: datetime) -> None:
    """Write down in the audit who did what; None: the portal itself."""
    audit.change(
        at=at,
        actor="staff" if by else "system",
        actor_id=by.pk if by else None,
        person_id=None,
        subject="complaints.incident",
        subject_id=incident.pk,
        detail=detail,
    )
