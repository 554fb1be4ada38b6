"""Somebody whom no message reaches: staff are warned, and the question is a letter."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.actions import addresses, casework
from complaints.choices import Field, Kind
from complaints.models import Complaint
from portal.common import scope
from tests.factories import make_organization, make_staff
from tests.pages.cases import make_case, make_dose, make_person, make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def station():
    return make_organization(parent=make_organization(kind="health_department"))


@pytest.fixture
def nurse(station):
    return make_staff(station)


@pytest.fixture
def client(client, nurse):
    client.force_login(nurse)
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case that was taken at the counter from somebody without a telephone."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    sender = make_submission(at=sent, person=person, channel="counter")
    sender.phone_sealed = sender.phone_digest = None
    sender.save()
    return make_case(
        station,
        sent=sent,
        kind=Kind.WRONG_DOSE,
        claims={Field.LOT: ("ABX4471", "ABX4417")},
        dose=make_dose(person, station),
        submission=sender,
    )


def page(client, case):
    where = [int(case.submission.code), case.number]
    return client.get(reverse("casework:case", args=where)).content.decode()


def letter(client, case):
    where = [int(case.submission.code), case.number]
    return client.get(reverse("casework:letter", args=where))


def ask(case, by, *, ago=timedelta(minutes=1)):
    with scope.system():
        casework.ask(
            complaint_id=case.pk,
            reasons=["slip"],
            note="Phiếu tiêm tháng 9.",
            by=by,
            at=timezone.now() - ago,
        )


WARNING = "Không tin nhắn nào đến được người này"


def test_before_asking_staff_read_that_nobody_hears_it(client, case):
    body = page(client, case)

    assert 'href="tel:"' not in body
    assert "Không có điện thoại" in body
    assert WARNING in body


def test_who_has_a_telephone_or_an_address_is_reached(client, case, station):
    reached = make_case(station, claims={Field.LOT: ("ABX4471", "ABX4417")})
    assert WARNING not in page(client, reached)
    now = timezone.now()
    addresses.confirm(addresses.ask(case.submission, "thu@example.vn", at=now), at=now)

    assert WARNING not in page(client, case)


def test_the_question_is_a_letter_that_names_what_to_bring(client, case, nurse):
    ask(case, nurse)
    shown = page(client, case)
    where = [int(case.submission.code), case.number]
    assert reverse("casework:letter", args=where) in shown
    assert WARNING in shown

    paper = letter(client, case)

    body = paper.content.decode()
    assert paper.status_code == 200
    for wanted in (
        case.submission.full_name,
        "Ảnh giấy xác nhận tiêm",
        "Phiếu tiêm tháng 9.",
        case.pretty_reference,
        "năm sinh và họ tên",
    ):
        assert wanted in body, wanted


def test_a_question_that_can_be_taken_back_is_no_letter_yet(client, case, nurse):
    ask(case, nurse, ago=timedelta(0))

    early = letter(client, case)

    assert (early.status_code, early.context["paper"]) == (200, "")
