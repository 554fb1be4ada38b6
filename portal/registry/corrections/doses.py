"""Corrections of doses: facts, adding, voiding, and whose they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from portal.registry.corrections import values
from portal.registry.corrections.ledger import (
    Step,
    fill,
    lock_dose,
    lock_person,
    require,
    writing,
)
from portal.registry.corrections.warrant import (
    CannotCorrect,
    Impossible,
    RecordMoved,
    Warrant,
)
from portal.registry.models import Correction, Dose, Person

DOSE_FIELDS: Final = frozenset(
    {"given_on", "product", "lot", "site", "dose_number", "country"}
)
# The name under which a dose was entered is put right; who is given one bears theirs.
CHANGED: Final = DOSE_FIELDS | {"full_name"}
Operation = Correction.Operation


def correct_dose(
    dose_id: int,
    changes: Mapping[str, str],
    *,
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Change facts of a dose; canonical text in, as in claims.

    ``before``: what the decision was based on. Raise RecordMoved where that is not on
    record any more, CannotCorrect for unknown fields, values that cannot be read, a
    void dose, and where nothing would change; Impossible for a new day that lies in the
    future or before birth, and where the person has the dose already. ``full_name`` is
    the name under which the dose was entered; whose it is does not change by it.
    """
    _check(changes, CHANGED)
    with writing("corrections"):
        dose = _valid(lock_dose(dose_id), before)
        step = Step(Operation.CHANGE, warrant, at)
        step.demand()
        made = step.write(dose, changes)
        if _changed(made) & {"given_on", "product"}:
            _refuse_impossible(dose, at=at)
            if dose.person is not None:
                _refuse_second_of_that_day(dose, dose.person)
        return made


def add_dose(
    person_id: int, facts: Mapping[str, str], *, warrant: Warrant, at: datetime
) -> tuple[Dose, Correction]:
    """Add a dose that was given but never recorded.

    ``facts`` needs given_on, product and site; with a country it was given abroad, and
    the site is who put it on record. Raise CannotCorrect where one of them is missing,
    Impossible where the person already has a dose of that product on that day, or
    somebody enters a day in the future or before birth; NeedsSecond where it rests on
    no proof (``Warrant.source``) and one person signs.
    """
    _check(facts)
    if not {"given_on", "product", "site"} <= facts.keys():
        raise CannotCorrect("given_on, product and site are needed")
    with writing("corrections"):
        person = lock_person(person_id)
        dose = Dose(
            source=Dose.Source.FOREIGN
            if facts.get("country")
            else Dose.Source.LATE_ENTRY,
            name_recorded=person.full_name,
            recorded_at=at,
            version=0,
        )
        whole = {"status": "completed", "person": str(person.pk), **facts}
        fill(dose, whole)
        if warrant.proposed_by is not None:
            # Lists, bundles and loads asked about it with the cell, before.
            _refuse_impossible(dose, at=at)
        _refuse_second_of_that_day(dose, person)
        step = Step(Operation.ADD, warrant, at)
        step.demand()
        return dose, step.write(dose, whole)


def add_apart(
    facts: Mapping[str, str],
    *,
    owner: int | None,
    status: Dose.Status,
    name: str,
    warrant: Warrant,
    at: datetime,
) -> tuple[Dose, Correction]:
    """Add a dose that changes nobody's record: an orphan, or one that does not count.

    ``facts`` as in ``add_dose``, ``name`` as it was recorded. Raise CannotCorrect for
    a completed dose of somebody (``add_dose``) and for facts that cannot be read.
    """
    _check(facts)
    if owner is not None and status == Dose.Status.COMPLETED:
        raise CannotCorrect("a dose that counts on a record")
    with writing("corrections"):
        dose = Dose(name_recorded=name, recorded_at=at, version=0)
        whole = {"status": status.value, "person": str(owner or ""), **facts}
        fill(dose, whole)
        step = Step(Operation.ADD, warrant, at)
        step.demand()
        return dose, step.write(dose, whole)


def void(
    dose_id: int,
    *,
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Mark a dose as entered in error; it is kept, and counts no more.

    Raise NeedsSecond unless it is an exact clone of another one, or two people sign;
    RecordMoved where a rule found such a clone and there is none by now.
    """
    with writing("corrections"):
        dose = _valid(lock_dose(dose_id), before)
        is_clone = is_exact_clone(dose)
        if warrant.reason == Correction.Reason.RULE and not is_clone:
            raise RecordMoved("the other copy counts no more")
        step = Step(Operation.VOID, warrant, at)
        step.demand(is_exact_clone=is_clone)
        return step.write(dose, {"status": Dose.Status.ENTERED_IN_ERROR.value})


def restore(dose_id: int, *, warrant: Warrant, at: datetime) -> Correction:
    """Let a dose that was voided count again. It needs what adding it would."""
    with writing("corrections"):
        dose = lock_dose(dose_id)
        if dose.status != Dose.Status.ENTERED_IN_ERROR:
            raise CannotCorrect("the dose is not void")
        if dose.person is not None:
            _refuse_second_of_that_day(dose, dose.person)
        step = Step(Operation.RESTORE, warrant, at)
        step.demand()
        return step.write(dose, {"status": Dose.Status.COMPLETED.value})


def detach(
    dose_id: int,
    *,
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Take a dose off a record where its owner is not known: it becomes an orphan.

    It remembers the record. Raise NeedsSecond unless two people sign.
    """
    with writing("corrections"):
        dose = _valid(lock_dose(dose_id), before)
        if dose.person_id is None:
            raise CannotCorrect("the dose stands on no record")
        step = Step(Operation.DETACH, warrant, at)
        step.demand()
        return step.write(dose, values.moved(dose, to=None))


def reassign(
    dose_id: int,
    *,
    to: int,
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Move a dose from one person's record to that of whom it was given to.

    Raise CannotCorrect where that person has it already or the dose has no record
    (``attach``), NeedsSecond unless two people sign.
    """
    return _move(dose_id, to, Operation.REASSIGN, before, warrant, at)


def attach(
    dose_id: int,
    *,
    to: int,
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Give an orphan dose to its owner. The orphan itself is the proof."""
    return _move(dose_id, to, Operation.ATTACH, before, warrant, at)


def is_exact_clone(dose: Dose) -> bool:
    """Tell whether the person has another completed dose that agrees in every fact."""
    if dose.person_id is None:
        return False
    return (
        Dose.objects.filter(
            person_id=dose.person_id,
            given_on=dose.given_on,
            product_id=dose.product_id,
            lot_number=dose.lot_number,
            site_id=dose.site_id,
            status=Dose.Status.COMPLETED,
        )
        .exclude(pk=dose.pk)
        .exists()
    )


def _move(
    dose_id: int,
    to: int,
    operation: Correction.Operation,
    before: Mapping[str, str] | None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    with writing("corrections"):
        to = Person.objects.only("merged_into").get(pk=to).surviving_id
        dose = _valid(lock_dose(dose_id, to), before)
        owner = lock_person(to)
        if (dose.person_id is None) is (operation == Operation.REASSIGN):
            raise CannotCorrect("whether the dose stands on a record")
        if dose.person_id == owner.pk:
            raise CannotCorrect("the dose is theirs already")
        _refuse_second_of_that_day(dose, owner)
        step = Step(operation, warrant, at)
        step.demand()
        return step.write(dose, values.moved(dose, to=owner.pk))


def _check(changes: Mapping[str, str], fields: frozenset[str] = DOSE_FIELDS) -> None:
    if not changes or not changes.keys() <= fields:
        raise CannotCorrect("fields that cannot be corrected")


def _valid(dose: Dose, before: Mapping[str, str] | None) -> Dose:
    require(dose, before)
    if dose.status != Dose.Status.COMPLETED:
        raise CannotCorrect("the dose was entered in error")
    return dose


def _refuse_second_of_that_day(dose: Dose, person: Person) -> None:
    same = person.doses.filter(
        given_on=dose.given_on,
        product=dose.product,
        status=Dose.Status.COMPLETED,
    )
    if same.exclude(pk=dose.pk).exists():
        raise Impossible("Q17")


def _changed(made: Correction) -> set[str]:
    before, after = made.before, made.after
    return {field for field in after if before.get(field) != after[field]}


def _refuse_impossible(dose: Dose, *, at: datetime) -> None:
    """Raise Impossible by the rules of severity E that one dose can be asked.

    A day before birth is one only where the whole of what is known of birth is later.
    """
    if dose.given_on > timezone.localdate(at):
        raise Impossible("Q01")
    if dose.person is not None and dose.given_on < dose.person.born_on:
        raise Impossible("Q02")
