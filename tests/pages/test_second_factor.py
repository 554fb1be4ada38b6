"""The second step of signing in: set up, asked for, used once, taken off."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import factors
from portal.accounts.models import Posting, User
from portal.audit.models import Entry
from tests.pages.cases import PASSWORD, make_organization, make_staff

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def lead(station) -> User:
    return make_staff(station, role="lead", username=f"mai-{secrets.token_hex(8)}")


def code_at(secret: str, at: datetime, *, later: int = 0) -> str:
    """Return what an app shows at an instant, or so many steps later."""
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30 + later))


def password(client, user):
    return client.post(
        reverse("accounts:login"), {"username": user.username, "password": PASSWORD}
    )


def type_code(client, code, **more):
    return client.post(reverse("accounts:second_step"), {"code": code}, **more)


def details(user):
    rows = Entry.objects.filter(subject="accounts.user", subject_id=user.pk)
    return list(rows.order_by("pk").values_list("detail", flat=True))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")],
)
def test_codes_are_those_of_the_standard(lead, seconds, code):
    at = datetime.fromtimestamp(seconds, UTC)
    factors.set_up(user=lead, secret=SECRET, typed=code, at=at)
    assert factors.is_on(lead)


def test_a_code_counts_within_half_a_minute_and_not_beyond(lead):
    at = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
    factors.keep(lead, SECRET)
    code = code_at(SECRET, at)
    with pytest.raises(factors.WrongCode):
        factors.prove(user=lead, typed=code, at=at + timedelta(seconds=60))
    factors.prove(user=lead, typed=code, at=at + timedelta(seconds=59))


def test_a_code_counts_once_and_none_before_it(lead):
    at = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
    factors.keep(lead, SECRET)
    factors.prove(user=lead, typed=code_at(SECRET, at, later=1), at=at)
    for later in (0, 1):
        with pytest.raises(factors.WrongCode):
            factors.prove(user=lead, typed=code_at(SECRET, at, later=later), at=at)
    assert details(lead)[-2:] == ["second factor failed"] * 2


def test_what_is_kept_is_sealed_for_its_owner(lead, station):
    factors.keep(lead, SECRET)
    row = Authenticator.objects.get(user=lead, type="totp")
    assert SECRET not in str(row.data)
    row.user = make_staff(station)
    row.save()
    at = timezone.now()
    with pytest.raises(factors.crypto.Unreadable):
        factors.prove(user=row.user, typed=code_at(SECRET, at), at=at)


def test_one_sets_it_up_keeps_the_codes_and_signs_in_with_both(client, lead):
    page = reverse("accounts:second_factor")
    password(client, lead)
    shown = client.get(page).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown)[1]
    secret = "".join(re.findall(r'num">([A-Z2-7 ]+)<', shown)[0].split())
    at = timezone.now()

    wrong = client.post(page, {"sealed": sealed, "code": "000000"})
    right = client.post(page, {"sealed": sealed, "code": code_at(secret, at)})
    kept = client.get(right["Location"]).content.decode()
    recovery = re.findall(r'num">([0-9]{4} [0-9]{4})<', kept)
    client.post(right["Location"])
    again = client.get(right["Location"])
    client.post(reverse("accounts:logout"))

    assert wrong.status_code == 422
    assert secret in "".join(wrong.content.decode().split())
    assert len(set(recovery)) == 10
    assert again["Location"] == page

    assert password(client, lead)["Location"] == reverse("accounts:second_step")
    assert client.get(reverse("casework:queue")).status_code == 302
    used = type_code(client, code_at(secret, at))
    inside = type_code(client, recovery[0])
    assert used.status_code == 422
    assert inside["Location"] == reverse("casework:queue")
    assert client.get(reverse("casework:queue")).status_code == 200
    stranger = Client()
    password(stranger, lead)
    assert type_code(stranger, recovery[0]).status_code == 422
    assert details(lead) == [
        "signed in",
        "second factor set up",
        "signed out",
        "second factor failed",
        "recovery code used",
        "signed in",
        "second factor failed",
    ]


def test_a_code_without_the_password_is_worth_nothing(client, lead):
    factors.keep(lead, SECRET)
    answer = type_code(client, code_at(SECRET, timezone.now()))
    assert answer["Location"] == reverse("accounts:login")


def test_codes_cannot_be_guessed_and_the_owner_is_not_locked_out(client, lead):
    factors.keep(lead, SECRET)
    password(client, lead)
    for _ in range(6):
        type_code(client, "000000")
    stopped = type_code(client, code_at(SECRET, timezone.now()))
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    password(elsewhere, lead)
    inside = type_code(elsewhere, code_at(SECRET, timezone.now()))

    assert stopped.status_code == 429
    assert int(stopped["Retry-After"]) >= 1
    assert inside.status_code == 303


def test_who_must_have_one_gets_nowhere_before_it_is_set_up(
    client, lead, station, settings
):
    settings.SECOND_FACTOR_ROLES = ["lead", "overseer", "administrator"]
    password(client, lead)
    blocked = client.get(reverse("casework:queue"))
    page = client.get(blocked["Location"])
    nurse = Client()
    nurse.force_login(make_staff(station))

    assert blocked["Location"] == reverse("accounts:second_factor")
    assert page.status_code == 200
    assert nurse.get(reverse("casework:queue")).status_code == 200


def test_it_stays_on_where_it_must_and_else_takes_a_code_to_remove(
    client, lead, settings
):
    page, at = reverse("accounts:second_factor"), timezone.now()
    factors.keep(lead, SECRET)
    password(client, lead)
    type_code(client, factors.recovery_codes(lead)[0])

    settings.SECOND_FACTOR_ROLES = ["lead"]
    client.post(page, {"code": code_at(SECRET, at), "step": "remove"})
    assert factors.is_on(lead)
    settings.SECOND_FACTOR_ROLES = []
    refused = client.post(page, {"code": "000000", "step": "remove"})
    client.post(page, {"code": code_at(SECRET, at, later=1), "step": "remove"})

    assert refused.status_code == 422
    assert not factors.is_on(lead)
    assert "second factor removed" in details(lead)


def test_a_lesser_posting_chosen_for_now_takes_no_second_factor_off(
    client, lead, settings
):
    settings.SECOND_FACTOR_ROLES = ["lead"]
    at, since = timezone.now(), timezone.now() - timedelta(days=1)
    lesser = Posting.objects.create(
        user=lead,
        organization=make_organization("TYT-2"),
        role="staff",
        valid_from=since,
    )
    password(client, lead)
    client.post(reverse("accounts:postings"), {"posting": lesser.pk})
    blocked = client.get(reverse("casework:queue"))
    factors.keep(lead, SECRET)
    type_code(client, code_at(SECRET, at))
    client.post(reverse("accounts:postings"), {"posting": lesser.pk})

    client.post(
        reverse("accounts:second_factor"),
        {"code": code_at(SECRET, at, later=1), "step": "remove"},
    )

    assert client.session["posting"] == lesser.pk
    assert blocked.headers.get("Location") == reverse("accounts:second_factor")
    assert factors.is_on(lead)


def test_the_framework_has_no_administration_of_its_own(client, lead):
    User.objects.filter(pk=lead.pk).update(is_staff=True, is_superuser=True)
    client.force_login(lead)

    assert client.get("/he-thong/").status_code == 404
    assert not apps.is_installed("django.contrib.admin")
