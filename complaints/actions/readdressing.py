"""Reports follow their sender to another telephone, and back if that was stopped.

A number that was given up is lost, or somebody else's: neither the answer nor the four
digits that open a status page may stay with it. Only what the person of the record sent
for themselves with that number follows; whoever reported for others keeps their own.
"""

from collections.abc import Sequence
from datetime import datetime

from complaints.choices import Relation
from complaints.models import Submission
from portal.accounts.models import ContactChange
from portal.common import crypto, phones

State = ContactChange.State


def follow(subjects: Sequence[int], *, at: datetime) -> None:
    """Give reports the telephone of a change that was written. The outbox's handler.

    Safe to run twice: what has followed bears another number already.
    """
    del at
    rows = ContactChange.objects.select_for_update().filter(
        pk__in=subjects, state=State.APPLIED, old_sealed__isnull=False
    )
    for change in rows.order_by("pk"):
        own = Submission.objects.select_for_update().filter(
            person=change.person_id,
            relation=Relation.SELF,
            phone_digest__in=crypto.digests("phone", change.old),
        )
        for submission in own.order_by("pk"):
            _give(submission, change.new, moved_by=change)


def go_back(subjects: Sequence[int], *, at: datetime) -> None:
    """Give reports the telephone of before a change that was stopped; as ``follow``."""
    del at
    rows = ContactChange.objects.select_for_update().filter(
        pk__in=subjects, state=State.STOPPED, old_sealed__isnull=False
    )
    for change in rows.order_by("pk"):
        moved = Submission.objects.select_for_update().filter(moved_by=change)
        for submission in moved.order_by("pk"):
            _give(submission, change.old, moved_by=None)


def _give(
    submission: Submission, telephone: str, *, moved_by: ContactChange | None
) -> None:
    submission.phone_sealed = crypto.seal(
        telephone, bound_to=f"submission:{submission.key}"
    )
    submission.phone_digest = crypto.digest("phone", telephone)
    submission.last4_digest = crypto.digest("last4", phones.last4(telephone))
    submission.moved_by = moved_by
    submission.save(
        update_fields=["phone_sealed", "phone_digest", "last4_digest", "moved_by"]
    )
