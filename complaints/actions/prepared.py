"""What staff decide of a change that a rule prepared: record it, keep the record.

Beside a report whose every claim the change sets, the report is decided with it: the
same verdict, permissions and two people as by hand. Otherwise the record alone is
corrected.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import casework, prepared_grounds
from complaints.actions.preparing import (
    OF_DOSES,
    OF_REPORTS,
    open_again,
)
from complaints.choices import CHANGING, OPEN, Field, Move, Status, Verdict
from complaints.models import Claim, Complaint, Event, Prepared
from complaints.rules.refused import Refused, Stale
from complaints.rules.selfcorrection.places import place_of
from complaints.rules.selfcorrection.table import OF_MISSING, OF_SPLIT
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import outbox, scope
from portal.common.objects import StoreFailed
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, NeedsSecond, Warrant
from portal.registry.models import Correction, Person

State = Prepared.State
# What these rules find is decided with the report that they stand beside, never alone.
_MADE_BY: Final = {
    "B5": Correction.Operation.ATTACH,
    "B6": Correction.Operation.VOID,
    "B7": Correction.Operation.MERGE,
}


def accept(
    ref: UUID, *, concerns_oneself: bool = False, by: User, at: datetime
) -> Prepared:
    """Record what was prepared, once and as it was shown; the person is told.

    Raise Stale where the record or its ground is another one by now, Refused where
    this is not theirs to decide, or their own (here and below), the rule is switched
    off (here and below), another open report is about the same, or the photos of the
    report cannot be read.
    """
    with scope.system():
        row = _open(ref)
        _require_other(row, by)
        prepared_grounds.require_on(row, at=at)
        prepared_grounds.require_nothing_reported(row, at=at)
        try:
            holds = prepared_grounds.still_holds(row, at=at)
        except StoreFailed as error:
            raise Refused(
                _("The photos of this report cannot be read now. Try again later.")
            ) from error
        if not holds:
            _end(row, at=at)
        else:
            case = row.complaint
            if case is not None and case.status in OPEN and _settles(row, case):
                _decide_case(row, case, concerns_oneself, by=by, at=at)
            else:
                _correct(row, concerns_oneself, by=by, at=at)
    _require_held(holds)
    return row


def sign(ref: UUID, *, by: User, at: datetime) -> Prepared:
    """Sign what somebody else proposed; raise Refused for that very person.

    Raise Stale where the record or its ground is another one by now.
    """
    with scope.system():
        row = lock(ref)
        if row.state != State.SIGNING or row.complaint_id is not None:
            raise Stale(_("It was decided meanwhile. You see it as it is now."))
        if row.proposed_by_id == by.pk:
            raise Refused(_("A second person has to sign what you proposed."))
        _require_other(row, by)
        prepared_grounds.require_on(row, at=at)
        prepared_grounds.require_nothing_reported(row, at=at)
        permissions.require_two(row.proposed_by_id, by, at=at)
        holds = prepared_grounds.still_holds(row, at=at)
        if holds:
            _write(row, proposed_by=row.proposed_by_id, approved_by=by.pk, at=at)
            _made(row, by=by, at=at)
        else:
            _end(row, at=at)
    _require_held(holds)
    return row


def refuse(ref: UUID, *, by: User, at: datetime) -> Prepared:
    """Say that the record is right as it is; it is not put forward again."""
    with scope.system():
        row = lock(ref)
        if row.state not in (State.OPEN, State.SIGNING):
            raise Stale(_("It was decided meanwhile. You see it as it is now."))
        _require_other(row, by)
        if row.proposed_by_id == by.pk:
            row.proposed_by = None
        row.state = State.REFUSED
        row.decided_by, row.decided_at = by, at
        row.save(update_fields=["state", "proposed_by", "decided_by", "decided_at"])
        _note(row, "refused", by=by, at=at)
    return row


def take_back(ref: UUID, *, by: User, at: datetime) -> Prepared:
    """Put back what was recorded, or open again what was refused.

    What was decided with a report is taken back there (``undoing``). Raise Refused
    where the record was changed again since.
    """
    with scope.system():
        row = lock(ref)
        _require_other(row, by)
        if row.state == State.MADE:
            assert row.correction is not None
            if row.correction.reason != Correction.Reason.REVIEW:
                raise Refused(_("It was decided with a report. Take that back there."))
            try:
                undone = corrections.undo(
                    row.correction,
                    warrant=Warrant(
                        Correction.Reason.UNDO,
                        str(row.ref),
                        proposed_by=by.pk,
                    ),
                    at=at,
                )
            except NeedsSecond as error:
                raise Refused(
                    _("By now this takes two people. Report it, then two decide.")
                ) from error
            except CannotCorrect as error:
                raise Refused(
                    _("The record was changed again since. Look at it as it is now.")
                ) from error
            # Who was not told yet that it was recorded never will be.
            if not outbox.unbegun("prepared_done", [row.correction.pk]):
                outbox.add("prepared_undone", [undone.pk], at=at)
        elif row.state != State.REFUSED:
            raise Stale(_("It was decided meanwhile. You see it as it is now."))
        open_again([row])
        _note(row, "taken back", by=by, at=at)
    return row


def follow(events: Sequence[Event], *, at: datetime) -> None:
    """Note of what was prepared what the decision of its report says of it.

    So that a rule is counted as right or wrong whichever button was pressed. Harmless
    to repeat.
    """
    with scope.system():
        for event in events:
            if event.move == Move.DECLINE:
                open_again(
                    Prepared.objects.filter(
                        complaint=event.complaint_id, state=State.SIGNING
                    )
                )
                continue
            rows = Prepared.objects.select_for_update().filter(
                complaint=event.complaint_id, state__in=(State.OPEN, State.SIGNING)
            )
            claims = {
                place_of(claim.complaint.kind, claim.complaint.dose_id, claim.field): (
                    claim
                )
                for claim in Claim.objects.filter(
                    complaint=event.complaint_id
                ).select_related("complaint")
            }
            for row in rows:
                claim = claims.get(row.place)
                if row.rule in OF_REPORTS:
                    claim = next(iter(claims.values()), None)
                _follow(row, claim, event)


def _end(row: Prepared, *, at: datetime) -> None:
    """Put forward no longer what has no ground any more."""
    row.state, row.proposed_by, row.decided_at = State.GONE, None, at
    row.save(update_fields=["state", "proposed_by", "decided_at"])


def _require_held(holds: bool) -> None:
    """Raise Stale where it did not hold: after the commit, which keeps its end."""
    if not holds:
        raise Stale(_("The record changed meanwhile. This is no longer needed."))


def _follow(row: Prepared, claim: Claim | None, event: Event) -> None:
    if event.by_id is None or claim is None:
        row.state, row.proposed_by, row.decided_at = State.GONE, None, event.at
    else:
        agrees = claim.verdict in CHANGING and _is_the_change(row, claim)
        if row.proposed_by_id == event.by_id:
            row.proposed_by = None
        row.decided_by_id, row.decided_at = event.by_id, event.at
        row.state = State.REFUSED
        if agrees and claim.correction_id is not None:
            row.state, row.correction_id = State.MADE, claim.correction_id
    row.save(
        update_fields=[
            "state",
            "correction",
            "proposed_by",
            "decided_by",
            "decided_at",
        ]
    )


def _is_the_change(row: Prepared, claim: Claim) -> bool:
    """Tell whether a claim that changed the record came to what was prepared."""
    if row.rule not in OF_REPORTS:
        return claim.decided == row.edit["after"]
    made = claim.correction
    return (
        made is not None
        and made.operation == _MADE_BY[row.rule]
        and made.target_id == int(row.edit["target"])
    )


def lock(ref: UUID) -> Prepared:
    """Return what was prepared, locked, and with it what it belongs to by then."""
    Prepared.objects.select_for_update().get(ref=ref)
    beside = Prepared.objects.select_related(
        "complaint__submission", "person", "correction"
    )
    return beside.get(ref=ref)


def _open(ref: UUID) -> Prepared:
    row = lock(ref)
    if row.state != State.OPEN:
        raise Stale(_("It was decided meanwhile. You see it as it is now."))
    return row


def _require_other(row: Prepared, by: User) -> None:
    """Raise Refused where a record, or the report beside it, is the user's own.

    Where two are joined, each of them.
    """
    people = [row.person_id, row.person.surviving_id]
    if row.rule in OF_SPLIT:
        people.append(int(row.edit["target"]))
    permissions.require_other(by, row.complaint, people)


def _settles(row: Prepared, case: Complaint) -> bool:
    """Tell whether a report claims this very change and nothing else."""
    if row.rule in OF_REPORTS:
        return True
    claims = list(case.claims.all())
    return bool(claims) and all(
        place_of(case.kind, case.dose_id, claim.field) == row.place
        and claim.claimed == row.edit["after"]
        for claim in claims
    )


def _decide_case(
    row: Prepared, case: Complaint, concerns_oneself: bool, *, by: User, at: datetime
) -> None:
    target = int(row.edit["target"])
    other = Person.objects.get(pk=target) if row.rule in OF_SPLIT else None
    decided = casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: (Verdict.UPHELD, "") for claim in case.claims.all()},
        filled={Field.RECORD: str(other.ref)} if other else None,
        orphan=target if row.rule in OF_MISSING else None,
        concerns_oneself=concerns_oneself,
        by=by,
        at=at,
    )
    if decided.status == Status.AWAITING_SECOND:
        row.state, row.proposed_by = State.SIGNING, by
        row.save(update_fields=["state", "proposed_by"])
        return
    claim = Claim.objects.filter(complaint=case).order_by("pk")[:1].get()
    row.correction = claim.correction
    row.state, row.decided_by, row.decided_at = State.MADE, by, at
    row.save(update_fields=["state", "correction", "decided_by", "decided_at"])


def _correct(row: Prepared, concerns_oneself: bool, *, by: User, at: datetime) -> None:
    try:
        _write(
            row,
            proposed_by=by.pk,
            approved_by=None,
            concerns_oneself=concerns_oneself,
            at=at,
        )
    except NeedsSecond:
        row.state, row.proposed_by = State.SIGNING, by
        row.save(update_fields=["state", "proposed_by"])
        _note(row, "proposed", by=by, at=at)
    else:
        _made(row, by=by, at=at)


def _write(
    row: Prepared,
    *,
    proposed_by: int | None,
    approved_by: int | None,
    concerns_oneself: bool = False,
    at: datetime,
) -> None:
    """Correct the record. Raise Stale where it is not as it was, NeedsSecond."""
    edit = row.edit
    warrant = Warrant(
        Correction.Reason.REVIEW,
        str(row.ref),
        proposed_by=proposed_by,
        approved_by=approved_by,
        source=(
            Correction.Source.OTHER_RECORD
            if row.rule in OF_DOSES
            else Correction.Source.POPULATION
        ),
        concerns_oneself=concerns_oneself,
    )
    changes, before = {edit["field"]: edit["after"]}, {edit["field"]: edit["before"]}
    try:
        if row.rule in OF_DOSES:
            before["person"] = str(row.person.surviving_id)
            row.correction = corrections.correct_dose(
                int(edit["target"]), changes, before=before, warrant=warrant, at=at
            )
        else:
            row.correction = corrections.correct_person(
                row.person.surviving_id, changes, before=before, warrant=warrant, at=at
            )
    except NeedsSecond:
        raise
    except CannotCorrect as error:
        raise Stale(_("The record changed meanwhile. Look at it as it is now.")) from (
            error
        )


def _made(row: Prepared, *, by: User, at: datetime) -> None:
    assert row.correction is not None
    row.state, row.decided_by, row.decided_at = State.MADE, by, at
    row.save(update_fields=["state", "correction", "decided_by", "decided_at"])
    # By correction: what was taken back and made again is told again.
    outbox.add("prepared_done", [row.correction.pk], at=at)
    _note(row, "made", by=by, at=at)


def _note(row: Prepared, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=row.person_id,
        subject="complaints.prepared",
        subject_id=row.pk,
        detail=f"{row.rule} {what}",
    )
