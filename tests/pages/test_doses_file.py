"""A unit's doses as a file: within the unit, noted, and opened safely."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from python_calamine import CalamineWorkbook

from complaints.views import dose_files
from portal.audit.models import Entry
from portal.registry import corrections
from portal.registry.models import Person
from tests.factories import make_dose, make_organization, make_person, make_staff

pytestmark = pytest.mark.django_db
DAYS = {"first": "2021-01-01", "last": "2022-12-31"}


@pytest.fixture
def unit():
    return make_organization(kind="hospital")


@pytest.fixture
def person(unit):
    person = make_person("=Nguyễn Thị Thử")
    make_dose(person, make_organization(parent=unit))
    stranger = make_person(
        "Trần Thị Ngoài", national_id="079158012399", phone="+84900000299"
    )
    make_dose(stranger, make_organization())
    return person


@pytest.fixture
def client(client, unit):
    client.force_login(make_staff(unit))
    return client


def ask(client, **words):
    return client.post(reverse("casework:doses_file"), DAYS | words)


def body_of(response):
    return b"".join(response.streaming_content)


def test_the_page_says_how_many_before_anything_is_given_out(client, person):
    page = client.get(reverse("casework:doses_file"), DAYS | {"form": "csv"})

    assert page.status_code == 200
    assert page.context["count"] == 1
    assert not Entry.objects.filter(subject="registry.export").exists()


def test_a_csv_holds_the_doses_of_the_unit_and_below_and_no_others(client, person):
    response = ask(client, form="csv")

    text = body_of(response).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    (row,) = [list(row.values()) for row in rows]
    assert row[1] == "'=Nguyễn Thị Thử"
    assert row[4] == "'079158012345"
    assert row[5] == "'0900 000 215"
    assert row[6] == "2021-08-12"
    assert "Trần Thị Ngoài" not in text
    assert response["Content-Disposition"].endswith('.csv"')
    assert response["Cache-Control"].find("no-store") >= 0


def test_a_workbook_holds_the_same(client, person):
    response = ask(client, form="xlsx")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(body_of(response)))
    head, row = sheet.get_sheet_by_index(0).to_python()
    assert len(head) == len(row) == 14
    assert row[1] == "=Nguyễn Thị Thử"
    assert row[4] == "079158012345"


def test_each_file_is_noted_with_who_took_how_many(client, person, unit):
    body_of(ask(client, form="csv"))

    entry = Entry.objects.get(subject="registry.export")
    assert entry.verb == "look_up"
    assert entry.organization == unit.pk
    assert entry.detail == "csv 2021-01-01..2022-12-31 doses=1"
    assert entry.actor_id is not None


def test_of_a_restricted_record_no_number_is_given_out(client, person):
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(is_restricted=True)

    text = body_of(ask(client, form="csv")).decode()

    assert "079158012345" not in text
    assert "900 000 215" not in text


def test_more_than_a_page_may_make_is_refused_with_words(client, person, monkeypatch):
    monkeypatch.setattr(dose_files, "MOST", 0)

    response = ask(client, form="csv")

    assert response.status_code == 422
    assert response.context["is_too_many"]
    assert not Entry.objects.filter(subject="registry.export").exists()


@pytest.mark.parametrize(
    "words",
    [{"first": ""}, {"last": "x"}, {"last": "2020-01-01"}, {"form": "exe"}],
)
def test_days_that_make_no_sense_are_said_beside_the_field(client, words):
    response = ask(client, **{"form": "csv"} | words)

    assert response.status_code == 422
    assert response.context["form"].errors


@pytest.mark.parametrize("role", ["clerk", "overseer", "administrator"])
def test_only_those_who_work_on_cases_get_files(client, unit, role):
    client.force_login(make_staff(unit, role))
    assert ask(client, form="csv").status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_command_writes_the_same_for_this_user_only(person, unit, tmp_path, form):
    path = tmp_path / f"doses.{form}"
    told = StringIO()

    call_command(
        "export_doses", str(path), f"--organization={unit.code}", "--json", stdout=told
    )

    assert json.loads(told.getvalue())["doses"] == 1
    assert path.stat().st_mode & 0o077 == 0
    assert Entry.objects.get(subject="registry.export").actor == "system"


def test_the_command_refuses_what_it_does_not_know(tmp_path, unit):
    for path, code in (("a.pdf", unit.code), ("a.csv", "none")):
        with pytest.raises(CommandError):
            call_command("export_doses", str(tmp_path / path), f"--organization={code}")
