"""Handing over: to whom one likes, back once, and up rather than round."""

import pytest

from complaints.actions import casework, undoing
from complaints.choices import Move
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


@pytest.fixture
def above():
    return make_organization(kind="health_department")


@pytest.fixture
def case(above):
    case = only_complaint(submit(missing_dose(make_organization(parent=above))))
    drain_all()
    case.refresh_from_db()
    return case


def hand(case, to):
    nurse = make_staff(case.holder)
    facts = {"to": to, "note": "Tiêm ở đó.", "by": nurse, "at": NOON}
    casework.hand_over(complaint_id=case.pk, **facts)
    case.refresh_from_db()
    return nurse


def test_it_is_given_back_once_and_then_goes_up(case, above):
    first, second = case.holder, make_organization(parent=above)

    hand(case, second)
    hand(case, first)
    assert case.holder == first
    hand(case, second)

    assert case.holder == above
    last = case.events.latest("seq")
    assert (last.move, last.note) == (Move.ESCALATE, "Tiêm ở đó.")
    assert last.data == {"from": first.name, "to": above.name}
    assert case.escalated_at == NOON


def test_the_police_are_asked_and_decide_nothing(case):
    police = make_organization(kind="police")

    with pytest.raises(Refused, match="Công an"):
        hand(case, police)


def test_a_hand_over_that_was_taken_back_does_not_count(case, above):
    first, second = case.holder, make_organization(parent=above)
    for _time in range(3):
        nurse = hand(case, second)
        made = undoing.latest(case.pk, by=nurse, at=NOON)
        undoing.undo(ref=made.ref, by=nurse, at=NOON)
        case.refresh_from_db()

    hand(case, second)
    hand(case, first)

    assert case.holder == first


def test_nothing_lies_above_the_ministry_so_it_may_give_down(case, above):
    ministry = above.parent
    for to in (make_organization(), make_organization()):
        hand(case, to)
    hand(case, above)
    assert case.holder == ministry

    for _time in range(3):
        hand(case, above)
        assert case.holder == above
        casework.escalate(
            complaint_id=case.pk, note="Lên", by=make_staff(above), at=NOON
        )
        case.refresh_from_db()
