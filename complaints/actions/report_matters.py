"""What a row of a unit's list of reports claims, as intake takes it: the matters.

Nothing is guessed: a row that names no one dose, or says nothing that differs from the
record, is not clear and waits for staff.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from complaints.actions.reported import Matter, Sender
from complaints.choices import Channel, Field, Kind
from complaints.rules import asked
from portal.common import crypto, names
from portal.registry import corrections, identity, places
from portal.registry.imports import owners
from portal.registry.imports.rows import ListRow, Reason, Values
from portal.registry.models import Dose, Organization, Person, Telephone

VOID: Final = "void"
# Digits of an identity card until 2015, and of those since.
_OLD_CARD: Final = 9
_CARD: Final = 12


class Unclear(Exception):
    """What is asked cannot be told; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """People with their doses on record, read once for many rows."""

    people: Mapping[int, Person]
    doses: Mapping[int | None, list[Dose]]

    @classmethod
    def read(cls, keys: Iterable[int | None]) -> "Recorded":
        """Read these people and their valid doses, oldest first."""
        wanted = {key for key in keys if key is not None}
        doses: dict[int | None, list[Dose]] = defaultdict(list)
        rows = Dose.objects.filter(
            person_id__in=wanted, status=Dose.Status.COMPLETED
        ).select_related("product", "site")
        for dose in rows.order_by("given_on", "pk"):
            doses[dose.person_id].append(dose)
        return cls(Person.objects.in_bulk(wanted), doses)


def of_row(
    row: ListRow,
    asks: asked.Asked,
    person: Person | None,
    doses: Sequence[Dose],
    *,
    site: Organization | None,
) -> Matter:
    """Return what a row asks about somebody's record; ``site``: where none is named.

    Raise Unclear with the reason where that cannot be told.
    """
    if asks.kind == Kind.MISSING_DOSE:
        return _missing(row, doses, site)
    if person is None:
        raise Unclear(Reason("needs_record"))
    if asks.kind == Kind.WRONG_PERSON:
        return _wrong_person(row.values, asks, person)
    if asks.kind == Kind.WRONG_DOSE:
        return _wrong_dose(row, asks, doses)
    assert asks.kind is not None  # an unclear row was told before
    if asks.kind == Kind.DOUBLED_DOSE:
        dose = _double(row.values, doses)
    else:
        dose = _which(_fitting(row.values, doses), doses)
    return Matter(asks.kind, {Field.DOSE.value: VOID}, dose_id=dose.pk)


def _missing(row: ListRow, doses: Sequence[Dose], site: Organization | None) -> Matter:
    values = row.values
    if values.given_on is None:
        raise Unclear(Reason("missing", "given_on"))
    for dose in doses:
        is_same = values.product in (None, dose.product.code)
        if dose.given_on == values.given_on and is_same:
            raise Unclear(Reason("recorded_already"))
    words = row.aside.site
    place = _place(words, on=values.given_on) if words else site
    if place is None and not words:
        raise Unclear(Reason("missing", "site"))
    claims = {
        Field.GIVEN_ON: values.given_on.isoformat(),
        Field.PRODUCT: values.product or "",
        Field.LOT: values.lot,
        Field.DOSE_NUMBER: str(values.dose_number or ""),
        Field.SITE: place.code if place else "",
    }
    return Matter(
        Kind.MISSING_DOSE,
        {name.value: value for name, value in claims.items() if value},
        site_id=place.pk if place else None,
        site_text="" if place else words[:200],
        given_on=values.given_on,
    )


def _wrong_dose(row: ListRow, asks: asked.Asked, doses: Sequence[Dose]) -> Matter:
    values, words = row.values, row.aside.site
    # Where no field is named wrong, any may be: each only chooses where it can.
    fitting = _fitting(values, doses, besides=asks.fields, is_strict=bool(asks.fields))
    dose = _which(fitting, doses)
    said = {
        Field.GIVEN_ON: values.given_on.isoformat() if values.given_on else "",
        Field.PRODUCT: values.product or "",
        Field.LOT: values.lot,
        Field.DOSE_NUMBER: str(values.dose_number or ""),
    }
    if Field.SITE in asks.fields and words:
        place = _place(words, on=values.given_on or dose.given_on)
        said[Field.SITE] = place.code if place else words[:200]
    claims = {
        name: value
        for name, value in said.items()
        if value
        and (not asks.fields or name in asks.fields)
        and value != corrections.read_dose(dose, name)
    }
    return Matter(Kind.WRONG_DOSE, _claimed(claims), dose_id=dose.pk)


def _wrong_person(values: Values, asks: asked.Asked, person: Person) -> Matter:
    said = {
        Field.FULL_NAME: names.tidy(values.full_name),
        Field.BORN_ON: values.born_on,
        Field.SEX: values.sex or "",
        Field.NATIONAL_ID: values.id_number,
    }
    # Families share telephones: one is claimed only where the words name it.
    if Field.PHONE in asks.fields and values.phones:
        said[Field.PHONE] = values.phones[0]
    claims = {
        name: value
        for name, value in said.items()
        if value
        and (not asks.fields or name in asks.fields)
        and not less_exact(name, value, corrections.read_person(person, name))
    }
    if Field.NATIONAL_ID in claims and values.id_restored:
        raise Unclear(Reason("id_restored", "id_number"))
    return Matter(Kind.WRONG_PERSON, _claimed(claims))


def _claimed(claims: Mapping[Field, str]) -> dict[str, str]:
    if not claims:
        raise Unclear(Reason("nothing_differs"))
    return {name.value: value for name, value in claims.items()}


def less_exact(field: Field, said: str, recorded: str) -> bool:
    """Tell whether what a row says of a person is the record's, or a poorer form of it.

    Lists are typed in haste: a name without accents or with an initial, a year for a
    day, the old card's nine digits beside the new one's twelve correct nothing.
    """
    if said == recorded:
        return True
    if field == Field.BORN_ON:
        return recorded.startswith(said)
    if field == Field.NATIONAL_ID:
        return len(said) == _OLD_CARD and len(recorded) == _CARD
    if field != Field.FULL_NAME:
        return False
    if names.fold(said) == names.fold(recorded) and said.isascii():
        return True
    pairs = list(zip(said.split(), recorded.split(), strict=False))
    initials = [_is_initial(word, of=whole) for word, whole in pairs]
    return (
        len(said.split()) == len(recorded.split())
        and any(initials)
        and all(
            is_initial or names.fold(word) == names.fold(whole)
            for is_initial, (word, whole) in zip(initials, pairs, strict=True)
        )
    )


def _is_initial(word: str, *, of: str) -> bool:
    letters = names.fold(word)
    is_short = word.endswith(".") or len(letters) == 1
    return (
        is_short
        and len(letters) < len(names.fold(of))
        and names.fold(of).startswith(letters)
    )


def _fitting(
    values: Values,
    doses: Sequence[Dose],
    *,
    besides: Sequence[Field] = (),
    is_strict: bool = True,
) -> list[Dose]:
    """Return the doses on record that a row can mean, by what it is not asked about.

    Not strict: what fits no dose may be what is wrong, and chooses none.
    """
    left = list(doses)
    told = (
        (Field.GIVEN_ON, values.given_on, lambda dose: dose.given_on),
        (Field.DOSE_NUMBER, values.dose_number, lambda dose: dose.dose_number),
        (Field.PRODUCT, values.product, lambda dose: dose.product.code),
    )
    for field, said, recorded in told:
        if said is None or field in besides:
            continue
        fitting = [dose for dose in left if recorded(dose) == said]
        if is_strict:
            # A record without a number contradicts none.
            fitting = fitting or [dose for dose in left if recorded(dose) is None]
        left = fitting if is_strict else fitting or left
    return left


def _which(fitting: Sequence[Dose], doses: Sequence[Dose]) -> Dose:
    """Return the one dose that a row means, of all on record."""
    if len(fitting) != 1:
        raise Unclear(Reason("which_dose", detail=str(len(doses))))
    return fitting[0]


def _double(values: Values, doses: Sequence[Dose]) -> Dose:
    """Return the dose that stands twice: of those of one day the one recorded last.

    A dose that the row names alone is one if another has its day or its number.
    """
    fitting = _fitting(values, doses)
    if len(fitting) > 1 and len({dose.given_on for dose in fitting}) == 1:
        return max(fitting, key=lambda dose: dose.pk)
    one = _which(fitting, doses)
    if not any(_are_alike(one, other) for other in doses if other.pk != one.pk):
        raise Unclear(Reason("doubles_none"))
    return one


def _are_alike(one: Dose, other: Dose) -> bool:
    has_number = one.dose_number is not None
    return one.given_on == other.given_on or (
        has_number and one.dose_number == other.dose_number
    )


def _place(words: str, *, on: date) -> Organization | None:
    """Return the one site that the words name, by code or name; None if unclear."""
    by_code = Organization.objects.filter(code=words.strip().upper()).first()
    if by_code is not None:
        return by_code
    found = [
        site
        for site in places.find_organizations(words, on=on, limit=5)
        if site.gives_doses
    ]
    named = [site for site in found if names.fold(words) in site.folded]
    return named[0] if len(named) == 1 else None


def sender_of(values: Values, person: Person | None, *, language: str) -> Sender:
    """Return whose report it is.

    The telephone of a row is nobody's proved one: it is written to only where it is the
    contact on record; else the year of birth goes with the code.
    """
    if person is None:
        if not values.born_on:
            raise Unclear(Reason("missing", "born_on"))
        born = owners.partial_date(values.born_on)
        assert born is not None  # it was not empty
        return Sender(
            full_name=values.full_name,
            born_on=born.first(),
            is_born_partly=born.precision != "day",
            sex=values.sex or "",
            national_id=values.id_number,
            phone="",
            channel=Channel.LIST,
            language=language,
        )
    _person, number = identity.opened(person.pk)
    return Sender(
        full_name=person.full_name,
        born_on=person.born_on,
        sex=person.sex,
        national_id=number,
        phone=_own_phone(values, person),
        person_id=person.pk,
        channel=Channel.LIST,
        language=language,
    )


def _own_phone(values: Values, person: Person) -> str:
    contact = Telephone.objects.filter(person=person, is_contact=True, is_void=False)
    for phone in values.phones:
        digests = crypto.digests("phone", phone)
        if contact.filter(number_digest__in=digests).exists():
            return phone
    return ""
