"""Where nobody answers the level above has the cases, and they come back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.actions import casework, clockwork, standing_in
from complaints.choices import Move
from complaints.models import Digest, Ladder, Message, StandIn
from portal.accounts.models import Posting, User
from portal.common import outbox
from tests.factories import (
    NOON,
    make_organization,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def department():
    body = make_organization(kind="health_department")
    make_staff(body, email="so@syt.example", last_login=NOON)
    return body


@pytest.fixture
def station(department):
    return make_organization(parent=department)


def ladder(**facts):
    Ladder.objects.update(**{"idle_days": 3, "capacity": None} | facts)


def sent_to(station, *, number=1, at=NOON):
    case = only_complaint(
        submit(missing_dose(station, given_on=f"2021-08-{number:02}"), at=at)
    )
    drain_all(at)
    return case


def test_without_an_account_the_case_goes_up_and_the_citizen_is_told(
    station, department
):
    ladder()
    case = sent_to(station)

    assert standing_in.watch(at=NOON + HOUR) == 1
    assert standing_in.watch(at=NOON + HOUR) == 0

    case.refresh_from_db()
    assert case.holder == department
    event = case.events.latest("seq")
    assert (event.move, event.actor) == (Move.ESCALATE, "system")
    assert event.data["why"] == "no_account"
    drain_all(NOON + HOUR)
    assert Message.objects.filter(event=event, state="sent").count() == 1


def test_after_three_working_days_without_a_log_in_and_back_after_one(
    station, department
):
    """NOON is a Monday: the log-in of that day, and nobody until Friday."""
    ladder()
    nurse = make_staff(station, email="yta@tyt.example", last_login=NOON)
    case = sent_to(station, at=NOON + 2 * DAY)
    assert standing_in.watch(at=NOON + 3 * DAY) == 0

    assert standing_in.watch(at=NOON + 4 * DAY) == 1
    case.refresh_from_db()
    assert case.holder == department

    User.objects.filter(pk=nurse.pk).update(last_login=NOON + 4 * DAY + HOUR)
    assert standing_in.watch(at=NOON + 4 * DAY + 2 * HOUR) == 1
    case.refresh_from_db()
    assert (case.holder, case.status) == (station, "received")
    assert case.events.latest("seq").move == Move.GIVE_BACK
    assert StandIn.objects.get().until == NOON + 4 * DAY + 2 * HOUR


def test_what_was_taken_on_meanwhile_stays_above(station, department):
    ladder()
    case = sent_to(station)
    standing_in.watch(at=NOON + HOUR)
    chief = User.objects.get(email="so@syt.example")
    casework.accept(complaint_id=case.pk, by=chief, at=NOON + 2 * HOUR)

    make_staff(station, last_login=NOON + 3 * HOUR)
    assert standing_in.watch(at=NOON + 4 * HOUR) == 0

    case.refresh_from_db()
    assert case.holder == department
    assert StandIn.objects.get().until == NOON + 4 * HOUR


def test_over_capacity_only_what_is_beyond_goes_up(station, department):
    ladder(idle_days=None, capacity=2)
    make_staff(station, last_login=NOON)
    cases = [sent_to(station, number=n, at=NOON + n * HOUR) for n in range(1, 4)]

    assert standing_in.watch(at=NOON + 4 * HOUR) == 1

    for case in cases:
        case.refresh_from_db()
    assert [case.holder for case in cases] == [station, station, department]
    # It comes back once the station is half empty, not at the first gap.
    nurse = make_staff(station, last_login=NOON)
    for place, case in enumerate(cases[:2]):
        assert standing_in.watch(at=NOON + (5 + place) * HOUR) == (
            0 if place < 1 else 1
        )
        casework.resolve(
            complaint_id=case.pk,
            verdicts={c.pk: ("kept", "unreadable") for c in case.claims.all()},
            note="Ảnh mờ.",
            by=nurse,
            at=NOON + (5 + place) * HOUR,
        )
    cases[2].refresh_from_db()
    assert cases[2].holder == station


def test_without_a_rule_about_it_nobody_is_asked(station):
    ladder(idle_days=None)
    case = sent_to(station)
    assert standing_in.watch(at=NOON + 30 * DAY) == 0
    case.refresh_from_db()
    assert case.holder == station


def test_the_people_of_both_are_told_in_office_hours(station, department):
    ladder(idle_days=1)
    make_staff(station, email="yta@tyt.example", last_login=NOON)
    sent_to(station)
    clockwork.run(at=NOON + 2 * DAY)
    # Noon is the midday break.
    assert not Digest.objects.exists()

    clockwork.run(at=NOON + 2 * DAY + 2 * HOUR)
    told = {d.user.email: set(d.counts) for d in Digest.objects.all()}
    assert "away:of:no_login" in told["yta@tyt.example"]
    assert "away:for:no_login" in told["so@syt.example"]
    outbox.drain(queue="notify", at=NOON + 2 * DAY + 2 * HOUR)
    assert not Digest.objects.filter(sent_at=None).exists()


def test_a_colleague_posted_today_is_somebody_who_answers(station):
    """Whenever the others, or the new one at another place, last logged in."""
    ladder()
    make_staff(station, last_login=NOON - 30 * DAY)
    new = make_staff(station, last_login=NOON - 40 * DAY)
    Posting.objects.filter(user=new).update(valid_from=NOON)
    sent_to(station)

    assert standing_in.watch(at=NOON + HOUR) == 0
    assert standing_in.watch(at=NOON + 4 * DAY) == 1


def test_no_more_comes_back_than_there_is_room_for(station, department):
    ladder(idle_days=None, capacity=2)
    nurse = make_staff(station, last_login=NOON)
    cases = [sent_to(station, number=n, at=NOON + n * HOUR) for n in range(1, 6)]
    assert standing_in.watch(at=NOON + 6 * HOUR) == 3
    casework.resolve(
        complaint_id=cases[0].pk,
        verdicts={c.pk: ("kept", "unreadable") for c in cases[0].claims.all()},
        note="Ảnh mờ.",
        by=nurse,
        at=NOON + 7 * HOUR,
    )

    counts = [standing_in.watch(at=NOON + hour * HOUR) for hour in (8, 9)]

    assert counts == [1, 0]
    assert station.complaints.filter(status="received").count() == 2
    assert department.complaints.count() == 2
    assert StandIn.objects.get().until is None


def test_a_ladder_that_asks_about_numbers_no_more_gives_them_back(station):
    ladder(idle_days=None, capacity=1)
    make_staff(station, last_login=NOON)
    for number in (1, 2):
        sent_to(station, number=number)
    assert standing_in.watch(at=NOON + HOUR) == 1

    ladder(idle_days=3, capacity=None)
    assert standing_in.watch(at=NOON + 2 * HOUR) == 1
    assert StandIn.objects.get().until == NOON + 2 * HOUR


def test_many_organizations_take_no_more_statements_than_few(department):
    """Some where people answer, some where nobody does whose cases are above."""
    ladder(capacity=20)

    def add(*numbers):
        for number in numbers:
            away, there = (make_organization(parent=department) for _ in range(2))
            make_staff(there, last_login=NOON - DAY)
            sent_to(away, number=number)
            sent_to(there, number=number + 10)
        standing_in.watch(at=NOON + 2 * HOUR)
        with CaptureQueriesContext(connection) as queries:
            assert standing_in.watch(at=NOON + 2 * HOUR) == 0
        return len(queries)

    assert add(1) == add(2, 3)
    assert StandIn.objects.filter(until=None).count() == 3


def test_who_was_written_to_this_hour_hears_of_it_in_the_next(station, department):
    ladder(idle_days=1)
    nurse = make_staff(station, email="yta@tyt.example", last_login=NOON)
    sent_to(station)
    two = NOON + 2 * DAY + 2 * HOUR
    User.objects.filter(email="so@syt.example").update(last_login=two)
    Digest.objects.create(user=nurse, organization=station, hour=two, counts={})

    clockwork.run(at=two)
    assert StandIn.objects.get().told_at is None
    assert not any("away" in key for d in Digest.objects.all() for key in d.counts)

    clockwork.run(at=two + HOUR)
    assert StandIn.objects.get().told_at == two + HOUR
    told = {d.user.email: set(d.counts) for d in Digest.objects.filter(hour__gt=two)}
    assert "away:of:no_login" in told["yta@tyt.example"]
    assert "away:for:no_login" in told["so@syt.example"]
