"""A session lasts a working day; what was typed as it ended is there afterwards."""

import secrets
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import turns
from complaints.choices import Move
from complaints.models import Lease, Presence
from portal.common import polling, scope
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


def at_work(user, *, hours, rest=0):
    """Return a browser in which somebody was busy so long and rested ``rest`` minutes.

    Wound back in what the session holds; the row itself stays as it was made.
    """
    client = Client()
    sign_in(client, user)
    session = client.session
    now = timezone.now()
    session["begun_at"] = (now - timedelta(hours=hours)).isoformat()
    session["seen_at"] = (now - timedelta(minutes=rest)).isoformat()
    session.save()
    return client


def poll(client, case, *, idle):
    """Ask who is there as an open page does that nobody touched for so many seconds."""
    here = reverse("casework:who_is_here", args=place_of(case))
    headers = {"HX-Request": "true", polling.HEADER: str(idle)}
    return client.post(here, headers=headers)


def note_on(case):
    return reverse("casework:move", args=[*place_of(case), "ghi-chu"])


def place_of(case):
    return [int(case.submission.code), case.number]


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


@pytest.mark.parametrize(("hours", "rest"), [(9, 0), (1, 31)], ids=["day", "rest"])
def test_a_page_that_asks_by_itself_takes_nothing_from_what_is_sent_next(
    nurse, case, hours, rest
):
    client = at_work(nurse, hours=hours, rest=rest)
    polled = poll(client, case, idle=10)
    sent = {"version": case.version, "note": NOTE}
    where = f"http://testserver{reverse('casework:case', args=place_of(case))}"
    headers = {"HX-Request": "true", "HX-Current-URL": where}

    ended = client.post(note_on(case), sent, headers=headers)
    back = sign_in(client, nurse)

    assert (polled.status_code, polled.content) == (204, b"")
    assert ended.status_code == 200, "a redirect would be followed into the pane"
    assert ended["HX-Redirect"].startswith(LOGIN)
    assert back["Location"] == KEPT
    assert NOTE in client.get(KEPT).content.decode()


def test_what_is_sent_from_a_second_tab_is_kept_although_the_first_one_ended_it(
    nurse, case
):
    client = at_work(nurse, hours=9)
    client.get(reverse("casework:queue"))
    client.post(note_on(case), {"version": case.version, "note": NOTE})

    assert sign_in(client, nurse)["Location"] == KEPT
    assert NOTE in client.get(KEPT).content.decode()


def test_a_session_that_is_over_is_known_for_a_day(nurse):
    """Else what was typed before it ended could be kept for nobody."""
    client = at_work(nurse, hours=1)
    assert client.session.get_expiry_age() > timedelta(hours=23).total_seconds()


def test_after_signing_out_nothing_is_kept_any_more(nurse, case):
    client = at_work(nurse, hours=1)
    client.post(reverse("accounts:logout"))
    client.post(note_on(case), {"version": case.version, "note": NOTE})

    assert sign_in(client, nurse)["Location"] != KEPT


@pytest.mark.parametrize(
    ("idle", "minutes"), [(0, 0), (20, 1 / 3), (600, 10), (3600, 29), ("?", 29)]
)
def test_an_open_page_rests_since_somebody_touched_it(nurse, case, idle, minutes):
    client = at_work(nurse, hours=1, rest=29)

    assert poll(client, case, idle=idle).status_code == 200

    seen = timezone.now() - datetime.fromisoformat(client.session["seen_at"])
    assert abs(seen - timedelta(minutes=minutes)) < timedelta(seconds=20)


@pytest.mark.parametrize(("idle", "stays"), [(290, True), (310, False)])
def test_a_case_stays_with_who_uses_its_page(nurse, case, idle, stays):
    client = at_work(nurse, hours=1)
    client.post(reverse("casework:take_next"))
    with scope.system():
        begun = timezone.now() - timedelta(minutes=4)
        Lease.objects.filter(complaint=case).update(until=begun + turns.LEASE)

    poll(client, case, idle=idle)

    with scope.system():
        renewed = Lease.objects.filter(until__gt=timezone.now() + turns.LEASE / 2)
        there = Presence.objects.filter(complaint=case, user=nurse)
        assert (renewed.exists(), there.exists()) == (stays, stays)
