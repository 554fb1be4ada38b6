"""More time: once a round, before it is due, with a reason, told to the citizen."""

from datetime import date, time, timedelta

import pytest

from complaints import integrity, policies
from complaints.actions import casework, citizen, undoing
from complaints.choices import Move
from complaints.models import Message, OfficeHours, Policy
from complaints.rules.refused import Refused
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


def sent_to(station):
    case = only_complaint(submit(missing_dose(station)))
    drain_all()
    case.refresh_from_db()
    return case


@pytest.fixture
def case():
    return sent_to(make_organization())


def extend(case, *, at=NOON + 2 * HOUR, note="Chờ sổ gốc từ kho lưu trữ."):
    nurse = make_staff(case.holder)
    casework.extend(complaint_id=case.pk, note=note, by=nurse, at=at)
    case.refresh_from_db()


def test_the_due_date_moves_and_the_citizen_reads_the_new_one(case):
    extend(case)
    drain_all(NOON + 2 * HOUR)
    drain_all(NOON + 3 * HOUR)

    assert case.due_at == NOON + 96 * HOUR
    event = case.events.get(move=Move.EXTEND)
    assert event.data == {"hours": 48}
    now = policies.reckon(case, at=NOON + 60 * HOUR)
    assert (now.due_at, now.is_overdue) == (case.due_at, False)
    assert now.target_at == NOON + 48 * HOUR
    assert Message.objects.filter(event=event, state="sent").count() == 1


@pytest.mark.parametrize(
    ("at", "note", "words"),
    [
        (NOON + HOUR, "   ", "vì sao"),
        (NOON + 49 * HOUR, "Lâu quá", "quá hạn"),
    ],
)
def test_neither_without_a_reason_nor_when_it_is_late(case, at, note, words):
    with pytest.raises(Refused, match=words):
        extend(case, at=at, note=note)
    assert not case.events.filter(move=Move.EXTEND).exists()


def test_once_a_round_and_again_in_the_next(case):
    extend(case)
    with pytest.raises(Refused, match="một lần rồi"):
        extend(case)

    nurse = make_staff(case.holder)
    claims = {c.pk: ("kept", "unreadable") for c in case.claims.all()}
    casework.resolve(
        complaint_id=case.pk, verdicts=claims, note="Ảnh mờ", by=nurse, at=NOON + HOUR
    )
    citizen.disagree(complaint_id=case.pk, note="Còn giấy.", at=NOON + 5 * HOUR)
    case.refresh_from_db()
    extend(case, at=NOON + 6 * HOUR)
    assert case.due_at == NOON + (5 + 96) * HOUR


def test_a_policy_may_know_no_longer_time(case):
    Policy.objects.update(extension_hours=0)
    with pytest.raises(Refused, match="không được gia hạn"):
        extend(case)


def own_policy(**facts):
    usual = {
        "repair_hours": 16,
        "first_answer_hours": 8,
        "pause_days": 10,
        "disagree_days": 30,
        "valid_from": date(2026, 1, 1),
        "in_office": True,
        "source": "thử",
    }
    return Policy.objects.create(**usual | facts)


def test_a_policy_of_the_level_counts_from_the_sending_once_it_is_routed():
    """Sent on a Monday at noon: two working days of 7:30-11:30 and 13:00-17:00."""
    policy = own_policy(level="health_station")
    case = sent_to(make_organization())

    assert case.policy == policy
    assert case.due_at == NOON.replace(day=4, hour=4, minute=30)
    assert policies.reckon(case, at=NOON).due_at == case.due_at
    other = sent_to(make_organization(kind="hospital"))
    assert (other.policy, other.due_at) == (None, NOON + 48 * HOUR)


def test_new_office_hours_change_no_round_that_runs():
    own_policy(level="health_station")
    case = sent_to(make_organization())
    before = case.due_at
    OfficeHours.objects.create(
        weekdays=[0],
        begins=time(8),
        ends=time(9),
        valid_from=NOON.date() + timedelta(days=1),
        source="thử",
    )
    assert policies.reckon(case, at=NOON + 30 * HOUR).due_at == before


def test_a_hand_over_does_not_bring_another_policy():
    case = sent_to(make_organization(kind="hospital"))
    own_policy(level="health_station")
    station = make_organization()

    nurse = make_staff(case.holder)
    casework.hand_over(
        complaint_id=case.pk, to=station, note="Tiêm ở đó.", by=nurse, at=NOON
    )

    case.refresh_from_db()
    assert (case.policy, case.due_at) == (None, NOON + 48 * HOUR)


def test_a_newer_row_changes_no_case_that_was_sent_before_its_day(case):
    before = policies.reckon(case, at=NOON).due_at
    own_policy(valid_from=NOON.date() + timedelta(days=1), repair_hours=8)

    later = NOON + 24 * HOUR
    assert policies.reckon(case, at=later).due_at == before
    newer = policies.policy_for(case.kind, at=later)
    assert newer.repair_hours == 8


def test_an_extension_is_taken_back_before_the_citizen_reads_it(case):
    nurse = make_staff(case.holder)
    before = case.due_at
    casework.extend(
        complaint_id=case.pk, note="Nhầm hồ sơ.", by=nurse, at=NOON + 2 * HOUR
    )
    drain_all(NOON + 2 * HOUR + timedelta(seconds=5))
    told = Message.objects.filter(event__move=Move.EXTEND)
    assert [message.state for message in told.all()] == ["waiting"]

    kept = undoing.latest(case.pk, by=nurse, at=NOON + 2 * HOUR)
    undoing.undo(ref=kept.ref, by=nurse, at=NOON + 2 * HOUR + timedelta(seconds=20))

    case.refresh_from_db()
    assert (case.due_at, case.extended_at) == (before, None)
    assert policies.reckon(case, at=NOON + 3 * HOUR).due_at == before
    drain_all(NOON + 4 * HOUR)
    assert not told.exists()
    assert not any(integrity.check(at=NOON + 4 * HOUR).values())
    extend(case, at=NOON + 5 * HOUR)
    assert case.due_at == NOON + 96 * HOUR, "it was not used up"
