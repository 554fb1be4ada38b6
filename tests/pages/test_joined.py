"""Who reported what somebody had reported before: what they are told, and can do."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints.actions import casework, citizen, escalation, evidence, routing
from complaints.models import Event, Evidence
from portal.common import outbox
from tests.actions.test_evidence import picture
from tests.factories import (
    NOON,
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

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
FIRST, OTHER = "+84900000215", "+84900000999"
SOON = timedelta(seconds=31)
# A question waits ten days at most.
SENT = NOON - timedelta(days=12)


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def both(site):
    """Return the case of a first report, and the second that joined it."""
    person = make_person()
    first, second = sender_for(person), sender_for(person, phone=OTHER)
    case = only_complaint(submit(missing_dose(site), sender=first, at=SENT))
    again = submit(missing_dose(site), sender=second, at=SENT)
    routing.route([case.pk], at=SENT)
    case.refresh_from_db()
    return case, again.submission


def drain(at=NOON):
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=at)


def keep_it(case, nurse):
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("kept", "not_proved") for claim in case.claims.all()},
        note="Không có tên trong danh sách.",
        by=nurse,
        at=NOON,
    )


def correct_it(case, nurse):
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        proof="slip_seen",
        by=nurse,
        at=NOON,
    )


def ask_it(case, nurse):
    casework.ask(
        complaint_id=case.pk, reasons=[], note="Tiêm buổi nào?", by=nurse, at=NOON
    )


def lapse_it(case, nurse):
    long_ago = SENT + timedelta(days=1)
    casework.ask(complaint_id=case.pk, reasons=[], note="?", by=nurse, at=long_ago)
    escalation.lapse(at=NOON)


def withdraw_it(case, nurse):
    citizen.withdraw(complaint_id=case.pk, at=NOON)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (keep_it, "da kiem tra va giu nguyen. Neu chua dung, hay bao lai"),
        (correct_it, "viec nay da duoc sua. Neu chua dung, hay bao lai"),
        (ask_it, "Cau hoi da gui den so dien thoai bao truoc"),
        (lapse_it, "viec nay da dung, chua co ket qua. Neu van can sua, hay bao lai"),
        (
            withdraw_it,
            "viec nay da dung, chua co ket qua. Neu van can sua, hay bao lai",
        ),
    ],
)
def test_who_reported_again_is_told_what_they_can_do(gateway, both, nurse, step, words):
    case, _again = both
    casework.accept(complaint_id=case.pk, by=nurse, at=SENT)
    drain()
    gateway.sent = []

    step(case, nurse)
    drain()
    drain(NOON + SOON)

    theirs = [b["text"] for _h, b in gateway.sent if b["to"] == OTHER]
    assert any(words in text for text in theirs)
    assert not any("bam Chua dung" in text for text in theirs)
    assert any(b["to"] == FIRST for _h, b in gateway.sent)


def page_of(submission):
    client = Client()
    client.post("/theo-doi/", {"code": submission.code, "phone_last4": OTHER[-4:]})
    return text_of(client.get(f"/theo-doi/{submission.code}/"))


def test_their_page_says_that_a_question_waits_and_where(both, nurse):
    case, again = both
    ask_it(case, nurse)

    page = page_of(again)

    assert "hỏi thêm qua số điện thoại đã báo trước" in page
    assert "Mở hồ sơ" in page
    assert "Bạn không phải gửi lại" not in page


def test_their_page_says_that_it_has_ended_and_offers_a_new_report(both):
    case, again = both
    assert "Bạn không phải gửi lại" in page_of(again)

    citizen.withdraw(complaint_id=case.pk, at=NOON)

    page = page_of(again)
    assert "Báo lại từ đầu" in page
    assert "Bạn không phải gửi lại" not in page


def broken_photo(**facts):
    whole = picture(size=(800, 800))
    file = SimpleUploadedFile("giay.jpg", whole[: len(whole) // 3], "image/jpeg")
    row = evidence.keep(file=file, draft=None, at=NOON)
    Evidence.objects.filter(pk=row.pk).update(**facts)
    outbox.drain(queue="import", at=NOON)


def test_an_unusable_photo_is_told_to_who_sent_it_along(gateway, both):
    case, again = both
    drain()
    gateway.sent = []

    broken_photo(submission=again)
    drain()

    [(_headers, body)] = gateway.sent
    assert body["to"] == OTHER
    assert "hay bao lai" in body["text"]
    refused = Event.objects.get(move="refuse_file")
    assert (refused.complaint_id, refused.data["submission"]) == (case.pk, again.pk)
    own = Client()
    own.post("/theo-doi/", {"code": case.submission.code, "phone_last4": FIRST[-4:]})
    shown = text_of(own.get(f"/theo-doi/{case.submission.code}/"))
    assert "không dùng được" not in shown


def test_an_unusable_photo_is_told_of_the_matter_that_it_was_added_to(site):
    submitted = submit(missing_dose(site), missing_dose(site, given_on="2021-12-08"))
    second = submitted.submission.complaints.get(number=2)

    broken_photo(submission=submitted.submission, complaint=second)

    assert Event.objects.get(move="refuse_file").complaint_id == second.pk
