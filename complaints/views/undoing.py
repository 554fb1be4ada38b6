"""Taking one's own last move back, as long as nobody was told."""

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
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.common.http import see_other

LAST: Final = "last_move"


def remember(request: StaffRequest, case: Complaint, *, at: datetime) -> None:
    """Keep in the session which move was just made, so that any page can offer it."""
    made = undoing.latest(case.pk, by=request.user, at=at)
    if made is not None:
        until = (made.event.at + UNDO).isoformat()
        request.session[LAST] = {"ref": str(made.ref), "until": until}


def offered(request: HttpRequest, *, at: datetime) -> dict[str, Any] | None:
    """Return the move that can still be taken back and its seconds, or None."""
    last = request.session.get(LAST)
    if last is None:
        return None
    left = int((datetime.fromisoformat(last["until"]) - at).total_seconds())
    return {"ref": last["ref"], "seconds": left} if left > 0 else None


@require_POST
@access.staff(*CASEWORKERS)
def undo(request: StaffRequest, ref: UUID) -> HttpResponse:
    """Take the move back; show the case as it was, or say why it stays."""
    at = timezone.now()
    request.session.pop(LAST, None)
    try:
        case = undoing.undo(ref=ref, by=request.user, at=at)
    except TakeBack.DoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        messages.error(request, str(refused))
        return see_other("casework:queue")
    messages.success(request, _("Taken back. Nobody was told."))
    if Complaint.objects.visible_to(request.user, at=at).filter(pk=case.pk).exists():
        code = int(case.submission.code)
        return see_other("casework:case", code=code, number=case.number)
    return see_other("casework:queue")
