"""Invitations: a link, good once and for a week, by which a password is chosen."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.accounts import changes, own_numbers, sign_ins
from portal.accounts.models import AccountChange, Invitation, User
from portal.audit import record, together
from portal.common import crypto, mail, outbox, providers

logger = logging.getLogger("portal.accounts")

LIFETIME: Final = timedelta(days=7)


class Ended(Exception):
    """The link was used, replaced or is older than a week."""


def issue(*, user: User, language: str, by: User, at: datetime) -> Invitation:
    """Make a new link for an account; an earlier one is worth nothing from now on.

    It goes out by e-mail where the account has an address and e-mails are carried
    here; else it waits, sealed, to be printed.
    """
    token = secrets.token_urlsafe(24)
    row, _made = Invitation.objects.update_or_create(
        user=user,
        defaults={
            "by": by,
            "token_digest": crypto.digest("invitation", token),
            "token_sealed": crypto.seal(token, bound_to=_bound(user)),
            "language": language,
            "created_at": at,
            "expires_at": at + LIFETIME,
            "used_at": None,
        },
    )
    if goes_by_mail(user):
        outbox.add("invitation", [row.pk], at=at)
    _note(user, by.pk, together.INVITED, at=at)
    if user.has_usable_password():
        changes.note(user=user, what=AccountChange.What.LINK, by=by, at=at)
    return row


def goes_by_mail(user: User) -> bool:
    """Tell whether the link of an account goes out by e-mail."""
    return bool(user.email) and mail.is_on()


def open_link(user: User, *, at: datetime) -> str:
    """Return the link that still has to be handed over on paper, '' where none is."""
    row = Invitation.objects.filter(user=user, expires_at__gt=at).first()
    if row is None or row.token_sealed is None or goes_by_mail(user):
        return ""
    return _address(row, user)


def handed_over(*, user: User) -> None:
    """Never show the link again: it is with its owner."""
    Invitation.objects.filter(user=user).update(token_sealed=None)


def find(token: str, *, at: datetime) -> Invitation:
    """Return the invitation of a link. Raise Ended where it is good no longer."""
    digests = crypto.digests("invitation", token)
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(token_digest__in=digests, used_at=None, expires_at__gt=at)
        .first()
    )
    if row is None or not row.user.is_active:
        raise Ended
    return row


@transaction.atomic
def accept(
    *, token: str, password: str, phone: str = "", national_id: str = "", at: datetime
) -> User:
    """Give the account the password that its owner chose; the link is used up.

    ``phone`` (E.164) and ``national_id`` are the owner's own, kept as digests: cases of
    either are then not theirs to handle. An empty one leaves what is kept, and so does
    one that differs; who manages the account is told. Sessions that were open under an
    earlier password end. Raise Ended.
    """
    row = find(token, at=at)
    user, is_new = row.user, not row.user.has_usable_password()
    user.password, user.must_change_password = make_password(password), False
    user.save(update_fields=["password", "must_change_password"])
    if phone or national_id:
        fits = own_numbers.keep(user, phone=phone, national_id=national_id)
        detail = own_numbers.KEPT if fits else own_numbers.DIFFERS
        _note(user, user.pk, detail, at=at)
    row.used_at, row.token_sealed = at, None
    row.save(update_fields=["used_at", "token_sealed"])
    sign_ins.end(user.sign_ins.all(), at=at)
    record.sign_in(at=at, user_id=user.pk, detail="invitation used")
    if not is_new:
        changes.note(user=user, what=AccountChange.What.PASSWORD, at=at)
    return user


@outbox.outside_transaction
def deliver(subjects: list[int], *, at: datetime) -> None:
    """Send links that were not sent yet, and forget their tokens.

    Safe to run twice: a mailbox can tell by the Message-ID. An ended one is not sent.
    """
    rows = Invitation.objects.select_related("user", "by")
    for row in rows.filter(pk__in=subjects, token_sealed__isnull=False):
        if at < row.expires_at:
            key = f"invitation:{row.pk}:{row.created_at.timestamp():.0f}"
            try:
                mail.send(row.user.email, _letter(row), key=key)
            except providers.Undelivered as trouble:
                outbox.postpone(
                    "invitation", [row.pk], at=at, delay=trouble.retry_after
                )
                continue
            except providers.Undeliverable:
                logger.info("invitation.undeliverable")
        Invitation.objects.filter(pk=row.pk, created_at=row.created_at).update(
            token_sealed=None
        )


def _letter(row: Invitation) -> mail.Letter:
    """Return the e-mail with the link; names and roles stay out of it."""
    with override(row.language):
        subject = _("Your account for work on vaccination records")
        first = _("%(name)s has made an account for you. User name: %(user)s") % {
            "name": row.by.full_name,
            "user": row.user.username,
        }
        second = _("Choose your password here, once and within 7 days:")
        last = _("Nobody will ever ask you for this link or for your password.")
    address = _address(row, row.user)
    parts = [first, f"{second}\n{address}", last]
    html = "".join(f"<p>{escape(part)}</p>" for part in (first, second))
    link = f'<p><a href="{escape(address)}">{escape(address)}</a></p>'
    return mail.Letter(
        subject, "\n\n".join(parts) + "\n", f"{html}{link}<p>{escape(last)}</p>"
    )


def _address(row: Invitation, user: User) -> str:
    token = crypto.unseal(bytes(row.token_sealed or b""), bound_to=_bound(user))
    with override(row.language):
        path = reverse("accounts:invitation", args=[token])
    return settings.BASE_URL.rstrip("/") + path


def _bound(user: User) -> str:
    return f"invitation:{user.pk}"


def _note(user: User, by: int, detail: str, *, at: datetime) -> None:
    record.change(
        at=at,
        actor="staff",
        actor_id=by,
        person_id=None,
        subject="accounts.user",
        subject_id=user.pk,
        detail=detail,
    )
