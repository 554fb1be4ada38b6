"""Where those who carry text messages and e-mails report what became of them."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from complaints.notifications import receipts, returned
from portal.common import mail, scope


@dataclass(frozen=True)
class _Report:
    """What a carrier says of one message."""

    key: str
    provider_id: str
    status: str
    reason: str
    at: datetime


# Signed by the sender instead of bearing a form's token.
@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take one report of a text message.

    204 noted, 401 not signed, 404 not ours, 422 unreadable.
    """
    told = _told(request, key=settings.SMS_RECEIPT_KEY)
    if isinstance(told, HttpResponse):
        return told
    try:
        with scope.system():
            receipts.take(
                key=told.key,
                provider_id=told.provider_id[:64],
                status=told.status,
                reason=told.reason,
                at=told.at,
            )
    except receipts.Unknown:
        return HttpResponse(status=404)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def report_mail(request: HttpRequest) -> HttpResponse:
    """Take one report of an e-mail, signed in the same way, with the same answers.

    ``id`` is its Message-ID; ``status`` delivered, bounced (for good), complained (the
    reader calls it spam), or anything in between.
    """
    told = _told(request, key=settings.MAIL_RECEIPT_KEY)
    if isinstance(told, HttpResponse):
        return told
    try:
        with scope.system():
            returned.take(
                key=told.key or mail.key_of(told.provider_id),
                status=told.status,
                reason=told.reason,
                at=told.at,
            )
    except receipts.Unknown:
        return HttpResponse(status=404)
    return HttpResponse(status=204)


for _view in (report, report_mail):
    _view.access = "machine"  # type: ignore[attr-defined]  # set on a function


def _told(request: HttpRequest, *, key: str) -> _Report | HttpResponse:
    """Return a signed report, or the answer to one that cannot be taken."""
    at = timezone.now()
    if not key:
        raise Http404
    signature = request.headers.get("X-Signature", "")
    if not receipts.is_signed(request.body, signature, key=key, at=at):
        return HttpResponse(status=401)
    try:
        told = json.loads(request.body)
        read = _Report(
            key=str(told.get("key") or ""),
            provider_id=str(told.get("id") or ""),
            status=str(told.get("status") or ""),
            reason=str(told.get("reason") or ""),
            at=_moment(str(told.get("at") or ""), at=at),
        )
    except (ValueError, AttributeError):
        return HttpResponse(status=422)
    return read if read.status else HttpResponse(status=422)


def _moment(text: str, *, at: datetime) -> datetime:
    """Return the time of a report, never in the future; now where it names none."""
    if not text:
        return at
    said = parse_datetime(text)
    if said is None or timezone.is_naive(said):
        raise ValueError("not a time with its zone")
    return min(said, at)
