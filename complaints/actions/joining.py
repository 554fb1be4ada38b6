"""A matter reported again while it is open: it is added to, never filed twice."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from complaints.actions import subject_keys
from complaints.actions.reported import Matter, Sender, Urgent
from complaints.choices import OPEN
from complaints.models import Complaint, Joining, Submission
from portal.common import crypto, scope


def already_open(sender: Sender, matters: Sequence[Matter]) -> list[Complaint]:
    """Return the open complaints that these matters would join if sent now."""
    subjects = [key for keys, _ in subject_keys.of_all(sender, matters) for key in keys]
    with scope.system():
        return list(
            Complaint.objects.open()
            .filter(subject_key__in=subjects)
            .select_related("submission", "holder")
            .order_by("pk")
        )


def lock_open(subjects: list[bytes]) -> list[Complaint]:
    """Return the open complaints about these matters, locked, oldest first."""
    locked = list(
        Complaint.objects.select_for_update()
        .filter(subject_key__in=subjects, status__in=OPEN)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if not locked:
        return []
    found = Complaint.objects.filter(pk__in=locked).select_related("submission")
    return list(found.prefetch_related("claims").order_by("pk"))


def join(
    submission: Submission,
    joined: Sequence[tuple[Complaint, Matter]],
    urgent: Urgent | None,
    *,
    at: datetime,
) -> None:
    """Add what a submission says to complaints that are open and locked already.

    What is urgent now, or by an earlier day than before, is so for the complaint.
    """
    Joining.objects.bulk_create(
        Joining(
            submission=submission,
            complaint=complaint,
            at=at,
            said_sealed=_said_besides(submission, complaint, matter, urgent),
        )
        for complaint, matter in joined
    )
    rows = Complaint.objects.filter(pk__in=[complaint.pk for complaint, _ in joined])
    rows.update(reported_again=F("reported_again") + 1, version=F("version") + 1)
    if urgent is not None:
        rows.filter(Q(urgent_on=None) | Q(urgent_on__gt=urgent.on)).update(
            urgent_on=urgent.on, urgent_reason=urgent.reason
        )


def _said_besides(
    submission: Submission,
    complaint: Complaint,
    matter: Matter,
    urgent: Urgent | None,
) -> bytes | None:
    """Return what is new in a matter reported again, sealed; None where nothing is.

    The complaint keeps what was claimed first: a second sender must not change it,
    nor see it. Staff see both.
    """
    known = {claim.field: claim.claimed for claim in complaint.claims.all()}
    story = matter.story.strip()
    said: dict[str, Any] = {
        "story": story if story != complaint.story.strip() else "",
        "claims": {
            name: value
            for name, value in matter.claims.items()
            if value and value != known.get(name)
        },
        "held": [asdict(held) for held in matter.held],
    }
    before = (complaint.urgent_on, complaint.urgent_reason)
    if urgent is not None and (urgent.on, urgent.reason) != before:
        said["urgent"] = {"on": urgent.on.isoformat(), "reason": urgent.reason}
    if not any(said.values()):
        return None
    bound = f"joining:{submission.pk}:{complaint.pk}"
    return crypto.seal_json(said, bound_to=bound)
