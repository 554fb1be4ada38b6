"""Bundles out and in: valid FHIR, equal both ways, all or nothing."""

import copy
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from fhir.resources.R4B.bundle import Bundle

from portal.audit.models import Entry
from portal.registry import corrections
from portal.registry.models import Correction, Dose, Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_unit,
)

pytestmark = pytest.mark.django_db
ALICE = "11111111-1111-4111-8111-111111111111"
FIRST = "22222222-2222-4222-8222-222222222222"
LOST = "33333333-3333-4333-8333-333333333333"
OTHER = "44444444-4444-4444-8444-444444444444"

BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": f"urn:uuid:{ALICE}",
            "resource": {
                "resourceType": "Patient",
                "id": ALICE,
                "identifier": [
                    {
                        "use": "official",
                        "system": "urn:x-dumui:identity:pin12",
                        "value": "079158012345",
                    },
                    {
                        "use": "old",
                        "system": "urn:x-dumui:identity:cmnd9",
                        "value": "025345617",
                    },
                ],
                "name": [
                    {
                        "use": "official",
                        "text": "Nguyễn Thị Thử",
                        "family": "Nguyễn",
                        "given": ["Thị", "Thử"],
                    }
                ],
                "telecom": [{"system": "phone", "value": "+84912345678", "rank": 1}],
                "gender": "female",
                "birthDate": "1958-03",
            },
        },
        {
            "fullUrl": f"urn:uuid:{FIRST}",
            "resource": {
                "resourceType": "Immunization",
                "id": FIRST,
                "status": "completed",
                "vaccineCode": {
                    "coding": [
                        {
                            "system": "urn:x-dumui:product",
                            "code": "AZ",
                            "display": "AstraZeneca",
                        }
                    ],
                    "text": "AstraZeneca",
                },
                "patient": {
                    "reference": f"urn:uuid:{ALICE}",
                    "display": "NGUYEN THI THU",
                },
                "occurrenceDateTime": "2021-08-12",
                "recorded": "2021-08-12T05:00:00+00:00",
                "primarySource": True,
                "reportOrigin": {
                    "coding": [{"system": "urn:x-dumui:dose-source", "code": "service"}]
                },
                "location": {
                    "identifier": {
                        "system": "urn:x-dumui:organization",
                        "value": "TYT-FHIR",
                    },
                    "display": "Trạm Y tế TYT-FHIR",
                },
                "lotNumber": "ABX4471",
                "protocolApplied": [{"doseNumberPositiveInt": 1}],
            },
        },
        {
            "fullUrl": f"urn:uuid:{LOST}",
            "resource": {
                "resourceType": "Immunization",
                "id": LOST,
                "status": "entered-in-error",
                "vaccineCode": {
                    "coding": [
                        {
                            "system": "urn:x-dumui:product",
                            "code": "AZ",
                            "display": "AstraZeneca",
                        }
                    ],
                    "text": "AstraZeneca",
                },
                "patient": {"display": "TRAN VAN AI"},
                "occurrenceDateTime": "2021-09-01",
                "recorded": "2021-09-02T05:00:00+00:00",
                "primarySource": False,
                "reportOrigin": {
                    "coding": [
                        {"system": "urn:x-dumui:dose-source", "code": "self_report"}
                    ]
                },
                "location": {
                    "identifier": {
                        "system": "urn:x-dumui:organization",
                        "value": "TYT-FHIR",
                    },
                    "display": "Trạm Y tế TYT-FHIR",
                },
            },
        },
    ],
}


@pytest.fixture(autouse=True)
def site():
    make_product()
    return make_organization("TYT-FHIR")


@pytest.fixture
def take_in(tmp_path):
    """Return what writes a bundle, takes it in and reads the report."""

    def take_in(bundle):
        path = tmp_path / "bundle.json"
        path.write_text(json.dumps(bundle), "utf-8")
        told = StringIO()
        code = 0
        try:
            call_command("import_fhir", str(path), "--json", stdout=told)
        except SystemExit as end:
            code = end.code
        report = json.loads(told.getvalue())
        assert code == (1 if report["problems"] else 0)
        return report

    return take_in


@pytest.fixture
def give_out(tmp_path, site):
    """Return what writes the doses of the site and reads the bundle."""

    def give_out():
        path = tmp_path / "out.json"
        call_command(
            "export_fhir", str(path), f"--organization={site.code}", stdout=StringIO()
        )
        assert path.stat().st_mode & 0o077 == 0
        return json.loads(path.read_text("utf-8"))

    return give_out


def resources_of(bundle):
    """Return resources by reference, without versions, which each registry counts."""
    found = {}
    for entry in bundle["entry"]:
        resource = dict(entry["resource"])
        resource.pop("meta", None)
        found[entry["fullUrl"]] = resource
    return found


def test_what_was_taken_in_is_given_out_the_same(take_in, give_out):
    report = take_in(BUNDLE)

    out = give_out()

    assert (report["people"], report["doses"], report["problems"]) == (1, 2, [])
    assert resources_of(out) == resources_of(BUNDLE)
    assert Person.objects.get().version == 1
    assert Dose.objects.get(ref=LOST).person is None


def test_what_was_given_out_is_taken_in_the_same(take_in, give_out, site):
    with transaction.atomic():
        commune = make_unit("N26734", name="Phường Thử", parent=make_unit())
        transaction_point = transaction.savepoint()
        person = make_person(residence=commune)
        corrections.add_alias(
            person.pk, number="025345617", warrant=TEST_WARRANT, at=NOON
        )
        make_dose(person, site)
        make_dose(person, site, given_on="2021-10-12", lot="", dose_number="2")
        make_dose(make_person("H'Hen", born_on="1980", national_id="", phone=""), site)
        make_dose(person, site, given_on="2021-03-05", country="KR")
        first = give_out()
        Bundle.model_validate(first)
        transaction.savepoint_rollback(transaction_point)
    assert not Person.objects.exists()

    report = take_in(first)

    assert (report["people"], report["doses"], report["problems"]) == (2, 4, [])
    assert resources_of(give_out()) == resources_of(first)
    abroad = Dose.objects.get(country="KR")
    assert (abroad.site, abroad.source) == (site, "foreign")
    assert take_in(first)["problems"] == []


def test_what_is_given_out_is_valid_fhir(take_in, give_out):
    take_in(BUNDLE)

    bundle = Bundle.model_validate(give_out())

    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert sorted(kinds) == ["Immunization", "Immunization", "Patient"]


def test_an_empty_unit_gives_a_valid_empty_bundle(give_out):
    assert Bundle.model_validate(give_out()).entry is None


def test_the_same_bundle_again_adds_nothing(take_in):
    take_in(BUNDLE)
    before = Correction.objects.count()

    report = take_in(BUNDLE)

    assert (report["people"], report["doses"]) == (0, 0)
    assert (report["same_people"], report["same_doses"]) == (1, 2)
    assert Correction.objects.count() == before


def test_every_person_and_dose_of_somebody_is_in_the_ledger(take_in):
    take_in(BUNDLE)

    entries = Correction.objects.filter(reason="import")
    assert sorted(entries.values_list("target", flat=True)) == [
        "dose",
        "dose",
        "person",
    ]
    assert all(entry.reason_ref.startswith("fhir:") for entry in entries)
    lost = Dose.objects.get(ref=LOST)
    added = entries.get(target="dose", target_id=lost.pk)
    assert (added.operation, added.after["status"]) == ("add", "entered_in_error")
    assert (
        Entry.objects.filter(subject="registry.dose", subject_id=lost.pk).count() == 1
    )


def changed(*changes):
    """Return the bundle with values at paths: (entry, path, value)."""
    bundle = copy.deepcopy(BUNDLE)
    for entry, path, value in changes:
        at = bundle["entry"][entry - 1]["resource"]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
    return bundle


@pytest.mark.parametrize(
    ("occurred", "day"),
    [
        ("2021-08-13", date(2021, 8, 13)),
        ("2021-08-13T16:59:00Z", date(2021, 8, 13)),
        ("2021-08-13T23:30:00Z", date(2021, 8, 14)),
        ("2021-08-13T23:30:00+07:00", date(2021, 8, 13)),
    ],
)
def test_the_day_of_a_dose_is_the_day_in_vietnam(take_in, occurred, day):
    report = take_in(changed((2, ("occurrenceDateTime",), occurred)))

    assert report["problems"] == []
    assert Dose.objects.get(ref=FIRST).given_on == day


@pytest.mark.parametrize(
    ("path", "value", "is_same"),
    [
        (("lotNumber",), "OTHER1", False),
        (("lotNumber",), "", True),
        (("location", "identifier", "value"), "TYT-OTHER", False),
        (("protocolApplied", 0, "doseNumberPositiveInt"), 2, False),
    ],
)
def test_a_dose_of_that_day_with_other_facts_is_not_the_same(
    take_in, path, value, is_same
):
    make_organization("TYT-OTHER")
    take_in(BUNDLE)
    other = changed((2, path, value))
    for name in ("fullUrl",):
        other["entry"][1][name] = f"urn:uuid:{OTHER}"
    other["entry"][1]["resource"]["id"] = OTHER

    report = take_in(other)

    assert report["problems"] == (
        []
        if is_same
        else [{"entry": 2, "field": "Immunization", "reason": "differs_from_record"}]
    )


def test_every_telephone_and_number_is_kept_once(take_in):
    telecom = [
        {"system": "phone", "value": "+84912345679", "rank": 2},
        {"system": "phone", "value": "+84912345678", "rank": 1},
        {"system": "phone", "value": "0912345679", "rank": 3},
    ]
    identifier = BUNDLE["entry"][0]["resource"]["identifier"]

    take_in(
        changed(
            (1, ("telecom",), telecom),
            (1, ("identifier",), [identifier[1], *identifier, identifier[0]]),
        )
    )

    person = Person.objects.get()
    telephones = person.telephones.order_by("-is_contact")
    assert [(t.number, t.is_contact) for t in telephones] == [
        ("+84912345678", True),
        ("+84912345679", False),
    ]
    documents = person.documents.order_by("-is_current")
    assert [(d.number, d.is_current) for d in documents] == [
        ("079158012345", True),
        ("025345617", False),
    ]


def test_somebody_on_record_is_known_by_number_name_and_birth_date(take_in):
    person = make_person(born_on="1958-03-08")

    report = take_in(BUNDLE)

    assert (report["people"], report["same_people"]) == (0, 1)
    assert person.doses.get().given_on == date(2021, 8, 12)


def test_a_number_of_somebody_else_refuses_the_bundle(take_in):
    make_person("Trần Văn Khác")

    report = take_in(BUNDLE)

    assert report["problems"] == [
        {"entry": 1, "field": "Patient.identifier[0]", "reason": "somebody_else"}
    ]
    assert Person.objects.count() == 1
    assert not Dose.objects.exists()


def test_what_differs_from_the_record_refuses_the_bundle(take_in):
    take_in(BUNDLE)
    other = copy.deepcopy(BUNDLE)
    other["entry"][1]["resource"]["occurrenceDateTime"] = "2021-08-13"
    other["entry"][0]["resource"]["gender"] = "male"

    report = take_in(other)

    assert [(p["entry"], p["reason"]) for p in report["problems"]] == [
        (1, "differs_from_record")
    ]


BAD = [
    # entry, path in the resource, value (None: taken away), field, reason
    (1, ("birthDate",), "8/3/1958", "Patient.birthDate", "format"),
    (1, ("birthDate",), None, "Patient.birthDate", "empty"),
    (1, ("birthDate",), 1958, "Patient.birthDate", "empty"),
    (1, ("birthDate",), "2022-01-01", None, "before_birth"),
    (1, ("name",), None, "Patient.name", "empty"),
    (1, ("name",), "Thử", "Patient.name", "empty"),
    (1, ("gender",), "F", "Patient.gender", "unknown"),
    (1, ("active",), False, "Patient.active", "not_kept"),
    (1, ("deceasedBoolean",), True, "Patient.deceasedBoolean", "not_kept"),
    (1, ("deceasedDateTime",), "2022-01-01", "Patient.deceasedDateTime", "not_kept"),
    (1, ("link",), [{"type": "replaced-by"}], "Patient.link", "not_kept"),
    (1, ("gender",), ["male"], "Patient.gender", "unknown"),
    (1, ("identifier", 0, "value"), "12", "Patient.identifier[0].value", "length"),
    (1, ("identifier", 0, "system"), "x", "Patient.identifier[0].system", "unknown"),
    (1, ("telecom", 0, "value"), "0243", "Patient.telecom[0].value", "short"),
    (1, ("telecom", 0, "system"), "email", "Patient.telecom[0].system",
     "not_supported"),
    (2, ("status",), "done", "Immunization.status", "unknown"),
    (2, ("vaccineCode", "coding", 0, "code"), "X",
     "Immunization.vaccineCode.coding.code", "unknown"),
    (2, ("vaccineCode",), {"text": "AZ"}, "Immunization.vaccineCode", "unknown"),
    (2, ("occurrenceDateTime",), "2021-13-01", "Immunization.occurrenceDateTime",
     "no_such_day"),
    (2, ("occurrenceDateTime",), "2999-01-01", "Immunization.occurrenceDateTime",
     "future"),
    (2, ("occurrenceDateTime",), "2021-08-13T23:30:00",
     "Immunization.occurrenceDateTime", "zone"),
    (2, ("occurrenceDateTime",), "9999-12-31T23:59:59-12:00",
     "Immunization.occurrenceDateTime", "format"),
    (2, ("location", "identifier"), {"system": "urn:iso:std:iso:3166", "value": "KR"},
     "Immunization.location.extension", "missing"),
    (2, ("occurrenceDateTime",), "2021-08-13 gegen Abend",
     "Immunization.occurrenceDateTime", "format"),
    (2, ("patient", "display"), "A\0B", "Immunization.patient.display", "encoding"),
    (2, ("patient", "display"), "A\ud800", "Immunization.patient.display",
     "encoding"),
    (2, ("protocolApplied", 0, "doseNumberPositiveInt"), 1.0,
     "Immunization.protocolApplied[0].doseNumberPositiveInt", "unknown"),
    (2, ("location",), None, "Immunization.location.identifier.value", "missing"),
    (2, ("location", "identifier", "value"), "X",
     "Immunization.location.identifier.value", "unknown"),
    (2, ("lotNumber",), "=1", "Immunization.lotNumber", "letters"),
    (2, ("protocolApplied", 0, "doseNumberPositiveInt"), 0,
     "Immunization.protocolApplied[0].doseNumberPositiveInt", "unknown"),
    (2, ("recorded",), "2021-08-12T05:00:00", "Immunization.recorded", "zone"),
    (2, ("patient",), {}, "Immunization.patient", "missing"),
    (2, ("patient", "reference"), "Patient/7", "Immunization.patient.reference",
     "not_a_uuid"),
    (2, ("patient", "reference"), f"urn:uuid:{LOST}", "Immunization.patient",
     "not_in_bundle"),
    (2, ("resourceType",), "Observation", "resource.resourceType", "not_supported"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "path", "value", "field", "reason"),
    BAD,
    ids=[f"{row[1][0]}-{row[4]}-{n}" for n, row in enumerate(BAD)],
)
def test_a_bad_entry_is_named_by_field_and_nothing_is_taken_in(
    take_in, entry, path, value, field, reason
):
    bundle = copy.deepcopy(BUNDLE)
    at = bundle["entry"][entry - 1]["resource"]
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value

    report = take_in(bundle)

    wanted = {"entry": entry, "field": field, "reason": reason}
    if reason == "before_birth":
        wanted = {
            "entry": 2,
            "field": "Immunization.occurrenceDateTime",
            "reason": "before_birth",
        }
    assert wanted in report["problems"]
    assert not Person.objects.exists()
    assert not Dose.objects.exists()


@pytest.mark.parametrize(
    ("bundle", "field"),
    [
        ([], "resourceType"),
        ({"resourceType": "Patient"}, "resourceType"),
        ({"resourceType": "Bundle", "type": "collection"}, "entry"),
        ({"resourceType": "Bundle", "entry": ["x"]}, "resource"),
        ({"resourceType": "Bundle", "entry": [{"resource": {}}]}, None),
    ],
)
def test_what_is_no_bundle_is_refused(take_in, bundle, field):
    (problem,) = take_in(bundle)["problems"]
    assert problem["field"] == (field or "resource.resourceType")


def test_a_deletion_and_one_reference_for_two_are_refused(take_in):
    bundle = copy.deepcopy(BUNDLE)
    bundle["entry"][1]["request"] = {"method": "DELETE", "url": "Immunization/1"}
    bundle["entry"][2]["fullUrl"] = f"urn:uuid:{FIRST}"

    problems = take_in(bundle)["problems"]

    assert [(p["entry"], p["reason"]) for p in problems] == [
        (2, "delete"),
        (3, "twice"),
    ]


def test_what_is_no_json_is_wrong_usage(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{", "utf-8")
    with pytest.raises(CommandError) as error:
        call_command("import_fhir", str(path))
    assert error.value.returncode == 2


def test_each_bundle_given_out_is_noted(take_in, give_out, site):
    take_in(BUNDLE)
    give_out()

    entry = Entry.objects.get(subject="registry.export")
    assert entry.organization == site.pk
    assert entry.detail.endswith("doses=2")
