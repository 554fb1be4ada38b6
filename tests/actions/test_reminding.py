"""A question that nobody answers: two reminders, then an end that can be reopened."""

from datetime import date, timedelta

import pytest

from complaints.actions import casework, citizen, escalation
from complaints.choices import Move, Status
from complaints.models import Message, Policy
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


@pytest.fixture
def nurse():
    return make_staff(make_organization())


@pytest.fixture
def case(nurse):
    site = nurse.postings.get().organization
    case = only_complaint(submit(missing_dose(site)))
    drain_all()
    ask(case, nurse, at=NOON)
    return case


def ask(case, nurse, *, at):
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=at)


def day(number: float):
    return NOON + timedelta(days=number)


def reminders(case):
    return case.events.filter(move=Move.REMIND).count()


def test_a_policy_with_a_shorter_wait_has_its_own_days(nurse):
    """Five days for new reports: reminded after two and four, ended after five."""
    usual = {"repair_hours": 48, "first_answer_hours": 24, "disagree_days": 30}
    Policy.objects.create(
        pause_days=5, valid_from=date(2026, 11, 1), source="thử", **usual
    )
    site = nurse.postings.get().organization
    case = only_complaint(submit(missing_dose(site)))
    drain_all()
    ask(case, nurse, at=NOON)
    counts = []
    for number in (1.9, 2, 3.9, 4, 4.9, 5.1):
        escalation.remind_citizens(at=day(number))
        escalation.lapse(at=day(number))
        counts.append(reminders(case))

    assert counts == [0, 1, 1, 2, 2, 2]
    case.refresh_from_db()
    assert case.status == Status.LAPSED


def test_two_reminders_are_sent_and_then_it_ends(case):
    counts = []
    for number in (3.9, 4, 4.1, 7.9, 8, 8.1, 9.9, 10.1):
        escalation.remind_citizens(at=day(number))
        escalation.lapse(at=day(number))
        counts.append(reminders(case))

    assert counts == [0, 1, 1, 1, 2, 2, 2, 2]
    case.refresh_from_db()
    assert case.status == Status.LAPSED
    drain_all(at=day(10.1))
    told = Message.objects.filter(event__move=Move.REMIND, state="sent")
    assert told.count() == 2


def test_after_a_standstill_one_reminder_does_for_both(case):
    for _time in range(2):
        escalation.remind_citizens(at=day(8.5))

    assert reminders(case) == 1


def test_who_answered_is_reminded_no_more_and_a_new_question_anew(case, nurse):
    escalation.remind_citizens(at=day(4))
    citizen.tell(complaint_id=case.pk, note="Đây ạ", at=day(5))
    escalation.remind_citizens(at=day(9))
    assert reminders(case) == 1

    ask(case, nurse, at=day(9))
    escalation.remind_citizens(at=day(9))
    assert reminders(case) == 1
    escalation.remind_citizens(at=day(13))
    assert reminders(case) == 2
