"""The due time that is kept on a case is what the clock says of its events."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints import integrity, policies, rollups
from complaints.actions import (
    casework,
    citizen,
    clockwork,
    escalation,
    routing,
    rulebook,
)
from complaints.choices import Move, Status
from complaints.models import Complaint, Measure, OfficeHours, Policy
from complaints.rules.refused import Refused
from tests.factories import (
    NOON,
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def policy(**facts):
    usual = {
        "repair_hours": 48,
        "first_answer_hours": 8,
        "pause_days": 10,
        "disagree_days": 30,
        "valid_from": date(2026, 1, 1),
        "source": "thử",
    }
    return Policy.objects.create(**usual | facts)


def with_own_hours(organization):
    """Let an organization work from eight till four, without a midday break."""
    OfficeHours.objects.create(
        organization=organization,
        weekdays=[0, 1, 2, 3, 4],
        begins=time(8),
        ends=time(16),
        valid_from=date(2026, 1, 1),
        source="thử",
    )
    return organization


def sent_to(organization, *, at=NOON, number=7):
    matter = missing_dose(organization, given_on=f"2021-10-{number:02}")
    case = only_complaint(submit(matter, at=at))
    drain_all(at)
    case.refresh_from_db()
    return case


def ask(case, *, at):
    nurse = make_staff(case.holder)
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=at)


def answer(case, *, at):
    citizen.tell(complaint_id=case.pk, note="Đây ạ.", at=at)
    case.refresh_from_db()


def test_working_days_for_everybody_are_counted_in_the_hours_of_who_got_it():
    """Two working days from Monday noon, with a break at midday and without one."""
    policy(in_office=True, repair_hours=16, first_answer_hours=8)
    hospital = with_own_hours(make_organization(kind="hospital"))

    usual, own = sent_to(make_organization()), sent_to(hospital, number=8)

    assert (usual.policy, own.policy) == (None, None)
    assert usual.due_at == NOON + 47.5 * HOUR
    assert own.due_at == NOON + 48 * HOUR
    for case in (usual, own):
        assert policies.reckon(case, at=NOON).due_at == case.due_at
    assert escalation.mark_overdue(at=NOON + 47.75 * HOUR) == 1
    assert not integrity.check(at=NOON)[integrity.DUE]


def test_a_set_of_cases_is_routed_in_the_statements_of_one():
    policy(level="hospital", in_office=True, repair_hours=16, first_answer_hours=8)
    policy(kind="missing_dose", repair_hours=72)

    def statements(*numbers):
        hospitals = [with_own_hours(make_organization(kind="hospital")) for _ in "ab"]
        sent = [
            only_complaint(
                submit(missing_dose(hospitals[n % 2], given_on=f"2021-10-{n:02}"))
            ).pk
            for n in numbers
        ]
        with CaptureQueriesContext(connection) as queries:
            assert routing.route(sent, at=NOON) == len(sent)
        due = set(
            Complaint.objects.filter(pk__in=sent).values_list("due_at", flat=True)
        )
        assert due == {NOON + 48 * HOUR}
        return len(queries)

    assert statements(1, 2) == statements(*range(3, 11))


def test_a_second_long_question_pauses_only_what_the_first_left():
    case = sent_to(make_organization())
    ask(case, at=NOON + 10 * HOUR)
    answer(case, at=NOON + 10 * HOUR + 9 * DAY)
    assert case.due_at == NOON + 48 * HOUR + 9 * DAY

    ask(case, at=NOON + 12 * HOUR + 9 * DAY)
    escalation.remind_citizens(at=NOON + 12 * HOUR + 14 * DAY)
    answer(case, at=NOON + 12 * HOUR + 15 * DAY)

    assert case.due_at == NOON + 48 * HOUR + 10 * DAY
    assert policies.reckon(case, at=NOON + 20 * DAY).due_at == case.due_at


def test_a_case_falls_due_while_a_question_waits_that_is_one_too_many():
    """A day is left of the pause; two days later 48 hours are over. It may be answered
    still: ten days for each question."""
    case = sent_to(make_organization())
    ask(case, at=NOON + HOUR)
    answer(case, at=NOON + HOUR + 9 * DAY)
    ask(case, at=NOON + 2 * HOUR + 9 * DAY)
    due_at = NOON + 48 * HOUR + 10 * DAY

    clockwork.run(at=due_at)
    case.refresh_from_db()
    assert case.overdue_at is None
    clockwork.run(at=due_at + HOUR)
    clockwork.run(at=due_at + 2 * HOUR)

    case.refresh_from_db()
    assert (case.status, case.overdue_at) == (Status.WAITING_CITIZEN, due_at)
    assert case.co_holder == case.holder.parent
    assert [e.at for e in case.events.filter(move=Move.OVERDUE)] == [due_at]
    # The clock runs: its rungs are noted on a Saturday, and told on Monday.
    rungs = case.reached.filter(clock="repair", levels=0)
    assert (rungs.get(share=100).at, rungs.get(share=100).told_at) == (due_at, None)
    clockwork.run(at=due_at + 50 * HOUR)
    assert rungs.get(share=100).told_at is not None
    answer(case, at=NOON + 18 * DAY)
    assert (case.due_at, case.overdue_at) == (due_at, due_at)


def test_no_question_is_overdue_before_the_pause_is_used_up():
    case = sent_to(make_organization())
    ask(case, at=NOON + HOUR)
    answer(case, at=NOON + 2 * HOUR)
    ask(case, at=NOON + 3 * HOUR)
    assert escalation.mark_overdue(at=NOON + 9 * DAY) == 0


def test_the_days_to_disagree_are_those_that_the_answer_named():
    case = sent_to(make_organization())
    of_hospital = policy(level="hospital", disagree_days=60)
    other = sent_to(make_organization(kind="hospital"), number=8)
    assert other.policy == of_hospital
    for one in (case, other):
        claims = {claim.pk: ("kept", "unreadable") for claim in one.claims.all()}
        nurse = make_staff(one.holder)
        casework.resolve(
            complaint_id=one.pk, verdicts=claims, note="Ảnh mờ.", by=nurse, at=NOON
        )
    policy(valid_from=NOON.date() + DAY, disagree_days=5)

    with pytest.raises(Refused, match="60"):
        citizen.disagree(complaint_id=other.pk, note="Sai.", at=NOON + 61 * DAY)
    for one, days in ((case, 29), (other, 59)):
        citizen.disagree(complaint_id=one.pk, note="Còn giấy.", at=NOON + days * DAY)
        one.refresh_from_db()
        assert one.round == 2


def notice(day, *, is_workday=False):
    """Let two people enter a day of the yearly notice."""
    first, second = (make_staff(make_root(), r) for r in ("administrator", "overseer"))
    content = {
        "name": "Nghỉ thử",
        "is_workday": is_workday,
        "last_day": day.isoformat(),
    }
    draft = rulebook.propose(
        "days", content, valid_from=day, source="TB 1", by=first, at=NOON
    )
    rulebook.confirm(draft.ref, by=second, at=NOON)


def test_a_day_off_that_is_announced_moves_what_is_open_and_due_from_then_on():
    """Two working days from Monday noon; Wednesday turns out to be a day off."""
    policy(level="health_station", in_office=True, repair_hours=16)
    station = make_organization()
    case, asked = (sent_to(station, number=number) for number in (1, 2))
    usual = sent_to(make_organization(kind="hospital"), number=3)
    ask(asked, at=NOON + HOUR)
    rollups.rebuild_changed(at=NOON + HOUR)

    notice(date(2026, 11, 4))

    for one, due_at in ((case, NOON + 71.5 * HOUR), (usual, NOON + 48 * HOUR)):
        one.refresh_from_db()
        assert one.due_at == due_at == policies.reckon(one, at=NOON).due_at
    measure = Measure.objects.get(complaint=case)
    assert measure.late_from == case.due_at
    answer(asked, at=NOON + 2 * HOUR)
    assert asked.due_at == NOON + 74 * HOUR
    assert escalation.mark_overdue(at=NOON + 70 * HOUR) == 1


def test_a_day_off_does_not_hide_that_a_matter_was_reported_again():
    policy(in_office=True, repair_hours=16)
    station = make_organization()
    ended = sent_to(station)
    citizen.withdraw(complaint_id=ended.pk, at=NOON + HOUR)
    rollups.rebuild_changed(at=NOON + HOUR)
    again = sent_to(station, at=NOON + 2 * HOUR)
    assert again.subject_key == ended.subject_key

    notice(date(2026, 11, 4))

    rollups.rebuild_changed(at=NOON + 3 * HOUR)
    assert Measure.objects.get(complaint=ended).is_refiled
    again.refresh_from_db()
    assert Measure.objects.get(complaint=again).late_from == again.due_at


def test_whoever_counts_due_times_anew_waits_for_the_figures_before_locking_cases():
    """A refresh has the figures while it waits for cases: the other way round would
    stop both."""
    policy(in_office=True, repair_hours=16)
    with CaptureQueriesContext(connection) as queries:
        notice(date(2026, 11, 4))
    asked = [query["sql"] for query in queries]
    turn = next(n for n, sql in enumerate(asked) if "hashtext('figures')" in sql)
    lock = next(
        n
        for n, sql in enumerate(asked)
        if 'FROM "complaints_complaint"' in sql and "FOR UPDATE" in sql
    )
    assert turn < lock


def test_a_saturday_that_is_worked_brings_the_due_time_nearer():
    """Five working days from Monday noon: over on Monday, or on that Saturday."""
    policy(in_office=True, repair_hours=40)
    case = sent_to(make_organization())
    assert case.due_at == NOON + 7 * DAY - HOUR / 2

    notice(date(2026, 11, 7), is_workday=True)

    case.refresh_from_db()
    assert case.due_at == NOON + 5 * DAY - HOUR / 2
    assert policies.reckon(case, at=NOON).due_at == case.due_at
