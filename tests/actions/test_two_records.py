"""Cases about two records: joined, given to the owner, decided on what is there now."""

from datetime import date

import pytest

from complaints import integrity, lookalikes
from complaints.actions import casework, intake
from complaints.choices import Outcome, Status
from complaints.rules import records
from complaints.rules.refused import Refused
from portal.registry import corrections, identity
from portal.registry.matching.facts import Facts
from portal.registry.models import Correction
from tests.actions.test_way import drain_all
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
# The weights by which records are compared are in force from 22 November 2026.
SOON = date(2026, 11, 23)


@pytest.fixture
def station():
    commune = make_unit("N26740", name="Phường Thử", parent=make_unit())
    return make_organization(commune=commune, province=commune.parent)


@pytest.fixture
def staff(station):
    return make_staff(station), make_staff(station, "lead")


def person_at(station, *args, **facts):
    return make_person(*args, residence=station.commune, **facts)


def split_case(own, other="Trần Thị Bửu Lộc", number=""):
    matter = intake.Matter("split_record", {"record": records.write(other, number)})
    case = only_complaint(submit(matter, sender=sender_for(own)))
    drain_all()
    case.refresh_from_db()
    return case


def resolve(case, by, **facts):
    claims = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    casework.resolve(complaint_id=case.pk, verdicts=claims, by=by, at=NOON, **facts)
    case.refresh_from_db()


def test_a_split_record_is_joined_by_two_people_of_the_commune(station, staff):
    own = person_at(station, "Trần Thị Bảo Lộc")
    other = person_at(station, "Trần Thị Bửu Lộc", national_id="024618357")
    make_dose(own, station, given_on="2021-10-20")
    make_dose(other, station, given_on="2021-08-11")
    case = split_case(own)
    assert case.holder == station

    (candidate,) = lookalikes.of(case, typed=None, on=SOON)
    assert (candidate.person_id, candidate.ref) == (other.pk, str(other.ref))
    assert "11/08/2021" in candidate.evidence
    assert "024618357" not in candidate.title
    resolve(case, staff[0], filled={"record": candidate.ref})
    assert case.status == Status.AWAITING_SECOND
    casework.countersign(complaint_id=case.pk, by=staff[1], at=NOON)

    case.refresh_from_db()
    assert case.outcome == Outcome.CORRECTED
    assert len(identity.record(own.pk, on=NOON.date())) == 2
    lead = Correction.objects.get(operation="merge", part_of=None)
    assert (lead.proposed_by, lead.approved_by) == staff
    assert not any(integrity.check(at=NOON).values())


def test_reporting_it_again_joins_the_open_case_whatever_name_is_typed(station):
    own = person_at(station, "Trần Thị Bảo Lộc")
    case = split_case(own)
    matter = intake.Matter("split_record", {"record": "Trần Thị Bửu Lộc|024618357"})

    again = submit(matter, sender=sender_for(own))

    assert [joined.pk for joined in again.joined] == [case.pk]


def test_a_record_named_by_its_number_is_a_candidate(station):
    own = person_at(station, "Trần Thị Bảo Lộc")
    other = person_at(station, "Lê Thị Hoa", national_id="024618357", phone="")
    case = split_case(own, "Lê Thị Hoa", "024618357")
    typed = Facts(numbers=("024618357",))
    found = lookalikes.of(case, typed=typed, on=SOON)
    assert [one.person_id for one in found] == [other.pk]


def test_nothing_is_joined_before_a_record_is_chosen(station, staff):
    case = split_case(person_at(station, "Trần Thị Bảo Lộc"))
    with pytest.raises(Refused):
        resolve(case, staff[0])
    with pytest.raises(Refused):
        resolve(case, staff[0], filled={"record": "không có"})


def not_mine(dose, person):
    matter = intake.Matter("not_mine", {"dose": "void"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    case.refresh_from_db()
    return case


def test_a_dose_that_is_anothers_goes_to_its_owner_by_two_people(station, staff):
    wrong = make_person()
    right = make_person("Nguyễn Thị Thơ", national_id="024618357")
    dose = make_dose(wrong, station)
    case = not_mine(dose, wrong)

    resolve(case, staff[0], filled={"dose": str(right.ref)})
    casework.countersign(complaint_id=case.pk, by=staff[1], at=NOON)

    dose.refresh_from_db()
    assert (dose.person, dose.origin) == (right, wrong)


def test_a_dose_that_left_the_record_meanwhile_is_not_taken_off_again(station, staff):
    wrong, other = make_person(), make_person(national_id="024618357")
    dose = make_dose(wrong, station)
    case = not_mine(dose, wrong)
    corrections.reassign(dose.pk, to=other.pk, warrant=TEST_WARRANT, at=NOON)
    with pytest.raises(Refused):
        resolve(case, staff[0])


def wrong_date(dose, person, claimed="2021-08-14"):
    matter = intake.Matter("wrong_dose", {"given_on": claimed}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    case.refresh_from_db()
    return case


def test_a_decision_on_an_older_record_is_refused_until_it_is_looked_at(station, staff):
    person = make_person()
    dose = make_dose(person, station, given_on="2021-08-12")
    case = wrong_date(dose, person)
    corrections.correct_dose(
        dose.pk, {"given_on": "2021-08-13"}, warrant=TEST_WARRANT, at=NOON
    )
    with pytest.raises(Refused):
        resolve(case, staff[0])
    with pytest.raises(Refused):
        resolve(case, staff[0], seen=1)

    resolve(case, staff[0], seen=2)

    assert case.claims.get().recorded == "2021-08-13"
    change = case.claims.get().correction
    assert (change.before["given_on"], change.after["given_on"]) == (
        "2021-08-13",
        "2021-08-14",
    )


def test_what_concerns_whoever_decides_takes_a_second_person(station, staff):
    person = make_person()
    case = wrong_date(make_dose(person, station), person)
    resolve(case, staff[0], concerns_oneself=True)
    assert case.status == Status.AWAITING_SECOND
    casework.countersign(complaint_id=case.pk, by=staff[1], at=NOON)
    case.refresh_from_db()
    assert case.outcome == Outcome.CORRECTED


def test_a_case_of_a_joined_record_is_decided_on_the_surviving_one(station, staff):
    own, other = make_person(), make_person(national_id="")
    matter = intake.Matter("wrong_person", {"sex": "M"})
    case = only_complaint(submit(matter, sender=sender_for(other)))
    drain_all()
    corrections.merge(other.pk, into=own.pk, warrant=TEST_WARRANT, at=NOON)
    someone = make_staff(case.holder.parent or case.holder)

    resolve(case, someone)

    own.refresh_from_db()
    assert own.sex == "M"
