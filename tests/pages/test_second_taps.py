"""The right code tapped twice, as on a slow line: it leads to one place, once."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.accounts import codes
from portal.accounts.models import ContactChange
from portal.common.sessions import SessionStore
from tests.factories import make_dose, make_organization, make_person, make_product
from tests.pages.citizen_steps import BORN, NUMBER, code_sent_to, look_up, step, text_of
from tests.pages.test_citizen_report import GIVEN, WHO, begin

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
RECORD = "/tra-cuu/ket-qua/"
NEW = "+84912345678"


@pytest.fixture
def person():
    made = make_person()
    make_dose(made, make_organization(name="Trạm Y tế Phường 5"))
    return made


def cookies_of(client):
    return {name: morsel.value for name, morsel in client.cookies.items()}


def as_before(cookies):
    """Return a browser that has not got the answer to its first tap yet."""
    browser = Client()
    for name, value in cookies.items():
        browser.cookies[name] = value
    return browser


def tapped_twice(client, address, code, *, has_answer):
    """Send one code twice; the second time with the cookies of before or after."""
    before = cookies_of(client)
    first = client.post(address, {"code": code})
    browser = client if has_answer else as_before(before)
    return first, browser.post(address, {"code": code}), browser


@pytest.mark.parametrize("has_answer", [True, False])
def test_to_look_up_both_taps_end_at_the_record(client, person, has_answer):
    look_up(client)

    first, second, browser = tapped_twice(
        client, "/tra-cuu/xac-thuc/", code_sent_to(), has_answer=has_answer
    )

    assert {first["Location"], second["Location"]} == {RECORD}
    assert "Phường 5" in text_of(browser.get(RECORD))


@pytest.mark.parametrize("has_answer", [True, False])
def test_by_telephone_both_taps_end_at_the_choice(client, person, has_answer):
    client.post("/tra-cuu/dien-thoai/", {"phone": "0900 000 215"})

    _first, second, browser = tapped_twice(
        client, "/tra-cuu/xac-thuc/", code_sent_to(), has_answer=has_answer
    )

    page = browser.get(second["Location"], follow=True)
    assert page.request["PATH_INFO"] == "/tra-cuu/nguoi/"


@pytest.mark.parametrize("has_answer", [True, False])
def test_in_a_report_both_taps_end_at_its_last_step(client, has_answer):
    make_product()
    make_organization()
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "Ở trường"})
    client.post(step(page, "lien-he"), WHO)

    first, second, browser = tapped_twice(
        client,
        step(page, "xac-thuc"),
        code_sent_to("+84900000777"),
        has_answer=has_answer,
    )

    assert {first["Location"], second["Location"]} == {step(page, "kiem-tra")}
    assert browser.get(step(page, "kiem-tra")).status_code == 200


@pytest.mark.parametrize("has_answer", [True, False])
def test_to_see_one_s_reports_both_taps_end_at_the_list(client, has_answer):
    client.post("/cua-toi/", {"phone": "0900 000 777"})

    first, second, browser = tapped_twice(
        client,
        "/cua-toi/xac-thuc/",
        code_sent_to("+84900000777"),
        has_answer=has_answer,
    )

    assert first["Location"] == second["Location"]
    assert browser.get(second["Location"]).status_code == 200


@pytest.mark.parametrize("has_answer", [True, False])
def test_another_telephone_is_asked_for_once(client, person, has_answer):
    slip = {"lot": "ABX4471", "site_text": "tram y te phuong 5", "phone": NEW}
    client.post("/doi-so/giay/", {"national_id": NUMBER} | BORN | GIVEN | slip)
    asked = dict(client.session)

    address, code = "/doi-so/xac-thuc/", code_sent_to(NEW)
    first = client.post(address, {"code": code})
    if not has_answer:
        # Read before the first tap was kept: one session, two requests at a time.
        session = client.session
        session.clear()
        session.update(asked)
        session.save()
    second = client.post(address, {"code": code})

    assert first["Location"] == second["Location"] == "/doi-so/da-nhan/"
    assert client.get("/doi-so/da-nhan/").status_code == 200
    assert ContactChange.objects.count() == 1


def test_the_key_of_before_opens_nothing_and_ends_within_the_minute(client, person):
    look_up(client)
    before = cookies_of(client)

    client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()})

    assert as_before(before).get(RECORD)["Location"] == "/tra-cuu/"
    old = Session.objects.get(session_key=before["session"])
    assert (
        not {"proof", "person", "level"}
        & SessionStore().decode(old.session_data).keys()
    )
    assert old.expire_date < timezone.now() + codes.SECOND_TAP + timedelta(seconds=1)
