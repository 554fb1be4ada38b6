"""What a decision would change, exactly: it is made, looked at and taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from complaints.actions import assigning, casework
from complaints.choices import CHANGING, Move, Outcome, Status
from complaints.models import Complaint
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.registry.imports import checking
from portal.registry.models import Correction

Operation = Correction.Operation


@dataclass(frozen=True)
class Change:
    """One row of the ledger as it would be: what is changed, and how.

    ``before`` and ``after``: field -> canonical text; ``dose``: the key of the recorded
    dose that it is done to, if it is one. Of a decision that waits for a second person
    it is what this person would sign; its claims where nobody could.
    """

    target: str
    operation: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    dose: int | None = None


@dataclass(frozen=True)
class Outlook:
    """What a decision would do; ``outcome`` is None where a second person must sign.

    ``warnings``: codes of the quality rules that the record would break and does not
    break now.
    """

    outcome: Outcome | None
    changes: list[Change]
    warnings: tuple[str, ...] = ()

    @property
    def needs_second(self) -> bool:
        """Tell whether it would become a proposal only."""
        return self.outcome is None


def of_resolve(*, complaint_id: int, by: User, at: datetime, **facts: Any) -> Outlook:
    """Return what ``casework.resolve`` would do with these facts; nothing stays of it.

    Made by the very action, so that it cannot say anything else. Raise Refused and
    Stale as that does.
    """
    return _try(casework.resolve, complaint_id=complaint_id, by=by, at=at, **facts)


def of_countersign(
    *, complaint_id: int, by: User, at: datetime, **facts: Any
) -> Outlook:
    """Return what ``casework.countersign`` would do; as ``of_resolve``."""
    return _try(casework.countersign, complaint_id=complaint_id, by=by, at=at, **facts)


# The moves of which it can be asked what they would change.
OF: Final[Mapping[Move, Callable[..., Outlook]]] = {
    Move.RESOLVE: of_resolve,
    Move.COUNTERSIGN: of_countersign,
}


def _try(
    act: Callable[..., Complaint],
    *,
    complaint_id: int,
    by: User,
    at: datetime,
    **facts: Any,
) -> Outlook:
    with transaction.atomic():
        before = _faults(Complaint.objects.get(pk=complaint_id), at=at)
        # Holds the case for the milliseconds that it takes, as the action does.
        case = act(complaint_id=complaint_id, by=by, at=at, **facts)
        outlook = _read(case, by=by, at=at)
        broken = _faults(case, at=at) - before
        transaction.set_rollback(True)
    return replace(outlook, warnings=tuple(sorted({rule for rule, _ in broken})))


def _faults(case: Complaint, *, at: datetime) -> set[tuple[str, int]]:
    """Return which quality rules the record that it is about breaks, by dose."""
    person = case.submission.person
    if person is None:
        return set()
    return checking.on_record(person.surviving_id, on=timezone.localdate(at))


def _read(case: Complaint, *, by: User, at: datetime) -> Outlook:
    if case.status == Status.AWAITING_SECOND:
        signed = _signed(case, by=by, at=at)
        if signed is not None:
            return replace(_read(signed, by=by, at=at), outcome=None)
        upheld = case.claims.filter(verdict__in=CHANGING).order_by("pk")
        changes = [
            Change("claim", "", {c.field: c.recorded}, {c.field: c.decided})
            for c in upheld
        ]
        return Outlook(None, changes)
    made = Correction.objects.filter(
        reason=Correction.Reason.COMPLAINT, reason_ref=case.reference, applied_at=at
    )
    changes = [
        Change(row.target, row.operation, row.before, row.after, _dose_of(row))
        for row in made.order_by("pk")
    ]
    return Outlook(Outcome(case.outcome), changes)


def _dose_of(row: Correction) -> int | None:
    """Return which recorded dose a row of the ledger changes; None of a new one."""
    is_there = row.target == Correction.Target.DOSE
    return row.target_id if is_there and row.operation != Operation.ADD else None


def _signed(case: Complaint, *, by: User, at: datetime) -> Complaint | None:
    """Return a proposal as a colleague there would sign it; None where nobody can."""
    for other in assigning.colleagues(case.holder, at=at).exclude(pk=by.pk)[:3]:
        try:
            with transaction.atomic():
                return casework.countersign(complaint_id=case.pk, by=other, at=at)
        except Refused:
            continue
    return None
