"""Who a session belongs to, and as what they may work: read by one statement."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.utils import timezone

from portal.accounts.models import Posting, User
from portal.common import mail


class Staff(ModelBackend):
    """Django's own sign-in by name and password; postings come with the account."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Tell whether an account is active, and is none of the demo before the public.

        The start refuses a database with such accounts, but not one that is away then;
        their password is published.
        """
        if settings.PRODUCTION and user.email.endswith(mail.DEMO):
            return False
        return super().user_can_authenticate(user)

    def get_user(self, user_id: int) -> User | None:
        """Return an active account, its postings in force read along with it.

        Every page of staff asks for both; an account without any is read alone.
        """
        rows = (
            Posting.objects.filter(user=user_id)
            .current(at=timezone.now())
            .select_related("user", "organization")
            .order_by("pk")
        )
        postings = list(rows)
        if not postings:
            return super().get_user(user_id)
        user = postings[0].user
        user.postings_read = postings
        return user if self.user_can_authenticate(user) else None
