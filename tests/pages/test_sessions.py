"""One's own sessions: seen, ended one by one or together, ended by a new password."""

import re
import secrets
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import sign_ins
from portal.accounts.models import SignIn, User
from portal.audit.models import Entry
from portal.common import polling
from tests.pages.cases import PASSWORD, make_organization, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]

CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0"
PAGE = "accounts:sessions"


@pytest.fixture
def nurse() -> User:
    name = f"lan-{secrets.token_hex(8)}"
    return make_staff(make_organization("TYT-1"), username=name)


def browser(user, agent):
    client = Client(headers={"user-agent": agent})
    client.post(
        reverse("accounts:login"), {"username": user.username, "password": PASSWORD}
    )
    return client


def is_inside(client):
    return client.get(reverse("casework:queue")).status_code == 200


def test_each_session_is_shown_with_its_device(nurse):
    here = browser(nurse, CHROME)
    browser(nurse, FIREFOX)
    page = here.get(reverse(PAGE)).content.decode()
    assert "Chrome, Android" in page
    assert "Firefox, Windows" in page
    assert page.count('name="session"') == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome, Android"),
        (FIREFOX, "Firefox, Windows"),
        (CHROME + " Edg/130", "Edge, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_roughly(agent, words):
    assert sign_ins.device_of(agent) == words


def test_one_session_is_ended_at_once(nurse):
    here, there, other = (browser(nurse, a) for a in (CHROME, FIREFOX, CHROME))
    ref = SignIn.objects.get(device="Firefox, Windows").ref
    assert here.post(reverse(PAGE), {"session": str(ref)}).status_code == 303
    assert not is_inside(there)
    assert is_inside(here)
    assert is_inside(other)
    assert Entry.objects.filter(detail="session ended", actor_id=nurse.pk).count() == 1


def test_all_others_are_ended_and_this_one_stays(nurse):
    here, *others = (browser(nurse, a) for a in (CHROME, FIREFOX, CHROME))
    here.post(reverse(PAGE))
    assert is_inside(here)
    assert not any(is_inside(client) for client in others)


def test_nobody_ends_the_session_of_somebody_else(nurse):
    here = browser(nurse, CHROME)
    stranger = browser(make_staff(make_organization("TYT-2")), FIREFOX)
    ref = nurse.sign_ins.get().ref
    assert stranger.post(reverse(PAGE), {"session": str(ref)}).status_code == 404
    assert stranger.post(reverse(PAGE), {"session": "x"}).status_code == 404
    assert is_inside(here)


def test_a_sign_of_life_is_use_and_the_page_knows_its_times(nurse):
    here = browser(nurse, CHROME)
    session = here.session
    session["seen_at"] = (timezone.now() - timedelta(minutes=29)).isoformat()
    session.save()
    address = reverse("accounts:here")

    page = here.get(reverse("accounts:sessions")).content.decode()
    answer = here.get(address, headers={polling.HEADER: "0"})

    assert f'data-here="{address}"' in page
    # As the instant of the last use is written once a minute, the page ends before.
    assert 'data-rest="1740"' in page
    day = int(re.search(r'data-day="(\d+)"', page).group(1))
    assert 8 * 3600 - 60 < day <= 8 * 3600
    assert answer.status_code == 204
    seen = datetime.fromisoformat(here.session["seen_at"])
    assert timezone.now() - seen < timedelta(minutes=1)
    assert "data-rest" not in Client().get(reverse("accounts:login")).content.decode()


def test_a_sign_of_life_comes_too_late_and_is_told_so(nurse):
    here = browser(nurse, CHROME)
    session = here.session
    session["seen_at"] = (timezone.now() - timedelta(minutes=31)).isoformat()
    session.save()

    answer = here.get(reverse("accounts:here"), headers={polling.HEADER: "0"})

    assert answer.status_code == 403


def test_a_new_password_ends_the_others_and_keeps_this_one(nurse):
    here, there = browser(nurse, CHROME), browser(nurse, FIREFOX)
    new = "năm từ khác hẳn 8042"
    here.post(
        reverse("accounts:change_password"),
        {"old": PASSWORD, "new": new, "again": new},
    )
    assert is_inside(here)
    assert not is_inside(there)
    assert here.get(reverse(PAGE)).content.decode().count("<tr>") == 2
    assert nurse.sign_ins.count() == 1


def test_a_session_that_was_left_is_no_longer_shown(nurse):
    browser(nurse, FIREFOX).post(reverse("accounts:logout"))
    page = browser(nurse, CHROME).get(reverse(PAGE)).content.decode()
    assert "Firefox" not in page
    assert nurse.sign_ins.count() == 1


def test_the_table_holds_no_key_that_opens_a_session(nurse):
    client = browser(nurse, CHROME)
    row = nurse.sign_ins.get()
    assert row.key == client.session.session_key
    assert row.key.encode() not in bytes(row.key_sealed)
