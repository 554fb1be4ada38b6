"""Each field of a person or dose as canonical text: read it, set it.

Beside the fields of claims there are those that the ledger alone uses, so that a change
can be undone exactly: ``number:…``, ``telephone:…`` and ``name:…`` say how a number,
telephone or former name of a person stands: current, alias, or not at all (empty).
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Model

from portal.common import crypto, names
from portal.registry import countries, national_id
from portal.registry.models import (
    AdministrativeUnit,
    Dose,
    IdentityDocument,
    Lot,
    NameAlias,
    Organization,
    Person,
    Product,
    Telephone,
)

CURRENT, ALIAS, ABSENT = "current", "alias", ""
NUMBER, TELEPHONE, NAME = "number:", "telephone:", "name:"
BELONGINGS: Final = (NUMBER, TELEPHONE, NAME)
# What the population database said holds for the values that it was asked about: it
# comes and goes with them and is nobody's claim. Status, wrong fields, source, instant.
SAID_OF_VALUES: Final = "population"
_NOTHING_SAID: Final = f"{Person.Population.NOT_SENT.value}|||"
_COMPARED: Final = frozenset({"full_name", "born_on", "sex", "national_id"})


class Unreadable(ValueError):
    """A value that a field cannot hold."""


def read(row: Person | Dose, field: str) -> str:
    """Return a field of a person or dose as canonical text."""
    if isinstance(row, Person):
        return read_person(row, field)
    return read_dose(row, field)


def put(row: Person | Dose, field: str, value: str) -> None:
    """Set a field of a person or dose. Raise Unreadable for what it cannot hold."""
    if isinstance(row, Person):
        set_person(row, field, value)
    else:
        set_dose(row, field, value)


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
    if field == "merged_into":
        return str(person.merged_into_id or "")
    if field == SAID_OF_VALUES:
        return _said(person)
    if field == "residence":
        return person.residence.code if person.residence else ""
    for prefix in BELONGINGS:
        if field.startswith(prefix):
            return _standing(_found(person, prefix, field.removeprefix(prefix)))
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
    if field == "full_name":
        return dose.name_recorded
    if field == "person":
        return str(dose.person_id or "")
    if field == "origin":
        return str(dose.origin_id or "")
    if field == "given_on":
        return dose.given_on.isoformat()
    value = getattr(dose, field)
    return "" if value is None else str(value)


def set_dose(dose: Dose, field: str, value: str) -> None:
    """Set a fact of a dose. Raise Unreadable for a value that it cannot hold."""
    try:
        if field == "product":
            dose.product = Product.objects.get(code=value)
        elif field == "site":
            dose.site = Organization.objects.get(code=value)
        elif field in ("person", "origin"):
            setattr(dose, f"{field}_id", int(value) if value else None)
        elif field == "lot":
            dose.lot_number = value
            dose.lot = Lot.objects.filter(number=value).first()
        elif field == "full_name":
            dose.name_recorded = value
        elif field == "given_on":
            dose.given_on = date.fromisoformat(value)
        elif field == "dose_number":
            dose.dose_number = int(value) if value else None
        elif field == "status":
            dose.status = Dose.Status(value)
        elif field == "country":
            if value and value not in countries.NAMES:
                raise ValueError(value)
            dose.country = value
        else:
            setattr(dose, field, value)
    except (Product.DoesNotExist, Organization.DoesNotExist, ValueError) as error:
        raise Unreadable(f"{field} cannot be read") from error


def set_person(person: Person, field: str, value: str) -> None:
    """Set a field of a saved person. Raise Unreadable for a value it cannot hold."""
    try:
        if field == "full_name":
            # As it stands: a name that was loaded untidy comes back so when a change
            # of it is taken back. What is new is tidied before (``spelled_out``).
            person.full_name = value
            person.name_key = names.tone_key(value)
            person.name_folded = names.fold(value)
            person.sort_key = names.person_sort_key(value)
        elif field == "born_on":
            parts = [int(part) for part in value.split("-")]
            person.born_precision = {1: "year", 2: "month", 3: "day"}[len(parts)]
            person.born_on = date(*[*parts, 1, 1][:3])
        elif field == "residence":
            person.residence = (
                AdministrativeUnit.objects.get(code=value) if value else None
            )
        elif field == "merged_into":
            person.merged_into_id = int(value) if value else None
        elif field == "status":
            person.status = Person.Status(value)
        elif field == "sex":
            person.sex = Person.Sex(value) if value else ""
        elif field == "is_restricted":
            person.is_restricted = value == str(True)
        elif field == SAID_OF_VALUES:
            _say(person, value)
        elif field.startswith(BELONGINGS):
            _put(person, field, value)
        elif field not in ("national_id", "phone"):
            setattr(person, field, value)
    except (ValueError, KeyError, AdministrativeUnit.DoesNotExist) as error:
        raise Unreadable(f"{field} cannot be read") from error


def spelled_out(person: Person, changes: dict[str, str]) -> dict[str, str]:
    """Return changes with what follows from them, in the order in which to set them.

    A new number or telephone becomes the current one and those before it stay as
    aliases; an old name stays too where it would not be found under the new one. A new
    name is tidied.
    What the population database said was said of the values before.
    """
    whole = dict(changes)
    if "full_name" in changes:
        whole["full_name"] = names.tidy(changes["full_name"])
    if "national_id" in changes:
        new = national_id.read(changes["national_id"]).canonical
        whole["national_id"] = new
        current = person.documents.filter(is_current=True)
        _take_over(whole, NUMBER, [row.number for row in current], new)
    if "phone" in changes:
        contact = person.telephones.filter(is_contact=True)
        _take_over(whole, TELEPHONE, [row.number for row in contact], changes["phone"])
    if "full_name" in changes and person.version:
        before, after = person.full_name, names.tidy(changes["full_name"])
        if names.fold(before) != names.fold(after):
            whole[f"{NAME}{before}"] = ALIAS
        if person.aliases.filter(full_name=after, is_void=False).exists():
            whole[f"{NAME}{after}"] = ABSENT
    if person.version and _COMPARED & changes.keys():
        whole[SAID_OF_VALUES] = _NOTHING_SAID
    return in_order(whole)


def in_order(changes: dict[str, str]) -> dict[str, str]:
    """Return changes with what takes a place last: one contact at any time."""
    return dict(sorted(changes.items(), key=lambda change: change[1] == CURRENT))


def moved(dose: Dose, *, to: int | None) -> dict[str, str]:
    """Return the changes that move a dose to another record, or to none.

    It remembers the first record on which it stood, unless it comes home.
    """
    origin = dose.origin_id or dose.person_id
    return {
        "person": str(to or ""),
        "origin": str(origin if origin and origin != to else ""),
    }


def is_derived(field: str, changes: dict[str, str]) -> bool:
    """Tell whether a field only repeats what the belongings beside it say."""
    prefix = {"national_id": NUMBER, "phone": TELEPHONE}.get(field)
    return prefix is not None and any(name.startswith(prefix) for name in changes)


def _said(person: Person) -> str:
    said_at = person.population_at.isoformat() if person.population_at else ""
    return "|".join(
        (
            person.population,
            person.population_wrong,
            person.population_source,
            said_at,
        )
    )


def _say(person: Person, text: str) -> None:
    status, wrong, source, said_at = text.split("|")
    person.population = Person.Population(status)
    person.population_wrong, person.population_source = wrong, source
    person.population_at = datetime.fromisoformat(said_at) if said_at else None


def _take_over(whole: dict[str, str], prefix: str, old: list[str], new: str) -> None:
    for text in old:
        whole[f"{prefix}{text}"] = ALIAS
    if new:
        whole[f"{prefix}{new}"] = CURRENT


def _found(person: Person, prefix: str, text: str) -> Any:
    """Return the row of a number, telephone or name of a person, void or not."""
    if prefix == NAME:
        return person.aliases.filter(full_name=text).first()
    rows, purpose = (
        (person.documents, "national_id")
        if prefix == NUMBER
        else (person.telephones, "phone")
    )
    return rows.filter(number_digest__in=crypto.digests(purpose, text)).first()


def _standing(row: Any) -> str:
    if row is None or row.is_void:
        return ABSENT
    is_current = getattr(row, "is_current", getattr(row, "is_contact", False))
    return CURRENT if is_current else ALIAS


def _put(person: Person, field: str, standing: str) -> None:
    """Let a number, telephone or former name stand so; its row is made where needed."""
    prefix = next(p for p in BELONGINGS if field.startswith(p))
    text = field.removeprefix(prefix)
    row = _found(person, prefix, text)
    if row is None:
        if standing == ABSENT:
            return
        row = _MADE[prefix](person, text)
    row.is_void = standing == ABSENT
    stands = ["is_void"]
    if prefix == NUMBER:
        row.is_current = standing == CURRENT
        stands.append("is_current")
    elif prefix == TELEPHONE:
        row.is_contact = standing == CURRENT
        stands.append("is_contact")
    # Of a known row nothing else: its digest may be made anew meanwhile (``digests``).
    row.save(update_fields=stands if row.pk else None)


def _new_number(person: Person, text: str) -> Model:
    read = national_id.read(text)
    return IdentityDocument(
        person=person,
        kind=read.kind,
        number_digest=crypto.digest("national_id", read.canonical),
        number_sealed=crypto.seal(read.canonical, bound_to=f"person:{person.pk}"),
        source="correction",
    )


def _new_telephone(person: Person, text: str) -> Model:
    return Telephone(
        person=person,
        number_digest=crypto.digest("phone", text),
        number_sealed=crypto.seal(text, bound_to=f"person:{person.pk}"),
    )


def _new_name(person: Person, text: str) -> Model:
    return NameAlias(person=person, full_name=text, name_folded=names.fold(text))


_MADE: Final[dict[str, Callable[[Person, str], Model]]] = {
    NUMBER: _new_number,
    TELEPHONE: _new_telephone,
    NAME: _new_name,
}
