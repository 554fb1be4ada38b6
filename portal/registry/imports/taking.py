"""Rows that change what is on record: values taken from the list, orphans given owners.

One by one through ``registry.corrections``, as there are few beside the new doses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, RecordMoved, Warrant
from portal.registry.imports import contents, knowing
from portal.registry.imports.contents import Opened
from portal.registry.imports.findings import Finding
from portal.registry.imports.rows import Reason, Values
from portal.registry.models import Correction, StagedRow

Verdict = StagedRow.Verdict
# Where a dose was given is the word of two sites, so that a list alone changes it not.
FIELDS: Final = ("given_on", "product", "lot", "dose_number")
_WRITTEN: Final = (Verdict.NEW, Verdict.DIFFERS)
# Verdicts beside which the person's record can be added to.
_BESIDE: Final = (Verdict.NEW, Verdict.SAME)


def write(
    rows: Sequence[tuple[Opened, Finding]],
    *,
    newcomers: Mapping[bytes, int],
    warrant: Warrant,
    at: datetime,
) -> int:
    """Write what rows take or attach, and mark them done; return how many attach.

    ``newcomers``: whom the list has added by now. A row that the registry refuses is
    left as it is. Call it last within ``corrections.writing``: the writer's flag is
    down afterwards.
    """
    attached = 0
    added = dict(newcomers)
    for opened, found in rows:
        row = opened.staged
        try:
            if found.verdict == Verdict.NEW and found.dose is not None:
                made = _attach(opened, found, added, warrant=warrant, at=at)
                attached += 1
            elif _takes(opened, found):
                made = _take(opened.row.values, found, warrant=warrant, at=at)
            elif row.taken == StagedRow.Taken.PERSON and found.verdict in _BESIDE:
                known = _know(opened.row.values, found, warrant=warrant, at=at)
                if known is None:
                    # Another row has added it: there is nothing left to take.
                    row.taken = ""
                if known is None or row.done_at is not None:
                    # The row's proof is its dose; this one is found by the list's name.
                    continue
                made = known
            else:
                continue
        except CannotCorrect:
            if row.done_at is not None:
                # The dose is written, and of the person nothing is.
                row.taken = ""
                row.findings_sealed = contents.seal_findings(
                    _not_added(found), of=row.session_list, place=row.place
                )
            continue
        row.correction_id, row.done_at = made.pk, at
    return attached


def refused(
    rows: Iterable[StagedRow], findings: Mapping[int, Finding]
) -> list[StagedRow]:
    """Return the rows that were to be written and are not, as the registry refused."""
    return [
        row
        for row in rows
        if row.done_at is None
        and (
            findings[row.place].verdict == Verdict.NEW
            or (
                findings[row.place].verdict == Verdict.DIFFERS
                and row.taken == StagedRow.Taken.LIST
            )
            or (
                findings[row.place].verdict == Verdict.SAME
                and row.taken == StagedRow.Taken.PERSON
            )
        )
    ]


def as_refused(found: Finding) -> Finding:
    """Return what a row is that the registry refused, for staff to look at."""
    if found.verdict != Verdict.SAME:
        return Finding(Verdict.ERROR, (Reason("not_taken"),))
    # A row before it has said otherwise of the person, as if in an earlier batch.
    moved = (Reason("changed_since"), *found.reasons)
    return replace(found, verdict=Verdict.ERROR, reasons=moved, dose_key=None)


def differences(reasons: Iterable[Reason]) -> dict[str, str]:
    """Return what is recorded in the fields that a row differs in and may change."""
    return {
        reason.column: reason.detail
        for reason in reasons
        if reason.code == "differs" and reason.column in FIELDS
    }


def unless_moved(opened: Opened, found: Finding) -> Finding:
    """Return what was found; an error where staff took other values than these.

    They saw what the dry run found (``opened``): nothing is taken of what the record
    became since, and what is new on it nobody agreed to. Where the record says by now
    what was to be added, there is nothing left to take and nothing wrong.
    """
    row = opened.staged
    if row.taken == StagedRow.Taken.PERSON:
        before = knowing.lacking(opened.findings.reasons)
        lacks = knowing.lacking(found.reasons)
        otherwise = before & knowing.differing(found.reasons)
        if found.person == row.person_id and lacks <= before:
            if not lacks and not otherwise:
                row.taken = ""
                return found
            if not otherwise:
                return found
            if found.verdict == Verdict.NEW:
                # The dose is the dose; of the person nothing is added.
                row.taken = ""
                return _not_added(found)
        moved = (Reason("changed_since"), *found.reasons)
        return replace(found, verdict=Verdict.ERROR, reasons=moved, dose_key=None)
    if row.taken != StagedRow.Taken.LIST or found.verdict not in _WRITTEN:
        return found
    is_same = found.dose == row.dose_id and differences(
        opened.findings.reasons
    ) == differences(found.reasons)
    if is_same:
        return found
    moved = (Reason("changed_since"), *found.reasons)
    return replace(found, verdict=Verdict.ERROR, reasons=moved, dose_key=None)


def _takes(opened: Opened, found: Finding) -> bool:
    return (
        found.verdict == Verdict.DIFFERS and opened.staged.taken == StagedRow.Taken.LIST
    )


def _take(
    values: Values, found: Finding, *, warrant: Warrant, at: datetime
) -> Correction:
    """Set the fields that differ to what the list says."""
    if found.dose is None:
        raise CannotCorrect("no dose is meant")
    said = {
        "given_on": values.given_on.isoformat() if values.given_on else "",
        "product": values.product or "",
        "lot": values.lot,
        "dose_number": str(values.dose_number or ""),
    }
    before = differences(found.reasons)
    changes = {column: said[column] for column in before}
    return corrections.correct_dose(
        found.dose, changes, before=before, warrant=warrant, at=at
    )


def _not_added(found: Finding) -> Finding:
    return replace(found, reasons=(Reason("person_not_added"), *found.reasons))


def _know(
    values: Values, found: Finding, *, warrant: Warrant, at: datetime
) -> Correction | None:
    """Add to the person's record what the row knows and it lacks; None for nothing.

    Raise RecordMoved where a row before this one has said otherwise there.
    """
    if found.person is None:
        raise CannotCorrect("nobody is meant")
    wanted = knowing.lacking(found.reasons)
    left = knowing.still_lacking(found.person, values, wanted)
    if left is None:
        raise RecordMoved("another row said something else")
    if not left:
        return None
    return corrections.correct_person(
        found.person,
        knowing.changes(values, left),
        phones=knowing.telephones(values, left),
        warrant=warrant,
        at=at,
    )


def _attach(
    opened: Opened,
    found: Finding,
    added: dict[bytes, int],
    *,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Give the orphan to the row's person, who is added where nothing is recorded."""
    row, values = opened.staged, opened.row.values
    person = found.person
    if person is None:
        key = found.newcomer or b""
        if key not in added:
            facts = {"full_name": values.full_name, "born_on": values.born_on}
            facts |= {"sex": values.sex} if values.sex else {}
            facts |= {"national_id": knowing.number(values)} if values.id_number else {}
            facts |= {"phone": values.phones[0]} if values.phones else {}
            one, _made = corrections.add_person(facts, warrant=warrant, at=at)
            added[key] = one.pk
        person = added[key]
    assert found.dose is not None
    made = corrections.attach(found.dose, to=person, warrant=warrant, at=at)
    row.person_id, row.dose_id = person, found.dose
    return made
