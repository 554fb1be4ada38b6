"""A year of cases, reminders and hand-ups, with time passed in; calm, and with crashes.

The hours are those of the country: 7:30 to 11:30 and 13:00 to 17:00, Monday to Friday,
not on holidays, not over Tết (16 to 20 February 2026), not at night.
"""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction

from complaints.actions import casework, citizen, clockwork
from complaints.choices import Move
from complaints.models import Complaint, Digest, Event, Reached
from portal.common import outbox
from portal.registry.models import Holiday
from tests.factories import make_organization, make_staff, missing_dose, submit
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = timedelta(hours=1)
CASES = 6
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


class Crash(Exception):
    """The machine stopped."""


def made(number):
    """Return when a case was sent: all over the year, three of them before Tết."""
    if number < len(LIVES):
        return datetime(2026, 2, 13, 15, 30, tzinfo=ZONE) + number * HOUR
    chance = random.Random(f"sent {number}")
    day = date(2026, 1, 5) + timedelta(days=66 * number - chance.randrange(30))
    return datetime.combine(day, time(chance.randrange(24), 7), tzinfo=ZONE)


def script(station):
    """Return what people do and when, and the ticks of the portal between."""
    nurse = make_staff(station, email="yta@tyt.example")
    steps = []
    for number in range(CASES):
        sent = made(number)
        steps += [(sent, sends(station, number))]
        if LIVES[number % 3] is DECIDED_AFTER_30:
            steps.append((sent + 30 * HOUR, decides(number, nurse)))
        if LIVES[number % 3] is ASKED:
            steps.append((sent + 10 * HOUR, asks(number, nurse)))
            steps.append((sent + 40 * HOUR, answers(number)))
        for hours in sorted(set(LIVES[number % 3].values())):
            steps.append((sent + hours * HOUR + timedelta(seconds=40), None))
        opened = datetime.combine(sent.date(), time(7, 31), tzinfo=ZONE)
        # Before Tết only one case looks on, every morning and night until it is over.
        days = 11 if number == 0 else 0 if number < len(LIVES) else 8
        for day in range(days):
            for hours in (0, 15) if day < 2 or number == 0 else (0,):
                steps.append((opened + timedelta(days=day) + hours * HOUR, None))
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
        citizen.answer(complaint_id=case_of(number).pk, note="Đây.", at=at)

    return answer


def live(steps, *, crash=lambda: False):
    """Play the year; a crash takes back what was not committed, then it goes on."""
    for at, act in steps:
        if act is not None:
            act(at)
            continue
        for work in (clockwork.run, lambda *, at: outbox.drain(queue="notify", at=at)):
            try:
                with transaction.atomic():
                    work(at=at)
                    if crash():
                        raise Crash
            except Crash:
                work(at=at)


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
    station = make_organization(parent=department)
    make_staff(station, role="lead", email="truong@tyt.example")
    make_staff(department, role="overseer", email="giamsat@syt.example")
    make_staff(department.parent, role="overseer", email="giamsat@byt.example")
    return script(station)


def test_each_rung_once_in_office_hours_and_the_same_after_crashes(year):
    with transaction.atomic():
        live(year)
        calm = told()
        every_rung_was_reached_when_it_should()
        everybody_was_told_once_and_in_office_hours()
        transaction.set_rollback(True)
    assert len(calm) > CASES

    chance = random.Random(20261122)
    crashes = Counter()

    def crash():
        comes = chance.random() < 0.3
        crashes["now"] += comes
        return comes

    mail.outbox.clear()
    live(year, crash=crash)
    assert crashes["now"] > 20
    every_rung_was_reached_when_it_should()
    everybody_was_told_once_and_in_office_hours()
    assert told() == calm


def every_rung_was_reached_when_it_should():
    for number in range(CASES):
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
    counted = Counter()
    for digest in Digest.objects.all():
        assert digest.sent_at is not None
        for at in (digest.sent_at, digest.hour + timedelta(minutes=59)):
            local = at.astimezone(ZONE)
            assert local.weekday() < 5, local
            assert local.date() not in TET, local
            assert 7 <= local.hour < 17, local
        counted.update(digest.counts)
    by_rung = Counter()
    for row in rows:
        by_rung[f"{row.clock}:{row.share}:{row.levels}"] += row.told
    assert counted == +by_rung
    # A letter that went out before a crash goes out again under its own name.
    letters = {letter.extra_headers["Message-ID"] for letter in mail.outbox}
    assert len(letters) == Digest.objects.count()
    assert not Event.objects.filter(move=Move.ESCALATE).exists()
