"""A bundle taken in: all of it or nothing, each row with its entry in the ledger.

Somebody who is on record is known by reference, or by number with the same name and
birth date. What is on record is never changed by a bundle: where it says something
else, that is a problem, and a correction is the way.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from portal.common import crypto, names
from portal.common.forms import PartialDate
from portal.registry import corrections, identity
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.imports import one_at_a_time
from portal.registry.imports.bundles.reading import (
    BadBundle,
    Codes,
    Contents,
    Immunization,
    Patient,
    Problem,
    read,
)
from portal.registry.models import (
    AdministrativeUnit,
    Correction,
    Dose,
    Organization,
    Person,
    Product,
)


@dataclass
class Taken:
    """What a bundle added, and what of it was on record already."""

    people: int = 0
    doses: int = 0
    same_people: int = 0
    same_doses: int = 0


def codes() -> Codes:
    """Read what the registry knows by code."""
    cvx = (
        Product.objects.exclude(cvx="")
        .values("cvx")
        .annotate(n=Count("pk"))
        .filter(n=1)
    )
    return Codes(
        products=frozenset(Product.objects.values_list("code", flat=True)),
        cvx=dict(
            Product.objects.filter(cvx__in=cvx.values("cvx")).values_list("cvx", "code")
        ),
        sites=frozenset(Organization.objects.values_list("code", flat=True)),
        units=frozenset(AdministrativeUnit.objects.values_list("code", flat=True)),
    )


def take_in(bundle: Any, *, reference: str, by: int | None, at: datetime) -> Taken:
    """Take a parsed bundle in. Raise BadBundle with everything that is wrong.

    ``reference`` names the bundle in the ledger, in at most 40 characters.
    """
    contents = read(bundle, codes=codes(), at=at)
    warrant = Warrant(Correction.Reason.IMPORT, reference[:40], proposed_by=by)
    with transaction.atomic():
        one_at_a_time.lock()
        return _take_in(contents, warrant, at)


def _take_in(contents: Contents, warrant: Warrant, at: datetime) -> Taken:
    taken, problems = Taken(), list[Problem]()
    people: dict[UUID, Person] = {}
    for patient in contents.patients:
        try:
            person, is_new = _person(patient, warrant, at)
        except _Wrong as wrong:
            problems.append(Problem(patient.entry, wrong.field, wrong.reason))
            continue
        people[patient.ref] = person
        taken.people += is_new
        taken.same_people += not is_new
    for dose in contents.immunizations:
        if dose.patient is not None and dose.patient not in people:
            # Its person is among the problems already.
            continue
        try:
            owner = people[dose.patient] if dose.patient else None
            is_new = _dose(dose, owner, warrant, at)
        except _Wrong as wrong:
            problems.append(Problem(dose.entry, wrong.field, wrong.reason))
            continue
        taken.doses += is_new
        taken.same_doses += not is_new
    if problems:
        # Leaves the transaction, so that nothing of the bundle stays.
        raise BadBundle(sorted(problems))
    return taken


class _Wrong(Exception):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.field, self.reason = name, reason


def _person(patient: Patient, warrant: Warrant, at: datetime) -> tuple[Person, bool]:
    found = Person.objects.filter(ref=patient.ref).first()
    if found is None:
        found = _by_number(patient)
    elif not _is_same(found, patient):
        raise _Wrong("Patient", "differs_from_record")
    if found is not None:
        return _surviving(found), False
    facts = {
        "full_name": patient.full_name,
        "born_on": patient.born_on,
        "sex": patient.sex,
        "national_id": patient.numbers[0] if patient.numbers else "",
        "phone": patient.phones[0] if patient.phones else "",
    }
    person, _ = corrections.add_person(
        {name: value for name, value in facts.items() if value},
        numbers=patient.numbers[1:],
        phones=patient.phones[1:],
        warrant=warrant,
        at=at,
    )
    residence = AdministrativeUnit.objects.filter(code=patient.residence).first()
    # Of a row that is new in this transaction only what the ledger does not keep.
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(ref=patient.ref, residence=residence)
    return person, True


def _by_number(patient: Patient) -> Person | None:
    """Return who has one of the numbers. Raise _Wrong for somebody else's number."""
    born = PartialDate(*map(int, patient.born_on.split("-")))
    for n, number in enumerate(patient.numbers):
        holders = Person.objects.filter(
            documents__number_digest__in=crypto.digests("national_id", number),
            documents__is_void=False,
        ).exclude(status=Person.Status.ENTERED_IN_ERROR)
        agreeing = {
            _surviving(person)
            for person in holders
            if person.name_key == names.tone_key(patient.full_name)
            and identity.agrees(person, born)
        }
        if len(agreeing) > 1:
            raise _Wrong(f"Patient.identifier[{n}]", "several_people")
        if agreeing:
            return agreeing.pop()
        if holders:
            raise _Wrong(f"Patient.identifier[{n}]", "somebody_else")
    return None


def _is_same(person: Person, patient: Patient) -> bool:
    return (
        person.name_key == names.tone_key(patient.full_name)
        and corrections.read_person(person, "born_on") == patient.born_on
        and person.sex == patient.sex
    )


def _surviving(person: Person) -> Person:
    if person.merged_into is None:
        return person
    return person.merged_into


def _dose(
    dose: Immunization, owner: Person | None, warrant: Warrant, at: datetime
) -> bool:
    """Add a dose unless it is on record; tell whether it was added."""
    facts = {
        "given_on": dose.given_on,
        "product": dose.product,
        "site": dose.site,
        "lot": dose.lot,
        "dose_number": dose.dose_number,
        "country": dose.country,
    }
    found = Dose.objects.filter(ref=dose.ref).first()
    if found is not None:
        person = str(owner.pk) if owner else ""
        said = facts | {"status": dose.status, "person": person}
        if any(corrections.read_dose(found, name) != said[name] for name in said):
            raise _Wrong("Immunization", "differs_from_record")
        return False
    said = {name: value for name, value in facts.items() if value}
    if owner is None or dose.status != Dose.Status.COMPLETED:
        apart, _ = corrections.add_apart(
            said,
            owner=owner.pk if owner else None,
            status=Dose.Status(dose.status),
            name=dose.name[:120],
            warrant=warrant,
            at=at,
        )
        _put_as_sent(apart, dose, at)
        return True
    try:
        added, _ = corrections.add_dose(owner.pk, said, warrant=warrant, at=at)
    except CannotCorrect:
        same = owner.doses.filter(
            given_on=dose.given_on,
            product__code=dose.product,
            status=Dose.Status.COMPLETED,
        )
        if any(_says(one, said) for one in same):
            return False
        reason = "differs_from_record" if same else "cannot_be_added"
        raise _Wrong("Immunization", reason) from None
    _put_as_sent(added, dose, at)
    return True


def _says(recorded: Dose, said: dict[str, str]) -> bool:
    """Tell whether a dose on record says all that the bundle says of it."""
    return all(
        corrections.read_dose(recorded, name) == value for name, value in said.items()
    )


def _put_as_sent(row: Dose, dose: Immunization, at: datetime) -> None:
    """Set the columns that only whoever recorded the dose can tell.

    The row is new in this transaction, and the ledger keeps none of them.
    """
    with corrections.writing("imports"):
        Dose.objects.filter(pk=row.pk).update(
            ref=dose.ref,
            source=dose.source,
            name_recorded=dose.name[:120],
            recorded_at=dose.recorded_at or at,
        )
