"""Right is another value: neither what is recorded nor what the citizen says."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from complaints import integrity, retold
from complaints.actions import casework, intake, undoing
from complaints.choices import Kind, Move
from complaints.models import Complaint
from complaints.rules.refused import Refused
from complaints.views import progress
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
WHY = "Phiếu gốc ghi ABX4711."


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def case(site):
    """Return a case of a lot that citizen and record both have wrong."""
    person = make_person()
    dose = make_dose(person, site, lot="ABX4471")
    matter = intake.Matter(Kind.WRONG_DOSE, {"lot": "ABX4417"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    return Complaint.objects.get(pk=case.pk)


def decide(case, by, *, value="ABX4711", note=WHY, proof="slip_seen", field="lot"):
    claims = case.claims.all()
    return casework.resolve(
        complaint_id=case.pk,
        verdicts={
            c.pk: ("other" if c.field == field else "upheld", "") for c in claims
        },
        filled={field: value},
        note=note,
        proof=proof,
        by=by,
        at=NOON,
    )


def test_the_third_value_goes_on_record_and_the_citizen_sees_all_three(case, nurse):
    decide(case, nurse)

    case.refresh_from_db()
    assert case.outcome == "partly_corrected"
    assert Dose.objects.get(pk=case.dose_id).lot_number == "ABX4711"
    made = Correction.objects.get(reason="complaint")
    assert (made.source, made.proposed_by) == ("slip_seen", nurse)
    (shown,) = progress.claims(case, list(case.claims.all()))
    assert (shown["recorded"], shown["claimed"], shown["now"]) == (
        "ABX4471",
        "ABX4417",
        "ABX4711",
    )
    assert shown["is_other"]
    assert case.events.get(move="resolve").data["fields"] == ["lot"]
    assert not any(integrity.check(at=NOON).values())


def test_taking_it_back_leaves_all_as_it_was(case, nurse):
    decide(case, nurse)

    ref = undoing.latest(case.pk, by=nurse, at=NOON).ref
    undoing.undo(ref=ref, by=nurse, at=NOON + timedelta(seconds=20))

    assert Dose.objects.get(pk=case.dose_id).lot_number == "ABX4471"
    claim = case.claims.get()
    assert (claim.verdict, claim.decided, claim.correction) == ("", "ABX4417", None)


@pytest.mark.parametrize(
    "facts",
    [
        {"value": ""},
        {"value": "ABX4417"},
        {"value": "ABX4471"},
        {"note": " "},
        {"proof": ""},
    ],
)
def test_without_a_third_value_a_word_and_a_proof_nothing_happens(case, nurse, facts):
    with pytest.raises(Refused):
        decide(case, nurse, **facts)

    case.refresh_from_db()
    assert case.is_open
    assert Dose.objects.get(pk=case.dose_id).lot_number == "ABX4471"


def test_a_missing_dose_of_another_day_is_recorded_on_its_day(site, nurse):
    sender = sender_for(make_person())
    case = only_complaint(submit(missing_dose(site), sender=sender))
    drain_all()

    decide(case, nurse, field="given_on", value="2021-10-08")

    case.refresh_from_db()
    assert (case.outcome, case.dose.given_on.isoformat()) == (
        "partly_corrected",
        "2021-10-08",
    )


def test_without_a_proof_that_is_here_a_second_person_signs_the_other_value(
    site, nurse
):
    sender = sender_for(make_person())
    case = only_complaint(submit(missing_dose(site), sender=sender))
    drain_all()

    decide(case, nurse, field="given_on", value="2021-10-08", proof="session_list")
    case.refresh_from_db()
    assert (case.status, Dose.objects.count()) == ("awaiting_second", 0)
    casework.countersign(complaint_id=case.pk, by=make_staff(site), at=NOON)

    case.refresh_from_db()
    assert case.outcome == "partly_corrected"
    # What the citizen is told is the word of whoever looked into it.
    assert case.events.get(move=Move.COUNTERSIGN).note == WHY


def test_a_list_in_a_drawer_is_one_persons_word_for_a_value_that_nobody_says(
    case, nurse, site
):
    decide(case, nurse, proof="session_list")

    case.refresh_from_db()
    assert case.status == "awaiting_second"
    assert Dose.objects.get(pk=case.dose_id).lot_number == "ABX4471"
    casework.countersign(complaint_id=case.pk, by=make_staff(site), at=NOON)

    assert Dose.objects.get(pk=case.dose_id).lot_number == "ABX4711"


def test_who_signs_is_not_told_that_a_list_is_missing_which_is_here(case, nurse):
    decide(case, nurse, proof="session_list")
    proposal = case.events.get(move=Move.PROPOSE)
    lacks = "Danh sách đó chưa gửi lên đây"
    assert any(lacks in said for said in retold.basis([proposal]))

    proposal.data["there"] = True

    assert not any(lacks in said for said in retold.basis([proposal]))


def test_the_database_knows_no_other_value_that_is_missing(case):
    with pytest.raises(IntegrityError), transaction.atomic():
        case.claims.update(verdict="other")


def test_what_was_looked_at_goes_with_a_refusal_and_its_signature(case, nurse):
    claim = case.claims.get()
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("kept", "unreadable")},
        considered=["photo", "nonsense"],
        note="Ảnh mờ.",
        by=nurse,
        at=NOON,
    )

    event = case.events.get(move="resolve")
    assert event.data["considered"] == ["photo"]
    assert "Đã xem xét: Giấy tờ gửi kèm phản ánh" in retold.words(event)
    (told,) = [s for s in steps(case) if "Ảnh mờ." in s["text"]]
    assert "Đã xem xét: Giấy tờ gửi kèm phản ánh" in told["text"]


def steps(case):
    case = Complaint.objects.select_related("holder").get(pk=case.pk)
    events = list(case.events.select_related("holder").order_by("seq"))
    return progress.steps(case, events, at=NOON)
