"""A year of any lives at all: each rung once, when a plain count says it is reached.

Stations go by 48 hours of wall time, a hospital by working days of its own. Cases are
asked about, extended, handed over, decided, disagreed with. When a rung is reached is
counted day by day here (``tests.plain_office``), without the portal's clock. The portal
looks at any hour of day or night, once at least before the next step.
"""

import random
from datetime import date, datetime, time, timedelta

import pytest

from complaints.actions import casework, citizen, digests, escalation, reminders
from complaints.choices import Move
from complaints.models import Digest, OfficeHours, Policy
from portal.common import outbox
from portal.registry.models import Holiday
from tests import plain_office
from tests.actions.test_a_year_of_reminders import (
    TET,
    ZONE,
    answers,
    asks,
    case_of,
    decides,
    everybody_was_told_once_and_in_office_hours,
    sends,
)
from tests.factories import make_organization, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]

CASES = 16
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RUNGS = (
    ("answer", 100, 0),
    ("repair", 50, 0),
    ("repair", 90, 0),
    ("repair", 100, 0),
    ("repair", 100, 1),
    ("repair", 150, 2),
)
KINDS = ("ask", "extend", "hand over")
# Hours: first answer, repair, what an extension adds.
WALL = (24, 48, 48)
WORKED = (16, 40, 24)


class Round:
    """What a plain count says of one round so far."""

    def __init__(self, hours, begins):
        self.hours, self.begins = hours, begins
        self.answer, self.repair, self.extra = WORKED if hours else WALL
        self.paused, self.asked_at, self.is_answered = 0.0, None, False
        self.is_extended = False
        self.reached, self.windows = {}, []

    def instant(self, clock, share):
        if clock == "answer":
            allowed, paused = self.answer, 0.0
        else:
            allowed, paused = self.repair, self.paused
            allowed += self.extra if self.is_extended else 0
        if self.hours is None:
            return self.begins + allowed * share / 100 * HOUR + seconds(paused)
        return plain_office.reached(
            self.hours, self.begins, allowed * share / 100, paused
        )

    def goes_on(self, until):
        """Note the rungs that are reached before the next step."""
        for key in RUNGS if self.asked_at is None else ():
            if key in self.reached or key[0] == "answer" and self.is_answered:
                continue
            instant = self.instant(*key[:2])
            if instant < until:
                self.reached[key] = instant
                self.windows.append((instant, until))

    def is_in_time(self, at):
        return at < self.instant("repair", 100)

    def resume(self, at):
        self.paused += plain_office.seconds(self.hours, self.asked_at, at)
        self.asked_at = None


def seconds(number):
    return timedelta(seconds=number)


def extends(number, nurse):
    def extend(at):
        facts = {"note": "Chờ sổ gốc.", "by": nurse, "at": at}
        casework.extend(complaint_id=case_of(number).pk, **facts)

    return extend


def hands_over(number, to, nurse):
    def hand_over(at):
        facts = {"to": to, "note": "Người này tiêm ở đó.", "by": nurse, "at": at}
        casework.hand_over(complaint_id=case_of(number).pk, **facts)

    return hand_over


def disagrees(number):
    def disagree(at):
        citizen.disagree(complaint_id=case_of(number).pk, note="Vẫn sai.", at=at)

    return disagree


class World:
    """Where cases live, and who works there."""

    def __init__(self):
        for day in TET:
            Holiday.objects.create(day=day, name="Tết", source="thử")
        self.department = make_organization(kind="health_department")
        below = {"parent": self.department}
        self.stations = [make_organization(**below) for _ in range(2)]
        self.hospital = make_organization(kind="hospital", **below)
        answer, repair, extra = WORKED
        Policy.objects.create(
            level="hospital",
            in_office=True,
            first_answer_hours=answer,
            repair_hours=repair,
            extension_hours=extra,
            pause_days=10,
            disagree_days=30,
            valid_from=date(2026, 1, 1),
            source="thử",
        )
        self.staff = {
            body.pk: make_staff(body, email=f"yta{body.pk}@tyt.example")
            for body in (*self.stations, self.hospital, self.department)
        }
        for body in (self.department, self.department.parent):
            make_staff(body, role="overseer", email=f"gs{body.pk}@syt.example")
        # Tuesday to Saturday; a case of theirs keeps these hours where it is handed to.
        self.office = OfficeHours.objects.create(
            organization=self.hospital,
            weekdays=[1, 2, 3, 4, 5],
            begins=time(13),
            ends=time(19),
            valid_from=date(2026, 1, 1),
            source="thử",
        )


class Life:
    """One case: its steps, and by a plain count its rungs of each round."""

    def __init__(self, number, world, chance):
        self.number, self.world, self.chance = number, world, chance
        self.rounds, self.steps = [], []
        self.holder = world.hospital if number % 2 else chance.choice(world.stations)
        is_left = number >= CASES - 2
        self.at = datetime(2026, 1, 5, tzinfo=ZONE) + seconds(
            chance.randrange(320 * 86_400)
        )
        self.begin(sends(self.holder, number))
        was_handed = False
        for turn in range(0 if is_left else chance.randrange(1, 4)):
            self.wait(hours=30 if turn else 8)
            step = KINDS[number % 3] if turn == 0 else chance.choice(KINDS)
            if step == "hand over" and not was_handed:
                was_handed = True
                others = [*world.stations, world.hospital]
                others.remove(self.holder)
                to = chance.choice(others)
                self.do(hands_over(number, to, self.nurse))
                self.holder = to
            elif self.now.is_in_time(self.at):
                {"ask": self.ask, "extend": self.extend}.get(step, self.ask)()
        if not is_left and chance.random() < 0.6:
            self.decide()
            if chance.random() < 0.7:
                self.wait(hours=200)
                self.holder = world.department
                self.begin(disagrees(number))
                if chance.random() < 0.5:
                    self.wait(hours=30)
                    if self.now.is_in_time(self.at):
                        self.ask()
                if chance.random() < 0.5:
                    self.decide()
        if self.now is not None:
            self.now.goes_on(self.at + 60 * DAY)

    @property
    def nurse(self):
        return self.world.staff[self.holder.pk]

    def wait(self, *, hours):
        """Let some time pass, little as well as more than all that is allowed."""
        self.at += seconds(self.chance.randrange(60, hours * 3600 * 2))

    def do(self, act):
        if self.rounds and self.now is not None:
            self.now.goes_on(self.at)
        self.steps.append((self.at, act))

    def begin(self, act):
        self.steps.append((self.at, act))
        is_hospital = self.holder == self.world.hospital
        self.now = Round(self.world.office if is_hospital else None, self.at)
        self.rounds.append(self.now)

    def ask(self):
        self.do(asks(self.number, self.nurse))
        self.now.asked_at, self.now.is_answered = self.at, True
        self.at += seconds(self.chance.randrange(600, 3 * 86_400))
        self.do(answers(self.number))
        self.now.resume(self.at)

    def extend(self):
        if not self.now.is_extended:
            self.do(extends(self.number, self.nurse))
            self.now.is_extended = True

    def decide(self):
        self.wait(hours=60)
        self.do(decides(self.number, self.nurse))
        self.now = None


def looks(windows, chance):
    """Return instants, few and at any hour, so that one lies in each window."""
    found, lo, hi = [], None, None
    for begins, ends in sorted(windows, key=lambda window: window[1]):
        if hi is not None and begins < hi:
            lo = max(lo, begins)
            continue
        if hi is not None:
            found.append(lo + chance.uniform(0.1, 0.9) * (hi - lo))
        lo, hi = begins, ends
    return [*found, lo + chance.uniform(0.1, 0.9) * (hi - lo)]


def look(at):
    escalation.mark_overdue(at=at)
    reminders.find(at=at)
    digests.tell(at=at)
    outbox.drain(queue="notify", at=at)


def test_any_life_reaches_its_rungs_when_a_plain_count_says():
    chance = random.Random(20261123)
    world = World()
    lives = [Life(number, world, chance) for number in range(CASES)]
    windows = [
        (begins, min(ends, begins + chance.randrange(1, 72) * HOUR))
        for life in lives
        for one in life.rounds
        for begins, ends in one.windows
    ]
    steps = [step for life in lives for step in life.steps]
    steps += [(at, look) for at in looks(windows, chance)]
    end = datetime.combine(max(steps, key=at_of)[0].date(), time(9), ZONE)
    # One of these days is no holiday, and then each office is open at two of the hours.
    hours = (0, 1, 5, 6)
    steps += [(end + n * DAY + hour * HOUR, look) for n in (1, 4, 5) for hour in hours]

    for at, act in sorted(steps, key=at_of):
        act(at)

    for life in lives:
        case = case_of(life.number)
        for number, one in enumerate(life.rounds, start=1):
            rows = case.reached.filter(round=number)
            reached = {(r.clock, r.share, r.levels): r.at for r in rows}
            assert reached == one.reached, (life.number, number)
            overdue = case.events.filter(round=number, move=Move.OVERDUE)
            due = one.reached.get(("repair", 100, 0))
            assert [event.at for event in overdue] == ([due] if due else [])
        ups = case.events.filter(round=1, move=Move.HAND_UP).count()
        assert ups == (("repair", 150, 2) in life.rounds[0].reached)
    everybody_was_told_once_and_in_office_hours()
    every_kind_of_life_was_there(lives)


def at_of(step):
    return step[0]


def every_kind_of_life_was_there(lives):
    rounds = [one for life in lives for one in life.rounds]
    assert Digest.objects.count() > CASES
    assert sum(len(life.rounds) > 1 for life in lives) > 1
    for is_worked in (False, True):
        mine = [one for one in rounds if (one.hours is not None) == is_worked]
        assert any(one.is_extended for one in mine)
        assert any(one.paused for one in mine)
        assert any(len(one.reached) == len(RUNGS) for one in mine)
