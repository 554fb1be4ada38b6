"""Where messages leave. The demo's provider keeps them for a page instead."""

from datetime import datetime
from typing import Protocol

from django.conf import settings

from portal.common import crypto
from portal.common.models import DemoMessage


class Undelivered(Exception):
    """The provider did not take the message; it may be tried again with its key."""


class Provider(Protocol):
    """What carries a text to a telephone, once per key."""

    def send(
        self, to: str, text: str, *, key: str, code: str | None, at: datetime
    ) -> None:
        """Hand the text over; the same key is never delivered twice."""


class DemoProvider:
    """Keeps each message once per key, sealed, for `/demo/dien-thoai/`."""

    def send(
        self, to: str, text: str, *, key: str, code: str | None, at: datetime
    ) -> None:
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


def send_sms(
    to: str, text: str, *, key: str, at: datetime, code: str | None = None
) -> None:
    """Send a text message by the provider in use; raise Undelivered if it fails.

    ``key`` names the message for good: sending again with it is harmless.
    """
    provider().send(to, text, key=key, code=code, at=at)


def provider() -> Provider:
    """Return the provider in use; only the demo's exists so far."""
    if settings.PRODUCTION:
        raise Undelivered("no provider of text messages is set up")
    return DemoProvider()
