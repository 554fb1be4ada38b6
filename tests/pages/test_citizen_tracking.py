"""Following a report over HTTP."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from complaints.actions import casework, escalation, routing
from complaints.choices import Status
from complaints.models import Complaint, Event
from complaints.views import progress
from portal.common import codes
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

RULES = Path(__file__).parents[1] / "rules" / "responsibility.csv"
pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def case(site):
    at = timezone.now()
    case = only_complaint(
        submit(missing_dose(site), sender=sender_for(make_person()), at=at)
    )
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    return case


def open_status(client, case, last4="0215"):
    code = case.submission.code
    return client.post("/theo-doi/", {"code": code, "phone_last4": last4}, follow=True)


def address(case, step=""):
    return f"/theo-doi/{case.submission.code}/" + (
        f"{case.number}/{step}/" if step else ""
    )


def test_code_and_four_digits_show_who_has_it_and_until_when(client, case):
    page = open_status(client, case)

    words = text_of(page)
    assert page.request["PATH_INFO"] == address(case)
    assert "Trạm Y tế Hòa Bình" in words
    assert timezone.localtime(case.due_at).strftime("%d/%m/%Y") in words


def test_spaces_in_the_code_do_not_matter(client, case):
    code = case.submission.code
    spaced = f" {code[:4]} {code[4:8]} {code[8:]} "

    page = client.post("/theo-doi/", {"code": spaced, "phone_last4": "0215"})

    assert page.status_code == 303


def test_a_code_alone_or_a_link_shows_nothing(client, case):
    code = case.submission.code
    real = client.get(f"/t/{code}/")
    unknown = "1234567897"
    status = client.get(address(case))

    assert status.status_code == 302
    assert status["Location"] == f"/t/{code}/"
    assert client.get(f"/theo-doi/{unknown}/").status_code == 302
    assert "Hòa Bình" not in text_of(real)
    for step in ("bo-sung", "ket-qua", "rut"):
        assert client.post(address(case, step)).status_code == 302


def test_wrong_digits_and_a_wrong_code_get_the_same_answer(client, case):
    wrong = open_status(Client(), case, last4="9999")
    code = codes.new_code()
    unknown = Client().post("/theo-doi/", {"code": code, "phone_last4": "0215"})

    assert wrong.status_code == unknown.status_code == 422
    say = [text_of(page).split("Mã")[0][:60] for page in (wrong, unknown)]
    assert say[0] == say[1]


def test_a_get_never_changes_anything(client, case, nurse):
    open_status(client, case)
    before = Event.objects.count(), Complaint.objects.get().version

    for step in ("bo-sung", "ket-qua", "rut"):
        client.get(address(case, step))
    client.get(address(case))

    assert (Event.objects.count(), Complaint.objects.get().version) == before


def test_a_question_is_shown_and_answered(client, case, nurse):
    at = timezone.now()
    casework.ask(
        complaint_id=case.pk, reasons=[], note="Ông/Bà tiêm buổi nào?", by=nurse, at=at
    )
    page = open_status(client, case)
    assert "Ông/Bà tiêm buổi nào?" in text_of(page)

    empty = client.post(address(case, "bo-sung"), {"note": ""})
    sent = client.post(address(case, "bo-sung"), {"note": "Buổi sáng"})

    assert (empty.status_code, sent.status_code) == (422, 303)
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW


def test_something_can_be_added_while_it_is_open(client, case):
    open_status(client, case)

    client.post(address(case, "bo-sung"), {"note": "Tôi nhớ ra tên bác sĩ"})

    assert "Tôi nhớ ra tên bác sĩ" in text_of(client.get(address(case)))


def settle(case, nurse):
    casework.accept(complaint_id=case.pk, by=nurse, at=timezone.now())
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        proof="session_list",
        by=nurse,
        at=timezone.now(),
    )


def test_the_result_is_shown_and_confirmed(client, case, nurse):
    settle(case, nurse)
    open_status(client, case)

    client.post(address(case, "ket-qua"), {"answer": "confirm"})

    case.refresh_from_db()
    assert case.confirmed_at is not None


def test_still_not_right_needs_a_reason_and_goes_up(client, case, nurse):
    settle(case, nurse)
    open_status(client, case)

    without = client.post(address(case, "ket-qua"), {"answer": "disagree"})
    client.post(
        address(case, "ket-qua"), {"answer": "disagree", "note": "Ngày vẫn sai"}
    )

    assert without.status_code == 422
    case.refresh_from_db()
    assert (case.round, case.holder.code) == (2, "VN")


def test_a_matter_is_taken_back_by_post_once(client, case):
    open_status(client, case)

    first = client.post(address(case, "rut"))
    again = client.post(address(case, "rut"))

    case.refresh_from_db()
    assert case.status == Status.WITHDRAWN
    assert (first.status_code, again.status_code) == (303, 422)


def test_notes_among_staff_are_not_shown(client, case, nurse):
    casework.note(complaint_id=case.pk, note="NỘI BỘ", by=nurse, at=timezone.now())

    assert "NỘI BỘ" not in text_of(open_status(client, case))


def test_another_submission_of_the_session_stays_closed_by_number(client, case, site):
    other = only_complaint(submit(missing_dose(site), at=timezone.now()))
    open_status(client, case)

    assert client.get(address(other)).status_code == 302
    assert client.get(f"/theo-doi/{case.submission.code}/9/rut/").status_code == 404


def test_ten_tries_at_one_code_are_enough(case):
    statuses = [
        open_status(Client(), case, last4=f"{n:04}").status_code for n in range(11)
    ]

    assert statuses == [422] * 10 + [429]


def test_two_masked_numbers_show_where_they_differ():
    same_length = progress.mask_pair("079158012345", "079158099345")
    eaten = progress.mask_pair("79158012345", "079158012345")

    assert same_length == ("079••••12345", "079••••99345")
    assert eaten[0] != eaten[1]
    assert "11" in eaten[0]


def test_every_step_of_a_way_has_words_for_the_citizen():
    lines = RULES.read_text(encoding="utf-8").splitlines()
    table = csv.DictReader(lines, delimiter=";")
    steps = {step for row in table for step in row["reasons"].split()}
    steps |= {"ministry", "nothing_known"}

    assert steps - progress.WAYS.keys() == set()


def test_a_place_that_several_answer_for_today_names_who_stands_above(
    client, case, site
):
    path = [["place_as_described"], ["split_common_parent", "", "Trung tâm Quận 1"]]
    events = list(case.events.order_by("seq"))
    events[-1].data = {"path": path}

    shown = progress.steps(case, events, at=timezone.now())

    assert "Trung tâm Quận 1" in shown[1]["text"]


def test_who_was_told_of_the_delay_is_shown(client, case, site):
    later = case.due_at + timedelta(minutes=1)
    escalation.mark_overdue(at=later)

    words = text_of(open_status(client, case))

    assert "Đã trễ hạn, cấp trên đã được báo" in words
    assert f"{site.parent.name} cũng có thể quyết định" in words
