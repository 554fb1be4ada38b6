"""Another body: asked with a number, waited for while time runs, its answer taken."""

from datetime import timedelta

import pytest

from complaints import integrity, policies, rollups
from complaints.actions import casework, clockwork, referrals, undoing
from complaints.choices import Move, Status
from complaints.models import Measure, Message, Referral
from complaints.rules.refused import Refused
from portal.common import outbox, scope
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICE = "Công an phường Thử"


@pytest.fixture(autouse=True)
def _all_rows():
    with scope.system():
        yield


@pytest.fixture
def station():
    return make_organization()


@pytest.fixture
def nurse(station):
    return make_staff(station)


@pytest.fixture
def case(station):
    sent = submit(missing_dose(station), sender=sender_for(make_person()))
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=NOON)
    return only_complaint(sent)


def ask(case, by, *, at=NOON + HOUR, **facts):
    usual = {"authority": POLICE, "points": ["given_on"], "note": "Ngày nào?"}
    return referrals.wait(complaint_id=case.pk, by=by, at=at, **usual | facts)


def sheet_of(case):
    return case.referrals.latest("pk")


def test_a_case_waits_with_a_sheet_of_its_own_number_and_the_clock_runs(case, nurse):
    due = case.due_at

    waiting = ask(case, nurse)

    sheet = sheet_of(case)
    assert (waiting.status, waiting.due_at) == (Status.WAITING_AUTHORITY, due)
    assert (sheet.state, sheet.authority, sheet.ended_at) == ("waiting", None, None)
    assert sheet.number != case.submission.code
    assert sheet.expected_at == NOON + HOUR + referrals.USUAL_DAYS * DAY
    assert policies.reckon(waiting, at=NOON + 9 * HOUR).paused == timedelta(0)


@pytest.mark.parametrize(
    "lacking",
    [
        {"note": " "},
        {"points": []},
        {"points": ["sex"]},
        {"authority": "CA"},
        {"authority": "anh Ba 0900000215"},
        {"days": 0},
        {"days": 11},
    ],
)
def test_nobody_is_asked_without_body_question_and_day(case, nurse, lacking):
    with pytest.raises(Refused):
        ask(case, nurse, **lacking)
    assert not Referral.objects.exists()


def test_the_citizen_is_told_once_and_not_if_it_was_taken_back(case, nurse):
    ask(case, nurse)
    back = undoing.latest(case.pk, by=nurse, at=NOON + HOUR)
    undoing.undo(ref=back.ref, by=nurse, at=NOON + HOUR + timedelta(seconds=9))
    assert sheet_of(case).state == "taken_back"

    ask(case, nurse, at=NOON + 2 * HOUR)
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=NOON + 3 * HOUR)

    told = Message.objects.filter(event__move=Move.WAIT)
    assert [m.event.at for m in told] == [NOON + 2 * HOUR]


def test_a_clerk_enters_the_answer_by_the_number_and_the_case_goes_on(
    case, station, nurse
):
    ask(case, nurse)
    clerk = make_staff(station, "clerk")

    referrals.answer(
        number=sheet_of(case).number, reply="claimed", by=clerk, at=NOON + 5 * HOUR
    )

    case.refresh_from_db()
    sheet, event = sheet_of(case), case.events.latest("seq")
    assert (case.status, case.assignee) == (Status.IN_REVIEW, nurse)
    assert (sheet.state, sheet.reply, sheet.answered_by) == (
        "answered",
        "claimed",
        clerk,
    )
    assert (event.move, event.data["reply"]) == (Move.RESUME, "claimed")


def test_an_account_of_the_body_itself_answers_and_nobody_elses(case, nurse):
    police = make_organization(kind="police", name=POLICE, gives_doses=False)
    ask(case, nurse, authority="công an  phường thử")
    sheet = sheet_of(case)
    assert sheet.authority == police
    stranger = make_staff(make_organization(kind="police"))
    with pytest.raises(Refused):
        referrals.answer(number=sheet.number, reply="claimed", by=stranger, at=NOON)

    officer = make_staff(police, "clerk")
    referrals.answer(
        number=sheet.number, reply="other", note="Số khác.", by=officer, at=NOON + DAY
    )

    case.refresh_from_db()
    assert (case.status, case.holder_id) == (Status.IN_REVIEW, sheet.event.holder_id)
    assert case.events.latest("seq").by == officer


@pytest.mark.parametrize(("reply", "note"), [("", ""), ("perhaps", ""), ("other", " ")])
def test_an_answer_says_something(case, nurse, reply, note):
    ask(case, nurse)
    with pytest.raises(Refused):
        referrals.answer(
            number=sheet_of(case).number, reply=reply, note=note, by=nurse, at=NOON
        )
    assert sheet_of(case).state == "waiting"


def test_an_answer_is_entered_once(case, nurse):
    ask(case, nurse)
    given = {"number": sheet_of(case).number, "by": nurse, "at": NOON + 2 * HOUR}
    referrals.answer(reply="recorded", **given)

    with pytest.raises(Refused):
        referrals.answer(reply="claimed", **given)


def test_who_waits_in_vain_has_the_case_in_the_queue_again(case, nurse):
    ask(case, nurse, days=1)
    referrals.expire(at=NOON + 24 * HOUR)
    assert sheet_of(case).state == "waiting"

    clockwork.run(at=NOON + 26 * HOUR)
    assert referrals.expire(at=NOON + 26 * HOUR) == 0

    case.refresh_from_db()
    assert (case.status, sheet_of(case).state) == (Status.IN_REVIEW, "expired")
    event = case.events.get(move=Move.RESUME)
    assert (event.actor, event.data["late"]) == ("system", True)


def test_an_answer_that_comes_late_stands_with_the_case(case, nurse):
    ask(case, nurse, days=1)
    referrals.expire(at=NOON + 26 * HOUR)

    referrals.answer(
        number=sheet_of(case).number, reply="claimed", by=nurse, at=NOON + 30 * HOUR
    )

    case.refresh_from_db()
    event = case.events.latest("seq")
    assert (case.status, sheet_of(case).state) == (Status.IN_REVIEW, "answered")
    assert (event.move, event.data["reply"]) == (Move.NOTE, "claimed")


def test_another_move_ends_the_wait_and_taking_it_back_begins_it_anew(case, nurse):
    ask(case, nurse)
    later = NOON + 3 * HOUR
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=later)
    assert sheet_of(case).state == "overtaken"
    back = undoing.latest(case.pk, by=nurse, at=later)

    undoing.undo(ref=back.ref, by=nurse, at=later + timedelta(seconds=5))

    case.refresh_from_db()
    assert (case.status, sheet_of(case).state) == (Status.WAITING_AUTHORITY, "waiting")
    found = integrity.check(at=later)
    assert not found["waits_for_another_body_iff_one_is_asked"]


def test_going_on_without_an_answer_keeps_none(case, nurse):
    ask(case, nurse)
    referrals.resume(complaint_id=case.pk, reply="", by=nurse, at=NOON + 4 * HOUR)
    assert (sheet_of(case).state, sheet_of(case).reply) == ("overtaken", "")


def test_an_answer_taken_back_is_forgotten(case, nurse):
    ask(case, nurse)
    later = NOON + 4 * HOUR
    referrals.resume(complaint_id=case.pk, reply="recorded", by=nurse, at=later)
    back = undoing.latest(case.pk, by=nurse, at=later)

    undoing.undo(ref=back.ref, by=nurse, at=later)

    assert (sheet_of(case).state, sheet_of(case).reply) == ("waiting", "")


def test_the_time_with_another_body_is_counted_apart(case, nurse):
    ask(case, nurse)
    referrals.resume(complaint_id=case.pk, reply="", by=nurse, at=NOON + 6 * HOUR)
    (claim_ids,) = [list(case.claims.values_list("pk", flat=True))]
    casework.resolve(
        complaint_id=case.pk,
        verdicts={pk: ("kept", "nothing_matches") for pk in claim_ids},
        note="Không có.",
        by=nurse,
        at=NOON + 7 * HOUR,
    )
    rollups.rebuild_changed(at=NOON + 8 * HOUR)

    measure = Measure.objects.get(complaint_id=case.pk)
    assert (measure.elsewhere, measure.checked) == (5 * 3600, 3600)
