"""Taking a correction back, by another one: the same way for every kind."""

from datetime import datetime
from typing import Final

from portal.registry.corrections import second, values
from portal.registry.corrections.ledger import (
    Step,
    lock_doses,
    lock_people,
    require,
    writing,
)
from portal.registry.corrections.warrant import CannotCorrect, Warrant
from portal.registry.models import Correction, Dose, Person

Target = Correction.Target
_PEOPLE: Final = ("person", "merged_into")
_SPELLED_OUT: Final = ("national_id", "phone")


def undo(
    correction: Correction, *, warrant: Warrant, at: datetime, together: bool = False
) -> Correction:
    """Put back what a correction changed, with all its parts; keep that as one too.

    What was added is voided; a taking back can itself be taken back. Raise RecordMoved
    where a field is no longer as it was left, CannotCorrect where it was taken back
    already, others stand on it, or a dose that came by a joining was voided since (the
    other copy stays behind; that is taken back first), and NeedsSecond where one
    person signs what ``second.undo_takes_two``. ``together``: it was asked of a whole
    list, and decided there, whether one person may take it back, so it is not asked
    again of a part.
    """
    if correction.part_of_id is not None:
        raise CannotCorrect("a part is taken back with its whole")
    first = correction
    with writing("corrections"):
        correction = _in_force(correction)
        parts = list(correction.parts.order_by("-pk"))
        people, doses = _lock([correction, *parts])
        # Read again under the locks: nobody takes it back beside us from here on.
        if Correction.objects.filter(reverses=correction).exists():
            raise CannotCorrect("it was taken back already")
        step = Step(Correction.Operation.UNDO, warrant, at)
        age = at - correction.applied_at
        needs = second.undo_takes_two(
            first.operation,
            reason=first.reason,
            took_two=_took_two(first) or correction.needs_second,
            age=age,
        )
        step.insist(needs and (warrant.has_two or not together))
        if correction.operation == Correction.Operation.MERGE:
            _refuse_voided_since(correction, doses)
        for entry in (correction, *parts):
            row = (people if entry.target == Target.PERSON else doses)[entry.target_id]
            _put_back(step, row, entry)
        for person in people.values():
            _refuse_what_hangs_on(person)
        assert step.lead is not None
        return step.lead


def _took_two(correction: Correction) -> bool:
    """Tell whether a correction took two people, or what it took back did."""
    undone = correction.reverses
    return correction.needs_second or (undone is not None and undone.needs_second)


def _in_force(correction: Correction) -> Correction:
    """Return what a correction comes to by now: taking it back may have been undone.

    Raise CannotCorrect where it is taken back.
    """
    while reversal := Correction.objects.filter(reverses=correction).first():
        again = Correction.objects.filter(reverses=reversal).first()
        if again is None:
            raise CannotCorrect("it was taken back already")
        correction = again
    return correction


def _lock(entries: list[Correction]) -> tuple[dict[int, Person], dict[int, Dose]]:
    """Lock all that is touched: those who have the doses now and had them before."""
    named = {e.target_id for e in entries if e.target == Target.PERSON}
    dose_ids = [e.target_id for e in entries if e.target == Target.DOSE]
    owners = Dose.objects.filter(pk__in=dose_ids).values_list("person_id", flat=True)
    named |= {int(e.before[f]) for e in entries for f in _PEOPLE if e.before.get(f)}
    people = lock_people(named | set(owners))
    return people, {dose.pk: dose for dose in lock_doses(dose_ids)}


def _put_back(step: Step, row: Person | Dose, entry: Correction) -> None:
    left, back = entry.after, entry.before
    require(
        row,
        {
            field: value
            for field, value in left.items()
            if field != values.SAID_OF_VALUES and not values.is_derived(field, left)
        },
    )
    if entry.version_before == 0:
        back = {f: values.ABSENT for f in left if f.startswith(values.BELONGINGS)}
        back["status"] = "entered_in_error"
    elif isinstance(row, Person):
        # Entries that were loaded name the number alone, not how each one stood.
        alone = {f: v for f, v in back.items() if f in _SPELLED_OUT}
        if not any(values.is_derived(field, back) for field in alone):
            back = values.spelled_out(row, alone) | back
    step.write(row, values.in_order(back), reverses=entry)


def _refuse_voided_since(correction: Correction, doses: dict[int, Dose]) -> None:
    """Raise CannotCorrect where a dose would come home from a joining without counting.

    It was found to be there twice on the joined record; apart it is there once.
    """
    voided = Correction.objects.filter(
        target=Target.DOSE,
        target_id__in=[
            pk for pk, d in doses.items() if d.status == Dose.Status.ENTERED_IN_ERROR
        ],
        operation=Correction.Operation.VOID,
        pk__gt=correction.pk,
        correction=None,
    )
    if voided.exists():
        raise CannotCorrect("a dose was voided after the records were joined")


def _refuse_what_hangs_on(person: Person) -> None:
    """Raise CannotCorrect where doses or records stand on one that counts no more."""
    person.refresh_from_db(fields=["status"])
    if person.status == Person.Status.ACTIVE:
        return
    if (
        person.doses.filter(status=Dose.Status.COMPLETED).exists()
        or person.merged.exists()
    ):
        raise CannotCorrect("doses or other records stand on it by now")
