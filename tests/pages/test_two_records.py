"""The case page of two records: found, chosen, proposed; the citizen's way to it."""

import re

import pytest
from django.test import Client

from complaints.actions import intake
from complaints.models import Complaint
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry import corrections
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)


@pytest.fixture
def world(db):
    with scope.system():
        commune = make_unit("N26740", name="Phường Thử", parent=make_unit())
        site = make_organization(commune=commune, province=commune.parent)
        own = make_person("Trần Thị Bảo Lộc", residence=commune)
        other = make_person(
            "Trần Thị Bửu Lộc", national_id="024618357", residence=commune
        )
        dose = make_dose(other, site, given_on="2021-08-11")
        yield {"site": site, "own": own, "other": other, "dose": dose}


@pytest.fixture
def nurse(world):
    client = Client()
    with scope.system():
        client.force_login(make_staff(world["site"]))
    return client


def filed(matter, person):
    with scope.system():
        case = only_complaint(submit(matter, sender=sender_for(person)))
        outbox.drain(queue="route", at=NOON)
        case.refresh_from_db()
    return case, f"/lam-viec/ho-so/{case.submission.code}-1/"


def split(world):
    matter = intake.Matter("split_record", {"record": "Trần Thị Bửu Lộc|024618357"})
    return filed(matter, world["own"])


def verdict_of(case):
    return {f"verdict_{case.claims.get().pk}": "upheld", "version": case.version}


def test_the_other_record_stands_beside_with_its_evidence(world, nurse):
    _case, address = split(world)
    page = nurse.get(address).content.decode()
    assert "Trần Thị Bửu Lộc, 08/03/1958" in page
    assert "11/08/2021" in page
    assert str(world["other"].ref) in page
    looked_at = Entry.objects.filter(verb="look_up", person=world["other"].pk)
    assert looked_at.count() == 1
    # Nothing can be joined by one press, before a record is chosen.
    assert page.count('value="upheld"') == 1


def test_a_choice_becomes_a_proposal_that_names_the_record(world, nurse):
    case, address = split(world)
    with scope.system():
        typed = verdict_of(case)

    refused = nurse.post(f"{address}ghi/", typed)
    assert refused.status_code == 422
    sent = nurse.post(f"{address}ghi/", typed | {"record": str(world["other"].ref)})
    assert sent.status_code == 303
    page = nurse.get(address).content.decode()

    with scope.system():
        case = Complaint.objects.get(pk=case.pk)
    assert case.status == "awaiting_second"
    assert "Trần Thị Bửu Lộc, 08/03/1958" in page


def test_a_foreign_record_cannot_be_slipped_in(world, nurse):
    case, address = split(world)
    with scope.system():
        stranger = make_person("Lê Văn Lạ", born_on="1970-01-01", national_id="")
        typed = verdict_of(case)
    response = nurse.post(f"{address}ghi/", typed | {"record": str(stranger.ref)})
    assert response.status_code == 422


def test_staff_find_the_owner_of_a_dose_by_number(world, nurse):
    matter = intake.Matter("not_mine", {"dose": "void"}, dose_id=world["dose"].pk)
    case, address = filed(matter, world["other"])
    with scope.system():
        typed = verdict_of(case)

    found = nurse.post(
        f"{address}ghi/", typed | {"action": "find", "find_number": "079158012345"}
    )
    page = found.content.decode()

    assert found.status_code == 200
    assert "Trần Thị Bảo Lộc" in page
    assert "079158012345" not in page.replace('value="079158012345"', "")
    chosen = {"record": str(world["own"].ref), "find_number": "079158012345"}
    assert nurse.post(f"{address}ghi/", typed | chosen).status_code == 303
    with scope.system():
        assert Complaint.objects.get(pk=case.pk).claims.get().decided == str(
            world["own"].ref
        )


def test_a_search_by_too_little_finds_nobody(world, nurse):
    matter = intake.Matter("not_mine", {"dose": "void"}, dose_id=world["dose"].pk)
    case, address = filed(matter, world["other"])
    with scope.system():
        typed = verdict_of(case)
    found = nurse.post(
        f"{address}ghi/", typed | {"action": "find", "find_name": "Trần Thị Bảo Lộc"}
    )
    assert str(world["own"].ref) not in found.content.decode()


def test_what_changed_since_it_was_reported_is_said(world, nurse):
    matter = intake.Matter(
        "wrong_dose", {"given_on": "2021-08-13"}, dose_id=world["dose"].pk
    )
    case, address = filed(matter, world["other"])
    with scope.system():
        corrections.correct_dose(
            world["dose"].pk,
            {"given_on": "2021-08-12"},
            warrant=TEST_WARRANT,
            at=NOON,
        )
        typed = verdict_of(case)
    page = nurse.get(address).content.decode()
    assert "12/08/2021" in page
    assert "11/08/2021" in page
    refused = nurse.post(f"{address}ghi/", typed | {"seen": "1"})
    shown = re.findall(r'name="seen" value="(\d*)"', refused.content.decode())
    assert (refused.status_code, shown) == (422, ["2"]), "it was looked at by now"
    again = nurse.post(f"{address}ghi/", typed | {"seen": shown[0]})
    assert again.status_code == 303


@pytest.mark.parametrize("relation", ["self", "child"])
def test_only_who_opened_a_record_can_report_another_one(world, relation):
    anonymous = Client()
    page = anonymous.get("/bao-sai/").content.decode()
    assert "split_record" not in page
    sent = anonymous.post("/bao-sai/", {"kind": "split_record", "relation": relation})
    assert sent.status_code == 422
