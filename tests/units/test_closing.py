"""A unit closes: its cases, people and other work go to the successor, all or none."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints import integrity, rollups
from complaints.actions import casework, founding, routing, units
from complaints.choices import Move, Status
from complaints.models import (
    Complaint,
    Event,
    GamingSign,
    Measure,
    Message,
    StandIn,
    UnitChange,
)
from complaints.rules.refused import Refused
from portal.accounts.models import Posting
from portal.audit.models import Entry
from portal.registry import identity, places
from portal.registry.models import Organization, OrganizationSuccession
from tests.factories import (
    LONG_AGO,
    NOON,
    make_dose,
    make_organization,
    make_pair,
    make_person,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
TODAY = timezone.localdate(NOON)
ANY = "."


class World:
    """A department with two stations, each with a nurse, and who runs the portal."""

    def __init__(self):
        self.department = make_organization("SYT-1", kind="health_department")
        self.old = make_organization("TYT-1", parent=self.department)
        self.new = make_organization("TYT-2", parent=self.department)
        self.nurse = make_staff(self.old)
        self.other = make_staff(self.new)
        self.chief = make_staff(self.department, "lead")
        self.administrator = make_staff(make_root(), "administrator")
        self.count = 0

    def rights(self, user, at=NOON):
        held = user.postings.current(at=at).select_related("organization")
        return {"by": user, "postings": list(held), "at": at}

    def case(self, site=None):
        self.count += 1
        day = date(2021, 6, 1) + timedelta(days=self.count)
        phone = f"+8490000{self.count:04}"
        sender = sender_for(phone=phone, full_name=f"Người Số {self.count}")
        matter = missing_dose(site or self.old, given_on=day.isoformat())
        found = only_complaint(submit(matter, sender=sender, at=NOON - HOUR))
        drain_all(NOON - HOUR)
        found.refresh_from_db()
        return found

    def close(self, *, by=None, at=NOON, **facts):
        usual = {
            "on": timezone.localdate(at),
            "successor": self.new,
            "staff": "move",
            "reason": "Sáp nhập theo QĐ 12",
        }
        return units.close(
            self.old, **usual | facts, **self.rights(by or self.administrator, at)
        )


@pytest.fixture
def world():
    return World()


def told(case):
    return Message.objects.filter(
        event__complaint=case, event__move=Move.HAND_OVER
    ).count()


def test_the_open_cases_go_to_the_successor_and_each_citizen_is_told_once(world):
    cases = [world.case() for _ in range(3)]
    ended = world.case()
    Complaint.objects.filter(pk=ended.pk).update(status="withdrawn", ended_at=NOON)

    change = world.close()

    assert (change.state, change.cases) == ("done", 3)
    for case in cases:
        case.refresh_from_db()
        event = case.events.latest("seq")
        assert (case.holder, case.holder_path) == (world.new, world.new.path)
        assert (event.move, event.by, event.holder) == (
            Move.HAND_OVER,
            world.administrator,
            world.new,
        )
        assert event.note == "Sáp nhập theo QĐ 12"
        assert case.touched_at is None
    ended.refresh_from_db()
    assert ended.holder == world.old
    drain_all(NOON + 5 * MINUTE)
    assert [told(case) for case in cases] == [0, 0, 0]
    drain_all(NOON + 11 * MINUTE)
    drain_all(NOON + 12 * MINUTE)
    assert [told(case) for case in cases] == [1, 1, 1]
    wrong = integrity.check(at=NOON + HOUR)
    assert wrong["open_complaints_have_an_open_holder"] == []
    assert wrong["the_chain_of_events_is_whole"] == []
    assert wrong["status_is_that_of_the_last_event"] == [ended.pk]


def test_what_waits_for_somebody_goes_on_waiting_at_the_successor(world):
    asked, taken = world.case(), world.case()
    facts = {"by": world.nurse, "at": NOON - MINUTE}
    casework.ask(complaint_id=asked.pk, reasons=["slip"], **facts)
    casework.accept(complaint_id=taken.pk, **facts)

    world.close()

    asked.refresh_from_db()
    taken.refresh_from_db()
    assert (asked.status, asked.assignee) == (Status.WAITING_CITIZEN, world.nurse)
    assert asked.paused_at is not None
    assert (taken.status, taken.assignee) == (Status.RECEIVED, None)
    assert asked.holder == taken.holder == world.new
    # The nurse went along, and answers there.
    casework.accept(complaint_id=taken.pk, by=world.nurse, at=NOON + MINUTE)


def test_new_reports_go_to_the_successor_from_then_on(world):
    world.close(staff="end")
    case = world.case()
    assert case.holder == world.new
    path = case.events.get(move=Move.ROUTE).data["path"]
    assert path[0][0] == "succeeded_by"


def test_people_go_along_with_their_role_or_their_postings_end(world):
    world.close()
    now = Posting.objects.current(at=NOON + MINUTE).filter(user=world.nurse)
    assert [(p.organization, p.role) for p in now] == [(world.new, "staff")]

    third = make_organization(parent=world.department)
    world.old, world.new = world.new, third
    make_staff(third)
    world.close(staff="end", at=NOON + HOUR)
    assert not Posting.objects.current(at=NOON + 2 * HOUR).filter(user=world.nurse)


def test_a_deputy_goes_along_with_whom_he_stands_for(world):
    deputy = make_staff(world.department, "clerk")
    of_nurse = world.nurse.postings.get()
    Posting.objects.create(
        user=deputy,
        organization=world.old,
        role="staff",
        valid_from=LONG_AGO,
        valid_to=NOON + 3 * DAY,
        deputy_for=of_nurse,
    )

    world.close()

    row = Posting.objects.current(at=NOON + MINUTE).get(
        user=deputy, organization=world.new
    )
    assert (row.deputy_for.user, row.valid_to) == (world.nurse, NOON + 3 * DAY)


def test_other_work_goes_along_too(world):
    pair = make_pair(make_person(), world.old)
    world.close()
    pair.refresh_from_db()
    assert (pair.organization, pair.path) == (world.new, world.new.path)


def refused(world, words, **facts):
    with pytest.raises(Refused, match=words):
        world.close(**facts)
    world.old.refresh_from_db()
    assert world.old.closed_on is None
    assert not UnitChange.objects.filter(state="done").exists()


def test_no_case_and_nobody_is_left_without_a_receiver(world):
    world.case()
    refused(world, "successor|nơi tiếp nhận", successor=None)


def test_somebody_has_to_decide_at_the_successor(world):
    world.case()
    lonely = make_organization(parent=world.department)
    with pytest.raises(Refused):
        world.close(successor=lonely, staff="end")
    change = world.close(successor=lonely, staff="move")
    assert change.state == "done"


def test_units_below_are_closed_first(world):
    below = make_organization(parent=world.old, kind="mobile_point")
    refused(world, below.name)


def test_the_successor_is_another_open_unit(world):
    refused(world, ANY, successor=world.old)
    shut = make_organization(parent=world.department, closed_on=date(2024, 1, 1))
    refused(world, ANY, successor=shut)


def test_a_lead_closes_what_lies_below_and_hands_it_to_nobody_else(world):
    elsewhere = make_organization("TYT-9")
    make_staff(elsewhere)
    refused(world, ANY, by=world.chief, successor=elsewhere)
    lead = make_staff(world.old, "lead")
    refused(world, ANY, by=lead)
    Posting.objects.filter(user=lead).delete()
    assert world.close(by=world.chief).state == "done"


def test_a_closing_of_a_later_day_waits_for_it_and_can_be_withdrawn(world):
    case = world.case()
    change = world.close(on=TODAY + timedelta(days=2))
    assert change.state == "planned"
    with pytest.raises(Refused):
        world.close()

    drain_all(NOON + DAY)
    change.refresh_from_db()
    assert change.state == "planned"
    units.withdraw(change.ref, **world.rights(world.administrator, NOON + DAY))
    drain_all(NOON + 3 * DAY)
    case.refresh_from_db()
    assert case.holder == world.old

    later = world.close(on=TODAY + timedelta(days=5), at=NOON + 3 * DAY)
    midnight = timezone.make_aware(
        timezone.datetime.combine(
            TODAY + timedelta(days=5), timezone.datetime.min.time()
        )
    )
    drain_all(midnight + MINUTE)
    later.refresh_from_db()
    case.refresh_from_db()
    assert (later.state, later.cases, case.holder) == ("done", 1, world.new)


def locked_in_turn(queries):
    """Return which of the two tables was locked, in order of the statements."""
    return [
        table
        for query in queries
        for table in ("common_outbox", "complaints_unitchange")
        if "FOR UPDATE" in query["sql"] and f'FROM "{table}"' in query["sql"]
    ]


def test_who_withdraws_locks_in_the_same_turn_as_the_worker(world):
    change = world.close(on=TODAY + timedelta(days=2))
    with CaptureQueriesContext(connection) as withdrawn:
        units.withdraw(change.ref, **world.rights(world.administrator))
    world.close(on=TODAY + timedelta(days=2))
    with CaptureQueriesContext(connection) as worked:
        drain_all(NOON + 3 * DAY)

    both = ["common_outbox", "complaints_unitchange"]
    assert locked_in_turn(withdrawn) == both
    assert locked_in_turn(worked) == both


def test_who_moves_the_late_ones_holds_the_change(world):
    world.close()
    with CaptureQueriesContext(connection) as worked:
        drain_all(NOON + 4 * MINUTE)
    assert "complaints_unitchange" in locked_in_turn(worked)


def test_nothing_follows_late_once_a_closing_was_taken_back(world):
    change = world.close()
    units.undo(change.ref, **world.rights(world.administrator, NOON + MINUTE))
    case = world.case()
    drain_all(NOON + 4 * MINUTE)
    case.refresh_from_db()
    assert case.holder == world.old


def test_whoever_may_not_withdraw_leaves_it_owed(world):
    change = world.close(on=TODAY + timedelta(days=2))
    with pytest.raises(Refused):
        units.withdraw(change.ref, **world.rights(world.nurse))
    drain_all(NOON + 3 * DAY)
    change.refresh_from_db()
    assert change.state == "done"


def test_what_cannot_be_carried_out_on_its_day_says_why(world):
    world.case()
    change = world.close(on=TODAY + timedelta(days=1))
    Organization.objects.filter(pk=world.new.pk).update(closed_on=TODAY)

    drain_all(NOON + DAY)

    change.refresh_from_db()
    assert change.state == "refused"
    assert change.trouble
    world.old.refresh_from_db()
    assert world.old.closed_on is None


def end_the_posting(world, decider):
    decider.postings.update(valid_to=NOON + HOUR)


def lock_the_account(world, decider):
    decider.is_active = False
    decider.save()


def move_the_successor(world, decider):
    elsewhere = make_organization("SYT-9", kind="health_department")
    Organization.objects.filter(pk=world.new.pk).update(
        parent=elsewhere, path=f"{elsewhere.path}tyt-2/"
    )


@pytest.mark.parametrize(
    "lose", [end_the_posting, lock_the_account, move_the_successor]
)
def test_nothing_is_carried_out_for_who_lost_the_right_meanwhile(world, lose):
    case = world.case()
    change = world.close(by=world.chief, on=TODAY + timedelta(days=1))
    lose(world, world.chief)

    drain_all(NOON + DAY)

    change.refresh_from_db()
    case.refresh_from_db()
    world.old.refresh_from_db()
    assert (change.state, case.holder, world.old.closed_on) == (
        "refused",
        world.old,
        None,
    )
    assert "không còn quyền" in change.trouble


def named(world, name, **facts):
    return units.rename(
        world.old,
        name,
        reason="QĐ 3",
        **{"on": TODAY + timedelta(days=1)} | facts,
        **world.rights(world.chief),
    )


def test_no_name_is_given_for_who_lost_the_right_meanwhile(world):
    change = named(world, "Trạm Y tế Bến Nghé")
    end_the_posting(world, world.chief)
    drain_all(NOON + DAY)
    change.refresh_from_db()
    world.old.refresh_from_db()
    assert (change.state, world.old.name) == ("refused", "Trạm Y tế TYT-1")


def test_no_name_is_given_that_a_unit_beside_it_took_meanwhile(world):
    change = named(world, "Trạm Y tế Bến Nghé")
    make_organization(parent=world.department, name="Trạm Y tế Bến Nghé")
    drain_all(NOON + DAY)
    change.refresh_from_db()
    world.old.refresh_from_db()
    assert (change.state, world.old.name) == ("refused", "Trạm Y tế TYT-1")
    assert change.trouble


def test_it_is_taken_back_as_long_as_nobody_was_told(world):
    asked, plain = world.case(), world.case()
    casework.ask(
        complaint_id=asked.pk, reasons=["slip"], by=world.nurse, at=NOON - MINUTE
    )
    pair = make_pair(make_person(), world.old)
    before = {
        case.pk: Complaint.objects.filter(pk=case.pk)
        .values("status", "holder", "holder_path", "assignee", "routed_at", "due_at")
        .get()
        for case in (asked, plain)
    }
    change = world.close()

    units.undo(change.ref, **world.rights(world.administrator, NOON + 5 * MINUTE))

    for pk, facts in before.items():
        assert Complaint.objects.filter(pk=pk).values(*facts).get() == facts
    pair.refresh_from_db()
    assert pair.organization == world.old
    assert not OrganizationSuccession.objects.exists()
    now = Posting.objects.current(at=NOON + 6 * MINUTE).filter(user=world.nurse)
    assert [p.organization for p in now] == [world.old]
    drain_all(NOON + HOUR)
    assert told(plain) == 0
    wrong = integrity.check(at=NOON + 2 * HOUR)
    assert wrong["status_is_that_of_the_last_event"] == []
    assert wrong["the_chain_of_events_is_whole"] == []


def test_postings_that_had_not_begun_come_back_too(world):
    newcomer, deputy = (make_staff(world.department, "clerk") for _ in range(2))
    Posting.objects.create(
        user=newcomer, organization=world.old, role="staff", valid_from=NOON + DAY
    )
    Posting.objects.create(
        user=deputy,
        organization=world.old,
        role="staff",
        valid_from=NOON + DAY,
        valid_to=NOON + 3 * DAY,
        deputy_for=world.nurse.postings.get(),
    )

    def of(unit):
        rows = Posting.objects.not_over(at=NOON + HOUR).filter(organization=unit)
        facts = ("user", "role", "valid_from", "valid_to", "deputy_for__user")
        return set(rows.values_list(*facts))

    before, beside = of(world.old), of(world.new)
    change = world.close()
    assert of(world.old) == set()
    assert len(of(world.new)) == len(before) + len(beside)

    units.undo(change.ref, **world.rights(world.administrator, NOON + MINUTE))

    assert (of(world.old), of(world.new)) == (before, beside)


def test_who_answered_as_well_does_so_again_unless_it_changed_since(world):
    unit, other = world.old, world.new
    elsewhere = make_organization("TYT-3", parent=world.department)
    kept, noted, given, own, touched = (
        world.case(site) for site in (elsewhere, elsewhere, elsewhere, other, other)
    )
    Complaint.objects.exclude(holder=unit).update(co_holder=unit)
    change = world.close()

    def who():
        rows = Complaint.objects.order_by("pk").values_list("co_holder", flat=True)
        return list(rows)

    assert who() == [other.pk] * 3 + [None] * 2
    third = make_staff(elsewhere)
    casework.accept(complaint_id=noted.pk, by=third, at=NOON + MINUTE)
    Complaint.objects.filter(pk=given.pk).update(co_holder=world.department)
    casework.accept(complaint_id=touched.pk, by=world.other, at=NOON + MINUTE)

    units.undo(change.ref, **world.rights(world.administrator, NOON + 2 * MINUTE))

    assert who() == [unit.pk, unit.pk, world.department.pk, unit.pk, None]


def test_the_level_above_stands_in_again(world):
    row = StandIn.objects.create(
        organization=world.old,
        by=world.department,
        reason="no_login",
        since=NOON - DAY,
        told_at=NOON - DAY,
    )
    change = world.close()
    row.refresh_from_db()
    assert row.until == NOON
    # Whoever heard meanwhile that it is over hears that it goes on.
    StandIn.objects.update(told_back_at=NOON + MINUTE)

    units.undo(change.ref, **world.rights(world.administrator, NOON + 2 * MINUTE))

    row.refresh_from_db()
    assert (row.until, row.told_at, row.told_back_at) == (None, None, None)


def test_what_the_successor_finished_or_passed_on_stays_so(world):
    third = make_organization("TYT-3", parent=world.department)
    pairs = [make_pair(make_person(), world.old) for _ in range(4)]
    change = world.close()
    _still, gone, passed_on, begun = (
        type(pair).objects.filter(pk=pair.pk) for pair in pairs
    )
    gone.update(state="gone")
    passed_on.update(organization=third, path=third.path)
    begun.update(state="signing", proposed_by=world.other)

    units.undo(change.ref, **world.rights(world.administrator, NOON + MINUTE))

    for pair in pairs:
        pair.refresh_from_db()
    assert [pair.organization for pair in pairs] == [
        world.old,
        world.new,
        third,
        world.new,
    ]


def test_it_stays_closed_once_somebody_was_told_or_worked_on(world):
    case = world.case()
    change = world.close()
    casework.accept(complaint_id=case.pk, by=world.other, at=NOON + MINUTE)
    with pytest.raises(Refused):
        units.undo(change.ref, **world.rights(world.administrator, NOON + 2 * MINUTE))

    world.old, world.new = world.new, make_organization(parent=world.department)
    world.case(world.old)
    again = world.close(at=NOON + HOUR)
    drain_all(NOON + 2 * HOUR)
    with pytest.raises(Refused):
        units.undo(again.ref, **world.rights(world.administrator, NOON + 2 * HOUR))
    with pytest.raises(Refused):
        units.undo(again.ref, **world.rights(world.administrator, NOON + DAY))


def test_many_cases_are_moved_by_a_worker_and_late_ones_follow(world, monkeypatch):
    monkeypatch.setattr(units, "AT_ONCE", 1)
    cases = [world.case() for _ in range(2)]
    change = world.close()
    assert change.state == "running"
    drain_all(NOON + MINUTE)
    change.refresh_from_db()
    assert (change.state, change.cases) == ("done", 2)

    late = world.case(world.new)
    Complaint.objects.filter(pk=late.pk).update(holder=world.old)
    drain_all(NOON + 4 * MINUTE)
    late.refresh_from_db()
    change.refresh_from_db()
    assert (late.holder, change.cases) == (world.new, 3)
    assert all(case.events.filter(move=Move.HAND_OVER).count() == 1 for case in cases)


def test_a_pair_that_reaches_a_unit_as_it_closes_follows_to_the_successor(world):
    world.close()
    pair = make_pair(make_person(), world.old)

    drain_all(NOON + 4 * MINUTE)

    pair.refresh_from_db()
    assert (pair.organization, pair.path) == (world.new, world.new.path)


def test_a_name_is_not_given_behind_what_was_decided_under_the_one_before(world):
    case = world.case()
    Complaint.objects.filter(pk=case.pk).update(
        status="resolved", outcome="kept", ended_at=NOON - DAY
    )
    facts = {"reason": "QĐ 3", **world.rights(world.administrator)}

    with pytest.raises(Refused, match="đã quyết định hồ sơ"):
        units.rename(world.old, "Trạm Y tế Bến Nghé", on=TODAY - DAY, **facts)
    units.rename(world.old, "Trạm Y tế Bến Nghé", on=TODAY, **facts)


def test_a_succession_is_no_hop_between_equals(world):
    case = world.case()
    world.close()
    back = make_organization(parent=world.department)
    for to, by in ((back, world.nurse), (world.new, make_staff(back))):
        casework.hand_over(
            complaint_id=case.pk, to=to, note="Không phải ở đây", by=by, at=NOON + HOUR
        )
    case.refresh_from_db()
    assert case.holder == world.new
    assert not Event.objects.filter(complaint=case, move=Move.ESCALATE).exists()


def test_that_a_unit_closed_is_no_work_of_its_staff_in_figures_and_signs(world):
    case = world.case()
    world.close()
    claims = {claim.pk: ("kept", "unreadable") for claim in case.claims.all()}
    casework.resolve(
        complaint_id=case.pk,
        verdicts=claims,
        note="Không có trong sổ.",
        by=world.other,
        at=NOON + HOUR,
    )

    rollups.rebuild_all(at=NOON + 2 * HOUR)

    measure = Measure.objects.get(complaint=case)
    assert (measure.hops, measure.is_kept_unseen) == (0, True)
    signs = GamingSign.objects.filter(complaint=case).values_list("sign", "holder")
    assert list(signs) == [("no_effect", world.new.pk)]


def test_each_step_is_in_the_audit(world):
    world.close()
    found = Entry.objects.filter(subject="organization")
    assert [row.detail.split()[2] for row in found.order_by("pk")] == [
        "decided",
        "carried",
    ]


def test_a_unit_is_renamed_and_still_found_by_its_former_name(world):
    units.rename(
        world.old,
        "Trạm Y tế Bến Nghé",
        on=TODAY,
        reason="QĐ 3",
        **world.rights(world.administrator),
    )
    world.old.refresh_from_db()
    assert world.old.name == "Trạm Y tế Bến Nghé"
    former = world.old.names.get()
    assert (former.name, former.valid_to) == ("Trạm Y tế TYT-1", TODAY)
    assert routing.find_place("trạm y tế tyt-1", None).site == world.old.pk
    assert routing.find_place("Trạm y tế TYT-1", date(2021, 8, 1)).site == world.old.pk
    assert routing.find_place("Trạm y tế TYT-1", TODAY + DAY).site is None
    assert world.old in places.find_organizations("TYT-1")
    assert world.old in places.find_organizations("Bến Nghé")


def test_a_dose_keeps_the_name_that_its_site_had_on_that_day(world):
    person = make_person()
    make_dose(person, world.old)
    units.rename(
        world.old,
        "Trạm Y tế Bến Nghé",
        on=TODAY,
        reason="QĐ 3",
        **world.rights(world.administrator),
    )
    (dose,) = identity.record(person.pk, on=TODAY)
    assert (dose.site_name, dose.site_today) == (
        "Trạm Y tế TYT-1",
        "Trạm Y tế Bến Nghé",
    )


def test_a_name_of_a_later_day_waits(world):
    change = units.rename(
        world.old,
        "Trạm Y tế Bến Nghé",
        on=TODAY + timedelta(days=1),
        reason="QĐ 3",
        **world.rights(world.administrator),
    )
    assert change.state == "planned"
    drain_all(NOON + DAY)
    world.old.refresh_from_db()
    assert world.old.name == "Trạm Y tế Bến Nghé"


def test_a_unit_that_opens_can_take_over_from_its_day_on(world):
    opened = units.open_unit(
        founding.NewUnit(
            "TYT-77", "hospital", "Bệnh viện Mới", world.department, None, True
        ),
        on=TODAY + timedelta(days=3),
        reason="QĐ 4",
        **world.rights(world.administrator),
    )
    assert (opened.path, opened.is_own) == (f"{world.department.path}tyt-77/", True)
    with pytest.raises(Refused):
        world.close(successor=opened)
    change = world.close(successor=opened, on=TODAY + timedelta(days=3))
    drain_all(NOON + 4 * DAY)
    change.refresh_from_db()
    assert change.state == "done"
