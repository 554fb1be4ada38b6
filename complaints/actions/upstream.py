"""What the national platform has taken over, noted with the complaints it came of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from complaints.choices import Outcome
from complaints.models import Complaint
from portal.accounts.models import User
from portal.common import scope
from portal.registry.corrections import feed

# The portal's own measure: the platform takes corrections over within a day.
WITHIN: Final = timedelta(hours=24)

# What ended with a change of the record.
CHANGED: Final = (Outcome.CORRECTED, Outcome.PARTLY_CORRECTED)

_CONFIRM = """
UPDATE complaints_complaint c SET confirmed_upstream_at = %(at)s
FROM unnest(%(codes)s::text[], %(numbers)s::int[]) AS told (code, number)
JOIN complaints_submission s ON s.code = told.code
WHERE c.submission_id = s.id AND c.number = told.number
  AND c.confirmed_upstream_at IS NULL
"""


def confirm(*, up_to: int, at: datetime) -> int:
    """Note what is held upstream up to a position; return how many complaints are.

    A complaint is once all its corrections are. Harmless to repeat.
    """
    with scope.system(), connection.cursor() as cursor:
        references = sorted(feed.confirm(up_to=up_to, at=at))
        cursor.execute(
            _CONFIRM,
            {
                "at": at,
                "codes": [reference.partition("-")[0] for reference in references],
                "numbers": [int(ref.partition("-")[2]) for ref in references],
            },
        )
        return cursor.rowcount


@dataclass(frozen=True)
class Standing:
    """How many corrected complaints the platform does not hold, and since when."""

    waiting: int
    late: int
    since: datetime | None


def waiting_for(user: User, *, at: datetime) -> QuerySet[Complaint]:
    """Return corrected complaints in a user's reach that are not confirmed yet."""
    return Complaint.objects.visible_to(user, at=at).filter(
        outcome__in=CHANGED, confirmed_upstream_at=None
    )


def standing(user: User, *, at: datetime) -> Standing:
    """Return how far the platform follows, for what a user may see; one statement."""
    facts = waiting_for(user, at=at).aggregate(
        waiting=Count("pk"),
        late=Count("pk", filter=Q(ended_at__lt=at - WITHIN)),
        since=Min("ended_at"),
    )
    return Standing(**facts)


def late(user: User, *, at: datetime, most: int) -> list[Complaint]:
    """Return what is not confirmed in time, the longest waiting first."""
    rows = waiting_for(user, at=at).filter(ended_at__lt=at - WITHIN)
    return list(
        rows.select_related("submission", "holder").order_by("ended_at", "pk")[:most]
    )
