"""A one-time code to a telephone that was typed: one set of limits wherever asked."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from complaints.views import limits
from portal.accounts import codes
from portal.accounts.models import OneTimeCode


def send(
    request: HttpRequest, phone: str, *, at: datetime
) -> OneTimeCode | HttpResponse:
    """Send a code that proves this telephone; return it, or the page that says wait.

    The same whatever hangs on the number: nobody learns that from the answer.
    """
    too_many = limits.over(
        request,
        (limits.CODE_PHONE, phone),
        (limits.CODE_ADDRESS, limits.address(request)),
        at=at,
    )
    if too_many:
        return too_many
    try:
        return codes.issue(
            purpose=OneTimeCode.Purpose.TELEPHONE,
            subject=phone,
            person_id=None,
            telephone=phone,
            language=(translation.get_language() or "vi")[:2],
            at=at,
        )
    except codes.TooManyCodes as error:
        return limits.wait(request, seconds=error.retry_after)
