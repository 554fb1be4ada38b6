"""B6 and B7: a dose entered twice, a person on two records: one click each."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from complaints.actions import casework, intake, prepared, preparing, undoing
from complaints.choices import Field, Kind, Outcome, Status
from complaints.models import Complaint, Prepared
from complaints.owndata import held
from complaints.rules.refused import Refused, Stale
from portal.audit.models import Entry
from portal.common import outbox
from portal.registry import corrections
from portal.registry.models import Correction, Dose, Proposal
from portal.registry.proposals import deciding, finding
from tests.factories import (
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")

State = Prepared.State
# The weights by which records are compared are in force from 22 November 2026.
AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SOON, DAY = timedelta(seconds=10), timedelta(days=1)
NAME = "Nguyễn Thị Thử"


@pytest.fixture
def station():
    make_root()
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def nurse(station):
    return make_staff(station)


@pytest.fixture
def person(station):
    return make_person(residence=station.commune)


def drain(at=AT):
    for queue in ("route", "report") * 2:
        outbox.drain(queue=queue, at=at)


def send(person, matter, *, at=AT):
    case = only_complaint(submit(matter, sender=sender_for(person), at=at))
    drain(at)
    return Complaint.objects.get(pk=case.pk)


def row():
    return Prepared.objects.get()


# --- B6 -------------------------------------------------------------------------


def twice(person, station, **facts):
    """Let a dose stand on record twice, the second one typed with another lot."""
    first = make_dose(person, station, lot="ABX4471")
    with corrections.writing("imports"):
        later = Dose.objects.create(
            person=person,
            product=first.product,
            site=station,
            source=Dose.Source.SERVICE,
            recorded_at=AT - DAY,
            **({"lot_number": "ABX4417", "given_on": first.given_on} | facts),
        )
    return first, later


def doubled(person, dose):
    matter = intake.Matter(Kind.DOUBLED_DOSE, {"dose": "void"}, dose_id=dose.pk)
    return send(person, matter)


@pytest.mark.parametrize("named", [0, 1])
def test_a_dose_entered_twice_is_one_click_and_a_second_person(
    station, nurse, person, named
):
    """Which of the two goes the report says: who holds the slip knows."""
    doses = twice(person, station)
    case = doubled(person, doses[named])
    assert (row().rule, row().state, row().complaint) == ("B6", State.OPEN, case)

    prepared.accept(row().ref, by=nurse, at=AT + SOON)
    case.refresh_from_db()
    assert (case.status, row().state) == (Status.AWAITING_SECOND, State.SIGNING)
    assert person.doses.filter(status=Dose.Status.COMPLETED).count() == 2
    casework.countersign(
        complaint_id=case.pk, by=make_staff(station, "lead"), at=AT + DAY
    )
    drain(AT + DAY)

    case.refresh_from_db()
    assert (case.outcome, row().state) == (Outcome.CORRECTED, State.MADE)
    stays = person.doses.get(status=Dose.Status.COMPLETED)
    assert stays == doses[1 - named]
    made = row().correction
    assert (made.operation, made.needs_second) == ("void", True)


def test_one_equal_in_every_fact_is_one_persons_decision(station, nurse, person):
    _first, later = twice(person, station, lot_number="ABX4471")
    case = doubled(person, later)

    prepared.accept(row().ref, by=nurse, at=AT + SOON)

    case.refresh_from_db()
    later.refresh_from_db()
    assert (case.outcome, later.status) == ("corrected", "entered_in_error")
    kept = undoing.latest(case.pk, by=nurse, at=AT + 2 * SOON)
    undoing.undo(ref=kept.ref, by=nurse, at=AT + 2 * SOON)
    later.refresh_from_db()
    assert (later.status, row().state) == ("completed", State.OPEN)


@pytest.mark.parametrize(
    "facts",
    [
        {"given_on": "2021-10-08"},
        # A second dose with a wrong day bears another number.
        {"dose_number": 2},
    ],
)
def test_two_doses_that_may_both_be_real_are_not_put_forward(station, person, facts):
    _first, later = twice(person, station, **facts)

    doubled(person, later)

    assert not Prepared.objects.exists()


def test_nothing_is_voided_once_the_other_one_is_gone(station, nurse, person):
    first, later = twice(person, station)
    doubled(person, later)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=first.pk).update(status="entered_in_error")

    with pytest.raises(Stale):
        prepared.accept(row().ref, by=nurse, at=AT + SOON)

    later.refresh_from_db()
    assert (later.status, row().state) == ("completed", State.GONE)


# --- B7 -------------------------------------------------------------------------


def other_record(station, name=NAME, number="024618357", **facts):
    """Return a record of the same person under an old card's number."""
    other = make_person(name, national_id=number, residence=station.commune, **facts)
    make_dose(other, station, given_on="2021-09-11")
    return other


def split(person, said=NAME):
    return send(person, intake.Matter(Kind.SPLIT_RECORD, {"record": said}))


def test_two_records_of_one_person_are_joined_by_one_click(station, nurse, person):
    other = other_record(station, number=None)
    make_dose(person, station)
    case = split(person)
    assert (row().rule, row().complaint, row().person) == ("B7", case, person)

    prepared.accept(row().ref, by=nurse, at=AT + SOON)

    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.outcome, other.merged_into) == (Outcome.CORRECTED, person)
    assert person.doses.count() == 2
    assert (row().state, row().correction.operation) == (State.MADE, "merge")
    kept = undoing.latest(case.pk, by=nurse, at=AT + 2 * SOON)
    undoing.undo(ref=kept.ref, by=nurse, at=AT + 2 * SOON)
    other.refresh_from_db()
    assert (other.merged_into, other.doses.count()) == (None, 1)
    assert row().state == State.OPEN


def test_records_with_two_valid_numbers_are_joined_by_two_people(
    station, nurse, person
):
    other = other_record(station)
    case = split(person)

    prepared.accept(row().ref, by=nurse, at=AT + SOON)
    other.refresh_from_db()
    assert (row().state, other.merged_into) == (State.SIGNING, None)
    casework.countersign(
        complaint_id=case.pk, by=make_staff(station, "lead"), at=AT + DAY
    )
    drain(AT + DAY)

    other.refresh_from_db()
    assert (other.merged_into, row().state) == (person, State.MADE)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        # Somebody else's name, or number, is what the report is about.
        ([NAME], "Lê Thị Hoa"),
        ([NAME], f"{NAME}|079158099999"),
        # Nobody can tell which of two.
        ([NAME, NAME], NAME),
        ([], NAME),
        (["Phạm Văn Đức"], "Phạm Văn Đức"),
    ],
)
def test_another_record_than_the_one_meant_is_not_put_forward(
    station, person, names, said
):
    for name in names:
        other_record(station, name, number=None)

    split(person, said)

    assert not Prepared.objects.exists()


def test_two_that_staff_told_apart_are_not_put_forward(station, nurse, person):
    other_record(station, number=None)
    finding.run(at=AT)
    pair = Proposal.objects.get(kind="people")
    deciding.refuse(str(pair.ref), seen=pair.version, by=nurse.pk, at=AT)

    split(person)

    assert not Prepared.objects.exists()


def test_a_record_that_was_joined_meanwhile_is_not_joined_twice(station, nurse, person):
    other = other_record(station, number=None)
    split(person)
    elsewhere = make_person("Bùi Thị Khác", national_id=None, phone=None)
    corrections.merge(other.pk, into=elsewhere.pk, warrant=TEST_WARRANT, at=AT)

    with pytest.raises(Stale):
        prepared.accept(row().ref, by=nurse, at=AT + SOON)

    other.refresh_from_db()
    assert (other.merged_into, row().state) == (elsewhere, State.GONE)


def test_nobody_joins_their_own_records(station, nurse, person):
    other_record(station, number=None)
    case = split(person)
    nurse.phone_digest = bytes(case.submission.phone_digest)
    nurse.save(update_fields=["phone_digest"])

    with pytest.raises(Refused):
        prepared.accept(row().ref, by=nurse, at=AT + SOON)


@pytest.mark.parametrize("is_by_rule", [True, False])
def test_nobody_joins_their_own_record_to_anothers(station, nurse, person, is_by_rule):
    other = other_record(station)
    case = split(person)
    nurse.number_digest = bytes(other.documents.get().number_digest)
    nurse.save(update_fields=["number_digest"])

    click = partial(prepared.accept, row().ref)
    by_hand = partial(
        casework.resolve,
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        filled={Field.RECORD: str(other.ref)},
    )

    with pytest.raises(Refused, match="anh.chị"):
        (click if is_by_rule else by_hand)(by=nurse, at=AT + SOON)

    other.refresh_from_db()
    assert other.merged_into is None


def test_staff_see_both_records_and_the_look_is_written_down(
    client, station, nurse, person
):
    other = other_record(station, number=None)
    now = timezone.now()
    case = send(person, intake.Matter(Kind.SPLIT_RECORD, {"record": NAME}), at=now)
    client.force_login(nurse)
    looks = Entry.objects.filter(person=other.pk).count()

    words = text_of(client.get(f"/lam-viec/ho-so/{case.submission.code}-1/"))

    assert "Quy tắc đề xuất: Một người có hai hồ sơ" in words
    assert "11/09/2021" in words
    assert Entry.objects.filter(person=other.pk).count() > looks
    assert "B7" not in str(held.everything(person.pk, at=now)), "not yet theirs"
    assert preparing.decided()["B7"]["waiting"] == 1


def test_a_report_decided_by_its_form_is_counted_as_what_was_prepared(
    station, nurse, person
):
    other = other_record(station, number=None)
    case = split(person)

    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
        filled={"record": str(other.ref)},
        by=nurse,
        at=AT + SOON,
    )
    drain(AT + SOON)

    assert preparing.decided()["B7"] == {"waiting": 0, "made": 1, "refused": 0}
    assert Correction.objects.filter(operation="merge", part_of=None).count() == 1
