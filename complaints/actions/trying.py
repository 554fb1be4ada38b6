"""What a decision would change, exactly: it is made, looked at and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from complaints.actions import casework
from complaints.choices import Outcome, Status, Verdict
from complaints.models import Complaint
from portal.accounts.models import User
from portal.registry.models import Correction


@dataclass(frozen=True)
class Change:
    """One row of the ledger as it would be: what is changed, and how.

    ``before`` and ``after``: field -> canonical text. For a decision that waits for a
    second person they are those that this person would sign.
    """

    target: str
    operation: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True)
class Outlook:
    """What a decision would do; ``outcome`` is None where a second person must sign."""

    outcome: Outcome | None
    changes: list[Change]

    @property
    def needs_second(self) -> bool:
        """Tell whether it would become a proposal only."""
        return self.outcome is None


def of_resolve(*, complaint_id: int, by: User, at: datetime, **facts: Any) -> Outlook:
    """Return what ``casework.resolve`` would do with these facts; nothing stays of it.

    Made by the very action, so that it cannot say anything else. Raise Refused and
    Stale as that does.
    """
    with transaction.atomic():
        # Holds the case for the milliseconds that it takes, as the action does.
        case = casework.resolve(complaint_id=complaint_id, by=by, at=at, **facts)
        outlook = _read(case, at=at)
        transaction.set_rollback(True)
    return outlook


def _read(case: Complaint, *, at: datetime) -> Outlook:
    if case.status == Status.AWAITING_SECOND:
        upheld = case.claims.filter(verdict=Verdict.UPHELD).order_by("pk")
        changes = [
            Change("claim", "", {c.field: c.recorded}, {c.field: c.decided})
            for c in upheld
        ]
        return Outlook(None, changes)
    made = Correction.objects.filter(
        reason=Correction.Reason.COMPLAINT, reason_ref=case.reference, applied_at=at
    )
    changes = [
        Change(row.target, row.operation, row.before, row.after)
        for row in made.order_by("pk")
    ]
    return Outlook(Outcome(case.outcome), changes)
