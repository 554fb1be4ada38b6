"""Taking a list back, batch by batch: each can die, and whoever begins again goes on.

A batch is one transaction that locks the list and marks its rows as taken back.
"""

import time
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.imports import committing, contents, ledger, staging
from portal.registry.imports.committing import WRITER, State, reference
from portal.registry.imports.rows import Reason
from portal.registry.models import Correction, Dose, Person, SessionList, StagedRow


def undo_slice(pk: int, *, by: int | None, at: datetime, until: float) -> bool:
    """Take batches back until time is up; True when nothing is left.

    A dose that was changed since is left alone and its row says so (``is_kept``).
    """
    while _undo_batch(pk, at=at):
        if time.monotonic() >= until:
            return False
    after = 0
    while (last := _undo_people(pk, after=after, at=at)) is not None:
        after = last
        if time.monotonic() >= until:
            return False
    with scope.system():
        one = staging.lock(pk)
        if one.state == State.UNDOING:
            one.state, one.undone_at, one.progress_at = State.UNDONE, at, at
            one.asked_by, one.asked_for = None, ""
            one.save(
                update_fields=[
                    *("state", "undone_at", "progress_at", "asked_by", "asked_for")
                ]
            )
    return True


def _undo_batch(pk: int, *, at: datetime) -> int:
    """Take the last rows that are done back; return how many were dealt with."""
    with scope.system(), corrections.writing(WRITER):
        one = staging.lock(pk)
        if one.state != State.UNDOING:
            return 0
        rows = list(
            one.staged.filter(done_at__isnull=False, undone_at=None, is_kept=False)
            .select_related("correction")
            .order_by("-place")[: committing.BATCH]
        )
        doses = {
            dose.pk: dose
            for dose in Dose.objects.select_for_update()
            .filter(pk__in=[row.dose_id for row in rows if _is_addition(row)])
            .order_by("pk")
        }
        warrant = _undoing(one)
        back = []
        others = []
        for row in rows:
            dose, correction = doses.get(row.dose_id or 0), row.correction
            if correction and not _is_addition(row):
                others.append((row, correction))
            # Untouched: at the version that the list gave it.
            elif dose and correction and dose.version == correction.version_before + 1:
                back.append((row, dose, correction))
        ledger.void_doses(
            [dose for _, dose, _ in back],
            [correction for *_, correction in back],
            warrant=warrant,
            needs_second=one.asked_by_id is not None,
            at=at,
        )
        places = {row.place for row, *_ in back}
        returned = 0
        for row, correction in others:
            try:
                corrections.undo(correction, warrant=warrant, at=at, together=True)
            except CannotCorrect:
                # It was changed since: it stays, and its row says so.
                continue
            places.add(row.place)
            returned += correction.operation == Correction.Operation.ATTACH
        for row in rows:
            if _is_addition(row):
                # Also where the dose was changed since and stays.
                _forget_person(one, row, warrant=warrant, at=at)
        one.staged.filter(place__in=places).update(undone_at=at)
        kept = {row.place for row in rows} - places
        one.staged.filter(place__in=kept).update(is_kept=True)
        one.rows_done -= len(back) + returned
        one.progress_at = timezone.now()
        one.save(update_fields=["rows_done", "progress_at"])
    return len(rows)


def _forget_person(
    one: SessionList, row: StagedRow, *, warrant: Warrant, at: datetime
) -> None:
    """Take back what rows with a new dose added to this one's person besides.

    All of it, the last first. What is a row's own proof goes with that row. The row
    says so where the record was changed since, as that stays.
    """
    if row.taken != StagedRow.Taken.PERSON or row.person_id is None:
        return
    own = one.staged.filter(correction=OuterRef("pk"))
    added = Correction.objects.filter(
        ~Exists(own),
        reason=Correction.Reason.IMPORT,
        reason_ref=reference(one),
        target=Correction.Target.PERSON,
        target_id=row.person_id,
        operation=Correction.Operation.CHANGE,
        correction=None,
    )
    try:
        for made in added.order_by("-pk"):
            corrections.undo(made, warrant=warrant, at=at, together=True)
    except CannotCorrect:
        found = contents.unseal(row, of=one).findings
        told = replace(found, reasons=(*found.reasons, Reason("person_kept")))
        row.findings_sealed = contents.seal_found(
            told, bound_to=f"list:{one.ref}:{row.place}:found"
        )
        row.save(update_fields=["findings_sealed"])


def _is_addition(row: StagedRow) -> bool:
    """Tell whether a row that is done added its dose, rather than changed one."""
    made = row.correction
    return made is not None and made.operation == Correction.Operation.ADD


def _undo_people(pk: int, *, after: int, at: datetime) -> int | None:
    """Withdraw people whom the list added and who have nothing else on record.

    The next of them behind a key; return the last one's, None at the end.
    """
    with scope.system(), corrections.writing(WRITER):
        one = staging.lock(pk)
        if one.state != State.UNDOING:
            return None
        untouched = Person.objects.filter(
            pk=OuterRef("target_id"), version=1, status=Person.Status.ACTIVE
        )
        added = {
            correction.target_id: correction
            for correction in Correction.objects.filter(
                Exists(untouched),
                reason=Correction.Reason.IMPORT,
                reason_ref=reference(one),
                target=Correction.Target.PERSON,
                version_before=0,
                target_id__gt=after,
            ).order_by("target_id")[: committing.BATCH]
        }
        people = list(
            Person.objects.select_for_update()
            .filter(pk__in=added, version=1, status=Person.Status.ACTIVE)
            .exclude(doses__status=Dose.Status.COMPLETED)
            .order_by("pk")
        )
        ledger.void_people(
            people,
            [added[person.pk] for person in people],
            warrant=_undoing(one),
            needs_second=one.asked_by_id is not None,
            at=at,
        )
        one.progress_at = timezone.now()
        one.save(update_fields=["progress_at"])
    return max(added, default=None)


def _undoing(one: SessionList) -> Warrant:
    return Warrant(
        Correction.Reason.UNDO,
        reference(one),
        proposed_by=one.asked_by_id or one.undone_by_id,
        approved_by=one.undone_by_id if one.asked_by_id else None,
    )
