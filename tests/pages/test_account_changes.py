"""Who changes how an account is entered cannot hide it from the account's owner."""

import secrets
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import changes, factors, passkeys, staffing
from portal.accounts.models import AccountChange, Posting, User
from portal.common import outbox
from tests.pages.cases import PASSWORD, make_organization, make_staff
from tests.pages.test_second_factor import SECRET, code_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
PAGE = "accounts:sessions"
NEW = "một câu khác đủ dài 8642"
ASKED = "Có phải bạn không?"


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def nurse(station) -> User:
    name = f"lan-{secrets.token_hex(8)}"
    user = make_staff(station, username=name)
    user.email = "lan@tram.example.vn"
    user.save()
    return user


def browser(user, *, password=PASSWORD):
    client = Client()
    client.post(
        reverse("accounts:login"), {"username": user.username, "password": password}
    )
    return client


def page(client, name=PAGE):
    return client.get(reverse(name)).content.decode()


def letters():
    outbox.drain(queue="notify")
    return [f"{letter.subject}\n{letter.body}" for letter in mail.outbox]


def whats(user):
    rows = AccountChange.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("what", flat=True))


def test_a_new_password_is_told_by_e_mail_and_on_the_next_page(nurse):
    thief = browser(nurse)
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert thief.post(reverse("accounts:change_password"), form).status_code == 303

    [letter] = letters()
    assert "Mật khẩu đã được đổi" in letter
    # Neither who, nor where, nor by what: an e-mail is read by others, too.
    assert nurse.username not in letter
    assert nurse.full_name not in letter
    assert letters() == [letter]
    # Whoever did it is not asked; every other session is, until the owner answers.
    assert ASKED not in page(thief, "casework:queue")
    owner = browser(nurse, password=NEW)
    assert ASKED in page(owner, "casework:queue")
    assert "Mật khẩu đã được đổi" in page(owner)
    owner.post(reverse(PAGE), {"step": "was-me"})
    assert ASKED not in page(owner, "casework:queue")
    assert "Mật khẩu đã được đổi" in page(owner)
    assert AccountChange.objects.get().seen_at is not None


def change(client, user, what="codes"):
    """Have a session change something, as the views do it."""
    changes.note(user=user, what=what, at=timezone.now())
    request = SimpleNamespace(session=client.session)
    changes.made_here(request, user)
    request.session.save()


def test_the_session_that_made_a_change_cannot_say_that_it_was_the_owner(nurse):
    thief, owner = browser(nurse), browser(nurse)
    change(thief, nurse)

    assert thief.post(reverse(PAGE), {"step": "was-me"}).status_code == 404
    assert 'value="was-me"' not in page(thief)
    assert 'value="was-me"' in page(owner)
    assert owner.post(reverse(PAGE), {"step": "was-me"}).status_code == 303
    assert AccountChange.objects.get().seen_at is not None


def test_an_own_change_later_does_not_answer_for_the_one_of_somebody_else(nurse):
    thief, owner = browser(nurse), browser(nurse)
    change(thief, nurse)
    change(owner, nurse)
    change(owner, nurse)

    assert ASKED in page(owner, "casework:queue")
    # Nor does the owner's change give the thief a way to answer.
    change(thief, nurse)
    assert thief.post(reverse(PAGE), {"step": "was-me"}).status_code == 404
    browser(nurse).post(reverse(PAGE), {"step": "was-me"})
    assert ASKED not in page(owner, "casework:queue")
    change(owner, nurse)
    change(owner, nurse)
    assert ASKED not in page(owner, "casework:queue")


def test_many_small_changes_push_none_off_the_list(nurse):
    at = timezone.now()
    changes.note(user=nurse, what="password", at=at)
    for _ in range(30):
        changes.note(user=nurse, what="codes", at=at)

    assert changes.latest(nurse, at=at)[-1].what == "password"


def test_each_change_of_a_second_step_is_listed(nurse):
    at = timezone.now()
    factors.set_up(user=nurse, secret=SECRET, typed=code_at(SECRET, at), at=at)
    factors.renew_codes(user=nurse, at=at)
    factors.remove(user=nurse, by=nurse, at=at)
    assert not passkeys.remove(user=nurse, ref="none", at=at)

    assert whats(nurse) == ["factor_on", "codes", "factor_off"]
    shown = page(browser(nurse))
    for words in ("đã được cài", "Đã tạo mã dự phòng mới", "đã được gỡ"):
        assert words in shown
    assert len(letters()) == 3


def test_what_somebody_else_did_bears_their_name_and_a_first_password_is_no_news(
    nurse, station
):
    lead = make_staff(station, role="lead")
    User.objects.filter(pk=lead.pk).update(full_name="Trần Thị Mai")
    postings = list(Posting.objects.filter(user=lead).select_related("organization"))
    staffing.invite_again(
        user=nurse, language="vi", by=lead, postings=postings, at=timezone.now()
    )

    assert whats(nurse) == ["link"]
    assert "Trần Thị Mai" in page(browser(nurse))
    fresh = staffing.create(
        username="moi-moi",
        full_name="Lê Mới",
        email="moi@tram.example.vn",
        language="vi",
        organization=station,
        role="clerk",
        valid_from=timezone.now(),
        valid_to=None,
        by=lead,
        postings=postings,
        at=timezone.now(),
    )
    assert whats(fresh) == []


def test_without_an_address_nothing_is_owed_and_old_changes_are_listed_no_more(station):
    user = make_staff(station)
    at = timezone.now()
    changes.note(user=user, what="codes", at=at - timedelta(days=91))
    changes.note(user=user, what="password", at=at)

    assert letters() == []
    assert [row.what for row in changes.latest(user, at=at)] == ["password"]
