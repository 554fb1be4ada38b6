"""Receipt, statutory complaint, a word of rating, and what is usual at a body."""

import re
from datetime import UTC, datetime, time, timedelta

import pypdfium2
import pytest
from django.utils import timezone

from complaints import figures, rollups
from complaints.actions import casework, routing
from complaints.choices import Move, Status
from complaints.models import Complaint, Rating
from complaints.rollups import FEW
from complaints.views import receipt
from portal.common import codes, outbox, pdf
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
from tests.pages.cases import make_case
from tests.pages.citizen_steps import code_sent_to, text_of

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
    sender = sender_for(make_person())
    case = only_complaint(submit(missing_dose(site), sender=sender, at=at))
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    return case


@pytest.fixture
def mine(client, case):
    client.post("/theo-doi/", {"code": case.submission.code, "phone_last4": "0215"})
    return client


def address(case, step):
    return f"/theo-doi/{case.submission.code}/{step}"


def settle(case, nurse):
    casework.accept(complaint_id=case.pk, by=nurse, at=timezone.now())
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("kept", "unreadable") for claim in case.claims.all()},
        note="Ảnh mờ",
        by=nurse,
        at=timezone.now(),
    )


# The receipt --------------------------------------------------------------------------


def test_the_receipt_has_the_code_the_body_and_the_due_time(mine, case):
    words = text_of(mine.get(address(case, "bien-nhan/")))

    assert codes.pretty(case.submission.code) in words
    assert "Trạm Y tế Hòa Bình" in words
    assert timezone.localtime(case.due_at).strftime("%d/%m/%Y") in words


def test_the_picture_holds_the_address_in_capitals_which_opens(client, case, settings):
    settings.BASE_URL = "https://dumui.vn"
    code = case.submission.code
    small = receipt.qr(code)
    # Version 2 of the smallest QR codes: 25 modules and a border of two on each side.
    assert 'viewBox="0 0 116 116"' in small

    assert client.get(f"/T/{code}/").status_code == 200


def test_the_receipt_is_a_pdf_where_the_machine_can_draw_one(mine, case):
    answer = mine.get(address(case, "bien-nhan.pdf"))

    if not pdf.is_available():
        assert answer.status_code == 404
        return
    assert answer["Content-Type"] == "application/pdf"
    paper = pypdfium2.PdfDocument(answer.content)
    words = paper[0].get_textpage().get_text_range()
    sides = [round(side) for side in paper[0].get_size()]
    pages = len(paper)
    paper.close()
    # Half a sheet in points, drawn with the print styles: no navigation on it.
    assert (pages, sides) == (1, [420, 595])
    assert codes.pretty(case.submission.code) in words
    assert "Tra cứu mũi tiêm" not in words


# The law on complaints ----------------------------------------------------------------


def test_the_form_names_the_body_and_the_report_and_stops_nothing(mine, case, nurse):
    settle(case, nurse)
    before = Complaint.objects.get().version

    words = text_of(mine.get(address(case, "1/khieu-nai/")))

    assert "ĐƠN KHIẾU NẠI" in words
    assert "Kính gửi: Trạm Y tế Hòa Bình" in words
    assert "Giữ nguyên, có lý do" in words
    for days in ("90 ngày", "10 ngày làm việc", "30 ngày", "45 ngày", "60 ngày"):
        assert days in words
    assert Complaint.objects.get().version == before


def test_four_digits_show_no_name_and_a_proved_telephone_does(client, mine, case):
    name = case.submission.full_name
    assert name not in text_of(mine.get(address(case, "1/khieu-nai/")))

    mine.post("/cua-toi/", {"phone": "0900000215"})
    mine.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})

    assert name in text_of(mine.get(address(case, "1/khieu-nai/")))


# A word -------------------------------------------------------------------------------


def test_a_word_is_kept_once_a_round_and_may_be_changed(mine, case, nurse):
    settle(case, nurse)

    mine.post(address(case, "1/danh-gia/"), {"word": "poor", "note": "Chậm quá"})
    mine.post(address(case, "1/danh-gia/"), {"word": "fair", "note": ""})

    rating = Rating.objects.get()
    assert (rating.word, rating.note, rating.round) == ("fair", "", 1)
    assert "Tạm được" in text_of(mine.get(address(case, "")))


def test_before_there_is_an_answer_there_is_nothing_to_rate(mine, case):
    answer = mine.post(address(case, "1/danh-gia/"), {"word": "good"})

    assert answer.status_code == 409
    assert not Rating.objects.exists()
    assert "danh-gia" not in mine.get(address(case, "")).content.decode()


def test_staff_read_the_word(client, mine, case, nurse):
    settle(case, nurse)
    mine.post(address(case, "1/danh-gia/"), {"word": "poor", "note": "Chậm quá"})
    client.logout()
    client.force_login(nurse)

    page = client.get(f"/lam-viec/ho-so/{case.submission.code}-{case.number}/")

    assert "Chưa tốt" in text_of(page)
    assert "Chậm quá" in text_of(page)


# What is usual ------------------------------------------------------------------------


def settle_many(site, day, hours, *, n):
    """Let the site settle n matters on a day that took these hours each."""
    sent = datetime.combine(day, time(12), UTC)
    for _ in range(n):
        end = sent + timedelta(hours=hours)
        make_case(site, sent=sent, history=[(Move.RESOLVE, Status.RESOLVED, end)])


def test_half_and_eight_of_ten_are_told_from_twenty_on(site):
    at = timezone.now()
    this = timezone.localdate(at).replace(day=1)
    settle_many(site, this, 9, n=FEW - 8)
    rollups.rebuild_changed(at=at)
    assert figures.usual({site.pk}, at=at) == {}
    settle_many(site, figures.month_after(this, -1), 30, n=8)
    rollups.rebuild_changed(at=at)

    found = figures.usual({site.pk}, at=at)[site.pk]

    assert found.n == FEW
    assert (found.p50, found.p80) == (9 * 3600, 30 * 3600)


def test_what_was_settled_long_ago_is_not_usual_any_more(site):
    at = timezone.now()
    this = timezone.localdate(at).replace(day=1)
    settle_many(site, figures.month_after(this, -6), 9, n=FEW)
    rollups.rebuild_changed(at=at)

    assert figures.usual({site.pk}, at=at) == {}


def test_what_is_usual_comes_from_real_cases_and_stands_on_the_page(
    mine, case, site, nurse
):
    at = timezone.now()
    for day in range(FEW):
        early = at - timedelta(hours=5)
        other = only_complaint(
            submit(missing_dose(site, given_on=f"2021-09-{day + 1:02}"), at=early)
        )
        outbox.drain(queue="route", at=early)
        casework.accept(complaint_id=other.pk, by=nurse, at=early)
        casework.resolve(
            complaint_id=other.pk,
            verdicts={c.pk: ("kept", "unreadable") for c in other.claims.all()},
            by=nurse,
            at=at,
        )
    rollups.rebuild_changed(at=at)

    words = text_of(mine.get(address(case, "")))

    found = re.search(
        r"một nửa xong trong (\d+) giờ, 8 trên 10 xong trong (\d+)", words
    )
    assert found, words
    assert found.groups() == ("5", "5")


def test_since_when_a_body_has_it_is_told(mine, case):
    words = text_of(mine.get(address(case, "")))

    assert re.search(r"Đang ở: Trạm Y tế Hòa Bình\. Từ \d", words)
