"""Following a report over HTTP."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from complaints import ways
from complaints.actions import casework, citizen, escalation, intake, routing
from complaints.choices import Kind, Status
from complaints.forms.report import FILES
from complaints.models import Complaint, Event
from complaints.views import limits, progress
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
    return sent_before(site, timezone.now())


def sent_before(site, at):
    """Return a case that was sent and routed at an instant."""
    sent = submit(missing_dose(site), sender=sender_for(make_person()), at=at)
    case = only_complaint(sent)
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    return case


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


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
        proof="slip_seen",
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
    assert (first.status_code, again.status_code) == (303, 303)
    assert Event.objects.filter(move="withdraw").count() == 1
    # Nor is it asked about any more.
    assert client.get(address(case, "rut")).status_code == 302


def photo(form="JPEG"):
    made = io.BytesIO()
    Image.new("RGB", (30, 20), "gray").save(made, form)
    return SimpleUploadedFile("giay", made.getvalue())


def moves_of_the_citizen(case):
    steps = case.events.filter(actor="citizen").order_by("seq")
    return [(step.move, step.note) for step in steps if step.move != "submit"]


def test_an_answer_tapped_twice_is_one_answer_with_one_photo(client, case, nurse):
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=timezone.now())
    open_status(client, case)
    said = {"note": "Đây là giấy của tôi"}

    taps = [
        client.post(address(case, "bo-sung"), said | {"evidence": photo()})
        for _ in range(3)
    ]

    assert [tap.status_code for tap in taps] == [303, 303, 303]
    assert moves_of_the_citizen(case) == [("answer", "Đây là giấy của tôi")]
    assert case.submission.evidence.count() == 1


def test_another_photo_without_words_is_something_new(client, case):
    open_status(client, case)

    for file in (photo(), photo("PNG"), photo("PNG")):
        client.post(address(case, "bo-sung"), {"evidence": file})

    assert case.submission.evidence.count() == 2
    assert [move for move, _note in moves_of_the_citizen(case)] == ["note", "note"]


def test_the_same_words_to_a_second_question_are_an_answer(client, case, nurse):
    open_status(client, case)
    for _ in range(2):
        casework.ask(
            complaint_id=case.pk, reasons=["slip"], by=nurse, at=timezone.now()
        )
        client.post(address(case, "bo-sung"), {"note": "Không còn giấy"})

    assert [move for move, _note in moves_of_the_citizen(case)] == ["answer", "answer"]


def test_the_same_words_on_another_day_are_meant_anew(case):
    for at in (timezone.now(), timezone.now() + timedelta(minutes=11)):
        citizen.tell(complaint_id=case.pk, note="Xin nhanh giúp", at=at)

    assert len(moves_of_the_citizen(case)) == 2


@pytest.mark.parametrize(
    ("said", "move"),
    [
        ({"answer": "confirm"}, "confirm"),
        ({"answer": "disagree", "note": "Vẫn sai lô"}, "disagree"),
    ],
)
def test_the_word_on_a_result_tapped_twice_counts_once(client, case, nurse, said, move):
    settle(case, nurse)
    open_status(client, case)

    taps = [client.post(address(case, "ket-qua"), said) for _ in range(2)]

    assert [tap.status_code for tap in taps] == [303, 303]
    assert [done for done, _note in moves_of_the_citizen(case)] == [move]


def test_what_opens_a_lapsed_report_again_tapped_twice_counts_once(client, site, nurse):
    at = timezone.now()
    case = sent_before(site, at - timedelta(days=13))
    asked = at - timedelta(days=12)
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=asked)
    escalation.lapse(at=at)
    case.refresh_from_db()
    assert case.status == Status.LAPSED
    open_status(client, case)

    taps = [
        client.post(address(case, "ket-qua"), {"note": "Giấy đây"}) for _ in range(2)
    ]

    assert [tap.status_code for tap in taps] == [303, 303]
    assert moves_of_the_citizen(case) == [("disagree", "Giấy đây")]


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


def test_wrong_tries_across_codes_are_counted_by_address(case, monkeypatch):
    limit = replace(limits.TRACK_WRONG, times=2)
    monkeypatch.setattr(limits, "TRACK_WRONG", limit)
    right = open_status(Client(), case)
    tries = [
        Client()
        .post("/theo-doi/", {"code": codes.new_code(), "phone_last4": "0215"})
        .status_code
        for _ in range(3)
    ]

    assert right.status_code == 200
    assert tries == [422, 422, 429]


def test_who_proved_a_telephone_is_not_shut_out_by_others_behind_the_address(
    case, monkeypatch
):
    limit = replace(limits.TRACK_WRONG, times=1)
    monkeypatch.setattr(limits, "TRACK_WRONG", limit)
    open_status(Client(), case, last4="9999")
    assert open_status(Client(), case).status_code == 429

    proved = Client()
    session = proved.session
    session["proof"] = 1
    session.save()
    assert open_status(proved, case).status_code == 200
    statuses = [
        open_status(proved, case, last4=last4).status_code for last4 in ("9999", "0215")
    ]
    assert statuses == [422, 429]


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

    assert steps - ways.WAYS.keys() == set()


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


def test_what_a_second_person_has_still_to_sign_is_not_shown_as_done(
    client, case, nurse
):
    casework.accept(complaint_id=case.pk, by=nurse, at=timezone.now())
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        by=nurse,
        at=timezone.now(),
    )
    case.refresh_from_db()
    assert case.status == Status.AWAITING_SECOND

    shown = text_of(open_status(client, case))

    assert "Chờ người thứ hai" in shown
    assert "Đã sửa" not in shown


def test_a_date_known_in_part_is_shown_as_it_went_on_record(client, site, nurse):
    at = timezone.now()
    vague = intake.Matter(
        kind=Kind.MISSING_DOSE,
        claims={"given_on": "2021-10", "product": "AZ", "site": site.code},
        site_id=site.pk,
    )
    case = only_complaint(submit(vague, sender=sender_for(make_person()), at=at))
    routing.route([case.pk], at=at)
    casework.accept(complaint_id=case.pk, by=nurse, at=at)
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        filled={"given_on": "2021-10-07"},
        proof="slip_seen",
        by=nurse,
        at=at,
    )

    assert "07/10/2021" in text_of(open_status(client, case))


def test_an_answer_that_comes_too_late_opens_the_report_again(client, site, nurse):
    at = timezone.now()
    case = sent_before(site, at - timedelta(days=13))
    asked = {"reasons": [], "note": "Ông/Bà tiêm buổi nào?"}
    casework.ask(complaint_id=case.pk, by=nurse, at=at - timedelta(days=12), **asked)
    escalation.lapse(at=at)
    case.refresh_from_db()
    assert case.status == Status.LAPSED

    status = text_of(open_status(client, case))
    page = client.get(address(case, "ket-qua"))
    empty = client.post(address(case, "ket-qua"), {"note": ""})
    client.post(address(case, "ket-qua"), {"note": "Buổi sáng"})

    assert "Mở lại phản ánh" in status
    assert "Chưa đúng" not in status
    assert "Ông/Bà tiêm buổi nào?" in text_of(page)
    assert empty.status_code == 422
    case.refresh_from_db()
    assert case.is_open


def test_a_telephone_that_takes_heic_is_asked_for_jpeg_wherever_a_photo_can_be_sent(
    client, case, nurse
):
    open_status(client, case)
    page = client.get(address(case, "bo-sung"))
    assert f'accept="{FILES}"' in page.content.decode()
