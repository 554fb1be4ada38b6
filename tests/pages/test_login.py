"""Signing in: neutral, limited, written down."""

import uuid

import pytest
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import Entry
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


def test_attempts_from_one_address_do_not_lock_the_owner_out_elsewhere(client, staff):
    for _ in range(9):
        sign_in(client, staff.username, "sai")

    response = client.post(
        reverse("accounts:login"),
        {"username": staff.username, "password": PASSWORD},
        REMOTE_ADDR="203.0.113.9",
    )

    assert response.status_code == 303


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
