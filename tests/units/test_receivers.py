"""A case never lies at a unit that closed: it goes on, up, or back to who is there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from complaints import integrity
from complaints.actions import casework, citizen, escalation, moving, undoing, units
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, StandIn, TakeBack
from complaints.rules.refused import Refused
from portal.registry import places
from tests.factories import NOON, make_organization
from tests.faults.ground import drain_all
from tests.units.test_closing import DAY, HOUR, MINUTE, TODAY, World, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
SECOND = timedelta(seconds=1)
# One o'clock of the 3rd in Vietnam, while Greenwich still has the 2nd.
ONE_AT_NIGHT = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
THE_THIRD = date(2026, 11, 3)


@pytest.fixture
def world():
    return World()


def close(world, unit, *, successor, at, staff="end"):
    change = units.close(
        unit,
        on=TODAY,
        successor=successor,
        staff=staff,
        reason="Sáp nhập theo QĐ 12",
        **world.rights(world.administrator, at),
    )
    assert change.state == "done"
    return change


def left_alone(world):
    """Return a unit below the department with nobody and nothing at it."""
    return make_organization("TYT-3", parent=world.department)


def lapsed(world, *, at):
    case = world.case()
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=world.nurse, at=NOON)
    escalation.lapse(at=at)
    case.refresh_from_db()
    assert (case.status, case.holder) == (Status.LAPSED, world.old)
    return case


def test_still_not_right_after_a_lapse_goes_to_whoever_succeeded(world):
    later = NOON + 11 * DAY
    case = lapsed(world, at=later)
    last = make_organization("TYT-4", parent=world.department)
    close(world, world.old, successor=world.new, at=later)
    close(world, world.new, successor=last, at=later, staff="move")

    citizen.disagree(complaint_id=case.pk, note="Vẫn sai", at=later + HOUR)

    case.refresh_from_db()
    assert (case.status, case.holder) == (Status.RECEIVED, last)
    assert case.events.latest("seq").data["to"] == last.name
    found = integrity.check(at=later + HOUR)
    assert found["open_complaints_have_an_open_holder"] == []
    assert found["status_is_that_of_the_last_event"] == []


def test_still_not_right_after_a_lapse_goes_up_where_nobody_succeeded(world):
    later = NOON + 11 * DAY
    case = lapsed(world, at=later)
    world.old.postings.update(valid_to=later)
    close(world, world.old, successor=None, at=later)

    citizen.disagree(complaint_id=case.pk, note="Vẫn sai", at=later + HOUR)

    case.refresh_from_db()
    assert (case.status, case.holder) == (Status.RECEIVED, world.department)


def test_still_not_right_after_a_lapse_stays_with_a_unit_that_is_open(world):
    later = NOON + 11 * DAY
    case = lapsed(world, at=later)
    citizen.disagree(complaint_id=case.pk, note="Vẫn sai", at=later + HOUR)
    case.refresh_from_db()
    assert case.holder == world.old


def test_what_is_opened_anew_by_the_portal_has_a_holder_who_is_there(world):
    case = world.case()
    Complaint.objects.filter(pk=case.pk).update(
        status=Status.RESOLVED, ended_at=NOON, outcome="confirmed"
    )
    close(world, world.old, successor=world.new, at=NOON)
    case = moving.lock(case.pk)
    moving.move(case, Move.REVERT, actor=Actor.SYSTEM, at=NOON + MINUTE, routed_at=None)
    assert case.holder == world.new


def test_a_hand_over_that_is_taken_back_does_not_return_to_a_closed_unit(world):
    case = world.case()
    facts = {"complaint_id": case.pk, "by": world.nurse}
    casework.accept(**facts, at=NOON - MINUTE)
    case = casework.hand_over(**facts, to=world.new, note="Nhầm nơi", at=NOON)
    third = make_organization("TYT-3", parent=world.department)
    close(world, world.old, successor=third, at=NOON + 10 * SECOND, staff="move")

    ref = TakeBack.objects.get(event=case.events.latest("seq")).ref
    undoing.undo(ref=ref, by=world.nurse, at=NOON + 20 * SECOND)

    case.refresh_from_db()
    assert (case.holder, case.status) == (third, Status.RECEIVED)
    assert case.assignee is None
    found = integrity.check(at=NOON + MINUTE)
    assert found["status_is_that_of_the_last_event"] == []
    assert found["open_complaints_have_an_open_holder"] == []


def test_what_reached_a_unit_that_closed_without_a_successor_goes_up(world):
    alone = left_alone(world)
    change = close(world, alone, successor=None, at=NOON)
    # Written by a route that looked before the closing and ended after it.
    late = world.case()
    Complaint.objects.filter(pk=late.pk).update(holder=alone)

    drain_all(NOON + 4 * MINUTE)

    late.refresh_from_db()
    change.refresh_from_db()
    assert (late.holder, late.holder_path) == (
        world.department,
        world.department.path,
    )
    assert change.cases == 1
    event = late.events.latest("seq")
    assert (event.move, event.data["to"]) == (Move.HAND_OVER, world.department.name)
    drain_all(NOON + 20 * MINUTE)
    assert told(late) == 1
    found = integrity.check(at=NOON + HOUR)
    assert found["open_complaints_have_an_open_holder"] == []


def test_late_ones_come_back_with_a_closing_that_is_taken_back(world):
    alone = left_alone(world)
    change = close(world, alone, successor=None, at=NOON)
    late = world.case()
    Complaint.objects.filter(pk=late.pk).update(holder=alone)
    drain_all(NOON + 4 * MINUTE)
    late.refresh_from_db()
    assert late.holder == world.department

    rights = world.rights(world.administrator, NOON + 5 * MINUTE)
    units.undo(change.ref, **rights)

    late.refresh_from_db()
    assert late.holder == alone


def test_nothing_is_given_back_to_a_unit_that_closed(world):
    alone = left_alone(world)
    row = StandIn.objects.create(
        organization=alone, by=world.department, reason="no_login", since=NOON - DAY
    )
    close(world, alone, successor=None, at=NOON)
    row.refresh_from_db()
    assert row.until == NOON


def test_at_one_at_night_a_unit_is_closed_that_closed_at_midnight(world):
    case = world.case()
    middle = make_organization("TTYT-1", parent=world.department, kind="cdc")
    low = make_organization("TYT-5", parent=middle)
    type(middle).objects.filter(pk__in=[middle.pk, world.new.pk]).update(
        closed_on=THE_THIRD
    )
    world.new.refresh_from_db()
    low.refresh_from_db()

    assert moving.above(low, at=ONE_AT_NIGHT) == world.department
    assert moving.above(low, at=ONE_AT_NIGHT - 2 * HOUR) == middle
    facts = {"complaint_id": case.pk, "by": world.nurse, "note": "Nhầm nơi"}
    with pytest.raises(Refused):
        casework.hand_over(**facts, to=world.new, at=ONE_AT_NIGHT)
    Complaint.objects.filter(pk=case.pk).update(holder=world.new)
    found = integrity.check(at=ONE_AT_NIGHT)
    assert found["open_complaints_have_an_open_holder"] == [case.pk]
    found = integrity.check(at=ONE_AT_NIGHT - 2 * HOUR)
    assert found["open_complaints_have_an_open_holder"] == []


def test_a_unit_that_closed_without_a_successor_is_found_no_more(world):
    alone = left_alone(world)
    assert alone in places.find_organizations("TYT-3", on=TODAY)
    change = close(world, alone, successor=None, at=NOON)
    assert alone not in places.find_organizations("TYT-3", on=TODAY)
    units.undo(change.ref, **world.rights(world.administrator, NOON + MINUTE))
    assert alone in places.find_organizations("TYT-3", on=TODAY)
