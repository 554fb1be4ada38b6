"""A session lasts a working day; what was typed as it ended is there afterwards."""

import secrets
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Move
from portal.common import scope
from tests.pages.cases import PASSWORD, make_case, make_organization, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
KEPT, LOGIN = reverse("accounts:kept_work"), reverse("accounts:login")
NOTE = "Đã gọi điện, bác sẽ gửi ảnh."


@pytest.fixture
def station():
    return make_organization("TYT-1")


def new_nurse(station):
    return make_staff(station, username=f"lan-{secrets.token_hex(8)}")


@pytest.fixture
def nurse(station):
    return new_nurse(station)


@pytest.fixture
def case(station):
    return make_case(station, sent=timezone.now() - timedelta(hours=5))


def sign_in(client, user):
    return client.post(LOGIN, {"username": user.username, "password": PASSWORD})


def at_work(user, *, hours):
    """Return a browser in which somebody has been busy for so many hours."""
    client = Client()
    sign_in(client, user)
    session = client.session
    now = timezone.now()
    session["begun_at"] = (now - timedelta(hours=hours)).isoformat()
    session["seen_at"] = now.isoformat()
    session.save()
    return client


def note_on(case):
    return reverse(
        "casework:move", args=[int(case.submission.code), case.number, "ghi-chu"]
    )


def notes_of(case):
    with scope.system():
        moves = case.events.filter(move=Move.NOTE).order_by("seq")
        return list(moves.values_list("note", flat=True))


@pytest.mark.parametrize(("hours", "status"), [(7.9, 200), (8.1, 302)])
def test_a_session_lasts_eight_hours_however_busy(nurse, hours, status):
    client = at_work(nurse, hours=hours)
    assert client.get(reverse("casework:queue")).status_code == status


def test_what_was_typed_is_shown_after_signing_in_and_sent_with_one_click(nurse, case):
    client = at_work(nurse, hours=9)
    sent = {"version": case.version, "note": NOTE}
    ended = client.post(note_on(case), sent)
    assert LOGIN in ended["Location"]
    assert notes_of(case) == []

    back = sign_in(client, nurse)
    page = client.get(back["Location"])
    again = client.post(KEPT, sent)
    done = client.post(again["Location"], sent)

    assert back["Location"] == KEPT
    assert NOTE in page.content.decode()
    assert (again.status_code, again["Location"]) == (307, note_on(case))
    assert (done.status_code, notes_of(case)) == (303, [NOTE])
    assert client.get(KEPT).status_code == 302, "it is there once"


def test_it_can_be_left(nurse, case):
    client = at_work(nurse, hours=9)
    client.post(note_on(case), {"version": case.version, "note": NOTE})
    sign_in(client, nurse)

    left = client.post(KEPT, {"leave": "1"})

    assert left.status_code == 303
    assert client.get(KEPT).status_code == 302
    assert notes_of(case) == []


def test_nobody_else_at_that_computer_sees_it(nurse, case, station):
    client = at_work(nurse, hours=9)
    client.post(note_on(case), {"version": case.version, "note": NOTE})
    session = client.session
    assert NOTE not in str(dict(session.items()))

    inside = sign_in(client, new_nurse(station))

    assert inside["Location"] != KEPT
    assert client.get(KEPT).status_code == 302
