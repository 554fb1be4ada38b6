"""Taking one's own last moves back, as long as no message went out."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from complaints.actions import undoing
from complaints.models import Complaint, TakeBack
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from complaints.views import next_case
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import see_other
from portal.common.templatetags import ui

LATELY: Final = "last_moves"
# As many as the keys of somebody quick make in half a minute.
MOST: Final = 15


def remember(request: StaffRequest, case: Complaint, *, at: datetime) -> None:
    """Keep in the session which move was just made, so that any page can offer it.

    What was made on the case before can be taken back no more.
    """
    kept = [one for one in _kept(request, at=at) if one["case"] != case.reference]
    made = undoing.latest(case.pk, by=request.user, at=at)
    if made is not None:
        until = (made.event.at + UNDO).isoformat()
        mine = {"ref": str(made.ref), "case": case.reference, "until": until}
        kept = [mine, *kept][:MOST]
    if kept or LATELY in request.session:
        request.session[LATELY] = kept


def offered(request: HttpRequest, *, at: datetime) -> list[dict[str, Any]]:
    """Return the moves that can still be taken back, the newest first, with seconds."""
    return [
        {
            "ref": one["ref"],
            "case": ui.pretty_code(one["case"]),
            "seconds": _seconds_left(one, at=at),
        }
        for one in _kept(request, at=at)
    ]


def _kept(request: HttpRequest, *, at: datetime) -> list[dict[str, str]]:
    kept = request.session.get(LATELY, [])
    return [one for one in kept if _seconds_left(one, at=at) > 0]


def _seconds_left(one: dict[str, str], *, at: datetime) -> int:
    return int((datetime.fromisoformat(one["until"]) - at).total_seconds())


@require_POST
@access.staff(*access.READERS)
def undo(request: StaffRequest, ref: UUID) -> HttpResponse:
    """Take a move back; show the case as it was, or say why it stays."""
    at = timezone.now()
    kept = [one for one in _kept(request, at=at) if one["ref"] != str(ref)]
    request.session[LATELY] = kept
    try:
        case = undoing.undo(ref=ref, by=request.user, at=at)
    except TakeBack.DoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        messages.error(request, str(refused))
        return see_other(next_case.queue_of(request))
    messages.success(request, _("Taken back. No message went out."))
    if Complaint.objects.visible_to(request.user, at=at).filter(pk=case.pk).exists():
        return see_other(next_case.address_of(case, request))
    return see_other(next_case.queue_of(request))
