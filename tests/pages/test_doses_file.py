"""A unit's doses as a file: within the unit, noted, and opened safely."""

import csv
import io
import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from complaints.views import dose_files
from portal.accounts.models import Posting
from portal.audit.models import Entry
from portal.common import outbox
from portal.registry import corrections
from portal.registry.exports import files
from portal.registry.models import DoseFile, Person
from tests.factories import (
    LONG_AGO,
    make_dose,
    make_organization,
    make_person,
    make_staff,
)

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


def test_a_restricted_record_is_in_no_file(client, person, unit, tmp_path):
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(is_restricted=True)

    text = body_of(ask(client, form="csv")).decode()
    out = tmp_path / "out.json"
    call_command(
        "export_fhir", str(out), f"--organization={unit.code}", stdout=StringIO()
    )

    for given in (text, out.read_text("utf-8")):
        assert "079158012345" not in given
        assert "900 000 215" not in given
        assert "Thử" not in given
    assert "Immunization" not in out.read_text("utf-8")


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


@pytest.fixture
def asked(client, person, monkeypatch, settings, tmp_path):
    """Ask for a file that a worker has to make; return the address of its page."""
    monkeypatch.setattr(dose_files, "AT_ONCE", 0)
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path, "base_url": None},
    }
    settings.STORAGES = settings.STORAGES | {"default": storage}
    response = ask(client, form="csv")
    assert response.status_code == 303
    return response["Location"]


def test_a_large_file_is_made_by_a_worker_and_given_once_ready(client, asked, unit):
    waiting = client.get(asked)
    assert waiting.context["is_waiting"]
    assert client.post(f"{asked}tai/").status_code == 404

    outbox.drain(queue="import", at=timezone.now())

    ready = client.get(asked)
    assert ready.context["is_ready"]
    assert ready.context["asked"].rows_done == 1
    text = body_of(client.post(f"{asked}tai/")).decode("utf-8-sig")
    assert "079158012345" in text
    noted = Entry.objects.filter(subject__in=("registry.export", "registry.dosefile"))
    assert sorted(noted.values_list("subject", "organization")) == [
        ("registry.dosefile", unit.pk),
        ("registry.export", unit.pk),
    ]


def test_what_waits_in_the_storage_is_sealed(client, asked):
    outbox.drain(queue="import", at=timezone.now())
    one = DoseFile.objects.get()

    with default_storage.open(files.name_of(one)) as file:
        stored = file.read()

    given = body_of(client.post(f"{asked}tai/"))
    assert one.size == len(given)
    for secret in ("Nguyễn".encode(), b"079158012345", b"900 000 215"):
        assert secret in given
        assert secret not in stored


def test_a_file_is_given_to_nobody_but_who_asked(client, asked, unit):
    outbox.drain(queue="import", at=timezone.now())
    client.force_login(make_staff(unit))

    assert client.get(asked).status_code == 404
    assert client.post(f"{asked}tai/").status_code == 404


def test_who_was_moved_to_another_unit_is_given_no_file_of_the_old_one(client, asked):
    outbox.drain(queue="import", at=timezone.now())
    user = DoseFile.objects.get().by
    user.postings.update(organization=make_organization())

    assert client.post(f"{asked}tai/").status_code == 404


def test_a_file_is_made_once_however_often_its_work_is_done(client, asked):
    for _ in range(2):
        files.make([DoseFile.objects.get().pk], at=timezone.now())

    assert Entry.objects.filter(subject="registry.export").count() == 1


def test_a_file_that_no_key_opens_is_gone_and_says_so(client, asked):
    outbox.drain(queue="import", at=timezone.now())
    name = files.name_of(DoseFile.objects.get())
    default_storage.delete(name)
    default_storage.save(name, ContentFile("họ tên;ngày sinh\n".encode()))

    page = client.post(f"{asked}tai/", follow=True)

    assert page.status_code == 200
    assert "Không mở được tệp này" in page.content.decode()
    assert not page.context["is_ready"]
    assert not default_storage.exists(name)


def test_after_a_day_the_content_is_gone(client, asked):
    at = timezone.now()
    outbox.drain(queue="import", at=at)
    row = DoseFile.objects.get()

    assert files.forget(at=at + timedelta(hours=23)) == 0
    assert files.forget(at=at + timedelta(hours=25)) == 1

    assert not default_storage.exists(files.name_of(row))
    assert not client.get(asked).context["is_ready"]
    assert client.post(f"{asked}tai/").status_code == 404


def test_whoever_has_two_postings_chooses_the_unit(client, person, unit):
    other = make_organization(kind="hospital")
    stranger = make_person(
        "Lê Văn Kia", national_id="079158012388", phone="+84900000388"
    )
    make_dose(stranger, other)
    nurse = make_staff(unit)
    Posting.objects.create(
        user=nurse, organization=other, role="lead", valid_from=LONG_AGO
    )
    client.force_login(nurse)

    page = client.get(reverse("casework:doses_file"))
    first = body_of(ask(client, form="csv")).decode("utf-8-sig")
    second = body_of(ask(client, form="csv", unit=other.code)).decode("utf-8-sig")

    assert {unit.code, other.code} <= set(
        re.findall(r'value="([^"]+)"', page.content.decode())
    )
    assert "Nguyễn Thị Thử" in first
    assert "Lê Văn Kia" not in first
    assert "Lê Văn Kia" in second
    assert ask(client, form="csv", unit=make_organization().code).status_code == 422
