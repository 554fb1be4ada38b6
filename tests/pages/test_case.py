"""A case: who sees it, what it shows, what can be done and what cannot."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.actions import moving
from complaints.choices import Actor, Field, Kind, Move, Status
from complaints.models import Claim, Complaint
from portal.audit.models import Entry
from portal.common import scope
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.citizen_steps import text_of

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


def address(case: Complaint, step: str = "") -> str:
    names = [int(case.submission.code), case.number]
    if step:
        return reverse("casework:move", args=[*names, step])
    return reverse("casework:case", args=names)


def fresh(case: Complaint) -> Complaint:
    with scope.system():
        return Complaint.objects.get(pk=case.pk)


def claims_of(case: Complaint) -> list[Claim]:
    with scope.system():
        return list(Claim.objects.filter(complaint=case))


def test_recorded_and_claimed_stand_side_by_side_with_the_difference_marked(
    client, case
):
    page = client.get(address(case)).content.decode()

    assert "ABX44" in page
    assert "<del>" in page
    assert "<ins>" in page
    assert page.count("<h1") == 1


def test_opening_a_case_is_written_down(client, case, staff, station):
    client.get(address(case))

    entry = Entry.objects.get(verb="look_up")
    assert (entry.actor_id, entry.organization) == (staff.pk, station.pk)
    assert entry.person == case.submission.person_id
    assert (entry.subject, entry.subject_id) == ("complaints.complaint", case.pk)


def test_the_case_is_the_page_or_a_pane_beside_the_list(client, case):
    def heading(**headers):
        page = client.get(address(case), headers=headers).content.decode()
        return page[page.index("<h", page.index('class="hd"')) :][:3]

    on_its_page = f"http://testserver{address(case)}"
    assert heading() == "<h1"
    assert heading(**{"HX-Request": "true", "HX-Current-URL": on_its_page}) == "<h1"
    assert heading(**{"HX-Request": "true"}) == "<h2"


def test_htmx_gets_the_pane_with_its_own_title(client, case):
    response = client.get(address(case), headers={"HX-Request": "true"})

    page = response.content.decode()
    assert page.lstrip().startswith("<title>")
    assert "<html" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_get_no_page_at_all(client, case, method):
    client.force_login(make_staff(make_organization("TYT-2")))
    step = "tiep-nhan" if method == "post" else ""

    response = getattr(client, method)(address(case, step), {"version": 1})

    assert response.status_code == 404
    assert not Entry.objects.filter(verb="look_up").exists()


def test_an_administrator_sees_no_cases(client, case, station):
    client.force_login(make_staff(station, role="administrator"))

    assert client.get(address(case)).status_code == 404


def test_only_permitted_moves_are_offered(client, case, station):
    offered = client.get(address(case)).context["can"]
    client.force_login(make_staff(station, role="clerk"))
    offered_to_clerk = client.get(address(case)).context["can"]

    assert offered == {
        "tiep-nhan",
        "ghi",
        "hoi-them",
        "chuyen",
        "hoi-co-quan",
        "len-cap-tren",
        "gia-han",
        "ghi-chu",
    }
    assert offered_to_clerk == {"ghi-chu"}


def test_taking_on_makes_it_mine(client, case, staff):
    response = client.post(
        address(case, "tiep-nhan"), {"version": case.version}, follow=True
    )

    assert response.redirect_chain == [(address(case), 303)]
    assert fresh(case).assignee_id == staff.pk
    assert fresh(case).status == Status.IN_REVIEW


def test_a_conflict_keeps_what_was_typed_and_shows_the_case_as_it_is(
    client, case, station
):
    colleague = make_staff(station)
    seen = case.version
    client.post(address(case, "tiep-nhan"), {"version": seen})
    client.force_login(colleague)

    response = client.post(
        address(case, "ghi-chu"), {"version": seen, "note": "Đã gọi điện."}
    )

    page = response.content.decode()
    assert response.status_code == 409
    assert "Đã gọi điện." in page
    assert "Lê Thị Lan" in page
    assert f'name="version" value="{fresh(case).version}"' in page


@pytest.mark.parametrize(
    ("actor", "move", "words"),
    [
        (Actor.SYSTEM, Move.OVERDUE, "Cổng vừa ghi nhận trong lúc đó: Quá hạn."),
        (Actor.CITIZEN, Move.NOTE, "Người dân vừa thao tác trong lúc đó"),
    ],
)
def test_a_conflict_names_nobody_who_changed_nothing(client, case, actor, move, words):
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    seen = fresh(case).version
    with scope.system():
        moving.move(fresh(case), move, actor=actor, at=timezone.now())

    response = client.post(
        address(case, "ghi-chu"), {"version": seen, "note": "Đã gọi điện."}
    )

    assert response.status_code == 409
    assert words in text_of(response)
    assert response.context["changed"].startswith(words)


def test_asking_pauses_the_clock_and_needs_words(client, case):
    nothing = client.post(address(case, "hoi-them"), {"version": case.version})
    asked = client.post(
        address(case, "hoi-them"), {"version": case.version, "reasons": ["clearer"]}
    )

    assert nothing.status_code == 422
    assert asked.status_code == 303
    assert fresh(case).status == Status.WAITING_CITIZEN


def test_handing_over_goes_to_an_organization_found_by_its_name(client, case):
    to = make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")
    typed = {"version": case.version, "place": "hoa binh", "note": "Tiêm ở đó."}

    offered = client.post(address(case, "chuyen"), typed)
    done = client.post(address(case, "chuyen"), typed | {"to": to.code})

    assert offered.status_code == 422
    assert "TYT-9" in offered.content.decode()
    assert done["Location"] == reverse("casework:queue"), "it is no longer ours"
    assert fresh(case).holder_id == to.pk


def test_a_foreign_code_is_no_receiver(client, case):
    make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")

    response = client.post(
        address(case, "chuyen"),
        {"version": case.version, "place": "hoa binh", "to": "VN", "note": "Ở đó."},
    )

    assert response.status_code == 422


def test_suggestions_come_as_a_fragment(client):
    make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")

    response = client.get(reverse("casework:receivers"), {"place": "hòa bình"})

    assert "Trạm Y tế phường Hòa Bình" in response.content.decode()


def test_an_unknown_step_and_a_get_of_a_step_do_nothing(client, case):
    assert client.post(address(case, "xoa"), {"version": 1}).status_code == 404
    assert client.get(address(case, "ghi")).status_code == 405


def test_every_kind_and_state_of_case_can_be_shown(client, station):
    now = timezone.now()
    dose = make_dose(make_person(), station)
    claims = {
        Kind.MISSING_DOSE: {Field.GIVEN_ON: ("", "2021-09")},
        Kind.WRONG_DOSE: {Field.SITE: ("TYT-1", "TYT-1"), Field.PRODUCT: ("AZ", "X")},
        Kind.NOT_MINE: {Field.DOSE: ("", "void")},
        Kind.DOUBLED_DOSE: {Field.DOSE: ("", "void")},
        Kind.WRONG_PERSON: {
            Field.FULL_NAME: ("Nguyễn Thị Hương", "Nguyễn Thị Hường"),
            Field.BORN_ON: ("1958", "1958-03-08"),
            Field.NATIONAL_ID: ("1158000123", "001158000123"),
            Field.SEX: ("F", "M"),
            Field.PHONE: ("", "+84900000215"),
        },
    }
    histories = [
        [],
        [(Move.ASK, Status.WAITING_CITIZEN, now)],
        [(Move.RESOLVE, Status.RESOLVED, now)],
        [(Move.WITHDRAW, Status.WITHDRAWN, now)],
    ]
    for kind, claimed in claims.items():
        for history in histories:
            person = make_person()
            sent = now - timedelta(hours=3)
            case = make_case(
                station,
                sent=sent,
                kind=kind,
                claims=claimed,
                dose=None if kind == Kind.MISSING_DOSE else dose,
                history=history,
                submission=make_submission(at=sent, person=person),
            )
            assert client.get(address(case)).status_code == 200


def test_a_dose_in_question_is_shown_as_it_is_recorded(client, station):
    dose = make_dose(make_person(), station)
    case = make_case(
        station,
        kind=Kind.DOUBLED_DOSE,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
        history=[(Move.OVERDUE, Status.RECEIVED, timezone.now())],
    )

    shown = client.get(address(case)).context

    assert shown["rows"][0]["recorded"] == "14/09/2021, AstraZeneca, Trạm Y tế TYT-1"
    sent, late = shown["timeline"]
    assert late["state"] == "late"
    assert station.name in late["time"]
    assert station.name not in sent["time"]
