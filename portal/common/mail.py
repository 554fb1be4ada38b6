"""E-mails: through the server of the settings, or kept for the demo's page.

A server knows no keys. Each message has a Message-ID made of its key instead, so that
a mailbox that gets one twice, after a crash at the wrong moment, can tell. The ID is
signed: only who got the message, or carried it, can say that it came back.
"""

import hmac
import json
import re
import smtplib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from portal.common import crypto
from portal.common.models import DemoMessage
from portal.common.providers import Undeliverable, Undelivered

# How addresses of the demo's accounts end. No mail server answers for it, so nobody
# else has such an account.
DEMO: Final = "@demo.invalid"
_PASSING: Final = range(400, 500)
_ID: Final = re.compile(r"<?([a-z_]+)\.([0-9]{1,18})\.([0-9a-f]{16})@[^<>@\s]+>?")


@dataclass(frozen=True)
class Letter:
    """An e-mail: plain text and the same as simple HTML."""

    subject: str
    text: str
    html: str

    @property
    def paragraphs(self) -> list[str]:
        """Return the paragraphs of the plain text."""
        return self.text.strip().split("\n\n")


def is_on() -> bool:
    """Tell whether e-mails can be sent here, so that pages may offer them."""
    return bool(settings.EMAIL_URL) or not settings.PRODUCTION


def reaches_people() -> bool:
    """Tell whether e-mails leave this machine, rather than for the demo's page."""
    return bool(settings.EMAIL_URL)


def pack(letter: Letter) -> str:
    """Return a letter as one text, for keeping."""
    return json.dumps([letter.subject, letter.text, letter.html], ensure_ascii=False)


def unpack(text: str) -> Letter:
    """Return the letter that ``pack`` wrote."""
    return Letter(*json.loads(text))


def send(to: str, letter: Letter, *, key: str) -> str:
    """Hand an e-mail to the server; return the first 64 signs of its Message-ID.

    Raise Undelivered where the server takes nothing now, Undeliverable where it will
    never take this one: the address does not exist, or wants nothing.
    """
    message_id = id_of(key)
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[to],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _words in error.recipients.values()}
        if codes and not any(code in _PASSING for code in codes):
            raise Undeliverable("recipient_refused") from None
        raise Undelivered("recipient_later", retry_after=300) from None
    except (smtplib.SMTPException, OSError) as error:
        # Its text may hold the address.
        raise Undelivered(type(error).__name__, retry_after=60) from None
    return message_id[:64]


def id_of(key: str) -> str:
    """Return the Message-ID of a key, such as message:12."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    signature = crypto.digest("message_id", key).hex()[:16]
    return f"<{key.replace(':', '.')}.{signature}@{host}>"


def key_of(message_id: str) -> str:
    """Return the key that a Message-ID of ours was made of; '' for any other."""
    found = _ID.fullmatch(message_id.strip())
    if found is None:
        return ""
    key = f"{found[1]}:{found[2]}"
    signatures = [one.hex()[:16] for one in crypto.digests("message_id", key)]
    is_ours = any([hmac.compare_digest(one, found[3]) for one in signatures])
    return key if is_ours else ""


def mask(address: str) -> str:
    """Return an address that its owner knows again: first letter and the host."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}•••@{host}"


class DemoBackend(BaseEmailBackend):
    """Keeps e-mails sealed for the page `/demo/dien-thoai/`, once per Message-ID."""

    def send_messages(self, email_messages: Any) -> int:
        """Write the messages down; one that was written before stays one."""
        rows = []
        for message in email_messages:
            key = message.extra_headers["Message-ID"]
            text = f"{message.subject}\n\n{message.body}"
            bound = f"demo:{key}"
            rows.append(
                DemoMessage(
                    provider_key=key,
                    channel="email",
                    to_digest=crypto.digest("email", message.to[0]),
                    to_sealed=crypto.seal(message.to[0], bound_to=bound),
                    text_sealed=crypto.seal(text, bound_to=bound),
                    at=timezone.now(),
                )
            )
        DemoMessage.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)
