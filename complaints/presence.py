"""Who has a case before them: kept for staff, so that no two do the same work."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from complaints.models import Complaint, Presence
from complaints.models.complaint import ComplaintQuerySet
from portal.accounts.models import User
from portal.common import scope

# A page that is used says so every 45 s; twice that, and nobody is there any more.
SEEN: Final = timedelta(seconds=90)


def note(complaint: Complaint, *, by: User, at: datetime, shown: bool = False) -> None:
    """Note that somebody has the case before them now.

    ``shown``: they see it as it is, rather than a page opened some time ago.
    """
    fields = ["seen_at", "version"] if shown else ["seen_at"]
    version = complaint.version if shown else 0
    with scope.system():
        Presence.objects.bulk_create(
            [Presence(complaint=complaint, user=by, seen_at=at, version=version)],
            update_conflicts=True,
            unique_fields=["complaint", "user"],
            update_fields=fields,
        )


def has_read(complaint: Complaint, *, by: User) -> bool:
    """Tell whether somebody has seen the case as it is now."""
    return Presence.objects.filter(
        complaint=complaint, user=by, version=complaint.version
    ).exists()


def others(complaint: Complaint, *, by: User, at: datetime) -> list[str]:
    """Return the names of the others who have the case before them now."""
    there = Presence.objects.filter(complaint=complaint, seen_at__gt=at - SEEN)
    return list(
        there.exclude(user=by)
        .order_by("user__full_name")
        .values_list("user__full_name", flat=True)
    )


def with_others(
    cases: ComplaintQuerySet, *, by: User, at: datetime
) -> ComplaintQuerySet:
    """Add ``looked_at_by`` to each case: the others' names, in the same statement."""
    there = Presence.objects.filter(complaint=OuterRef("pk"), seen_at__gt=at - SEEN)
    names = there.exclude(user=by).order_by("pk").values("user__full_name")
    return cases.annotate(looked_at_by=ArraySubquery(names))
