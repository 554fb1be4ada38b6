"""The only writer of people and doses: each change leaves its before and after.

The database refuses any other writer (migration ``registry/0002_guards``).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from portal.audit import record as audit
from portal.common import crypto, names, outbox
from portal.registry import national_id
from portal.registry.models import (
    Correction,
    Dose,
    IdentityDocument,
    Lot,
    Organization,
    Person,
    Product,
    Telephone,
)
from portal.registry.population import neighbour

PERSON_FIELDS = frozenset({"full_name", "born_on", "sex", "national_id", "phone"})
# What the population database was asked about; its answer is of the record before.
COMPARED_FIELDS = PERSON_FIELDS - {"phone"}
DOSE_FIELDS = frozenset(
    {"given_on", "product", "lot", "site", "dose_number", "status", "person"}
)


class CannotCorrect(Exception):
    """The change asked for makes no sense for the record as it is now."""


@dataclass(frozen=True)
class Warrant:
    """Why and by whom the registry changes: complaint, rule, import or undo."""

    reason: str
    reference: str
    proposed_by: int | None = None
    approved_by: int | None = None


@contextmanager
def writing(writer: str) -> Iterator[None]:
    """Lift the registry's guard for this transaction, in the name of one writer."""
    with transaction.atomic():
        _flag(writer)
        yield
        _flag("")


def _flag(writer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.registry_writer', %s, true)", [writer])


def correct_person(
    person_id: int, changes: dict[str, str], *, warrant: Warrant, at: datetime
) -> Correction:
    """Change fields of a person; canonical text in, as in claims.

    A new identity number becomes the current one and the old one stays as an alias;
    a new telephone becomes the contact. Raise CannotCorrect for unknown fields or
    values that cannot be read, and where nothing would change.
    """
    _check(changes, PERSON_FIELDS)
    with writing("corrections"):
        person = Person.objects.select_for_update().get(pk=person_id)
        before = {field: read_person(person, field) for field in changes}
        _check_difference(before, changes)
        for field, value in changes.items():
            _set_person(person, field, value)
        is_compared = not COMPARED_FIELDS.isdisjoint(changes)
        if is_compared:
            _forget_comparison(person)
        correction = _close(
            Correction.Target.PERSON, person, before, changes, warrant, at
        )
        if is_compared and neighbour.is_set_up():
            outbox.add("recheck", [correction.pk], at=at)
        return correction


def correct_dose(
    dose_id: int, changes: dict[str, str], *, warrant: Warrant, at: datetime
) -> Correction:
    """Change facts of a dose, void it (``status``: entered_in_error), or move it.

    ``person`` takes a person's primary key as text; empty makes the dose an orphan.

    Raise CannotCorrect as ``correct_person`` does.
    """
    _check(changes, DOSE_FIELDS)
    with writing("corrections"):
        dose = (
            Dose.objects.select_for_update(of=("self",))
            .select_related("product", "site")
            .get(pk=dose_id)
        )
        before = {field: read_dose(dose, field) for field in changes}
        _check_difference(before, changes)
        for field, value in changes.items():
            _set_dose(dose, field, value)
        return _close(Correction.Target.DOSE, dose, before, changes, warrant, at)


def add_dose(
    person_id: int, facts: dict[str, str], *, warrant: Warrant, at: datetime
) -> tuple[Dose, Correction]:
    """Add a dose that was given but never recorded.

    ``facts`` needs given_on, product and site. Raise CannotCorrect where one of them
    is missing, or where the person already has a dose of that product on that day.
    """
    _check(facts, DOSE_FIELDS)
    if not {"given_on", "product", "site"} <= facts.keys():
        raise CannotCorrect("given_on, product and site are needed")
    with writing("corrections"):
        person = Person.objects.select_for_update().get(pk=person_id)
        dose = Dose(
            person=person,
            source=Dose.Source.LATE_ENTRY,
            name_recorded=person.full_name,
            recorded_at=at,
            version=0,
        )
        for field, value in facts.items():
            _set_dose(dose, field, value)
        if person.doses.filter(
            given_on=dose.given_on,
            product=dose.product,
            status=Dose.Status.COMPLETED,
        ).exists():
            raise CannotCorrect("a dose of that product and day is on record")
        dose.save()
        correction = _close(
            Correction.Target.DOSE, dose, {"status": ""}, dict(facts), warrant, at
        )
        return dose, correction


def add_person(
    facts: dict[str, str], *, warrant: Warrant, at: datetime
) -> tuple[Person, Correction]:
    """Add somebody of whom nothing was recorded; needs full_name and born_on."""
    _check(facts, PERSON_FIELDS)
    if not {"full_name", "born_on"} <= facts.keys():
        raise CannotCorrect("full_name and born_on are needed")
    with writing("corrections"):
        person = Person(version=0)
        linked = {"national_id", "phone"}
        for field, value in facts.items():
            if field not in linked:
                _set_person(person, field, value)
        person.save()
        for field in sorted(linked & facts.keys()):
            _set_person(person, field, facts[field])
        correction = _close(
            Correction.Target.PERSON, person, {}, dict(facts), warrant, at
        )
        return person, correction


def undo(correction: Correction, *, warrant: Warrant, at: datetime) -> Correction:
    """Put back what a correction changed, by a counter-correction.

    An added dose is voided. Raise CannotCorrect where the record moved on since.
    """
    before = correction.before
    if correction.target == Correction.Target.PERSON:
        now = Person.objects.get(pk=correction.target_id)
        if now.version != correction.version_before + 1:
            raise CannotCorrect("the record was changed again since")
        return correct_person(now.pk, before, warrant=warrant, at=at)
    dose = Dose.objects.get(pk=correction.target_id)
    if dose.version != correction.version_before + 1:
        raise CannotCorrect("the record was changed again since")
    if correction.version_before == 0:
        before = {"status": Dose.Status.ENTERED_IN_ERROR.value}
    return correct_dose(dose.pk, before, warrant=warrant, at=at)


def read_person(person: Person, field: str) -> str:
    """Return a field of a person as canonical text; empty where nothing is recorded."""
    if field == "national_id":
        current = person.documents.filter(is_current=True).order_by("-pk").first()
        return current.number if current else ""
    if field == "phone":
        contact = person.telephones.filter(is_contact=True).first()
        return contact.number if contact else ""
    if field == "born_on":
        return born_text(person.born_on, person.born_precision)
    return str(getattr(person, field))


def born_text(born_on: date, precision: str) -> str:
    """Return a birth date as far as it is known: 1958, 1958-03 or 1958-03-08."""
    return born_on.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]]


def read_dose(dose: Dose, field: str) -> str:
    """Return a fact of a dose as canonical text."""
    if field == "product":
        return dose.product.code
    if field == "site":
        return dose.site.code
    if field == "lot":
        return dose.lot_number
    if field == "person":
        return str(dose.person_id or "")
    if field == "given_on":
        return dose.given_on.isoformat()
    value = getattr(dose, field)
    return "" if value is None else str(value)


def _check(changes: dict[str, str], allowed: frozenset[str]) -> None:
    if not changes or not changes.keys() <= allowed:
        raise CannotCorrect("fields that cannot be corrected")


def _check_difference(before: dict[str, str], after: dict[str, str]) -> None:
    if before == after:
        raise CannotCorrect("the record says so already")


def _forget_comparison(person: Person) -> None:
    person.population = Person.Population.NOT_SENT
    person.population_at = None
    person.population_wrong = person.population_source = ""


def _set_person(person: Person, field: str, value: str) -> None:
    if field == "full_name":
        person.full_name = names.tidy(value)
        person.name_key = names.tone_key(value)
        person.name_folded = names.fold(value)
        person.sort_key = names.person_sort_key(value)
    elif field == "born_on":
        parts = [int(part) for part in value.split("-")]
        person.born_precision = {1: "year", 2: "month", 3: "day"}[len(parts)]
        person.born_on = date(*[*parts, 1, 1][:3])
    elif field == "national_id":
        _set_number(person, value)
    elif field == "phone":
        _set_phone(person, value)
    else:
        setattr(person, field, value)


def _set_number(person: Person, number: str) -> None:
    person.documents.filter(is_current=True).update(is_current=False)
    if not number:
        return
    read = national_id.read(number)
    IdentityDocument.objects.update_or_create(
        person=person,
        number_digest=crypto.digest("national_id", read.canonical),
        defaults={
            "kind": read.kind,
            "number_sealed": crypto.seal(
                read.canonical, bound_to=f"person:{person.pk}"
            ),
            "source": "correction",
            "is_current": True,
        },
    )


def _set_phone(person: Person, phone: str) -> None:
    person.telephones.filter(is_contact=True).update(is_contact=False)
    if not phone:
        return
    Telephone.objects.update_or_create(
        person=person,
        number_digest=crypto.digest("phone", phone),
        defaults={
            "number_sealed": crypto.seal(phone, bound_to=f"person:{person.pk}"),
            "is_contact": True,
        },
    )


def _set_dose(dose: Dose, field: str, value: str) -> None:
    try:
        if field == "product":
            dose.product = Product.objects.get(code=value)
        elif field == "site":
            dose.site = Organization.objects.get(code=value)
        elif field == "person":
            dose.person_id = int(value) if value else None
        elif field == "lot":
            dose.lot_number = value
            dose.lot = Lot.objects.filter(number=value).first()
        elif field == "given_on":
            dose.given_on = date.fromisoformat(value)
        elif field == "dose_number":
            dose.dose_number = int(value) if value else None
        else:
            dose.status = Dose.Status(value)
    except (Product.DoesNotExist, Organization.DoesNotExist, ValueError) as error:
        raise CannotCorrect(f"{field} cannot be read") from error


def _close(
    target: Correction.Target,
    row: Any,
    before: dict[str, str],
    after: dict[str, str],
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Save the row's next version, and the ledger's entry beside it."""
    version = row.version
    row.version = version + 1
    row.save()
    ref = uuid.uuid4()
    correction = Correction.objects.create(
        ref=ref,
        target=target,
        target_id=row.pk,
        version_before=version,
        before_sealed=crypto.seal_json(before, bound_to=f"before:{ref}"),
        after_sealed=crypto.seal_json(after, bound_to=f"after:{ref}"),
        reason=warrant.reason,
        reason_ref=warrant.reference,
        proposed_by_id=warrant.proposed_by,
        approved_by_id=warrant.approved_by,
        applied_at=at,
    )
    audit.change(
        at=at,
        actor="staff" if warrant.proposed_by else "system",
        actor_id=warrant.approved_by or warrant.proposed_by,
        person_id=row.pk if target == Correction.Target.PERSON else row.person_id,
        subject=f"registry.{target}",
        subject_id=row.pk,
        detail=",".join(sorted(after)),
    )
    return correction
