"""What a report's page says, and to whom: true words, and no more than was proved."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from complaints import policies
from complaints.actions import casework, citizen, escalation, intake, moving, routing
from complaints.choices import Actor, Kind, Move, Outcome, Status
from complaints.models import Complaint, Event, Message
from complaints.notifications import composing, sending
from complaints.views import cards, foreseen
from portal.common import outbox, phones
from portal.registry import corrections, identity
from portal.registry.models import Dose, Person
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import code_sent_to, open_record, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
PHONE = "+84900000215"


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def nurse(site):
    return make_staff(site)


def reported(site, *, at=None, matter=None, **facts):
    at = at or timezone.now()
    sender = sender_for(make_person(), **facts)
    case = only_complaint(submit(matter or missing_dose(site), sender=sender, at=at))
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    return case


def address(case, step=""):
    return f"/theo-doi/{case.submission.code}/" + (
        f"{case.number}/{step}/" if step else ""
    )


def opened(case, last4=PHONE[-4:]):
    client = Client()
    client.post("/theo-doi/", {"code": case.submission.code, "phone_last4": last4})
    return client


def settle(case, nurse, *, at):
    casework.accept(complaint_id=case.pk, by=nurse, at=at)
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        proof="slip_seen",
        by=nurse,
        at=at,
    )


def lapsed(case, nurse, *, at):
    asked = {"reasons": [], "note": "Ông/Bà tiêm buổi nào?"}
    casework.ask(complaint_id=case.pk, by=nurse, at=at - timedelta(days=12), **asked)
    escalation.lapse(at=at)


# After the days in which it can be opened again ---------------------------------------


@pytest.mark.parametrize(
    ("ending", "offers"), [(settle, "Chưa đúng"), (lapsed, "Mở lại")]
)
@pytest.mark.parametrize(("days", "may"), [(29, True), (31, False)])
def test_after_thirty_days_a_new_report_is_offered_in_its_place(
    site, nurse, ending, offers, days, may
):
    now = timezone.now()
    case = reported(site, at=now - timedelta(days=days + 13))
    ending(case, nurse, at=now - timedelta(days=days))
    client = opened(case)

    page = client.get(address(case))
    form = client.get(address(case, "ket-qua"))

    assert (offers in text_of(page)) is may
    assert (
        f"{address(case, 'ket-qua')}?answer=disagree" in page.content.decode()
    ) is may
    assert ("Báo lại từ đầu" in text_of(page)) is not may
    assert form.status_code == (200 if may else 302)


def test_a_matter_that_is_open_has_no_result_to_judge(site):
    case = reported(site)

    answer = opened(case).get(address(case, "ket-qua"))

    assert (answer.status_code, answer["Location"]) == (302, address(case))


def test_right_now_said_by_mistake_can_still_be_said_to_be_wrong(site, nurse):
    now = timezone.now()
    case = reported(site, at=now - timedelta(days=3))
    settle(case, nurse, at=now)
    client = opened(case)
    client.post(address(case, "ket-qua"), {"answer": "confirm"})

    page = client.get(address(case))
    wrong = f"{address(case, 'ket-qua')}?answer=disagree"
    client.post(wrong, {"answer": "disagree", "note": "Nhầm, ngày vẫn sai"})

    assert f'<a href="{wrong}">' in page.content.decode()
    assert "answer=confirm" not in page.content.decode()
    case.refresh_from_db()
    assert (case.round, case.confirmed_at) == (2, None)


def test_right_now_is_final_once_its_days_are_over(site, nurse):
    now = timezone.now()
    case = reported(site, at=now - timedelta(days=43))
    settle(case, nurse, at=now - timedelta(days=31))
    citizen.confirm(complaint_id=case.pk, at=now)

    page = opened(case).get(address(case))

    assert "ket-qua" not in page.content.decode()


# While something is asked -------------------------------------------------------------


def test_by_when_to_answer_stands_wherever_the_question_does(site, nurse):
    now = timezone.now()
    case = reported(site, at=now - timedelta(days=3))
    asked = now - timedelta(days=2)
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=asked)
    case.refresh_from_db()
    until = policies.answer_by(case)
    client = opened(case)

    pages = [client.get(address(case)), client.get(address(case, "bo-sung"))]

    for page in pages:
        assert cards.moment(until) in text_of(page)
        assert "mở lại" in text_of(page)
    # At that moment it stands, after it, it ends.
    escalation.lapse(at=until)
    case.refresh_from_db()
    assert case.status == Status.WAITING_CITIZEN
    escalation.lapse(at=until + timedelta(seconds=1))
    case.refresh_from_db()
    assert case.status == Status.LAPSED
    assert policies.answer_by(case) is None


# What does not reach the telephone ----------------------------------------------------


def sms_of(case):
    outbox.drain(queue="route", at=timezone.now())
    return Message.objects.filter(
        event__complaint=case, channel="sms", recipient="citizen"
    ).earliest("pk")


def test_texts_that_do_not_arrive_are_told_where_the_report_is_followed(site):
    case = reported(site)
    message = sms_of(case)
    fine = opened(case).get(address(case))
    Message.objects.filter(pk=message.pk).update(state="failed", trouble="no_such")

    page = opened(case).get(address(case))
    words = "Tin nhắn gần nhất không đến được"

    assert words not in text_of(fine)
    assert words in text_of(page)
    assert f'href="/theo-doi/{case.submission.code}/nhan-tin/"' in page.content.decode()
    # The number opens this page together with the code: it is not shown on it.
    assert "0900 •••" not in text_of(page)


def test_once_a_later_text_arrives_nothing_is_said_of_the_one_that_did_not(site, nurse):
    case = reported(site)
    message = sms_of(case)
    Message.objects.filter(pk=message.pk).update(state="failed", trouble="no_such")
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=timezone.now())
    outbox.drain(queue="route", at=timezone.now())
    newest = Message.objects.filter(channel="sms").latest("pk")
    Message.objects.filter(pk=newest.pk).update(
        state="sent", sent_at=timezone.now(), trouble=""
    )

    page = opened(case).get(address(case))

    assert newest.pk != message.pk
    assert "không đến được" not in text_of(page)


# Opened again after a lapse -----------------------------------------------------------


def test_an_answer_after_a_lapse_is_no_objection(gateway, site, nurse):
    now = timezone.now()
    case = reported(site, at=now - timedelta(days=13))
    lapsed(case, nurse, at=now)
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=now)
    gateway.sent = []
    client = opened(case)

    client.post(address(case, "ket-qua"), {"note": "Buổi sáng"})
    outbox.drain(queue="route", at=now)
    event = Event.objects.get(move="disagree")
    text = composing.sms(sending.key_of(event), FACTS, language="vi", accents=False)

    assert "Da nhan cau tra loi cua ban" in text
    shown = text_of(client.get(address(case)))
    assert "Bạn trả lời muộn" in shown
    assert "vẫn chưa đúng" not in shown


FACTS = composing.Facts(
    code="4829 1736 52-1",
    due="14:30 24/11/2026",
    holder="TYT An Phú",
    plain_code="4829173652",
    help="1900 9095",
)


# Nobody above the ministry ------------------------------------------------------------


def test_at_the_ministry_no_level_above_is_spoken_of():
    make_product()
    root = make_root()
    now = timezone.now()
    case = reported(None, matter=missing_dose(None), at=now - timedelta(days=9))
    assert case.holder == root
    assert "cấp trên" not in text_of(opened(case).get(address(case))).lower()

    escalation.mark_overdue(at=now)

    event = Event.objects.get(move="overdue")
    assert "above" not in event.data
    assert sending.key_of(event) == "overdue_top"
    page = text_of(opened(case).get(address(case))).lower()
    assert "trễ hạn" in page
    assert "cấp trên" not in page


def test_an_objection_at_the_ministry_goes_to_somebody_else_not_up():
    make_product()
    officer, now = make_staff(make_root()), timezone.now()
    case = reported(None, matter=missing_dose(None), at=now)
    casework.accept(complaint_id=case.pk, by=officer, at=now)
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("kept", "not_proved") for claim in case.claims.all()},
        note="Chưa rõ nơi tiêm.",
        by=officer,
        at=now,
    )

    page = text_of(opened(case).get(address(case, "ket-qua")))
    citizen.disagree(complaint_id=case.pk, note="Vẫn sai", at=now)

    assert "do người khác xem" in page
    assert "cấp trên" not in page.lower()
    event = Event.objects.get(move="disagree")
    assert sending.key_of(event) == "looked_again"


def test_an_earlier_event_that_names_the_ministry_above_itself_is_read_so(site):
    case = reported(site)
    event = Event(
        complaint=case,
        move=Move.OVERDUE,
        holder=make_root(),
        data={"above": make_root().name},
    )

    assert sending.level_above(event) == ""
    assert sending.key_of(event) == "overdue_top"


# Without a telephone ------------------------------------------------------------------


def test_without_a_telephone_the_page_and_the_letter_ask_for_what_opens_it(site):
    person = make_person()
    sender = sender_for(person, phone="", channel="counter")
    submission = submit(missing_dose(site), sender=sender).submission
    client = Client()
    client.post(
        "/theo-doi/",
        {
            "code": submission.code,
            "phone_last4": "1958",
            "full_name": person.full_name,
        },
    )

    page = text_of(client.get(f"/theo-doi/{submission.code}/"))

    assert "năm sinh và họ tên" in page
    assert "4 số cuối" not in page
    facts = composing.Facts(
        code="1", due="", holder="", plain_code="1", help="1", has_phone=False
    )
    letter = composing.letter("submit", facts, language="vi", stop="x")
    assert "năm sinh và họ tên" in letter.text
    assert "4 số cuối" not in letter.text


def test_the_name_is_folded_away_where_a_telephone_opens_it(client, site):
    page = client.get("/theo-doi/").content.decode()
    typed = client.post("/theo-doi/", {"code": "1", "full_name": "Lê Thử"})

    assert '<details class="f"><summary>' in page
    assert '<details class="f" open><summary>' in typed.content.decode()


# What four digits open ----------------------------------------------------------------


@pytest.fixture
def wrong_name(site):
    matter = intake.Matter(
        kind=Kind.WRONG_PERSON,
        claims={"full_name": "Nguyễn Thị Thư", "born_on": "1958-08-03"},
    )
    return reported(site, matter=matter)


def test_four_digits_show_no_name_and_no_birth_date(wrong_name):
    page = text_of(opened(wrong_name).get(address(wrong_name)))

    assert "Khác với hồ sơ" in page
    for value in ("Nguyễn Thị Thử", "Nguyễn Thị Thư", "1958"):
        assert value not in page


def test_a_code_to_the_telephone_or_the_open_record_shows_them(client, wrong_name):
    prover = opened(wrong_name)
    prover.post("/cua-toi/", {"phone": "0900 000 215"})
    prover.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})
    open_record(client)

    for visitor in (prover, client):
        page = text_of(visitor.get(address(wrong_name)))
        assert "Nguyễn Thị Thử" in page
        assert "Nguyễn Thị Thư" in page


def test_the_name_that_a_dose_bears_is_hidden_too_but_not_its_lot(site):
    person = make_person()
    dose = make_dose(person, site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(name_recorded="Trần Bửu Lộc")
    matter = intake.Matter(
        kind=Kind.WRONG_DOSE,
        claims={"full_name": person.full_name, "lot": "ABX9"},
        dose_id=dose.pk,
    )
    sent = submit(matter, sender=sender_for(person), at=timezone.now())
    case = only_complaint(sent)

    page = text_of(opened(case).get(address(case)))

    assert "ABX9" in page
    assert "Gửi mã cho tôi" in page
    for name in ("Trần Bửu Lộc", person.full_name):
        assert name not in page
    for sees in (True, False):
        case.outcome = Outcome.CORRECTED
        (done,) = foreseen.done([case], sees_record=sees)
        told = {claim["label"]: claim["recorded"] for claim in done["claims"]}
        assert (told["Họ và tên"] == "Trần Bửu Lộc") is sees


def test_nobody_without_a_telephone_is_told_to_get_a_code_at_it(site):
    person = make_person()
    matter = intake.Matter(
        kind=Kind.WRONG_PERSON, claims={"full_name": "Nguyễn Thị Thư"}
    )
    sender = sender_for(person, phone="", channel="counter")
    case = only_complaint(submit(matter, sender=sender, at=timezone.now()))
    client = Client()
    typed = {"phone_last4": "1958", "full_name": person.full_name}
    client.post("/theo-doi/", {"code": case.submission.code} | typed)

    page = text_of(client.get(address(case)))

    assert "Nguyễn Thị Thư" not in page.replace(person.full_name, "")
    assert "Gửi mã cho tôi" not in page
    assert "chính hồ sơ" in page


def test_facts_of_a_dose_are_shown_as_before(site):
    case = reported(site)

    assert "07/10/2021" in text_of(opened(case).get(address(case)))


def test_pages_that_show_codes_keep_the_last_digits_to_themselves(site):
    assert phones.mask_end(PHONE) == "0900 ••• •••"
    assert phones.mask_end("") == ""
    case = reported(site)
    client = opened(case)
    client.post("/cua-toi/", {"phone": "0900 000 215"})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})

    for path in ("/cua-toi/danh-sach/", address(case) + "nhan-tin/"):
        page = text_of(client.get(path))
        assert "0900 •••" in page
        assert "215" not in page


# Hops and cards -----------------------------------------------------------------------


def test_a_matter_that_was_given_back_says_why(site):
    case = reported(site)
    with_it = moving.lock(case.pk)
    moving.move(with_it, Move.GIVE_BACK, actor=Actor.SYSTEM, at=timezone.now(), data={})

    page = text_of(opened(case).get(address(case)))

    assert "ở đó lại có người xử lý" in page


def test_a_dose_under_another_name_does_not_blame_the_population_register(site):
    person = make_person()
    dose = make_dose(person, site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(name_recorded="Trần Bửu Lộc")
    person.population = Person.Population.MATCHED
    [dose] = identity.record(person.pk, on=timezone.localdate())

    card = cards.dose_card(dose, person=person, open_doses=set())

    assert card["state"] == "Mang tên khác"


def test_the_sixth_honest_return_to_a_childs_record_opens_it(client):
    make_person()
    make_person("Trần Thử Con", born_on="2015-05-06", national_id="079090000001")
    client.post("/tra-cuu/dien-thoai/", {"phone": "0900 000 215"})
    client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()})
    chosen = {
        "person": str(Person.objects.get(full_name="Trần Thử Con").ref),
        "relation": "child",
        "born_on_0": "6",
        "born_on_1": "5",
    }

    def choose(year):
        typed = chosen | {"born_on_2": year}
        return client.post("/tra-cuu/nguoi/", typed).status_code

    assert [choose("2015") for _ in range(7)] == [303] * 7
    assert [choose("2014") for _ in range(6)] == [422] * 5 + [429]


def test_a_lapsed_or_decided_matter_cannot_be_asked_to_be_taken_back(site):
    case = reported(site)
    citizen.withdraw(complaint_id=case.pk, at=timezone.now())
    assert Complaint.objects.get().status == Status.WITHDRAWN

    answer = opened(case).get(address(case, "rut"))

    assert (answer.status_code, answer["Location"]) == (302, address(case))
