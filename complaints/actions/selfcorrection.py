"""Writing what a rule proved, taking it back, and having a sample looked at."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from complaints.actions import moving, switches
from complaints.choices import Actor, Move, Status
from complaints.models import CampaignBatch, Complaint, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.rule import Edit, Kind, Operation, Outcome
from complaints.rules.selfcorrection.table import RULES
from portal.accounts.models import User
from portal.common import outbox, scope
from portal.registry import corrections, places
from portal.registry.corrections import CannotCorrect, RecordMoved, Warrant
from portal.registry.models import AdministrativeUnit, Correction, Person

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
    at: datetime,
) -> list[SelfCorrection]:
    """Write what a rule proved, all or nothing; return its rows.

    Raise Held where the record moved on, or another process changed a field first.
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

    A report that it had settled goes to a person. Raise Refused where it was taken
    back already, or the record was changed again since.
    """
    with scope.system():
        row = SelfCorrection.objects.filter(ref=ref).first()
        if row is None:
            raise Refused(_("There is no such correction."))
        return take_back([row.whole], by=by, at=at)


def take_back(
    wholes: Sequence[uuid.UUID], *, by: User, at: datetime
) -> list[SelfCorrection]:
    """Put back these firings, the newest first; see ``undo``."""
    rows = list(
        SelfCorrection.objects.select_for_update(of=("self",))
        .filter(whole__in=wholes)
        .select_related("correction", "complaint__submission", "complaint__holder")
        .order_by("-pk")
    )
    if any(row.undone_at for row in rows):
        raise Refused(_("It was taken back already."))
    for row in rows:
        warrant = Warrant(
            Correction.Reason.UNDO,
            f"{RULES[row.rule].reference} self-{row.pk}",
            proposed_by=by.pk,
        )
        try:
            corrections.undo(row.correction, warrant=warrant, at=at)
        except CannotCorrect as error:
            raise Refused(
                _("The record was changed again since. Look at it as it is now.")
            ) from error
        row.undone_at, row.undone_by = at, by
        row.save(update_fields=["undone_at", "undone_by"])
    _reopen({r.complaint_id: r.complaint for r in rows if r.complaint}, at=at)
    # One notice for each firing: its first row stands for it.
    firsts = {row.whole: row.pk for row in rows if row.complaint_id is None}
    if firsts:
        outbox.add("self_undone", sorted(firsts.values()), at=at)
    return rows


def check(ref: uuid.UUID, *, is_right: bool, by: User, at: datetime) -> SelfCorrection:
    """Say of a sampled change that it was right or wrong; the rule may halt by it.

    Raise Refused where it is no sample, was looked at already, or concerns a report
    that the reader settled.
    """
    with scope.system():
        switches.lock()
        row = SelfCorrection.objects.filter(ref=ref).first()
        if row is None or not row.is_sampled:
            raise Refused(_("This change is not one to be looked at."))
        same = SelfCorrection.objects.select_for_update().filter(whole=row.whole)
        if any(other.finding for other in same):
            raise Refused(_("Somebody has looked at it already."))
        finding = Finding.RIGHT if is_right else Finding.WRONG
        same.update(finding=finding, checked_by=by, checked_at=at)
        if not is_right:
            switches.halt_where_wrong(row.rule, at=at)
        row.refresh_from_db()
        return row


def _is_sampled(rule: str) -> bool:
    """Tell whether the next change of a rule is one that people look at.

    The first and then every fiftieth: never less than two of a hundred.
    """
    made = SelfCorrection.objects.filter(rule=rule)
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


def _reopen(complaints: dict[int | None, Complaint | None], *, at: datetime) -> None:
    """Give reports that were settled by what is taken back to a person."""
    for complaint in complaints.values():
        if complaint is None or complaint.status != Status.RESOLVED:
            continue
        # Nobody has the new round yet: routing looks for a policy of its own.
        moving.move(
            complaint,
            Move.REVERT,
            actor=Actor.SYSTEM,
            at=at,
            routed_at=None,
            **moving.new_round(complaint, body=None, at=at),
        )
