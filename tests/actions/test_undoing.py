"""Taking a move back within 30 seconds: the case, the record, and nobody told."""

from datetime import timedelta

import pytest

from complaints import integrity, rollups
from complaints.actions import casework, intake, undoing
from complaints.choices import Move, Status
from complaints.models import Complaint, Event, Message, TakeBack
from complaints.rules.refused import Refused
from portal.common.models import DemoMessage
from portal.registry.models import Correction, Dose
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
SOON = NOON + timedelta(seconds=29)
LATE = NOON + timedelta(seconds=30)


@pytest.fixture
def site():
    make_product()
    return make_organization(parent=make_organization())


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def case(site):
    case = only_complaint(submit(missing_dose(site), sender=sender_for(make_person())))
    drain_all()
    return Complaint.objects.get(pk=case.pk)


def uphold(case, by):
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    return casework.resolve(
        complaint_id=case.pk,
        verdicts=verdicts,
        filled={"dose_number": "2"},
        proof="slip_seen",
        by=by,
        at=NOON,
    )


def ref_of(case, by):
    return undoing.latest(case.pk, by=by, at=NOON).ref


def facts(case):
    kept = Complaint.objects.values().get(pk=case.pk)
    return {k: v for k, v in kept.items() if k != "version"}


def test_a_decision_is_taken_back_with_what_it_changed_and_nobody_is_told(case, nurse):
    before = facts(case)
    claims = list(case.claims.values("pk", "verdict", "ground", "correction"))
    uphold(case, nurse)
    assert Dose.objects.filter(status="completed").count() == 1
    drain_all()
    assert Message.objects.filter(event__move=Move.RESOLVE).exists()
    told = DemoMessage.objects.count()

    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)

    assert facts(case) == before
    assert list(case.claims.values("pk", "verdict", "ground", "correction")) == claims
    assert not Dose.objects.filter(status="completed").exists()
    assert [e.move for e in case.events.order_by("-seq")[:2]] == ["undo", "resolve"]
    drain_all(NOON + timedelta(minutes=5))
    assert DemoMessage.objects.count() == told
    assert not any(integrity.check(at=NOON).values())
    assert uphold(case, nurse).status == Status.RESOLVED


def test_it_is_as_well_before_a_worker_has_written_the_notices(case, nurse):
    uphold(case, nurse)

    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)

    drain_all(NOON + timedelta(minutes=5))
    assert not Message.objects.filter(event__move=Move.RESOLVE).exists()


def test_a_person_who_was_new_on_record_is_taken_off_again(site, nurse):
    case = only_complaint(submit(missing_dose(site)))
    drain_all()
    uphold(case, nurse)

    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)

    case.submission.refresh_from_db()
    assert case.submission.person_id is None
    assert not any(integrity.check(at=NOON).values())


@pytest.mark.parametrize("move", ["accept", "ask", "hand_over", "escalate"])
def test_every_other_move_is_taken_back_too(case, nurse, site, move):
    before = facts(case)
    more = {
        "accept": {},
        "ask": {"reasons": ["slip"]},
        "hand_over": {"to": make_organization(), "note": "Tiêm ở đó."},
        "escalate": {"note": "Cần cấp trên."},
    }[move]
    getattr(casework, move)(complaint_id=case.pk, by=nurse, at=NOON, **more)
    told = DemoMessage.objects.count()
    drain_all()

    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=NOON + timedelta(seconds=20))

    after = facts(case)
    # The question stopped the clock for so long.
    waited = timedelta(seconds=20) if move == "ask" else timedelta(0)
    for name in ("due_at", "queue_at"):
        assert after.pop(name) - before.pop(name) == waited
    assert after == before
    drain_all(NOON + timedelta(minutes=5))
    assert DemoMessage.objects.count() == told
    # What was handed over by mistake can be handed over there for good.
    getattr(casework, move)(complaint_id=case.pk, by=nurse, at=LATE, **more)


def test_a_proposal_is_taken_back_until_somebody_signs(site, nurse):
    lead = make_staff(site, "lead")
    person = make_person()
    dose = make_dose(person, site)
    matter = intake.Matter("not_mine", {"dose": "void"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    propose = {"complaint_id": case.pk, "verdicts": verdicts, "by": nurse, "at": NOON}

    casework.resolve(**propose)
    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)
    assert not case.claims.exclude(verdict="").exists()

    casework.resolve(**propose)
    proposed = ref_of(case, nurse)
    casework.countersign(complaint_id=case.pk, by=lead, at=NOON)
    with pytest.raises(Refused, match="thay đổi khác"):
        undoing.undo(ref=proposed, by=nurse, at=SOON)

    undoing.undo(ref=ref_of(case, lead), by=lead, at=SOON)
    case.refresh_from_db()
    assert (case.status, case.assignee) == (Status.AWAITING_SECOND, nurse)
    dose.refresh_from_db()
    assert dose.person_id == person.pk
    casework.countersign(complaint_id=case.pk, by=lead, at=LATE)


def test_after_30_seconds_it_stays(case, nurse):
    uphold(case, nurse)
    ref = ref_of(case, nurse)

    assert undoing.latest(case.pk, by=nurse, at=LATE) is None
    with pytest.raises(Refused, match="quá 30 giây"):
        undoing.undo(ref=ref, by=nurse, at=LATE)


def test_it_is_taken_back_once_and_by_whoever_made_it_alone(case, nurse, site):
    uphold(case, nurse)
    ref = ref_of(case, nurse)

    with pytest.raises(TakeBack.DoesNotExist):
        undoing.undo(ref=ref, by=make_staff(site, "lead"), at=SOON)
    undoing.undo(ref=ref, by=nurse, at=SOON)
    with pytest.raises(Refused):
        undoing.undo(ref=ref, by=nurse, at=SOON)
    assert case.events.filter(move=Move.UNDO).count() == 1


def test_what_was_told_already_stays(case, nurse):
    """A carrier that was fast, or a clock that was wrong: what is sent is sent."""
    uphold(case, nurse)
    drain_all()
    Message.objects.filter(event__move=Move.RESOLVE).update(state="sent", sent_at=NOON)

    with pytest.raises(Refused, match="đã nhận được tin"):
        undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)
    assert Complaint.objects.get(pk=case.pk).status == Status.RESOLVED


def test_a_matter_reported_again_meanwhile_is_not_opened_twice(case, nurse):
    uphold(case, nurse)
    Complaint.objects.create(
        submission=case.submission,
        number=9,
        kind=case.kind,
        subject_key=case.subject_key,
        holder=case.holder,
        submitted_at=NOON,
        round_started_at=NOON,
        due_at=NOON,
    )

    with pytest.raises(Refused, match="vừa được phản ánh lại"):
        undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)
    assert Correction.objects.filter(reason="undo").count() == 0


def test_an_answer_that_was_taken_back_is_no_answer(case, nurse, site):
    uphold(case, nurse)
    undoing.undo(ref=ref_of(case, nurse), by=nurse, at=SOON)
    day = NOON.date()

    rollups.rebuild_changed(at=LATE)
    times = rollups.recount(path=site.path, first=day, last=day, at=LATE)

    assert times["all"].first_answer_median is None
    assert times["all"].open == 1
    assert Event.objects.filter(move=Move.RESOLVE).exists()
