"""Signing in: neutral, limited, written down."""

import uuid

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.views import throttling
from portal.audit.models import Entry
from portal.common import mail
from tests.pages.cases import PASSWORD, make_organization, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    """Return an account of its own name: the limiter counts across tests."""
    return make_staff(make_organization("TYT-1"), username=f"lan-{uuid.uuid4().hex}")


def sign_in(client, username: str, password: str, **more):
    return client.post(
        reverse("accounts:login"),
        {"username": username, "password": password, **more},
    )


def test_the_right_password_leads_to_the_queue(client, staff):
    response = sign_in(client, staff.username, PASSWORD)

    assert response.status_code == 303
    assert response["Location"] == reverse("casework:queue")
    assert Entry.objects.get(verb="sign_in").actor_id == staff.pk


def test_an_account_of_the_demo_opens_nothing_of_a_portal_for_the_public(
    client, staff, settings
):
    """The check at the start may have met a database that did not answer yet."""
    User.objects.filter(pk=staff.pk).update(email=f"{staff.username}{mail.DEMO}")
    sign_in(client, staff.username, PASSWORD)

    settings.PRODUCTION = True

    assert client.get(reverse("casework:queue")).status_code == 302
    assert sign_in(Client(), staff.username, PASSWORD).status_code == 422


def test_one_returns_to_the_page_that_asked_for_the_password(client, staff):
    wanted = reverse("oversight:times")

    assert sign_in(client, staff.username, PASSWORD, next=wanted)["Location"] == wanted


def test_a_strange_address_is_not_followed(client, staff):
    response = sign_in(client, staff.username, PASSWORD, next="https://evil.example/")

    assert response["Location"] == reverse("casework:queue")


def test_a_wrong_password_and_an_unknown_name_read_alike(client, staff):
    wrong = sign_in(client, staff.username, "sai")
    unknown_name = f"khong-co-{uuid.uuid4().hex}"
    unknown = sign_in(client, unknown_name, "sai")

    assert wrong.status_code == unknown.status_code == 422
    strip = [r.content.decode().split("<main")[1] for r in (wrong, unknown)]
    tokens = [text.split('csrfmiddlewaretoken" value="')[1][:64] for text in strip]
    pages = [
        text.replace(token, "").replace(staff.username, "").replace(unknown_name, "")
        for text, token in zip(strip, tokens, strict=True)
    ]
    assert pages[0] == pages[1]
    assert "sai" not in strip[0].split("<form")[1].split("</form>")[0]
    failed = Entry.objects.filter(detail="failed")
    assert [entry.actor_id for entry in failed] == [None, None]


def test_many_attempts_are_slowed_down_with_the_time_to_wait(client, staff):
    for _ in range(8):
        sign_in(client, staff.username, "sai")

    response = sign_in(client, staff.username, PASSWORD)

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 300


def try_from(address: str, name: str, *, times: int) -> list[int]:
    """Return the seconds to wait before each try of a password from an address."""
    request = RequestFactory(REMOTE_ADDR=address).post("/")
    return [
        throttling.wait_for_password(request, name, at=timezone.now())
        for _ in range(times)
    ]


def sign_in_from(address: str, staff: User):
    return Client(REMOTE_ADDR=address).post(
        reverse("accounts:login"), {"username": staff.username, "password": PASSWORD}
    )


@pytest.mark.usefixtures("own_limits")
def test_attempts_from_one_address_do_not_lock_the_owner_out_elsewhere(staff):
    """However many: 200 are more than the name, and the address, may be tried."""
    tried = try_from("198.51.100.1", staff.username, times=200)

    assert [bool(wait) for wait in tried] == [False] * 8 + [True] * 192
    assert sign_in_from("203.0.113.9", staff).status_code == 303


@pytest.mark.usefixtures("own_limits")
def test_many_addresses_together_do_not_lock_the_owner_out_at_the_usual_place(staff):
    usual = "203.0.113.9"
    assert sign_in_from(usual, staff).status_code == 303

    for place in range(10):
        try_from(f"198.51.100.{place}", staff.username, times=8)

    assert sign_in_from("198.51.100.99", staff).status_code == 429, "guesses slow down"
    assert sign_in_from(usual, staff).status_code == 303


@pytest.mark.usefixtures("own_limits")
def test_who_is_inside_can_change_the_password_whatever_strangers_try(client, staff):
    client.force_login(staff)
    for place in range(10):
        try_from(f"198.51.100.{place}", staff.username, times=8)
    new = {"new": "năm từ khác hẳn 8042", "again": "năm từ khác hẳn 8042"}
    address = reverse("accounts:change_password")

    wrong = [client.post(address, new | {"old": "sai"}).status_code for _ in range(7)]
    done = client.post(address, new | {"old": PASSWORD})
    again = client.post(address, {"old": "sai", "new": "x", "again": "x"})

    assert wrong == [422] * 7
    assert done.status_code == 303
    assert again.status_code == 429


def test_a_handed_out_password_has_to_be_changed_first(client, staff):
    User.objects.filter(pk=staff.pk).update(must_change_password=True)
    new = "năm từ khác hẳn 8042"

    first = sign_in(client, staff.username, PASSWORD)
    blocked = client.get(reverse("casework:queue"))
    weak = client.post(
        reverse("accounts:change_password"),
        {"old": PASSWORD, "new": "12345678", "again": "12345678"},
    )
    done = client.post(
        reverse("accounts:change_password"),
        {"old": PASSWORD, "new": new, "again": new},
    )

    assert first["Location"] == reverse("accounts:change_password")
    assert blocked["Location"] == reverse("accounts:change_password")
    assert weak.status_code == 422
    assert done.status_code == 303
    assert client.get(reverse("casework:queue")).status_code == 200
    staff.refresh_from_db()
    assert staff.check_password(new)


def test_signing_out_takes_a_post_and_ends_the_session(client, staff):
    client.force_login(staff)

    assert client.get(reverse("accounts:logout")).status_code == 405
    assert client.post(reverse("accounts:logout")).status_code == 303
    assert client.get(reverse("casework:queue")).status_code == 302
