"""E-mail addresses to write to: given, proved by their owner, and given up again."""

import logging
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from complaints.models import MailAddress, Submission
from complaints.models import QuietHours as Quiet
from complaints.notifications import composing, returned
from complaints.notifications.address_words import ADDED, REPLACED, RETURNED
from complaints.notifications.wordings import Words
from complaints.rules import quiet
from complaints.rules.refused import Refused
from portal.common import codes, crypto, mail, outbox, providers, scope

logger = logging.getLogger("complaints.addresses")

# An address that nobody confirmed in this time is forgotten by its link.
LIFETIME: Final = timedelta(days=7)
A_DAY: Final = 5


def ask(submission: Submission, address: str, *, at: datetime) -> MailAddress:
    """Keep an address and owe the e-mail that asks its owner; nothing else is sent.

    Raise Refused after five tries a day: each of them writes to a stranger perhaps.
    """
    recent = submission.mail_addresses.filter(asked_at__gt=at - timedelta(days=1))
    if recent.count() >= A_DAY:
        raise Refused(_("Five addresses were tried today. Try again tomorrow."))
    ref, token = uuid.uuid4(), secrets.token_urlsafe(24)
    row = MailAddress.objects.create(
        submission=submission,
        ref=ref,
        address_sealed=crypto.seal(address, bound_to=f"mail:{ref}"),
        token_sealed=crypto.seal(token, bound_to=f"mail:{ref}"),
        token_digest=crypto.digest("mail_token", token),
        asked_at=at,
    )
    outbox.add("mail_proof", [row.pk], at=at)
    return row


def by_token(token: str, *, at: datetime) -> MailAddress | None:
    """Return the address that a link belongs to; None for one out of date."""
    row = (
        MailAddress.objects.filter(
            token_digest__in=crypto.digests("mail_token", token), stopped_at=None
        )
        .select_related("submission")
        .first()
    )
    if row is None or (row.verified_at is None and at > row.asked_at + LIFETIME):
        return None
    return row


def confirm(row: MailAddress, *, at: datetime) -> None:
    """Write to this address from now on, and no longer to the one before it.

    Who could open the link has the mailbox: that an e-mail came back once is over.
    The address before it is told, and so is the telephone: code and four digits are
    enough to give an address, and whoever has both may be somebody else.
    """
    with scope.system():
        is_new = MailAddress.objects.filter(pk=row.pk, verified_at=None).exists()
        before = MailAddress.objects.filter(
            submission=row.submission_id, verified_at__isnull=False, stopped_at=None
        )
        replaced = before.exclude(pk=row.pk)
        owed = list(replaced.filter(bounced_at=None).values_list("pk", flat=True))
        replaced.update(stopped_at=at)
        MailAddress.objects.filter(pk=row.pk).update(
            verified_at=Coalesce("verified_at", Value(at)),
            bounced_at=None,
            told_at=None,
        )
        if owed:
            outbox.add("mail_replaced", owed, at=at)
        if is_new and row.submission.phone_digest is not None:
            outbox.add("mail_added", [row.pk], at=at)


def stop(row: MailAddress, *, at: datetime) -> None:
    """Write to this address no more."""
    MailAddress.objects.filter(pk=row.pk, stopped_at=None).update(stopped_at=at)


@outbox.outside_transaction
def send_proofs(subjects: list[int], *, at: datetime) -> None:
    """Send the e-mails that ask for a confirmation. The outbox's handler."""
    rows = MailAddress.objects.filter(pk__in=subjects, sent_at=None, stopped_at=None)
    for row in rows.select_related("submission"):
        submission = row.submission
        language = submission.language
        letter = composing.proof(
            _facts(submission),
            language=language,
            address=composing.mail_link(row.token, language=language),
        )
        try:
            mail.send(row.address, letter, key=f"mail_proof:{row.pk}")
        except providers.Undelivered as trouble:
            outbox.postpone("mail_proof", [row.pk], at=at, delay=trouble.retry_after)
            continue
        except providers.Undeliverable:
            logger.info("mail_proof.undeliverable")
            returned.mark(row, at=at)
        MailAddress.objects.filter(pk=row.pk).update(sent_at=at)


def came_back(submission: Submission) -> MailAddress | None:
    """Return the address whose e-mails come back; None while another is written to."""
    if _is_written_to(submission):
        return None
    rows = submission.mail_addresses.filter(stopped_at=None)
    newest = rows.order_by("-asked_at").first()
    return newest if newest and newest.bounced_at else None


def _is_written_to(submission: Submission) -> bool:
    """Tell whether an address that its owner confirmed gets the e-mails."""
    rows = submission.mail_addresses.filter(stopped_at=None, bounced_at=None)
    return rows.filter(verified_at__isnull=False).exists()


@outbox.outside_transaction
def tell_returned(subjects: list[int], *, at: datetime) -> None:
    """Text the telephone that e-mails come back, by day. The outbox's handler.

    Nobody is told so while another address gets the e-mails.
    """
    rows = MailAddress.objects.filter(
        pk__in=subjects, told_at=None, bounced_at__isnull=False
    )
    for row in rows.select_related("submission"):
        submission = row.submission
        if not submission.phone or _is_written_to(submission):
            continue
        if _text("mail_returned", row, RETURNED[submission.language], at=at):
            MailAddress.objects.filter(pk=row.pk).update(told_at=at)


@outbox.outside_transaction
def tell_added(subjects: list[int], *, at: datetime) -> None:
    """Text the telephone that an address was added, by day. The outbox's handler.

    Also of one that was stopped since: e-mails may have gone there meanwhile.
    """
    rows = MailAddress.objects.filter(pk__in=subjects, verified_at__isnull=False)
    for row in rows.select_related("submission"):
        if row.submission.phone:
            _text("mail_added", row, ADDED[row.submission.language], at=at)


def _text(kind: str, row: MailAddress, words: Words, *, at: datetime) -> bool:
    """Text the telephone of an address's report; put it off by night, or if it fails.

    Return whether that is done. The carrier ignores a key that it has seen.
    """
    until = quiet.until(Quiet.objects.all(), at=at) if providers.rings() else None
    if until is not None:
        outbox.postpone(kind, [row.pk], at=at, delay=until - at)
        return False
    submission = row.submission
    text = composing.sms(
        "",
        _facts(submission),
        language=submission.language,
        accents=submission.has_accents,
        words=words,
    )
    try:
        providers.send_sms(submission.phone, text, key=f"{kind}:{row.pk}", at=at)
    except providers.Undelivered as trouble:
        outbox.postpone(kind, [row.pk], at=at, delay=trouble.retry_after)
        return False
    except providers.Undeliverable:
        logger.info("mail_text.undeliverable")
    return True


@outbox.outside_transaction
def tell_replaced(subjects: list[int], *, at: datetime) -> None:
    """Tell addresses that another one took their place. The outbox's handler.

    Once, and at any hour: it is a warning.
    """
    rows = MailAddress.objects.filter(
        pk__in=subjects, told_at=None, stopped_at__isnull=False
    )
    for row in rows.select_related("submission"):
        submission = row.submission
        letter = composing.notice(
            _facts(submission),
            language=submission.language,
            words=REPLACED[submission.language],
        )
        try:
            mail.send(row.address, letter, key=f"mail_replaced:{row.pk}")
        except providers.Undelivered as trouble:
            outbox.postpone("mail_replaced", [row.pk], at=at, delay=trouble.retry_after)
            continue
        except providers.Undeliverable:
            logger.info("mail_replaced.undeliverable")
        MailAddress.objects.filter(pk=row.pk).update(told_at=at)


def _facts(submission: Submission) -> composing.Facts:
    return composing.Facts(
        code=codes.pretty(submission.code),
        due="",
        holder="",
        plain_code=submission.code,
        help=settings.HELP_LINE,
    )
