"""Corrections of people: fields, aliases, joining two records, taking one apart."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from portal.registry import national_id
from portal.registry.corrections import values
from portal.registry.corrections.ledger import (
    Step,
    fill,
    lock_doses,
    lock_people,
    lock_person,
    require,
    writing,
)
from portal.registry.corrections.values import ABSENT, ALIAS, NAME, NUMBER, TELEPHONE
from portal.registry.corrections.warrant import CannotCorrect, RecordMoved, Warrant
from portal.registry.models import Correction, Person

PERSON_FIELDS: Final = frozenset(
    {"full_name", "born_on", "sex", "national_id", "phone", "residence"}
)
Operation = Correction.Operation


def correct_person(
    person_id: int,
    changes: Mapping[str, str],
    *,
    phones: Iterable[str] = (),
    before: Mapping[str, str] | None = None,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Change fields of a person; canonical text in, as in claims.

    A new identity number becomes the current one and the old one stays as an alias, as
    does an old name; a new telephone becomes the contact. ``phones``: further ones, by
    which somebody is recognised and that open nothing. ``before``: what the decision
    was based on. Raise RecordMoved where that is not on record any more, CannotCorrect
    for unknown fields or values that cannot be read, and where nothing would change.
    """
    also = {f"{TELEPHONE}{phone}": ALIAS for phone in phones}
    if changes or not also:
        _check(changes)
    with writing("corrections"):
        person = lock_person(person_id)
        require(person, before)
        step = Step(Operation.CHANGE, warrant, at)
        step.demand()
        return step.write(person, also | values.spelled_out(person, dict(changes)))


def change_contact(
    person_id: int, phone: str, *, warrant: Warrant, at: datetime
) -> Correction:
    """Let another telephone be the contact; those before open nothing any more.

    They may be lost or stolen, so they do not stay as aliases. Raise CannotCorrect
    where it is the contact already.
    """
    with writing("corrections"):
        person = lock_person(person_id)
        step = Step(Operation.CHANGE, warrant, at)
        step.demand()
        changes = {
            field: ABSENT if (standing == ALIAS) else standing
            for field, standing in values.spelled_out(person, {"phone": phone}).items()
        }
        return step.write(person, changes)


def restrict(person_id: int, *, warrant: Warrant, at: datetime) -> Correction:
    """Let a record be in no file that is given out, nor in proposals for others.

    Raise CannotCorrect where it is restricted already.
    """
    with writing("corrections"):
        person = lock_person(person_id)
        step = Step(Operation.CHANGE, warrant, at)
        step.demand()
        return step.write(person, {"is_restricted": str(True)})


def add_person(
    facts: Mapping[str, str],
    *,
    numbers: Iterable[str] = (),
    phones: Iterable[str] = (),
    warrant: Warrant,
    at: datetime,
) -> tuple[Person, Correction]:
    """Add somebody of whom nothing was recorded; needs full_name and born_on.

    ``numbers`` and ``phones`` are further ones beside those of ``facts``, by which they
    are found as well.
    """
    also = {
        f"{NUMBER}{national_id.read(number).canonical}": ALIAS for number in numbers
    } | {f"{TELEPHONE}{phone}": ALIAS for phone in phones}
    with writing("corrections"):
        step = Step(Operation.ADD, warrant, at)
        return _add(step, facts, also)


def add_alias(
    person_id: int,
    *,
    number: str = "",
    full_name: str = "",
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Keep another number or name of a person, by which they are found as well.

    Rule A4 of the domain paper: an old card's number is no error. Raise CannotCorrect
    where it is known already.
    """
    changes = {}
    if number:
        changes[f"{NUMBER}{national_id.read(number).canonical}"] = ALIAS
    if full_name:
        changes[f"{NAME}{full_name}"] = ALIAS
    with writing("corrections"):
        person = lock_person(person_id)
        if any(values.read(person, field) != ABSENT for field in changes):
            raise CannotCorrect("the number or name is known already")
        step = Step(Operation.ALIAS, warrant, at)
        step.demand()
        return step.write(person, changes)


def merge(person_id: int, *, into: int, warrant: Warrant, at: datetime) -> Correction:
    """Join a record to another one of the same person: a link that can be taken back.

    The doses go over and remember where they came from; the record stays, with its
    numbers and names, and answers as the surviving one. Records that were joined to it
    before follow. Raise NeedsSecond where the two have different valid numbers,
    RecordMoved where one of them was joined or voided meanwhile.
    """
    if person_id == into:
        raise CannotCorrect("a record is not joined to itself")
    with writing("corrections"):
        people = lock_people([person_id, into])
        joined, surviving = people[person_id], people[into]
        if not joined.status == surviving.status == Person.Status.ACTIVE:
            raise RecordMoved("one of the records was joined or voided")
        step = Step(Operation.MERGE, warrant, at)
        step.demand(numbers_differ=_numbers_differ(joined, surviving))
        earlier = lock_people(joined.merged.values_list("pk", flat=True))
        link = {"status": "merged", "merged_into": str(into)}
        lead = step.write(joined, link)
        for person in earlier.values():
            step.write(person, {"merged_into": str(into)})
        for dose in lock_doses(joined.doses.values_list("pk", flat=True)):
            step.write(dose, values.moved(dose, to=into))
        return lead


def split(
    person_id: int,
    facts: Mapping[str, str],
    *,
    doses: Iterable[int],
    numbers: Iterable[str] = (),
    warrant: Warrant,
    at: datetime,
) -> tuple[Person, Correction]:
    """Take doses and numbers off a record that is of two people, for a new record.

    ``facts`` are those of the other person (``add_person``); ``numbers`` become theirs.
    Raise CannotCorrect where a dose or number does not stand on the record, and
    NeedsSecond unless two people sign.
    """
    wanted = set(doses)
    if not wanted:
        raise CannotCorrect("no dose is named")
    read = [national_id.read(number).canonical for number in numbers]
    with writing("corrections"):
        person = lock_person(person_id)
        rows = lock_doses(wanted)
        if {(d.pk, d.person_id) for d in rows} != {(d, person.pk) for d in wanted}:
            raise CannotCorrect("a dose stands on another record")
        held = {number: values.read(person, f"{NUMBER}{number}") for number in read}
        if ABSENT in held.values():
            raise CannotCorrect("a number stands on another record")
        step = Step(Operation.SPLIT, warrant, at)
        step.demand()
        theirs = {f"{NUMBER}{number}": standing for number, standing in held.items()}
        other, lead = _add(step, facts, theirs)
        if theirs:
            step.write(person, dict.fromkeys(theirs, ABSENT))
        for dose in rows:
            step.write(dose, values.moved(dose, to=other.pk))
        return other, lead


def _add(
    step: Step, facts: Mapping[str, str], belongings: Mapping[str, str] | None = None
) -> tuple[Person, Correction]:
    _check(facts)
    if not {"full_name", "born_on"} <= facts.keys():
        raise CannotCorrect("full_name and born_on are needed")
    person = Person(version=0)
    fill(person, {field: facts[field] for field in ("full_name", "born_on")})
    person.save()
    whole = {"status": "active"} | values.spelled_out(person, dict(facts))
    # What the facts say stands before what is known beside them.
    whole = values.in_order(dict(belongings or {}) | whole)
    return person, step.write(person, whole)


def _check(changes: Mapping[str, str]) -> None:
    if not changes or not changes.keys() <= PERSON_FIELDS:
        raise CannotCorrect("fields that cannot be corrected")


def _numbers_differ(one: Person, other: Person) -> bool:
    """Tell whether both have valid numbers in force which say that they are two.

    An old card's number on both sides says nothing beside two personal numbers: cards
    were issued twice. Only where the number in force of one is an alias of the other,
    and of another kind, it is a new number of the same person. What the digits say of
    place and century is no proof that a number is none (domain paper, fact 7).
    """
    ours, our_current = _numbers(one)
    others, other_current = _numbers(other)
    return any(
        mine != theirs
        and (kind == other_kind or not (mine in others or theirs in ours))
        for mine, kind in our_current.items()
        for theirs, other_kind in other_current.items()
    )


def _numbers(person: Person) -> tuple[set[str], dict[str, str]]:
    """Return all numbers of a person, and the valid ones in force with their kinds."""
    rows = list(person.documents.filter(is_void=False))
    read = [(row, national_id.read(row.number)) for row in rows]
    return {said.canonical for _, said in read}, {
        said.canonical: said.kind
        for row, said in read
        if row.is_current and not {*said.problems} - {"structure"}
    }
