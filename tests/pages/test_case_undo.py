"""A move on a case that is taken back on its page or from the queue."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Move, Status
from complaints.models import Complaint
from portal.common import scope
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_submission,
)
from tests.pages.citizen_steps import text_of
from tests.pages.test_case import address, fresh

pytestmark = pytest.mark.django_db
LOT = {Field.LOT: ("ABX4471", "ABX4417")}


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def staff(station):
    return make_staff(station)


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case about the lot of a dose on record, sent five hours ago."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims=LOT,
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


@pytest.mark.parametrize(
    ("role", "step", "typed"),
    [
        ("clerk", "tra-loi-co-quan", {"reply": "none"}),
        ("overseer", "len-cap-tren", {"note": "Quá tải."}),
        ("lead", "giao", {"to": "a colleague"}),
    ],
)
def test_whoever_may_make_a_move_may_take_it_back(
    client, station, staff, case, role, step, typed
):
    if role == "clerk":
        asked = {"authority": "Công an phường Thử", "points": ["lot"]}
        client.post(
            address(case, "hoi-co-quan"),
            {"version": case.version} | asked | {"days": 5, "note": "Số lô nào đúng?"},
        )
    if role == "lead":
        typed = {"to": str(staff.ref)}
    case = fresh(case)
    status = case.status
    client.force_login(make_staff(make_root(), role=role))

    made = client.post(
        address(case, step), {"version": case.version} | typed, follow=True
    )
    assert fresh(case).version > case.version, text_of(made)
    undo = reverse("casework:undo", args=[made.context["undo"][0]["ref"]])
    client.post(undo)

    assert fresh(case).status == status
    with scope.system():
        assert case.events.latest("seq").move == Move.UNDO


def test_a_note_offers_no_earlier_move_that_would_be_refused(client, case):
    client.post(address(case, "tiep-nhan"), {"version": case.version})

    page = client.post(
        address(case, "ghi-chu"),
        {"version": fresh(case).version, "note": "Đã gọi điện."},
        follow=True,
    )

    assert page.context["undo"] == []


def test_decisions_of_two_cases_can_both_be_taken_back(client, station):
    first, second = (make_case(station, claims=LOT) for _ in range(2))
    for case in (first, second):
        page = client.post(
            address(case, "tiep-nhan"), {"version": case.version}, follow=True
        )

    refs = [one["ref"] for one in page.context["undo"]]
    for ref in reversed(refs):
        client.post(reverse("casework:undo", args=[ref]))

    assert [fresh(case).status for case in (first, second)] == [Status.RECEIVED] * 2


def test_a_move_is_offered_to_be_taken_back_and_is_by_its_maker_alone(client, case):
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    page = client.get(address(case))
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]])
    assert undo in page.content.decode()
    assert undo in client.get(reverse("casework:queue")).content.decode()

    colleague = Client()
    colleague.force_login(make_staff(case.holder))
    assert colleague.post(undo).status_code == 404
    back = client.post(undo, follow=True)

    assert back.context["complaint"].status == Status.RECEIVED
    assert back.context["undo"] == []
    assert [step["state"] for step in back.context["timeline"]] == ["done"] * 3


def test_who_takes_a_move_back_stays_in_the_list_they_came_from(client, case):
    listed = f"?kind={case.kind}"
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    page = client.get(address(case) + listed)
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]]) + listed
    assert f'action="{undo}"' in page.content.decode()

    assert client.post(undo)["Location"] == address(case) + listed
    assert client.post(undo)["Location"] == reverse("casework:queue") + listed


def test_what_was_passed_out_of_sight_can_be_taken_back_from_the_queue(client, case):
    station = case.holder

    page = client.post(
        address(case, "len-cap-tren"),
        {"version": case.version, "note": "Cần cấp trên."},
        follow=True,
    )
    assert client.get(address(case)).status_code == 404
    assert page.context["rows"] == []
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]])
    assert undo in page.content.decode()

    back = client.post(undo, follow=True)
    assert back.context["complaint"].holder == station
