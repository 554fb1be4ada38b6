"""E-mail addresses to write to: given, proved by their owner, and given up again."""

import logging
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from complaints.models import MailAddress, Submission
from complaints.notifications import composing
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
    """Write to this address from now on, and no longer to the one before it."""
    with scope.system():
        before = MailAddress.objects.proved().filter(submission=row.submission_id)
        before.exclude(pk=row.pk).update(stopped_at=at)
        MailAddress.objects.filter(pk=row.pk, verified_at=None).update(verified_at=at)


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
            composing.Facts(
                code=codes.pretty(submission.code),
                due="",
                holder="",
                plain_code=submission.code,
                help=settings.HELP_LINE,
            ),
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
        MailAddress.objects.filter(pk=row.pk).update(sent_at=at)
