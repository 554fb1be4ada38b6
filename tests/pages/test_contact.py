"""Another telephone on record: at once with proof, after a wait without, stoppable."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from complaints.actions import intake, switches, telephones
from portal.accounts import contact
from portal.accounts.models import ContactChange, ContactNotice
from portal.common import crypto, outbox, scope
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.models import Person
from tests.factories import (
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_unit,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import (
    BORN,
    NUMBER,
    code_sent_to,
    look_up,
    open_record,
    text_of,
)
from tests.pages.eid_steps import running, sign_in

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
OLD, NEW = "+84900000215", "+84912345678"
SLIP = {
    "given_on_0": "12",
    "given_on_1": "8",
    "given_on_2": "2021",
    "lot": "abx 4471",
    "site_text": "tram y te phuong 5",
    "phone": "0912 345 678",
}
HOURS = timedelta(hours=1)


@pytest.fixture
def person():
    made = make_person()
    make_dose(made, make_organization(name="Trạm Y tế Phường 5"))
    return made


def telephone_of(person):
    return corrections.read_person(Person.objects.get(pk=person.pk), "phone")


def send_slip(client, **typed):
    return client.post("/doi-so/giay/", {"national_id": NUMBER} | BORN | SLIP | typed)


def ask_by_slip(client, **typed):
    """Prove the slip and the new telephone; return the page at the end."""
    send_slip(client, **typed)
    return client.post("/doi-so/xac-thuc/", {"code": code_sent_to(NEW)}, follow=True)


def texts_to(phone, *, hours=0):
    """Send what waits; return the texts without a code to a telephone, oldest first."""
    outbox.drain(queue="notify", at=timezone.now() + hours * HOURS)
    found = []
    for row in DemoMessage.objects.filter(code_sealed=None).order_by("pk"):
        bound = f"demo:{row.provider_key}"
        if crypto.unseal(row.to_sealed, bound_to=bound) == phone:
            found.append(crypto.unseal(row.text_sealed, bound_to=bound))
    return found


@pytest.mark.parametrize(
    ("recorded", "typed"),
    [("ABXO471", "abx 0471"), ("abx I1", "ABX11"), ("4120Z001", "4120Z001")],
)
def test_a_lot_that_looks_alike_is_the_one_of_the_slip(client, recorded, typed):
    made = make_person()
    make_dose(made, make_organization(name="Trạm Y tế Phường 5"), lot=recorded)

    assert send_slip(client, lot=typed)["Location"] == "/doi-so/xac-thuc/"
    assert send_slip(client, lot="ABX9999").status_code == 422


def after_the_wait(hours=73):
    with scope.system():
        outbox.drain(queue="route", at=timezone.now() + hours * HOURS)


def test_with_the_slip_it_waits_and_both_ends_are_told(client, person):
    page = ask_by_slip(client)

    assert page.redirect_chain == [("/doi-so/da-nhan/", 303)]
    assert "•••" in text_of(page)
    assert telephone_of(person) == OLD
    assert ContactChange.objects.get().state == "waiting"
    code = ContactChange.objects.get().code
    assert any(f"/k/{code}/" in text for text in texts_to(OLD))
    assert len(texts_to(NEW)) == 1
    after_the_wait(71)
    assert telephone_of(person) == OLD


def restricted(person):
    """Restrict a record whose number is said to be somebody else's."""
    corrections.restrict(person.pk, warrant=TEST_WARRANT, at=timezone.now())


def switched_off(_person):
    boss = make_staff(make_root(), "administrator")
    switches.switch("A7", is_on=False, reason="Thử dừng", by=boss, at=timezone.now())


def used_up(_person):
    boss = make_staff(make_root(), "administrator")
    switches.switch(
        "A7", is_on=True, daily_cap=0, reason="Thử", by=boss, at=timezone.now()
    )


def reported(person):
    matter = intake.Matter("wrong_person", {"phone": "+84900000888"})
    submit(matter, sender=sender_for(person), at=timezone.now())


HELD = {
    restricted: "cần có người xem trước",
    reported: "cần có người xem trước",
    switched_off: "không đổi số điện thoại qua mạng",
    used_up: "không đổi số điện thoại qua mạng",
}


@pytest.mark.parametrize("hold", HELD)
def test_what_holds_every_rule_holds_a_new_telephone_too(client, person, hold):
    hold(person)

    page = ask_by_slip(client)

    assert page.status_code == 409
    assert HELD[hold] in text_of(page)
    assert telephone_of(person) == OLD
    assert not ContactChange.objects.exists()


@pytest.mark.parametrize("hold", HELD)
def test_what_comes_to_hold_it_while_it_waits_ends_it(client, person, hold):
    ask_by_slip(client)
    hold(person)

    after_the_wait()

    assert telephone_of(person) == OLD
    assert ContactChange.objects.get().state == "failed"
    assert "Chua doi duoc so" in texts_to(NEW, hours=73)[-1]


def capped(province=None):
    boss = make_staff(make_root(), "administrator")
    switches.switch(
        "A7",
        is_on=True,
        daily_cap=1,
        province=province,
        reason="Thử",
        by=boss,
        at=timezone.now(),
    )


def ask_for_another(way, **facts):
    """Have somebody else ask; return whose telephone it is."""
    other = make_person("Trần Văn Hai", national_id=None, phone=OLD, **facts)
    telephones.change(
        person_id=other.pk,
        phone="+84933333333",
        way=way,
        language="vi",
        at=timezone.now(),
    )
    return other


def test_what_waits_counts_on_the_day_on_which_it_was_asked_for(client, person):
    capped()
    other = ask_for_another("paper")

    assert ask_by_slip(client).status_code == 409
    after_the_wait()

    assert telephone_of(other) == "+84933333333"
    assert telephone_of(person) == OLD


def test_the_cap_of_a_province_is_of_those_who_live_there(client, person):
    here, there = make_unit("P01"), make_unit("P02")
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(residence=here)
    capped(here.pk)

    ask_for_another("eid", residence=there)
    assert ask_by_slip(client).status_code == 200

    with pytest.raises(contact.CannotChange):
        ask_for_another("eid", residence=here)


def test_after_the_wait_the_new_telephone_opens_the_record_and_the_old_no_more(
    client, person
):
    ask_by_slip(client)
    after_the_wait()

    assert telephone_of(person) == NEW
    assert len(texts_to(OLD, hours=73)) == len(texts_to(NEW)) == 2
    visitor = Client()
    look_up(visitor)
    assert code_sent_to(NEW) is not None
    page = visitor.post("/tra-cuu/xac-thuc/", {"code": code_sent_to(NEW)}, follow=True)
    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"
    lost = Client()
    lost.post("/tra-cuu/dien-thoai/", {"phone": OLD})
    page = lost.post("/tra-cuu/xac-thuc/", {"code": code_sent_to(OLD)}, follow=True)
    assert 'name="person"' not in page.content.decode()


@pytest.mark.parametrize("way", ["by the link", "by the code"])
def test_the_old_telephone_stops_it(client, person, way):
    ask_by_slip(client)
    code = ContactChange.objects.get().code
    stranger = Client()
    if way == "by the link":
        stranger.get(f"/k/{code}/")
        assert ContactChange.objects.get().state == "waiting", "opening it is nothing"
        page = stranger.post(f"/k/{code}/")
    else:
        page = stranger.post("/doi-so/khong-phai-toi/", {"code": code})

    assert page.status_code == 303
    assert "Đã chặn việc đổi số" in text_of(stranger.get(page["Location"]))
    after_the_wait()
    assert telephone_of(person) == OLD
    assert ContactChange.objects.get().state == "stopped"
    assert stranger.post(f"/k/{code}/").status_code == 422


def test_the_old_telephone_takes_back_what_was_done_at_once(client, person):
    open_record(client)
    client.post("/doi-so/", {"phone": NEW})
    client.post("/doi-so/xac-thuc/", {"code": code_sent_to(NEW)})
    assert telephone_of(person) == NEW

    Client().post(f"/k/{ContactChange.objects.get().code}/")

    assert telephone_of(person) == OLD
    assert "van duoc dung" in texts_to(OLD)[-1]


def test_a_stolen_number_with_a_telephone_of_ones_own_opens_nothing(client, person):
    """The thief knows number and birth date, not the slip."""
    page = send_slip(client, lot="KHONG1")

    assert page.status_code == 422
    assert code_sent_to(NEW) is None
    assert not ContactChange.objects.exists()
    thief = Client()
    thief.post("/tra-cuu/dien-thoai/", {"phone": NEW})
    thief.post("/tra-cuu/xac-thuc/", {"code": code_sent_to(NEW)})
    assert thief.get("/doi-so/")["Location"] == "/tra-cuu/so-khac/"
    assert thief.get("/tra-cuu/ket-qua/").status_code == 302


@pytest.mark.parametrize(
    "typed",
    [
        {"national_id": "079158099999"},
        {"born_on_2": "1959"},
        {"given_on_0": "13"},
        {"lot": "ABX4472"},
        {"site_text": "trạm y tế phường 6"},
    ],
    ids=lambda typed: "".join(typed),
)
def test_a_wrong_fact_and_a_person_who_is_not_there_get_the_same_page(person, typed):
    pages = []
    for changes in (typed, {"national_id": "001158000001"}):
        page = send_slip(Client(), **changes)
        body = page.content.decode()
        for value in (SLIP | {"national_id": NUMBER} | BORN | changes).values():
            body = body.replace(f'value="{value}"', "")
        pages.append((page.status_code, body.split("csrfmiddlewaretoken")[0]))

    assert pages[0] == pages[1]
    assert pages[0][0] == 422


def test_a_second_change_waits_for_the_first_one(client, person):
    ask_by_slip(client)

    page = ask_by_slip(Client())

    assert page.status_code == 409
    assert ContactChange.objects.count() == 1


def test_with_the_eid_it_is_done_at_once_and_ends_one_that_waits(
    client, person, settings
):
    ask_by_slip(Client())
    cache.clear()
    with running(settings) as eid:
        sign_in(client, eid)
    client.post("/doi-so/", {"phone": "0933 333 333"})
    page = client.post(
        "/doi-so/xac-thuc/", {"code": code_sent_to("+84933333333")}, follow=True
    )

    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"
    assert telephone_of(person) == "+84933333333"
    assert sorted(ContactChange.objects.values_list("way", "state")) == [
        ("eid", "applied"),
        ("paper", "stopped"),
    ]
    after_the_wait()
    assert telephone_of(person) == "+84933333333"


def test_a_telephone_that_is_new_opens_nothing_alone_for_three_days(client, person):
    open_record(client)
    client.post("/doi-so/", {"phone": NEW})
    client.post("/doi-so/xac-thuc/", {"code": code_sent_to(NEW)})

    visitor = Client()
    look_up(visitor)
    page = visitor.post("/tra-cuu/xac-thuc/", {"code": code_sent_to(NEW)}, follow=True)

    assert page.status_code == 200
    assert "/bao-sai/" in page.content.decode()
    assert visitor.get("/tra-cuu/ket-qua/", follow=True).request["PATH_INFO"] != (
        "/tra-cuu/ket-qua/"
    )


def test_a_telephone_that_staff_corrected_is_held_too(client, person):
    corrections.correct_person(
        person.pk,
        {"phone": NEW},
        warrant=Warrant("complaint", "1"),
        at=timezone.now() - 2 * HOURS,
    )

    look_up(client)
    client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to(NEW)})

    assert client.get("/tra-cuu/ket-qua/").status_code == 302


def test_a_wrong_code_changes_nothing(client, person):
    send_slip(client)
    right = code_sent_to(NEW)
    wrong = "123456" if right != "123456" else "654321"

    assert client.post("/doi-so/xac-thuc/", {"code": wrong}).status_code == 422
    assert not ContactChange.objects.exists()


def test_a_record_that_moved_on_is_said_to_the_new_telephone(client, person):
    ask_by_slip(client)
    corrections.correct_person(
        person.pk,
        {"phone": NEW},
        warrant=Warrant("complaint", "1"),
        at=timezone.now(),
    )
    after_the_wait()

    assert ContactChange.objects.get().state == "failed"
    assert "Chua doi duoc so" in texts_to(NEW, hours=73)[-1]


def test_every_notice_fits_one_message_and_holds_nothing_of_health(person, settings):
    settings.BASE_URL = "https://tiemchung.example.vn"
    for language in ("vi", "en"):
        change = ContactChange(
            code="4829173652",
            language=language,
            due_at=timezone.now(),
            stoppable_until=timezone.now(),
        )
        for words, is_to_old in contact.TEXTS:
            notice = ContactNotice(change=change, words=words, is_to_old=is_to_old)
            text = contact.text_of(notice)
            assert len(text) <= 160, (len(text), text)
            assert text.isascii()


def test_each_dead_end_has_a_next_step(client):
    for address in ("/tra-cuu/so-khac/", "/doi-so/giay/", "/doi-so/khong-phai-toi/"):
        words = text_of(client.get(address))
        assert "1900 0000" in words
        assert client.get(address).status_code == 200
