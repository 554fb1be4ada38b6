"""Who a session belongs to, and as what they may work: read by one statement."""

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone

from portal.accounts.models import Posting, User


class Staff(ModelBackend):
    """Django's own sign-in by name and password; postings come with the account."""

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
