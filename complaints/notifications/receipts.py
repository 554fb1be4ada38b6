"""What became of a text message, as the gateway reports it.

The gateway sends ``POST`` with JSON: ``key`` (ours) or ``id`` (its own), ``status``
(``delivered``, ``failed`` or anything in between), ``at`` (ISO 8601) and perhaps
``reason`` (a word). ``X-Signature: t=<Unix seconds>,v1=<hex>`` holds the HMAC-SHA256 of
``<t>.<body>`` under ``SMS_RECEIPT_KEY``. Reports may come twice and in any order.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from complaints.models import Message, Submission
from portal.accounts.models import OneTimeCode

# How far the clocks of the two sides may differ; an older report is a replayed one.
DRIFT: Final = timedelta(minutes=5)
_SIGNATURE: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_KEY: Final = re.compile(r"(message|code):([0-9]{1,18})")


class Unknown(Exception):
    """No message of ours has this key or id."""


def is_signed(body: bytes, signature: str, *, key: str, at: datetime) -> bool:
    """Tell whether a report was signed with the key, not long ago."""
    parts = _SIGNATURE.fullmatch(signature)
    if parts is None or abs(at.timestamp() - int(parts[1])) > DRIFT.total_seconds():
        return False
    expected = hmac.new(key.encode(), f"{parts[1]}.".encode() + body, hashlib.sha256)
    return hmac.compare_digest(expected.hexdigest(), parts[2])


def take(*, key: str, provider_id: str, status: str, reason: str, at: datetime) -> None:
    """Note what became of a message; ``at`` is the gateway's time. Raise Unknown.

    Delivered stays delivered whatever comes after it. A report may overtake our own
    note that the message was handed over: then it was, and is not sent again. Of a
    one-time code nothing is kept: it is out of date in ten minutes.
    """
    named = _KEY.fullmatch(key)
    if named and named[1] == "code":
        if not OneTimeCode.objects.filter(pk=int(named[2])).exists():
            raise Unknown
        return
    wanted = Q(pk=int(named[2])) if named else Q(provider_id=provider_id)
    if not named and not provider_id:
        raise Unknown
    found = Message.objects.filter(wanted, channel="sms").values_list("pk", flat=True)
    pk = found.first()
    if pk is None:
        raise Unknown
    row = Message.objects.filter(pk=pk)
    facts: dict[str, Any] = {"sent_at": Coalesce("sent_at", Value(at))}
    if provider_id:
        facts["provider_id"] = provider_id
    if status == "delivered":
        row.exclude(state="delivered").update(
            state="delivered", delivered_at=at, trouble="", **facts
        )
    elif status == "failed":
        row.filter(state__in=("waiting", "sent")).update(
            state="failed", trouble=reason[:40] or "not_delivered", **facts
        )
    else:
        row.filter(state="waiting").update(state="sent", **facts)


def was_lost(submission: Submission) -> bool:
    """Tell whether the newest text message to who sent a report came to nothing."""
    newest = (
        Message.objects.filter(
            event__complaint__submission=submission, recipient="citizen", channel="sms"
        )
        .exclude(state=Message.State.WAITING)
        .order_by("-event_id")
        .values_list("state", flat=True)
        .first()
    )
    return newest == Message.State.FAILED
