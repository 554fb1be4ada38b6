"""E-mails that come back: the address is written to no more, and the citizen told.

A carrier reports them signed, as the gateway of text messages does (``receipts``), or
the mail server hands over the letter that came back (RFC 3464). Only what is final
counts; a mailbox that is full today is the carrier's to try again.
"""

import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Letter
from typing import Final

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from complaints.models import Digest, MailAddress, Message, Submission
from complaints.notifications import digests
from complaints.notifications.receipts import Unknown
from portal.common import crypto, mail, outbox

_KEY: Final = re.compile(r"(message|mail_proof|mail_replaced|digest):([0-9]{1,18})")
# What carriers call it; "complained": the reader said that it is spam.
BOUNCED: Final = frozenset(("bounced", "failed"))
COMPLAINED: Final = "complained"
# A letter that came back holds the first one; more than this is no such letter.
MOST_BYTES: Final = 1_000_000


def take(*, key: str, status: str, reason: str, at: datetime) -> None:
    """Note what became of an e-mail of ours; ``at`` is the carrier's time.

    ``status``: delivered, bounced (for good), complained, or anything in between.
    Raise Unknown for a key that is no e-mail's. Reports may come twice and in any
    order: what came back once has come back.
    """
    named = _KEY.fullmatch(key)
    if named is None:
        raise Unknown
    pk = int(named[2])
    if named[1] == "digest":
        _note_digest(pk, status, at=at)
        return
    if named[1] != "message":
        address = MailAddress.objects.filter(pk=pk).first()
        if address is None:
            raise Unknown
        _note_address(address, status, at=at)
        return
    message = (
        Message.objects.filter(pk=pk, channel="email").select_related("event").first()
    )
    if message is None:
        raise Unknown
    _note_message(message, status, reason, at=at)
    for address in _addresses_of(message):
        _note_address(address, status, at=at)


def take_letter(letter: bytes, *, at: datetime) -> bool:
    """Note what a letter that came back tells; False where it tells of no failure.

    Raise Unknown where it names no e-mail of ours, or with a wrong signature.
    """
    parsed = message_from_bytes(letter[:MOST_BYTES])
    parts = list(parsed.walk())
    if not any(_is_final(part) for part in parts):
        return False
    key = next(filter(None, map(_key_in, parts)), "")
    take(key=key, status="bounced", reason="returned", at=at)
    return True


def mark(address: MailAddress, *, at: datetime) -> None:
    """Write to an address no more as e-mails come back, and owe the telephone a word.

    Safe to repeat: it is told once. Both or neither, as who is stopped in between would
    find the address marked and owe nothing.
    """
    with transaction.atomic():
        marked = MailAddress.objects.filter(
            pk=address.pk, bounced_at=None, stopped_at=None
        ).update(bounced_at=at)
        if marked:
            outbox.add("mail_returned", [address.pk], at=at)


def refused(message: Message, *, at: datetime) -> None:
    """Mark the address of an e-mail that the server refused for good."""
    for address in _addresses_of(message):
        mark(address, at=at)


def _note_digest(pk: int, status: str, *, at: datetime) -> None:
    """Note that a reminder to staff came back; raise Unknown where there is none."""
    digest = Digest.objects.filter(pk=pk).first()
    if digest is None:
        raise Unknown
    if status in BOUNCED:
        digests.refuse(digest, at=at)


def _note_address(address: MailAddress, status: str, *, at: datetime) -> None:
    if status in BOUNCED:
        mark(address, at=at)
    elif status == COMPLAINED:
        MailAddress.objects.filter(pk=address.pk, stopped_at=None).update(stopped_at=at)


def _note_message(message: Message, status: str, reason: str, *, at: datetime) -> None:
    row = Message.objects.filter(pk=message.pk)
    sent = {"sent_at": Coalesce("sent_at", Value(at))}
    if status == "delivered":
        row.filter(state__in=("waiting", "sent")).update(
            state="delivered", delivered_at=at, trouble="", **sent
        )
    elif status in BOUNCED:
        # A server may take an e-mail first and return it afterwards.
        row.update(
            state="failed",
            delivered_at=None,
            trouble=reason[:40] or "returned",
            **sent,
        )
    else:
        row.filter(state="waiting").update(state="sent", **sent)


def _addresses_of(message: Message) -> list[MailAddress]:
    """Return the address that a message went to, as its report keeps it."""
    role, _colon, other = message.recipient.partition(":")
    submissions = (
        Submission.objects.filter(pk=int(other))
        if role == "joined"
        else Submission.objects.filter(complaints=message.event.complaint_id)
    )
    to = crypto.unseal(message.to_sealed, bound_to=f"message:{message.event_id}:email")
    rows = MailAddress.objects.filter(
        Q(submission__in=submissions), verified_at__isnull=False, stopped_at=None
    )
    return [row for row in rows if row.address == to]


def _is_final(part: Letter) -> bool:
    """Tell whether a part says that an e-mail failed for good (RFC 3464, 2.3)."""
    action = str(part.get("Action", "")).strip().lower()
    status = str(part.get("Status", "")).strip()
    return action == "failed" and not status.startswith("4.")


def _key_in(part: Letter) -> str:
    """Return the key of our e-mail whose head a part holds; '' where it holds none."""
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        head = message_from_bytes(payload if isinstance(payload, bytes) else b"")
        return mail.key_of(str(head.get("Message-ID", "")))
    return mail.key_of(str(part.get("Message-ID", "")))
