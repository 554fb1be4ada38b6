"""Whether two accounts can be trusted to be two people.

Who makes an account, makes a link for its password or takes its second factor off could
enter in its owner's place, and then sign alone what takes two.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.audit.models import Entry

# How long that is held against the two; long enough for the owner to have come in.
LASTS: Final = timedelta(days=30)
CREATED: Final = "account created"
INVITED: Final = "invitation issued"
FACTOR_REMOVED: Final = "second factor removed"

TOGETHER: Final = _(
    "One of you two opened the other's account in the last 30 days. A third person "
    "has to sign."
)


def hang_together(first: int, second: int, *, at: datetime) -> bool:
    """Tell whether one of two accounts was opened by the other in the last 30 days.

    By what the log says; it cannot be changed.
    """
    return _opened(
        Q(subject_id=first, actor_id=second) | Q(subject_id=second, actor_id=first),
        at=at,
    ).exists()


def together_with(user: int, *, at: datetime) -> set[int]:
    """Return all accounts with which one hangs together (``hang_together``)."""
    rows = _opened(Q(subject_id=user) | Q(actor_id=user), at=at)
    pairs = rows.values_list("subject_id", "actor_id")
    return {key for pair in pairs for key in pair if key} - {user}


def _opened(whose: Q, *, at: datetime) -> QuerySet[Entry]:
    return Entry.objects.filter(
        whose,
        verb=Entry.Verb.CHANGE,
        subject="accounts.user",
        detail__in=(CREATED, INVITED, FACTOR_REMOVED),
        at__gt=at - LASTS,
    )
