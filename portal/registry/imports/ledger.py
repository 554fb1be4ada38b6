"""Adding many doses at once, and taking them back: the same ledger, set by set.

What ``registry.corrections`` does to one record in ten statements is done here to some
hundred records in a dozen, under the same writer's flag and with the same rows left
behind: a version, a ``Correction`` and an audit entry for each person and dose.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.audit import record as audit
from portal.common import crypto, names
from portal.registry import national_id
from portal.registry.corrections import Warrant, mark_stale
from portal.registry.corrections import values as fields
from portal.registry.imports.owners import partial_date
from portal.registry.imports.rows import Values
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


@dataclass(frozen=True, slots=True)
class Addition:
    """A dose to add: to a person on record, or to a newcomer known by a key."""

    key: int
    values: Values
    person: int | None
    newcomer: bytes | None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an addition."""

    key: int
    person: int
    dose: int
    correction: int


def add(
    additions: Sequence[Addition],
    *,
    site: Organization,
    warrant: Warrant,
    at: datetime,
) -> list[Added]:
    """Add doses, and the people of whom nothing was recorded, once for each newcomer.

    Call it within ``corrections.writing``. People on record are locked, in the order
    of their keys, so that nobody adds the same dose beside it. Raises the database's
    own errors for values that it does not take; then nothing is written.
    """
    on_record = {one.person for one in additions if one.person is not None}
    list(Person.objects.select_for_update().filter(pk__in=on_record).order_by("pk"))
    people = _add_people(additions, warrant=warrant, at=at)
    products = {p.code: p for p in Product.objects.all()}
    lots = Lot.objects.filter(number__in={one.values.lot for one in additions})
    lot_of = {lot.number: lot for lot in lots}
    owners = [one.person or people[one.newcomer].pk for one in additions]
    doses = [
        Dose(
            person_id=owner,
            given_on=_known(one.values.given_on),
            product=products[one.values.product or ""],
            lot_number=one.values.lot,
            lot=lot_of.get(one.values.lot),
            site=site,
            dose_number=one.values.dose_number,
            source=Dose.Source.UPLOAD,
            name_recorded=one.values.full_name,
            recorded_at=at,
        )
        for one, owner in zip(additions, owners, strict=True)
    ]
    Dose.objects.bulk_create(doses)
    # Each certificate shows all doses of a person.
    mark_stale(owners, at=at)
    corrections = _enter(
        Correction.Target.DOSE,
        Correction.Operation.ADD,
        [
            _added(dose.pk, owner, _facts(one, owner, site))
            for one, owner, dose in zip(additions, owners, doses, strict=True)
        ],
        warrant=warrant,
        at=at,
    )
    return [
        Added(one.key, owner, dose.pk, correction.pk)
        for one, owner, dose, correction in zip(
            additions, owners, doses, corrections, strict=True
        )
    ]


def void_doses(
    doses: Sequence[Dose],
    undone: Sequence[Correction],
    *,
    warrant: Warrant,
    needs_second: bool = False,
    at: datetime,
) -> None:
    """Mark doses as entered in error, each by a counter-correction of its addition.

    Call it within ``corrections.writing``, with the doses locked.
    """
    before = [
        Entered(
            dose.pk,
            dose.person_id,
            dose.version,
            {"status": dose.status},
            {"status": Dose.Status.ENTERED_IN_ERROR.value},
        )
        for dose in doses
    ]
    for dose in doses:
        dose.status = Dose.Status.ENTERED_IN_ERROR
        dose.version += 1
    Dose.objects.bulk_update(doses, ["status", "version"])
    mark_stale([dose.person_id for dose in doses], at=at)
    _enter(
        Correction.Target.DOSE,
        Correction.Operation.UNDO,
        before,
        warrant=warrant,
        at=at,
        reverses=undone,
        needs_second=needs_second,
    )


def void_people(
    people: Sequence[Person],
    undone: Sequence[Correction],
    *,
    warrant: Warrant,
    needs_second: bool = False,
    at: datetime,
) -> None:
    """Withdraw people whom a list added: they stay in the ledger, found by nobody.

    Call it within ``corrections.writing``, with the people locked.
    """
    entered = []
    for person, added in zip(people, undone, strict=True):
        standing = {
            field: value
            for field, value in added.after.items()
            if field.startswith(fields.BELONGINGS)
        }
        entered.append(
            Entered(
                person.pk,
                person.pk,
                person.version,
                standing | {"status": person.status},
                dict.fromkeys(standing, fields.ABSENT)
                | {"status": Person.Status.ENTERED_IN_ERROR.value},
            )
        )
        person.status = Person.Status.ENTERED_IN_ERROR
        person.version += 1
    Person.objects.bulk_update(people, ["status", "version"])
    theirs = {"person__in": [person.pk for person in people]}
    IdentityDocument.objects.filter(**theirs).update(is_void=True, is_current=False)
    Telephone.objects.filter(**theirs).update(is_void=True, is_contact=False)
    _enter(
        Correction.Target.PERSON,
        Correction.Operation.UNDO,
        entered,
        warrant=warrant,
        at=at,
        reverses=undone,
        needs_second=needs_second,
    )


@dataclass(frozen=True, slots=True)
class Entered:
    """One change for the ledger: what, whose, after which version, the facts."""

    pk: int
    person: int | None
    version_before: int
    before: dict[str, str]
    after: dict[str, str]


def _enter(
    target: Correction.Target,
    operation: Correction.Operation,
    rows: Sequence[Entered],
    *,
    warrant: Warrant,
    at: datetime,
    reverses: Iterable[Correction] = (),
    needs_second: bool = False,
) -> list[Correction]:
    """Write the ledger's entries and the audit's, one of each for every change."""
    undone: list[Correction | None] = [*reverses] or [None] * len(rows)
    corrections = []
    for row, reversed_one in zip(rows, undone, strict=True):
        ref = uuid.uuid4()
        corrections.append(
            Correction(
                ref=ref,
                target=target,
                target_id=row.pk,
                version_before=row.version_before,
                operation=operation,
                before_sealed=crypto.seal_json(row.before, bound_to=f"before:{ref}"),
                after_sealed=crypto.seal_json(row.after, bound_to=f"after:{ref}"),
                reason=warrant.reason,
                reason_ref=warrant.reference,
                source=warrant.source,
                needs_second=needs_second,
                proposed_by_id=warrant.proposed_by,
                approved_by_id=warrant.approved_by,
                applied_at=at,
                reverses=reversed_one,
            )
        )
    Correction.objects.bulk_create(corrections)
    audit.changes(
        (
            audit.Changed(
                row.person, f"registry.{target}", row.pk, _field_names(row.after)
            )
            for row in rows
        ),
        at=at,
        actor="staff" if warrant.proposed_by else "system",
        actor_id=warrant.approved_by or warrant.proposed_by,
    )
    return corrections


def _add_people(
    additions: Sequence[Addition], *, warrant: Warrant, at: datetime
) -> dict[bytes | None, Person]:
    """Add each newcomer once, with number and telephones; return them by their key.

    A number whose zeros were put back by structure alone is recorded as the list has
    it, without them, until somebody confirms it (rule A3 of domain paper c); look-ups
    find it either way.
    """
    # The first row of each, of those with a number if there are any.
    told = sorted(reversed(additions), key=lambda one: bool(one.values.id_number))
    first = {one.newcomer: one.values for one in told if one.person is None}
    people = {key: _person(values) for key, values in first.items()}
    Person.objects.bulk_create(people.values())
    documents, telephones, entered = [], [], []
    for key, values in first.items():
        person = people[key]
        facts = {
            "status": Person.Status.ACTIVE.value,
            "full_name": person.full_name,
            "born_on": fields.born_text(person.born_on, person.born_precision),
        }
        if values.sex:
            facts["sex"] = values.sex
        if values.id_number:
            number = values.id_number
            read = national_id.read(
                number.lstrip("0") if values.id_restored else number
            )
            documents.append(_document(person, read))
            facts["national_id"] = read.canonical
            facts[f"{fields.NUMBER}{read.canonical}"] = fields.CURRENT
        for phone in dict.fromkeys(values.phones):
            is_contact = "phone" not in facts
            telephones.append(_telephone(person, phone, is_contact=is_contact))
            facts.setdefault("phone", phone)
            standing = fields.CURRENT if is_contact else fields.ALIAS
            facts[f"{fields.TELEPHONE}{phone}"] = standing
        entered.append(_added(person.pk, person.pk, facts))
    IdentityDocument.objects.bulk_create(documents)
    Telephone.objects.bulk_create(telephones)
    _enter(
        Correction.Target.PERSON,
        Correction.Operation.ADD,
        entered,
        warrant=warrant,
        at=at,
    )
    return people


def _added(pk: int, person: int, facts: dict[str, str]) -> Entered:
    """Return the ledger's entry of a new row: before it, nothing was there."""
    return Entered(pk, person, 0, dict.fromkeys(facts, ""), facts)


def _field_names(changed: Iterable[str]) -> str:
    """Return fields by name; what follows a colon would be a number or name."""
    return ",".join(sorted({field.partition(":")[0] for field in changed}))[:80]


def _person(values: Values) -> Person:
    born = partial_date(values.born_on)
    if born is None:
        raise ValueError("a newcomer needs a birth date")
    return Person(
        full_name=names.tidy(values.full_name),
        name_key=names.tone_key(values.full_name),
        name_folded=names.fold(values.full_name),
        sort_key=names.person_sort_key(values.full_name),
        born_on=date(born.year, born.month or 1, born.day or 1),
        born_precision=born.precision,
        sex=values.sex or "",
    )


def _document(person: Person, read: national_id.Number) -> IdentityDocument:
    return IdentityDocument(
        person=person,
        kind=read.kind,
        number_sealed=crypto.seal(read.canonical, bound_to=f"person:{person.pk}"),
        number_digest=crypto.digest("national_id", read.canonical),
        source="import",
    )


def _telephone(person: Person, phone: str, *, is_contact: bool) -> Telephone:
    return Telephone(
        person=person,
        number_sealed=crypto.seal(phone, bound_to=f"person:{person.pk}"),
        number_digest=crypto.digest("phone", phone),
        is_contact=is_contact,
    )


def _known(day: date | None) -> date:
    """Return the day of a dose; raise ValueError where a row says none."""
    if day is None:
        raise ValueError("a dose needs its day")
    return day


def _facts(one: Addition, owner: int, site: Organization) -> dict[str, str]:
    """Return the facts of a dose as canonical text, as ``corrections`` writes them."""
    values = one.values
    return {
        "status": Dose.Status.COMPLETED.value,
        "person": str(owner),
        "given_on": _known(values.given_on).isoformat(),
        "product": values.product or "",
        "lot": values.lot,
        "site": site.code,
        "dose_number": str(values.dose_number or ""),
    }
