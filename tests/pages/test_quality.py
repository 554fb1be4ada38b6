"""Data quality of a unit: what it shows, to whom, and what a look leaves behind."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.quality import SETS
from portal.audit.models import Entry
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Person, QualityFinding
from portal.registry.quality import runs
from tests.factories import NOON, make_staff, missing_dose, sender_for, submit
from tests.registry.quality_world import Place, read

pytestmark = pytest.mark.django_db
EXAMPLES = {f"{one.rule} {one.example}": one for one in read()}
UNKNOWN_LOT = EXAMPLES["Q22 A lot that nobody knows"]
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config")
READ_SCOPE = "SELECT coalesce(current_setting"


@pytest.fixture
def place(db):
    with scope.system():
        made = Place()
        for site in "AB":
            person = made.person(UNKNOWN_LOT.person)
            with_lot = {**UNKNOWN_LOT.doses[0], "site": site}
            with corrections.writing("imports"):
                made.dose(person, with_lot)
        runs.run(at=NOON, sets=SETS)
    return made


def sign_in(client, organization, role="staff"):
    client.force_login(make_staff(organization, role))
    return client


def page(client, name, *args, **query):
    return client.get(reverse(f"casework:{name}", args=args), query)


def only(place, site):
    return QualityFinding.objects.get(rule="Q22", organization=place.sites[site])


def test_staff_see_what_is_wrong_at_their_own_unit_alone(client, place):
    sign_in(client, place.sites["A"])

    text = page(client, "quality").content.decode()
    listed = page(client, "quality_rows", "Q22").content.decode()

    assert "Không có số lô này" in text
    assert str(only(place, "A").ref) in listed
    assert str(only(place, "B").ref) not in listed


def test_an_overseer_sees_all_below_and_goes_down(client, place):
    sign_in(client, place.sites["TTYT"].parent, "overseer")

    listed = page(client, "quality_rows", "Q22").content.decode()
    below = page(client, "quality").context["table"]["rows"]

    assert {str(only(place, s).ref) in listed for s in "AB"} == {True}
    assert {row["cells"][0] for row in below} == {
        place.sites["TTYT"].name,
        place.sites["B"].name,
    }
    assert page(client, "quality", organization="B").status_code == 200


def test_another_unit_is_not_there(client, place):
    sign_in(client, place.sites["A"])
    other = only(place, "B")

    assert page(client, "quality", organization="B").status_code == 404
    assert page(client, "quality_rows", "Q22", organization="B").status_code == 404
    assert page(client, "quality_finding", "Q22", other.ref).status_code == 404
    assert not Entry.objects.filter(verb="look_up").exists()


def test_a_list_names_nobody_and_opening_somebody_is_written_down(client, place):
    sign_in(client, place.sites["A"])
    finding = only(place, "A")

    listed = page(client, "quality_rows", "Q22").content.decode()
    assert "Nguyễn Thị Thử" not in listed
    assert "N• T• T•, 1958" in listed
    assert not Entry.objects.filter(verb="look_up").exists()

    opened = page(client, "quality_finding", "Q22", finding.ref).content.decode()
    entry = Entry.objects.get(verb="look_up")
    assert "Nguyễn Thị Thử" in opened
    assert entry.person == finding.person_id
    assert (entry.subject, entry.subject_id) == ("registry.finding", finding.pk)


def test_without_a_case_the_page_says_who_must_act(client, place):
    sign_in(client, place.sites["A"])

    text = page(client, "quality_finding", "Q22", only(place, "A").ref).content.decode()

    assert "cơ sở đã tiêm mũi này" in text
    assert reverse("citizen:report") in text


def test_an_open_case_is_the_way_to_the_repair(client, place):
    finding = only(place, "A")
    with scope.system():
        person = Person.objects.get(pk=finding.person_id)
        sent = submit(missing_dose(place.sites["A"]), sender=sender_for(person))
        case = sent.submission.complaints.get()
        type(case).objects.filter(pk=case.pk).update(holder=place.sites["A"])
    sign_in(client, place.sites["A"])

    text = page(client, "quality_finding", "Q22", finding.ref).content.decode()

    assert reverse("casework:case", args=[int(sent.submission.code), 1]) in text


def test_an_administrator_sees_figures_and_nobody(client, place):
    sign_in(client, place.sites["A"].parent.parent.parent, "administrator")

    text = page(client, "quality").content.decode()

    assert "Không có số lô này" in text
    assert reverse("casework:quality_rows", args=["Q22"]) not in text
    assert page(client, "quality_rows", "Q22").status_code == 404


def test_a_rule_that_does_not_exist_is_not_found(client, place):
    sign_in(client, place.sites["A"])
    assert page(client, "quality_rows", "Q99").status_code == 404


def test_the_list_goes_on_page_by_page(client, place):
    with scope.system():
        for _ in range(60):
            place.put(UNKNOWN_LOT)
        runs.run(at=NOON)
    sign_in(client, place.sites["TTYT"].parent, "overseer")

    first = page(client, "quality_rows", "Q22")
    second = client.get(
        reverse("casework:quality_rows", args=["Q22"]) + first.context["next_url"]
    )

    seen = [
        row["url"]
        for response in (first, second)
        for row in response.context["table"]["rows"]
    ]
    assert len(seen) == len(set(seen)) == 62
    assert not second.context["next_url"]


def statements(client, name, *args, **query):
    with CaptureQueriesContext(connection) as captured:
        assert page(client, name, *args, **query).status_code == 200
    return [
        q["sql"]
        for q in captured
        if not q["sql"].startswith(FRAME) and not q["sql"].startswith(READ_SCOPE)
    ]


def test_more_rows_take_no_more_statements(client, place):
    sign_in(client, place.sites["TTYT"].parent, "overseer")
    page(client, "quality")
    before = {
        "quality": len(statements(client, "quality")),
        "quality_rows": len(statements(client, "quality_rows", "Q22")),
    }
    with scope.system():
        for _ in range(10):
            place.put(UNKNOWN_LOT)
        runs.run(at=NOON)

    assert len(statements(client, "quality")) == before["quality"] <= 6
    assert len(statements(client, "quality_rows", "Q22")) == before["quality_rows"] <= 6
