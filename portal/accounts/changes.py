"""What changed about how somebody signs in: told to the owner of the account.

Whoever got hold of an account changes its password or adds a key of their own. So each
such change is told by e-mail where the account has an address, stands above every page
of other sessions until its owner says that it was them, and in the list beside one's
sessions. Neither names the account, the unit or the device.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from portal.accounts.models import AccountChange, User
from portal.common import mail, outbox, providers

logger = logging.getLogger("accounts.changes")

KIND: Final = "account_change"
# What the session that made a change keeps: it is not asked, nor may it answer.
KNOWN: Final = "known_change"
# So long they are listed for the owner: all, or many small ones would hide one.
LISTED: Final = timedelta(days=90)

What = AccountChange.What


@transaction.atomic
def note(*, user: User, what: str, by: User | None = None, at: datetime) -> None:
    """Write a change down for the owner of the account, and owe the e-mail about it.

    ``what``: one of ``AccountChange.What``. ``by``: who else made it, None: the owner.
    """
    other = by if by is not None and by.pk != user.pk else None
    row = AccountChange.objects.create(
        user=user, what=what, by=other, language=get_language() or "vi", at=at
    )
    User.objects.filter(pk=user.pk).update(unseen_change=row)
    user.unseen_change = row
    if user.email and mail.is_on():
        outbox.add(KIND, [row.pk], at=at)


def made_here(request: HttpRequest, user: User) -> None:
    """Do not ask the session about what it just changed itself, nor let it answer.

    It is asked all the same where somebody else's change before has no answer yet.
    """
    known = request.session.get(KNOWN, 0)
    earlier = AccountChange.objects.filter(
        user=user, seen_at=None, pk__lt=user.unseen_change_id or 0
    )
    last = earlier.order_by("-pk").values_list("pk", flat=True).first()
    is_all_of_it = last is None or last == known
    request.session[KNOWN] = user.unseen_change_id if is_all_of_it else known


@transaction.atomic
def was_me(*, user: User, at: datetime) -> None:
    """Take the word of the owner that all of it was them."""
    AccountChange.objects.filter(user=user, seen_at=None).update(seen_at=at)
    User.objects.filter(pk=user.pk).update(unseen_change=None)


def latest(user: User, *, at: datetime) -> list[AccountChange]:
    """Return what changed lately, the newest first, with who else made it."""
    rows = AccountChange.objects.filter(user=user, at__gt=at - LISTED)
    return list(rows.select_related("by").order_by("-pk"))


@outbox.outside_transaction
def deliver(subjects: list[int], *, at: datetime) -> None:
    """Send the e-mails. Safe to run twice: a mailbox can tell by the Message-ID."""
    for row in AccountChange.objects.filter(pk__in=subjects).select_related("user"):
        if not row.user.email:
            continue
        try:
            mail.send(row.user.email, _letter(row), key=f"{KIND}:{row.pk}")
        except providers.Undelivered as trouble:
            outbox.postpone(KIND, [row.pk], at=at, delay=trouble.retry_after)
        except providers.Undeliverable:
            logger.info("account_change.undeliverable")


def _letter(row: AccountChange) -> mail.Letter:
    with override(row.language):
        path = reverse("accounts:sessions")
        moment = f"{timezone.localtime(row.at):%H:%M %d/%m/%Y}"
        subject = _("How you sign in for work was changed")
        parts = [
            f"{moment}: {row.get_what_display()}.",
            _("Was it you? Then there is nothing to do."),
            _(
                "If not, end the other sessions on this page and change your password."
                " Then tell whoever runs the accounts of your unit."
            ),
        ]
    address = settings.BASE_URL.rstrip("/") + path
    html = "".join(f"<p>{escape(part)}</p>" for part in parts)
    link = f'<p><a href="{escape(address)}">{escape(address)}</a></p>'
    return mail.Letter(subject, "\n\n".join([*parts, address]) + "\n", html + link)
