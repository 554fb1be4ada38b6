"""Rungs that a case's clock reaches: once, at their instant, none while it pauses."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.actions import casework, clockwork, digests, escalation, reminders
from complaints.choices import Move
from complaints.models import Digest, Ladder, OfficeHours, Policy, Reached, Rung
from complaints.notifications.digests import letter
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
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def department():
    return make_organization(kind="health_department")


@pytest.fixture
def station(department):
    return make_organization(parent=department)


def sent_to(station, *, number=1, at=NOON):
    case = only_complaint(
        submit(missing_dose(station, given_on=f"2021-08-{number:02}"), at=at)
    )
    drain_all(at)
    return case


def rungs(case):
    rows = case.reached.values_list("clock", "share", "levels")
    return set(rows)


def two_working_days(*, answer=16, **facts):
    Policy.objects.create(
        in_office=True,
        repair_hours=16,
        first_answer_hours=answer,
        pause_days=10,
        disagree_days=30,
        valid_from=date(2026, 11, 1),
        source="thử",
        **facts,
    )


def test_the_level_above_becomes_co_holder_and_later_the_one_above_that(
    station, department
):
    case = sent_to(station)
    clockwork.run(at=NOON + 49 * HOUR)
    case.refresh_from_db()
    assert (case.holder, case.co_holder) == (station, department)

    clockwork.run(at=NOON + 73 * HOUR)
    case.refresh_from_db()
    assert (case.holder, case.co_holder) == (station, department.parent)
    event = case.events.latest("seq")
    assert event.move == Move.HAND_UP
    assert event.data == {"above": department.parent.name, "share": 150}


def test_a_decision_ends_the_share_of_the_level_above(station, department):
    case = sent_to(station)
    clockwork.run(at=NOON + 49 * HOUR)
    chief = make_staff(department)
    casework.resolve(
        complaint_id=case.pk,
        verdicts={c.pk: ("kept", "unreadable") for c in case.claims.all()},
        note="Ảnh mờ.",
        by=chief,
        at=NOON + 50 * HOUR,
    )
    case.refresh_from_db()
    assert case.co_holder is None
    assert reminders.find(at=NOON + 90 * HOUR) == 0


def test_an_extension_moves_the_rungs_that_are_to_come(station):
    case = sent_to(station)
    clockwork.run(at=NOON + 25 * HOUR)
    casework.extend(
        complaint_id=case.pk,
        note="Chờ sổ gốc.",
        by=make_staff(station),
        at=NOON + 26 * HOUR,
    )
    clockwork.run(at=NOON + 86 * HOUR)
    assert ("repair", 90, 0) not in rungs(case)
    clockwork.run(at=NOON + 86.5 * HOUR)
    assert ("repair", 90, 0) in rungs(case)
    assert case.reached.get(share=90).at == NOON + 0.9 * 96 * HOUR


def test_rounds_go_by_the_ladder_of_the_day_they_began(station):
    case = sent_to(station)
    newer = Ladder.objects.create(
        valid_from=NOON.date() + timedelta(days=1), source="thử"
    )
    Rung.objects.create(ladder=newer, clock="repair", share=10, levels=0)
    later = sent_to(station, number=2, at=NOON + 24 * HOUR)

    clockwork.run(at=NOON + 30 * HOUR)

    assert rungs(case) == {("answer", 100, 0), ("repair", 50, 0)}
    assert rungs(later) == {("repair", 10, 0)}


def test_what_the_portal_slept_through_is_told_once_by_its_highest_rung(station):
    make_staff(station, email="yta@tyt.example")
    case = sent_to(station)
    # Thursday at two in the afternoon.
    at = NOON + 74 * HOUR
    clockwork.run(at=at)

    assert rungs(case) >= {("repair", 50, 0), ("repair", 90, 0), ("repair", 100, 0)}
    (digest,) = Digest.objects.all()
    assert digest.counts == {"answer:100:0": 1, "repair:100:0": 1}
    assert clockwork.run(at=at + HOUR) is None
    assert Digest.objects.count() == 1


def test_fifty_cases_make_one_letter_without_a_word_about_anybody(station):
    nurse = make_staff(station, email="yta@tyt.example")
    for number in range(1, 6):
        sent_to(station, number=number)
    reminders.find(at=NOON + 26 * HOUR)
    assert digests.tell(at=NOON + 26 * HOUR) == 1

    (digest,) = Digest.objects.filter(user=nurse)
    text = letter(digest.counts).text
    assert "5 hồ sơ" in text
    assert "/lam-viec/" in text
    for secret in ("Trần Văn Không", "+84900000215", "2021"):
        assert secret not in text


def test_working_days_reach_their_rungs_in_office_hours(station):
    """Sixteen office hours from Monday noon: half are over on Tuesday at 11:30."""
    two_working_days(level="health_station")
    case = sent_to(station)
    half = NOON.replace(day=3, hour=4, minute=30)
    assert reminders.find(at=half - timedelta(seconds=1)) == 0
    assert reminders.find(at=half) == 1
    assert case.reached.get().at == half


def test_each_organization_has_its_own_hours_under_the_general_policy(department):
    """Eight are over at 11:30, and at noon where they work from eight till four."""
    two_working_days(answer=8)
    usual, other = (make_organization(parent=department) for _ in range(2))
    OfficeHours.objects.create(
        organization=other,
        weekdays=[0, 1, 2, 3, 4],
        begins=time(8),
        ends=time(16),
        valid_from=date(2026, 1, 1),
        source="thử",
    )
    cases = [sent_to(usual), sent_to(other, number=2)]

    reminders.find(at=NOON + 24 * HOUR)

    instants = [case.reached.get(clock="answer").at for case in cases]
    assert instants == [NOON + 23.5 * HOUR, NOON + 24 * HOUR]


@pytest.mark.parametrize("level", ["health_station", ""])
def test_many_cases_in_working_days_take_no_more_statements_than_few(department, level):
    two_working_days(level=level)

    def add(*numbers):
        for number in numbers:
            sent_to(make_organization(parent=department), number=number)
        with CaptureQueriesContext(connection) as queries:
            assert reminders.find(at=NOON + HOUR) == 0
        return len(queries)

    assert add(1) == add(2, 3, 4)


def test_overdue_once_even_if_it_is_asked_about_for_ever(station):
    case = sent_to(station)
    for hours in (49, 50, 400):
        escalation.mark_overdue(at=NOON + hours * HOUR)
        reminders.find(at=NOON + hours * HOUR)
    assert case.events.filter(move=Move.OVERDUE).count() == 1
    assert Reached.objects.filter(share=100, clock="repair").count() == 2


def test_many_fresh_cases_do_not_hide_the_one_that_is_half_over(department):
    """Thirty working days of a hospital, and stations' reports of the last hour."""
    two_working_days(level="hospital")
    Policy.objects.filter(level="hospital").update(repair_hours=240)
    hospital = make_organization(kind="hospital", parent=department)
    old = sent_to(hospital, at=NOON)
    now = NOON + 22 * DAY
    for number in (2, 3, 4):
        sent_to(make_organization(parent=department), number=number, at=now - HOUR)

    reminders.find(at=now, limit=2)

    assert rungs(old) == {("answer", 100, 0), ("repair", 50, 0)}
    assert Reached.objects.exclude(complaint=old).count() == 0


def test_cases_that_are_not_there_yet_are_leafed_through(department):
    """Over a weekend no office hour passes; the 48 hours of others go on."""
    two_working_days(level="hospital")
    friday = NOON.replace(day=6, hour=10)
    for number in (2, 3, 4):
        hospital = make_organization(kind="hospital", parent=department)
        theirs = sent_to(hospital, number=number, at=friday - 2 * DAY)
        theirs.refresh_from_db()
        assert theirs.due_at == friday
    case = sent_to(make_organization(parent=department), at=friday - 47 * HOUR)
    reminders.find(at=friday + 24 * HOUR)
    assert ("repair", 150, 2) not in rungs(case)

    reminders.find(at=friday + 25 * HOUR, limit=2)

    assert ("repair", 150, 2) in rungs(case)


def test_what_grew_over_the_weekend_stands_in_mondays_letter_once_a_case(station):
    """Half over on Saturday, nine tenths and due on Sunday: the letter says due."""
    nurse = make_staff(station, email="yta@tyt.example")
    friday = NOON.replace(day=6, hour=9)
    for number in (1, 2):
        sent_to(station, number=number, at=friday)
    for hours in (25, 44, 49):
        clockwork.run(at=friday + hours * HOUR)
    assert Reached.objects.filter(told_at=None).count() == 2 * 5

    monday = NOON.replace(day=9, hour=1)
    clockwork.run(at=monday)

    digest = Digest.objects.get(user=nurse)
    assert digest.counts == {"answer:100:0": 2, "repair:100:0": 2}
    told = Reached.objects.filter(clock="repair", levels=0).order_by("share")
    assert set(told.values_list("share", "told", "told_at")) == {
        (50, 0, monday),
        (90, 0, monday),
        (100, 1, monday),
    }


def test_whoever_was_written_to_this_hour_holds_up_nobody_else(department):
    busy, other = (make_organization(parent=department) for _ in range(2))
    for station, name in ((busy, "ban"), (other, "ranh")):
        make_staff(station, email=f"{name}@tyt.example", username=name)
    sent_to(busy)
    now = NOON + 26 * HOUR
    clockwork.run(at=now)
    outbox.drain(queue="notify", at=now)
    sent_to(busy, number=2, at=now - 25 * HOUR)
    sent_to(other, number=3, at=now - 25 * HOUR)

    clockwork.run(at=now + HOUR / 60)
    hours = [one.hour for one in Digest.objects.filter(user__username="ban")]
    assert Digest.objects.filter(user__username="ranh").count() == len(hours) == 1
    clockwork.run(at=now + HOUR)
    assert Digest.objects.filter(user__username="ban").count() == 2
