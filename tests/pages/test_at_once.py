"""Before sending: what can be put right now, what is asked, who sees the rest."""

import re
from datetime import date

import pytest
from django.utils import timezone

from complaints import rollups
from complaints.actions import drafts, switches
from complaints.models import Complaint, Draft, SelfCorrection
from portal.common import outbox
from portal.registry.models import Person, PopulationInquiry
from tests.factories import (
    knows,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
)
from tests.pages.citizen_steps import (
    NUMBER,
    hidden_key,
    open_record,
    step,
    text_of,
)
from tests.pages.test_papers import settle_many

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
NAME = "Nguyễn Thị Thử"
NOW = "Có thể sửa ngay"
ASKING = "Đang hỏi cơ sở dữ liệu dân cư"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        name="Trạm Y tế Phường Thử",
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def eaten(station):
    """Return somebody whose number lost its zero, as the population database knows."""
    knows(NUMBER, NAME, "1958-03-08", "F")
    return make_person(national_id=NUMBER[1:], residence=station.commune)


def answer(*queues):
    for queue in queues or ("population", "route") * 3:
        outbox.drain(queue=queue, at=timezone.now())


def to_check(client, *, answered=True, **typed):
    """Report personal details of one's open record; return the check page."""
    open_record(client)
    page = client.get("/bao-sai/?kind=wrong_person", follow=True)
    client.post(step(page, "mui"), typed)
    if answered:
        answer("population")
    client.post(step(page, "lien-he"), {"phone": ""})
    return client.get(step(page, "kiem-tra"))


def send(client, check):
    address = check.request["PATH_INFO"]
    return client.post(address, {"key": hidden_key(check)}, follow=True)


def test_what_is_proved_is_shown_before_and_after_and_done_on_the_spot(client, eaten):
    check = to_check(client, national_id=NUMBER)

    words = text_of(check)
    assert NOW in words
    assert re.search(r"trước đây: \S+45 \(11 chữ số\)", words)
    assert "Đồng ý, sửa ngay" in words
    assert NUMBER not in check.content.decode()
    assert not SelfCorrection.objects.exists()

    sent = send(client, check)

    # No worker has run since: the record is right by the time the page is shown.
    assert "Đã sửa xong" in text_of(sent)
    assert "Xem hồ sơ đã sửa" in text_of(sent)
    case = Complaint.objects.get()
    assert case.outcome == "corrected"
    assert case.due_at > case.submitted_at
    assert [d.number for d in eaten.documents.filter(is_current=True)] == [NUMBER]


def test_sending_it_twice_corrects_it_once(client, eaten):
    check = to_check(client, national_id=NUMBER)

    send(client, check)
    again = send(client, check)
    answer()

    assert "Đã sửa xong" in text_of(again)
    assert SelfCorrection.objects.count() == 1
    assert Complaint.objects.get().status == "resolved"


def test_nobody_has_to_wait_for_the_answer(client, eaten):
    check = to_check(client, answered=False, national_id=NUMBER)

    assert ASKING in text_of(check)
    sent = send(client, check)
    assert "Đã nhận phản ánh" in text_of(sent)
    answer()

    assert Complaint.objects.get().outcome == "corrected"


def test_a_look_asks_nothing_and_a_second_one_shows_the_answer(client, eaten):
    check = to_check(client, answered=False, national_id=NUMBER)
    address = check.request["PATH_INFO"]
    client.get(address)
    assert PopulationInquiry.objects.count() == 1
    answer("population")

    again = client.post(step(check, "xem-lai"), follow=True)

    assert NOW in text_of(again)
    assert PopulationInquiry.objects.count() == 1


def test_what_is_not_proved_names_who_sees_it_and_says_not_why(client, station):
    knows(NUMBER, "Nguyễn Thị Khác", "1958-03-08", "F")
    make_person(national_id=NUMBER[1:], residence=station.commune)

    words = text_of(to_check(client, national_id=NUMBER))

    assert NOW not in words
    assert "Việc này do Trạm Y tế Phường Thử xem xét." in words
    assert "Thường xong trong" not in words
    assert "Khác" not in words.replace("Số khác", "")
    assert "Gửi phản ánh" in words


@pytest.mark.parametrize(("settled", "is_said"), [(19, False), (20, True)])
def test_how_long_it_takes_is_said_from_twenty_on(client, station, settled, is_said):
    make_person(residence=station.commune)
    settle_many(station, timezone.localdate().replace(day=1), 50, n=settled)
    rollups.rebuild_changed(at=timezone.now())

    words = text_of(to_check(client, full_name="Nguyễn Thị Hoa"))

    assert ("Thường xong trong 3 ngày." in words) is is_said


def test_a_number_that_another_has_is_never_told_of(client, eaten):
    make_person("Lê Thị Giữ Số", born_on="1960-01-01", phone=None)

    check = to_check(client, national_id=NUMBER)

    assert NOW not in text_of(check)
    assert "Giữ Số" not in text_of(check)
    sent = send(client, check)
    answer()
    assert "Đã nhận phản ánh" in text_of(sent)
    assert not SelfCorrection.objects.exists()


def test_without_a_record_nothing_is_asked(client, station):
    knows(NUMBER, NAME, "1958-03-08", "F")
    page = client.post(
        "/bao-sai/", {"kind": "wrong_person", "relation": "self"}, follow=True
    )
    client.post(step(page, "mui"), {"national_id": NUMBER})

    assert not PopulationInquiry.objects.exists()


def test_a_rule_that_is_off_offers_nothing(client, eaten, station):
    boss = make_staff(station, "administrator")
    at = timezone.now()
    switches.switch("A3", is_on=False, reason="Thử", by=boss, at=at)

    assert NOW not in text_of(to_check(client, national_id=NUMBER))
    assert not PopulationInquiry.objects.exists()


def test_what_was_asked_goes_with_the_draft(client, eaten):
    to_check(client, national_id=NUMBER)
    assert PopulationInquiry.objects.filter(purpose="draft").exists()

    drafts.forget_expired(at=Draft.objects.get().expires_at)

    assert not PopulationInquiry.objects.exists()


def test_the_order_of_doses_is_shown_dose_by_dose(client, station):
    person = make_person(residence=station.commune)
    for day in ("2021-08-12", "2021-09-12"):
        make_dose(person, station, given_on=day)
    for n in range(2):
        other = make_person(f"Trần Văn {n}", national_id=None, phone=None)
        make_dose(other, station)
        make_dose(other, station, given_on="2021-09-12", dose_number="2")
    second = person.doses.get(given_on=date(2021, 9, 12))
    open_record(client)
    record = f"/bao-sai/?kind=wrong_dose&dose={_ref(person, second)}"
    page = client.get(record, follow=True)
    client.post(
        step(page, "mui"),
        {"dose_number": "2", "action": "go"},
    )
    client.post(step(page, "lien-he"), {"phone": ""})

    check = client.get(step(page, "kiem-tra"))
    words = text_of(check)
    sent = send(client, check)

    assert NOW in words
    assert "Mũi thứ, mũi tiêm ngày 12/09/2021" in words
    assert "Đã sửa xong" in text_of(sent)
    second.refresh_from_db()
    assert second.dose_number == 2


def _ref(person, dose):
    return Person.objects.get(pk=person.pk).doses.get(pk=dose.pk).ref
