"""What is recorded, as FHIR resources."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from django.db.models import Prefetch, QuerySet

from portal.registry import fhir
from portal.registry.corrections import born_text
from portal.registry.models import Dose, IdentityDocument, Person, Telephone

Resource = dict[str, Any]


def patient(person: Person) -> Resource:
    """Return a person; their documents and telephones should be fetched before."""
    *others, last = person.full_name.split()
    name: Resource = {"use": "official", "text": person.full_name}
    # The family name comes first in Vietnam, the given one last.
    name |= {"family": others[0], "given": [*others[1:], last]} if others else {}
    found: Resource = {
        "resourceType": "Patient",
        "id": str(person.ref),
        "meta": {"versionId": str(person.version)},
        "identifier": [
            {
                "use": "official" if document.is_current else "old",
                "system": fhir.of_number(document.kind),
                "value": document.number,
            }
            for document in sorted(person.documents.all(), key=_current_first)
            if not document.is_void
        ],
        "name": [name],
        "telecom": [
            {
                "system": "phone",
                "value": telephone.number,
                "rank": 1 if telephone.is_contact else 2,
            }
            for telephone in sorted(person.telephones.all(), key=_contact_first)
            if not telephone.is_void
        ],
        "gender": fhir.GENDERS[person.sex],
        "birthDate": born_text(person.born_on, person.born_precision),
    }
    if person.residence is not None:
        code = {"url": fhir.UNIT, "valueCode": person.residence.code}
        found["address"] = [
            {"use": "home", "text": person.residence.name, "extension": [code]}
        ]
    # FHIR knows no empty lists.
    return {key: value for key, value in found.items() if value != []}


def immunization(dose: Dose) -> Resource:
    """Return a dose; person, product and site should be joined."""
    coding = [
        {
            "system": fhir.PRODUCT,
            "code": dose.product.code,
            "display": dose.product.name,
        }
    ]
    if dose.product.cvx:
        coding.append({"system": fhir.CVX, "code": dose.product.cvx})
    whose: Resource = {}
    if dose.person is not None:
        whose["reference"] = f"urn:uuid:{dose.person.ref}"
    if dose.name_recorded:
        whose["display"] = dose.name_recorded
    found: Resource = {
        "resourceType": "Immunization",
        "id": str(dose.ref),
        "meta": {"versionId": str(dose.version)},
        "status": fhir.STATUSES[dose.status],
        "vaccineCode": {"coding": coding, "text": dose.product.name},
        "patient": whose or {"display": "?"},
        "occurrenceDateTime": dose.given_on.isoformat(),
        "recorded": dose.recorded_at.isoformat(),
        "primarySource": dose.source in fhir.PRIMARY,
        "reportOrigin": {"coding": [{"system": fhir.SOURCE, "code": dose.source}]},
        "location": {
            "identifier": {"system": fhir.SITE, "value": dose.site.code},
            "display": dose.site.name,
        },
    }
    if dose.country:
        # Its site only put it on record.
        found["location"] = {
            "extension": [{"url": fhir.SITE, "valueString": dose.site.code}],
            "identifier": {"system": fhir.COUNTRY, "value": dose.country},
            "display": dose.where,
        }
    if dose.lot_number:
        found["lotNumber"] = dose.lot_number
    if dose.dose_number is not None:
        found["protocolApplied"] = [{"doseNumberPositiveInt": dose.dose_number}]
    return found


def write_bundle(into: TextIO, doses: QuerySet[Dose, Dose], *, at: datetime) -> int:
    """Write a collection of doses, each person before their first dose, as it goes.

    Doses come ordered by person, so that only one is held. Return how many doses.
    """
    into.write(
        '{"resourceType": "Bundle", "type": "collection", '
        f'"timestamp": "{at.isoformat()}"'
    )
    count = 0
    for nth, entry in enumerate(_entries(doses)):
        into.write(', "entry": [\n' if not nth else ",\n")
        json.dump(entry, into, ensure_ascii=False)
        count += entry["resource"]["resourceType"] == "Immunization"
    into.write("\n]}\n" if count else "}\n")
    return count


def _entries(doses: QuerySet[Dose, Dose]) -> Iterator[Resource]:
    told: int | None = None
    rows = (
        doses.select_related("person__residence", "product", "site")
        .prefetch_related(
            Prefetch("person__documents", IdentityDocument.objects.order_by("pk")),
            Prefetch("person__telephones", Telephone.objects.order_by("pk")),
        )
        .order_by("person_id", "given_on", "pk")
    )
    for dose in rows.iterator(chunk_size=1000):
        if dose.person is not None and dose.person_id != told:
            told = dose.person_id
            yield _entry(patient(dose.person))
        yield _entry(immunization(dose))


def _entry(resource: Resource) -> Resource:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def _current_first(document: IdentityDocument) -> tuple[bool, int]:
    return not document.is_current, document.pk


def _contact_first(telephone: Telephone) -> tuple[bool, int]:
    return not telephone.is_contact, telephone.pk
