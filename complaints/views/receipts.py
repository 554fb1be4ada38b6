"""Where the gateway of text messages reports what became of them."""

import json
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from complaints.notifications import receipts
from portal.common import scope


# Signed by the sender instead of bearing a form's token.
@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take one report: 204 noted, 401 not signed, 404 not ours, 422 unreadable."""
    at = timezone.now()
    if not settings.SMS_RECEIPT_KEY:
        raise Http404
    signature = request.headers.get("X-Signature", "")
    key = settings.SMS_RECEIPT_KEY
    if not receipts.is_signed(request.body, signature, key=key, at=at):
        return HttpResponse(status=401)
    try:
        told = json.loads(request.body)
        facts = {
            name: str(told.get(field) or "")
            for name, field in (
                ("key", "key"),
                ("provider_id", "id"),
                ("status", "status"),
                ("reason", "reason"),
            )
        }
        when = _moment(str(told.get("at") or ""), at=at)
    except (ValueError, AttributeError):
        return HttpResponse(status=422)
    if not facts["status"]:
        return HttpResponse(status=422)
    try:
        with scope.system():
            receipts.take(
                key=facts["key"],
                provider_id=facts["provider_id"][:64],
                status=facts["status"],
                reason=facts["reason"],
                at=when,
            )
    except receipts.Unknown:
        return HttpResponse(status=404)
    return HttpResponse(status=204)


report.access = "machine"  # type: ignore[attr-defined]  # set on a function


def _moment(text: str, *, at: datetime) -> datetime:
    """Return the time of a report, never in the future; now where it names none."""
    if not text:
        return at
    said = parse_datetime(text)
    if said is None or timezone.is_naive(said):
        raise ValueError("not a time with its zone")
    return min(said, at)
