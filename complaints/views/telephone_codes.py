"""A one-time code to a telephone that was typed: one set of limits wherever asked."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from complaints.views import limits
from portal.accounts import codes
from portal.accounts.models import OneTimeCode
from portal.common.templatetags.ui import wait_words


class NotNow(Exception):
    """Nothing is sent there now; in words for the field, which keeps what was typed."""

    def __init__(self, words: str, *, seconds: int, field: str = "phone") -> None:
        super().__init__(words)
        self.seconds = seconds
        self.field = field


def send(request: HttpRequest, phone: str, *, at: datetime) -> OneTimeCode:
    """Send a code that proves this telephone. Raise NotNow.

    The same whatever hangs on the number: nobody learns that from the answer.
    """
    # The network's limit first: what it refuses is no try of the number.
    address = limits.address(request)
    seconds = limits.seconds_left((limits.CODE_ADDRESS, address), at=at)
    if seconds:
        words = _("Many codes are asked for from your network. Try again in %(time)s.")
        raise NotNow(words % {"time": wait_words(seconds)}, seconds=seconds)
    seconds = limits.seconds_left((limits.CODE_PHONE, phone), at=at)
    if seconds:
        raise _enough(seconds)
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
        raise _enough(error.retry_after) from error


def _enough(seconds: int) -> NotNow:
    words = _(
        "No more codes go to this number for now. Use another telephone, or try again"
        " in %(time)s."
    )
    return NotNow(words % {"time": wait_words(seconds)}, seconds=seconds)
