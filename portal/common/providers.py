"""Where messages leave: a gateway that takes them by HTTP, or the demo's page.

A gateway gets ``POST`` with JSON ``to`` (E.164), ``text``, ``sender`` and ``key``, the
token as bearer, and the key again as ``Idempotency-Key``. It answers 2xx when it has
taken the message, perhaps with JSON ``id``, 409 when it had it already, and another
4xx for a number or a text that it will never take. The same key is never delivered
twice. What became of a message it reports to `/api/tin-nhan/` (``receipts``).
"""

import json
import time
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Protocol

import urllib3
from django.conf import settings

from portal.common import crypto
from portal.common.breaker import Breaker
from portal.common.models import DemoMessage

_TIMEOUT: Final = urllib3.Timeout(connect=2.0, read=5.0)
# What passes by itself: too slow, too early, too many.
_PASSING: Final = (408, 425, 429)
_DENIED: Final = (401, 403)


class Undelivered(Exception):
    """The provider took nothing now; ``retry_after`` says when to try again."""

    def __init__(self, reason: str, *, retry_after: float = 30.0) -> None:
        super().__init__(reason)
        self.retry_after = timedelta(seconds=max(1.0, retry_after))


class Undeliverable(Exception):
    """The provider will never take this message."""


class Provider(Protocol):
    """What carries a text to a telephone, once per key."""

    def send(
        self, to: str, text: str, *, key: str, code: str | None, at: datetime
    ) -> str:
        """Hand the text over; return the provider's own id of it, or ''.

        Raise Undelivered or Undeliverable.
        """


class DemoProvider:
    """Keeps each message once per key, sealed, for `/demo/dien-thoai/`."""

    def send(
        self, to: str, text: str, *, key: str, code: str | None, at: datetime
    ) -> str:
        """Write the message down; a repeated key is the provider's to ignore."""
        bound = f"demo:{key}"
        DemoMessage.objects.bulk_create(
            [
                DemoMessage(
                    provider_key=key,
                    channel="sms",
                    to_digest=crypto.digest("phone", to),
                    to_sealed=crypto.seal(to, bound_to=bound),
                    text_sealed=crypto.seal(text, bound_to=bound),
                    code_sealed=crypto.seal(code, bound_to=bound) if code else None,
                    at=at,
                )
            ],
            ignore_conflicts=True,
        )
        return ""


class GatewayProvider:
    """Hands messages to an HTTP gateway; one that keeps failing is left alone."""

    def __init__(self, url: str, *, token: str, sender: str) -> None:
        self._url, self._sender = url, sender
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        self._pool = urllib3.PoolManager(maxsize=2, retries=False)
        self._breaker = Breaker()

    def send(
        self, to: str, text: str, *, key: str, code: str | None, at: datetime
    ) -> str:
        """Hand the text over; return the gateway's id of it where it gives one.

        Raise Undelivered or Undeliverable.
        """
        if left := self._breaker.wait(time.monotonic()):
            raise Undelivered("open", retry_after=left)
        body = {"to": to, "text": text, "sender": self._sender, "key": key}
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=json.dumps(body).encode(),
                headers=self._headers | {"Idempotency-Key": key},
                timeout=_TIMEOUT,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._breaker.failed(time.monotonic())
            # Its text would hold the address, which may hold a secret.
            raise Undelivered(type(error).__name__) from None
        status = response.status
        if status >= 500 or status in _PASSING:
            self._breaker.failed(time.monotonic())
            raise Undelivered(f"status_{status}")
        self._breaker.succeeded()
        if status in _DENIED or 300 <= status < 400:
            # The settings are wrong: no fault of the message, which waits for them.
            raise Undelivered(f"status_{status}", retry_after=300)
        if status >= 400 and status != 409:
            raise Undeliverable(f"status_{status}")
        return _id_in(response.data)


def send_sms(
    to: str, text: str, *, key: str, at: datetime, code: str | None = None
) -> str:
    """Send a text message by the provider in use; return the provider's id of it.

    ``key`` names the message for good: sending again with it is harmless. Raise
    Undelivered or Undeliverable.
    """
    return provider().send(to, text, key=key, code=code, at=at)


def rings() -> bool:
    """Tell whether messages reach telephones now, so that the night counts."""
    return bool(settings.SMS_URL)


def provider() -> Provider:
    """Return the provider in use; raise Undelivered where none is set up."""
    if settings.SMS_URL:
        return _gateway(settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_SENDER)
    if settings.PRODUCTION:
        raise Undelivered("no provider of text messages is set up", retry_after=300)
    return DemoProvider()


def _id_in(body: bytes) -> str:
    """Return the id that a gateway's answer names; '' where it names none."""
    try:
        named = json.loads(body).get("id", "")
    except (ValueError, AttributeError):
        return ""
    return str(named)[:64]


@cache
def _gateway(url: str, token: str, sender: str) -> GatewayProvider:
    """Return the one gateway of this process, whose breaker remembers."""
    return GatewayProvider(url, token=token, sender=sender)
