"""How records agree with the register: who sees what, who may set it going."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from python_calamine import CalamineWorkbook

from portal.common import outbox
from portal.registry.models import PopulationRun
from portal.registry.population import figures, runs
from tests.factories import (
    NOON,
    knows,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_unit,
)
from tests.pages.test_oversight import FRAME, READ_SCOPE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def country():
    """Record four people in two provinces, compared and counted."""
    units = {}
    for code, name in (("N79", "Thành phố Hồ Chí Minh"), ("N01", "Hà Nội")):
        units[code] = make_unit(code, name=name)
    commune = make_unit("N26740", name="Phường Thử", parent=units["N79"])
    make_person(national_id="079158012345", residence=commune)
    make_person(national_id="079158012346", residence=commune)
    make_person(national_id="", residence=units["N01"])
    make_person(national_id="1", residence=units["N01"])
    knows("079158012345", "Nguyễn Thị Thử", "1958-03-08", "F")
    runs.start(by=1, at=NOON)
    outbox.drain(queue="population", at=NOON)
    figures.rebuild(at=NOON)
    return units | {"commune": commune}


def page(client, **query):
    return client.get(reverse("oversight:comparison"), query)


def rows(response):
    return {
        row["cells"][0]: row["cells"][1:] for row in response.context["table"]["rows"]
    }


def administrator(client):
    client.force_login(make_staff(make_root(), "administrator"))


def test_the_ministry_sees_the_provinces_most_to_mend_first(client, country):
    client.force_login(make_staff(make_root(), "overseer"))

    seen = rows(page(client))

    assert list(seen) == ["Hà Nội", "Thành phố Hồ Chí Minh"]
    assert seen["Thành phố Hồ Chí Minh"] == (
        ["2", "1", "50.0%", "1", "1", "0", "0", "0", "0", "0", "0"]
    )
    assert seen["Hà Nội"] == ["2", "0", "–", "0", "0", "0", "0", "0", "1", "1", "0"]
    below = page(client, unit="N79")
    assert list(rows(below)) == ["Phường Thử"]


def test_a_department_sees_its_own_province_and_no_other(client, country):
    department = make_organization(kind="health_department", province=country["N79"])
    client.force_login(make_staff(department, "overseer"))

    assert list(rows(page(client))) == ["Phường Thử"]
    assert page(client, unit="N26740").status_code == 200
    assert page(client, unit="N01").status_code == 404
    assert page(client, unit="N99").status_code == 404


def test_a_station_sees_its_commune_and_one_without_an_area_is_told_so(client, country):
    station = make_organization(commune=country["commune"], province=country["N79"])
    client.force_login(make_staff(station, "lead"))
    assert page(client).context["name"] == "Phường Thử"
    assert page(client, unit="N79").status_code == 404

    client.force_login(make_staff(make_organization(kind="hospital"), "lead"))
    response = page(client)
    assert "answers for no area" in response.content.decode()
    assert rows(response) == {}
    assert page(client, unit="N79").status_code == 404


def test_an_administrator_begins_stops_and_goes_on(client, country):
    administrator(client)
    job = reverse("oversight:comparison_job")

    assert client.post(job, {"move": "start"}).status_code == 303
    run = PopulationRun.objects.latest("pk")
    assert (run.state, run.total) == ("running", None)
    assert "Stop</button>" in page(client).content.decode()
    assert client.post(job, {"move": "start"}).status_code == 409
    assert client.post(job, {"move": "stop", "run": run.pk}).status_code == 303
    assert client.post(job, {"move": "stop", "run": run.pk}).status_code == 409
    assert "Go on</button>" in page(client).content.decode()
    assert client.post(job, {"move": "resume", "run": run.pk}).status_code == 303
    assert client.post(job, {"move": "resume"}).status_code == 422
    assert client.post(job, {"move": "resume", "run": 10**9}).status_code == 404
    run.refresh_from_db()
    assert run.state == "running"


def test_one_that_began_by_itself_says_whom_it_is_about(client, country):
    client.force_login(make_staff(make_root(), "overseer"))
    words = "Only people who were not compared yet"
    assert words not in page(client).content.decode()
    make_person(national_id="079158012347")

    assert runs.compare_new(at=NOON).of_new

    shown = page(client)
    assert words in shown.content.decode()
    assert shown.context["run"]["is_running"]


def test_only_who_administers_the_whole_country_may_set_it_going(client, country):
    department = make_organization(kind="health_department", province=country["N79"])
    client.force_login(make_staff(department, "administrator"))

    response = client.post(reverse("oversight:comparison_job"), {"move": "start"})

    assert response.status_code == 404
    assert reverse("oversight:comparison_job") not in page(client).content.decode()
    assert PopulationRun.objects.count() == 1


def test_while_it_runs_the_part_that_changes_is_asked_for_alone(client, country):
    administrator(client)
    at = timezone.now() - timedelta(minutes=1)
    run = runs.start(by=1, at=at)
    runs.note_trouble(run.pk, "timeout", at=at)

    whole = page(client).content.decode()
    part = client.get(reverse("oversight:comparison"), headers={"HX-Request": "true"})

    assert 'hx-trigger="every 3s"' in whole
    text = part.content.decode()
    assert "<html" not in text
    assert "does not answer in time" in text
    assert "asked again by itself" in text


def test_the_page_takes_few_statements_however_many_areas_there_are(client, country):
    client.force_login(make_staff(make_root(), "overseer"))
    page(client)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert page(client).status_code == 200
        return [
            query["sql"]
            for query in captured
            if not query["sql"].startswith((*FRAME, READ_SCOPE))
        ]

    few = statements()
    for number in range(2, 22):
        make_person(
            national_id="", residence=make_unit(f"N{number}5", name=f"Tỉnh {number}")
        )
    figures.rebuild(at=NOON)
    many = statements()

    assert len(many) == len(few) <= 7, many


def file_of(client, form, **query):
    return client.get(reverse("oversight:comparison_file", args=[form]), query)


def test_the_figures_come_as_a_text_table_and_as_a_workbook(client, country):
    client.force_login(make_staff(make_root(), "overseer"))

    text = file_of(client, "csv").content.decode("utf-8-sig")
    book = CalamineWorkbook.from_filelike(io.BytesIO(file_of(client, "xlsx").content))

    told = {row["Area"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert set(told) == {"Thành phố Hồ Chí Minh", "Hà Nội"}
    assert told["Thành phố Hồ Chí Minh"]["People"] == "2"
    assert told["Hà Nội"]["No number"] == "1"
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0][:3] == ["Area", "People", "Agree"]
    assert {row[0]: row[1] for row in sheet[1:]} == {
        "Thành phố Hồ Chí Minh": 2,
        "Hà Nội": 2,
    }


def test_a_file_holds_the_readers_own_area_alone(client, country):
    office = make_organization(kind="health_department", province=country["N79"])
    client.force_login(make_staff(office, "overseer"))

    text = file_of(client, "csv").content.decode("utf-8-sig")

    assert "Phường Thử" in text
    assert "Hà Nội" not in text
    assert file_of(client, "csv", unit="N01").status_code == 404
    assert file_of(client, "pdf").status_code == 404
