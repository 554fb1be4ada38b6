"""A year of cases, reminders and hand-ups, with time passed in; calm, and with crashes.

The hours are those of the country: 7:30 to 11:30 and 13:00 to 17:00, Monday to Friday,
not on holidays, not over Tết (16 to 20 February 2026), not at night; at one station
13:00 to 19:00, Tuesday to Saturday. The cases are sent so that rungs are reached, and
the portal looks, when offices are closed: at ten past seven, over midday, at night, and
when the country works and that station does not.
"""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction

from complaints import policies
from complaints.actions import casework, citizen, clockwork
from complaints.choices import Move
from complaints.models import Complaint, Digest, Event, OfficeHours, Reached
from portal.common import outbox
from portal.registry.models import Holiday
from tests.factories import make_organization, make_staff, missing_dose, submit
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = timedelta(hours=1)
TET = [date(2026, 2, day) for day in range(16, 21)]
# Hours of wall time from the sending: rung (clock, share, levels) -> when.
UNTOUCHED = {
    ("answer", 100, 0): 24,
    ("repair", 50, 0): 24,
    ("repair", 90, 0): 43.2,
    ("repair", 100, 0): 48,
    ("repair", 100, 1): 48,
    ("repair", 150, 2): 72,
}
DECIDED_AFTER_30 = {key: at for key, at in UNTOUCHED.items() if at < 30}
# Asked after 10 hours, answered after 40: a pause of 30.
ASKED = {key: at + 30 for key, at in UNTOUCHED.items() if key[0] == "repair"}
LIVES = (UNTOUCHED, DECIDED_AFTER_30, ASKED)
# When each case is sent; on how many days from then, and at which times, the portal
# looks besides the instants of its rungs. The fourth is the station's with its own
# hours; the sixth falls due over 30 April and 1 May.
CASES = (
    ("2026-02-13 15:30", 11, ("07:10", "07:31")),
    ("2026-02-13 16:30", 0, ()),
    ("2026-02-13 17:30", 0, ()),
    ("2026-03-10 09:00", 4, ("18:10",)),
    ("2026-12-08 11:50", 4, ("07:31", "13:01")),
    ("2026-04-28 01:10", 7, ("07:31",)),
)
OWN = 3


def local(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


class Crash(Exception):
    """The machine stopped."""


def made(number):
    """Return when a case was sent."""
    return local(CASES[number][0])


def script(station, own):
    """Return what people do and when, and the ticks of the portal between."""
    steps = []
    for number, (_sent, days, times) in enumerate(CASES):
        sent, site = made(number), own if number == OWN else station
        nurse = make_staff(site, email=f"yta{number}@tyt.example")
        steps += [(sent, sends(site, number))]
        if LIVES[number % 3] is DECIDED_AFTER_30:
            steps.append((sent + 30 * HOUR, decides(number, nurse)))
        if LIVES[number % 3] is ASKED:
            steps.append((sent + 10 * HOUR, asks(number, nurse)))
            steps.append((sent + 40 * HOUR, answers(number)))
        for hours in sorted(set(LIVES[number % 3].values())):
            steps.append((sent + hours * HOUR + timedelta(seconds=40), None))
        for day in range(days):
            on = sent.date() + timedelta(days=day)
            steps += [(local(f"{on} {clock}"), None) for clock in times]
    return sorted(steps, key=lambda step: step[0])


def sends(station, number):
    def send(at):
        day = date(2021, 6, 1) + timedelta(days=number)
        submit(missing_dose(station, given_on=day.isoformat()), at=at)
        drain_all(at)

    return send


def case_of(number):
    return Complaint.objects.order_by("submitted_at", "pk").get(
        given_on=date(2021, 6, 1) + timedelta(days=number)
    )


def decides(number, nurse):
    def decide(at):
        case = case_of(number)
        casework.resolve(
            complaint_id=case.pk,
            verdicts={c.pk: ("kept", "unreadable") for c in case.claims.all()},
            note="Ảnh mờ.",
            by=nurse,
            at=at,
        )

    return decide


def asks(number, nurse):
    def ask(at):
        facts = {"reasons": ["slip"], "by": nurse, "at": at}
        casework.ask(complaint_id=case_of(number).pk, **facts)

    return ask


def answers(number):
    def answer(at):
        citizen.tell(complaint_id=case_of(number).pk, note="Đây.", at=at)

    return answer


WORK = (*clockwork.PARTS, partial(outbox.drain, queue="notify"))


def live(steps, *, dies=lambda: ""):
    """Play the year; where the machine dies, it does the minute's work in the next.

    It dies within a part of the work, whose transaction is undone, or right after one.
    """
    for at, act in steps:
        if act is not None:
            act(at)
        elif not done(at, dies):
            assert done(at + timedelta(minutes=1))


def done(at, dies=lambda: ""):
    """Do the work of a minute; tell whether the machine lived to its end."""
    for part in WORK:
        death = dies()
        try:
            with transaction.atomic():
                part(at=at)
                if death == "within":
                    raise Crash
        except Crash:
            return False
        if death:
            return False
    return True


def told():
    return {
        (row.user.username, row.hour, tuple(sorted(row.counts.items())))
        for row in Digest.objects.select_related("user")
    }


@pytest.fixture
def year():
    for day in TET:
        Holiday.objects.create(day=day, name="Tết", source="thử")
    department = make_organization(kind="health_department")
    station, own = (make_organization(parent=department) for _ in range(2))
    OfficeHours.objects.create(
        organization=own,
        weekdays=[1, 2, 3, 4, 5],
        begins=time(13),
        ends=time(19),
        valid_from=date(2026, 1, 1),
        source="thử",
    )
    make_staff(station, role="lead", email="truong@tyt.example")
    make_staff(department, role="overseer", email="giamsat@syt.example")
    make_staff(department.parent, role="overseer", email="giamsat@byt.example")
    return script(station, own)


def test_each_rung_once_in_office_hours_and_the_same_after_crashes(year):
    with transaction.atomic():
        live(year)
        calm = told()
        every_rung_was_reached_when_it_should()
        everybody_was_told_once_and_in_office_hours()
        transaction.set_rollback(True)
    assert len(calm) > len(CASES)

    chance = random.Random(20261122)
    deaths = Counter()

    def dies():
        death = chance.choices(["", "within", "after"], [18, 1, 1])[0]
        deaths[death] += 1
        return death

    mail.outbox.clear()
    live(year, dies=dies)
    assert min(deaths["within"], deaths["after"]) > 10
    every_rung_was_reached_when_it_should()
    everybody_was_told_once_and_in_office_hours()
    assert told() == calm


def every_rung_was_reached_when_it_should():
    for number in range(len(CASES)):
        case, sent = case_of(number), made(number)
        reached = {
            (row.clock, row.share, row.levels): row.at for row in case.reached.all()
        }
        expected = {
            key: sent + hours * HOUR for key, hours in LIVES[number % 3].items()
        }
        assert reached == expected, number
        overdue = case.events.filter(move=Move.OVERDUE)
        ends = expected.get(("repair", 100, 0))
        assert [event.at for event in overdue] == ([ends] if ends else [])
        ups = case.events.filter(move=Move.HAND_UP).count()
        assert ups == (("repair", 150, 2) in expected)


def everybody_was_told_once_and_in_office_hours():
    rows = list(Reached.objects.select_related("organization"))
    assert all(row.told_at for row in rows)
    for row in rows:
        if row.told:
            is_in_office_hours(row.organization, row.told_at)
    counted = Counter()
    for digest in Digest.objects.select_related("organization"):
        is_in_office_hours(digest.organization, digest.sent_at)
        counted.update(digest.counts)
    by_rung = Counter()
    for row in rows:
        by_rung[f"{row.clock}:{row.share}:{row.levels}"] += row.told
    assert counted == +by_rung
    # A letter that went out before a crash goes out again under its own name.
    letters = {letter.extra_headers["Message-ID"] for letter in mail.outbox}
    assert len(letters) == Digest.objects.count()
    assert not Event.objects.filter(move=Move.ESCALATE).exists()


def is_in_office_hours(organization, at):
    """By the calendar, and by what the head of this file says of it."""
    assert policies.calendar_of(organization, at=at).is_open(at), at
    then = at.astimezone(ZONE)
    assert then.date() not in (*TET, date(2026, 4, 30), date(2026, 5, 1)), at
    if OfficeHours.objects.filter(organization=organization).exists():
        assert 1 <= then.weekday() <= 5, at
        assert time(13) <= then.time() < time(19), at
    else:
        assert then.weekday() < 5, at
        assert time(7, 30) <= then.time() < time(11, 30) or time(
            13
        ) <= then.time() < time(17), at
