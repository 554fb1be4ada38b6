"""Writing what a rule proved, taking it back, and having a sample looked at."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import claimed, moving, proving, reopening, switches
from complaints.choices import Actor, Move, Status
from complaints.models import CampaignBatch, Complaint, Event, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import Said
from complaints.rules.selfcorrection.rule import (
    Edit,
    Kind,
    Operation,
    Outcome,
    State,
)
from complaints.rules.selfcorrection.table import RULES
from portal.accounts.models import User
from portal.common import outbox, scope
from portal.registry import corrections, places
from portal.registry.corrections import CannotCorrect, RecordMoved, Warrant
from portal.registry.models import AdministrativeUnit, Correction, Person
from portal.registry.population.protocol import Question

Finding = SelfCorrection.Finding

_SOURCES: Final = {
    Kind.POPULATION: Correction.Source.POPULATION,
    Kind.DOSE: Correction.Source.OTHER_RECORD,
}


class Held(Exception):
    """The record does not allow it by now; its text is a reason of ``reasons``."""


def apply(
    person_id: int,
    outcome: Outcome,
    *,
    province: int | None,
    complaint: Complaint | None = None,
    batch: CampaignBatch | None = None,
    answers: Mapping[Question, Said | None] | None = None,
    at: datetime,
) -> list[SelfCorrection]:
    """Write what a rule proved, all or nothing; return its rows.

    Raise Held where the record moved on, another process changed a field first, or a
    guardrail holds by now: the rule is asked again under the record's lock, with the
    ``answers`` that were heard, as minutes may have passed since it was.
    """
    rule = RULES[outcome.rule]
    whole = uuid.uuid4()
    why = complaint.reference if complaint else f"batch-{batch.pk if batch else 0}"
    warrant = Warrant(
        Correction.Reason.RULE,
        f"{rule.reference} {why}",
        source=next(
            (_SOURCES[p.kind] for p in outcome.proofs if p.kind in _SOURCES), ""
        ),
    )
    facts: dict[str, Any] = {
        "whole": whole,
        "rule": rule.code,
        "version": rule.version,
        "person_id": person_id,
        "province_id": province,
        "complaint": complaint,
        "batch": batch,
        "at": at,
        "is_sampled": _is_sampled(rule.code),
        "proofs": [
            {
                "kind": str(proof.kind),
                "source": proof.source,
                "at": proof.at.isoformat() if proof.at else None,
            }
            for proof in outcome.proofs
        ],
    }
    try:
        with transaction.atomic():
            _require_still(person_id, outcome, complaint, answers or {}, at=at)
            return [
                SelfCorrection.objects.create(
                    place=edit.place,
                    correction=_write(person_id, edit, warrant=warrant, at=at),
                    **facts,
                )
                for edit in outcome.edits
            ]
    except RecordMoved as error:
        raise Held("claim_says_otherwise") from error
    except (CannotCorrect, IntegrityError) as error:
        raise Held("changed_before") from error


def _require_still(
    person_id: int,
    outcome: Outcome,
    complaint: Complaint | None,
    answers: Mapping[Question, Said | None],
    *,
    at: datetime,
) -> None:
    """Raise Held where a rule says another thing of a record, once that is locked.

    A report that came meanwhile, a new telephone, a restriction: guardrails as well.
    """
    Person.objects.select_for_update().get(pk=person_id)
    facts = (
        claimed.of_complaint(complaint, at=at)
        if complaint is not None
        else proving.of_people([person_id], at=at).get(person_id)
    )
    if facts is None:
        raise Held("changed_before")
    facts = replace(facts, answers=answers)
    _facts, said = judging.unasked(facts, rules=[outcome.rule])
    if all(one.edits != outcome.edits or one.state != State.FIRES for one in said):
        raise Held(next((one.reason for one in said if one.reason), "changed_before"))


def province_of(person_id: int) -> int | None:
    """Return today's province of somebody's residence; None where it is not known."""
    residence = Person.objects.values_list("residence", flat=True).get(pk=person_id)
    return provinces_of([residence]).get(residence) if residence else None


def provinces_of(residences: Iterable[int | None]) -> dict[int, int]:
    """Return today's province of each of these units, where there is just one."""
    units = {pk for pk in residences if pk is not None}
    found = places.today_of(units) if units else {}
    codes = {
        pk: {unit.path.split("/")[1] for unit in today} for pk, today in found.items()
    }
    keys = dict(
        AdministrativeUnit.objects.filter(
            code__in={code for several in codes.values() for code in several}
        ).values_list("code", "pk")
    )
    return {
        pk: keys[next(iter(several))]
        for pk, several in codes.items()
        if len(several) == 1 and next(iter(several)) in keys
    }


def undo(ref: uuid.UUID, *, by: User, at: datetime) -> list[SelfCorrection]:
    """Put back all that one firing changed; whose record it is gets told.

    A report that it had settled goes to a person. Whoever takes back one by one has
    found it wrong, so it counts with the sample, and the rule may halt by it. Raise
    Refused where it was taken back already, the record was changed again since, or it
    is the reader's own.
    """
    with scope.system():
        switches.lock()
        row = SelfCorrection.objects.select_related("person").filter(ref=ref).first()
        if row is None:
            raise Refused(_("There is no such correction."))
        permissions.require_other(by, None, {row.person_id, row.person.surviving_id})
        found = take_back([row.whole], by=by, at=at)
        if found.moved:
            raise Refused(
                _("The record was changed again since. Look at it as it is now.")
            )
        if not found.rows:
            raise Refused(_("It was taken back already."))
        same = SelfCorrection.objects.filter(whole=row.whole, finding="")
        same.update(
            is_sampled=True, finding=Finding.WRONG, checked_by=by, checked_at=at
        )
        switches.halt_where_wrong(row.rule, at=at)
        return found.rows


@dataclass(frozen=True)
class TakenBack:
    """What was put back, and what stays: changed again since, or the reader's own."""

    rows: list[SelfCorrection]
    moved: list[SelfCorrection]

    @property
    def firings(self) -> int:
        """Return how many firings were put back."""
        return len({row.whole for row in self.rows})

    @property
    def left(self) -> int:
        """Return how many firings stay as they are."""
        return len({row.whole for row in self.moved})


def take_back(wholes: Sequence[uuid.UUID], *, by: User, at: datetime) -> TakenBack:
    """Put back these firings, the newest of a person first, each whole or not at all.

    One whose record was changed again since, or is the reader's own, stays and keeps no
    other from being put back; what was taken back before is passed over. Whoever heard
    of the change is told, once, and a report that was settled by it goes to a person.
    """
    chosen = SelfCorrection.objects.filter(whole__in=wholes, undone_at=None)
    reports = sorted({pk for pk in chosen.values_list("complaint", flat=True) if pk})
    cases = {pk: moving.lock(pk) for pk in reports}
    firings: dict[uuid.UUID, list[SelfCorrection]] = {}
    for row in (
        chosen.select_for_update(of=("self",))
        .select_related("correction", "person")
        # By person, as a campaign locks them: no two wait for each other.
        .order_by("person", "-pk")
    ):
        firings.setdefault(row.whole, []).append(row)
    found = TakenBack([], [])
    own = _own_people(by, [rows[0].person for rows in firings.values()])
    for rows in firings.values():
        is_back = rows[0].person_id not in own and _put_back(rows, by=by, at=at)
        (found.rows if is_back else found.moved).extend(rows)
    reopened = _reopen(
        [cases[r.complaint_id] for r in found.rows if r.complaint_id in cases], at=at
    )
    # One notice for each person: one of their rows stands for all. Who gets the report
    # back is told by that.
    unheard = _not_told_yet(found.rows)
    firsts = {
        row.person_id: row.pk
        for row in found.rows
        if row.complaint_id not in reopened and row.pk not in unheard
    }
    if firsts:
        outbox.add("self_undone", sorted(firsts.values()), at=at)
    return found


def _own_people(by: User, people: Sequence[Person]) -> set[int]:
    """Return whose records among these are those of a member of staff."""
    keys = {one.pk: {one.pk, one.surviving_id} for one in people}
    if not permissions.concerns_record(
        by, {pk for both in keys.values() for pk in both}
    ):
        return set()
    return {pk for pk, both in keys.items() if permissions.concerns_record(by, both)}


def _not_told_yet(rows: Sequence[SelfCorrection]) -> set[int]:
    """Return those of these rows whose owner has heard nothing of them yet.

    What a campaign did by night is told by day; what does not stand by then is not.
    """
    batches = {row.batch_id for row in rows if row.batch_id}
    if not batches:
        return set()
    beside = dict(
        SelfCorrection.objects.filter(
            batch__in=batches, person__in={row.person_id for row in rows}
        ).values_list("pk", "person")
    )
    waiting = {beside[pk] for pk in outbox.unbegun("self_done", list(beside))}
    return {row.pk for row in rows if row.batch_id and row.person_id in waiting}


def _put_back(rows: Sequence[SelfCorrection], *, by: User, at: datetime) -> bool:
    """Put back one firing; return False, with nothing written, where it moved on."""
    try:
        with transaction.atomic():
            for row in rows:
                warrant = Warrant(
                    Correction.Reason.UNDO,
                    f"{RULES[row.rule].reference} self-{row.pk}",
                    proposed_by=by.pk,
                )
                corrections.undo(row.correction, warrant=warrant, at=at)
                row.undone_at, row.undone_by = at, by
                row.save(update_fields=["undone_at", "undone_by"])
    except CannotCorrect:
        for row in rows:
            row.undone_at = row.undone_by = None
        return False
    return True


def check(
    ref: uuid.UUID,
    *,
    is_right: bool,
    against: SelfCorrection.Against,
    by: User,
    at: datetime,
) -> SelfCorrection:
    """Say of a sampled change that it was right or wrong, and what it was held against.

    What is wrong is taken back at once, and the rule may halt by it. Where the record
    was changed again since, it stays as it is (``undone_at`` is null), and a report
    that was settled by it goes to a person. Raise Refused where it is no sample, was
    looked at already, or stands on the reader's own record.
    """
    with scope.system():
        switches.lock()
        row = SelfCorrection.objects.select_related("person").filter(ref=ref).first()
        if row is None or not row.is_sampled:
            raise Refused(_("This change is not one to be looked at."))
        people = {row.person_id, row.person.surviving_id}
        permissions.require_other(by, None, people)
        same = SelfCorrection.objects.select_for_update().filter(whole=row.whole)
        if any(other.finding for other in same):
            raise Refused(_("Somebody has looked at it already."))
        finding = Finding.RIGHT if is_right else Finding.WRONG
        same.update(
            finding=finding, checked_by=by, checked_at=at, checked_against=against
        )
        if not is_right:
            switches.halt_where_wrong(row.rule, at=at)
            found = take_back([row.whole], by=by, at=at)
            left = sorted({r.complaint_id for r in found.moved if r.complaint_id})
            _reopen([moving.lock(pk) for pk in left], at=at)
        row.refresh_from_db()
        return row


def _is_sampled(rule: str) -> bool:
    """Tell whether the next change of a rule is one that people look at.

    The first of a version and then every fiftieth: never less than two of a hundred.
    """
    made = SelfCorrection.objects.filter(rule=rule, version=RULES[rule].version)
    last = made.filter(is_sampled=True).order_by("-pk").first()
    if last is None:
        return True
    since = made.filter(pk__gt=last.pk).exclude(whole=last.whole)
    return since.values("whole").distinct().count() >= switches.SAMPLED - 1


def _write(person_id: int, edit: Edit, *, warrant: Warrant, at: datetime) -> Correction:
    if edit.operation == Operation.ALIAS:
        return corrections.add_alias(
            person_id, number=edit.after, warrant=warrant, at=at
        )
    if edit.operation == Operation.VOID:
        before = {"status": edit.before, "person": str(person_id)}
        return corrections.void(edit.target, before=before, warrant=warrant, at=at)
    changes, before = {edit.field: edit.after}, {edit.field: edit.before}
    if edit.operation == Operation.DOSE:
        before["person"] = str(person_id)
        return corrections.correct_dose(
            edit.target, changes, before=before, warrant=warrant, at=at
        )
    return corrections.correct_person(
        person_id, changes, before=before, warrant=warrant, at=at
    )


def _reopen(complaints: Iterable[Complaint], *, at: datetime) -> set[int]:
    """Give locked reports that were settled to a person; return which were.

    Those that people have in hand already are left with them, and what was reported
    again since is looked at with that report.
    """
    reopened = set()
    for complaint in {one.pk: one for one in complaints}.values():
        if complaint.status == Status.RESOLVED and reopening.unless_reported_again(
            complaint, partial(_revert, complaint, at=at)
        ):
            reopened.add(complaint.pk)
    return reopened


def _revert(complaint: Complaint, *, at: datetime) -> Event:
    # Nobody has the new round yet: routing looks for a policy of its own.
    return moving.move(
        complaint,
        Move.REVERT,
        actor=Actor.SYSTEM,
        at=at,
        routed_at=None,
        **moving.new_round(complaint, body=None, at=at),
    )
