"""What staff decide of a pair changes the registry once, by as many as it takes."""

from datetime import timedelta

import pytest

from portal.accounts.models import User
from portal.audit.models import Entry
from portal.audit.together import TOGETHER
from portal.registry import corrections
from portal.registry.models import Correction, Dose, Person, Proposal
from portal.registry.proposals import deciding, finding
from portal.registry.proposals.deciding import CannotDecide, Moved
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_orphan,
    make_pair,
    make_person,
    make_staff,
    opened_by,
)

pytestmark = pytest.mark.usefixtures("all_rows")
State = Proposal.State
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def site():
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site).pk


@pytest.fixture
def colleague(site):
    return make_staff(site).pk


def orphan_pair(site):
    owner = make_person("Nghiêm Xuân Bách", sex="M")
    orphan = make_orphan("NGHIEM XUAN BACH", site)
    return make_pair(owner, site, kind="owner", dose=orphan, evidence={})


def doses_pair(site, **facts):
    person = make_person()
    first = make_dose(person, site, given_on="2021-08-12")
    second = make_dose(person, site, given_on="2021-08-20", **facts)
    return make_pair(
        person,
        site,
        kind="doses",
        dose=first,
        other_dose=second,
        evidence={"level": "re_entered"},
    )


def people_pair(site, *, number=""):
    one = make_person("Nghiêm Thị Thoa")
    other = make_person("NGHIEM THI THOA", national_id=number, phone="")
    make_dose(other, site)
    return make_pair(one, site, other_person=other)


def act(step, pair, by, *, at=NOON, **facts):
    pair.refresh_from_db()
    return step(str(pair.ref), seen=pair.version, by=by, at=at, **facts)


def test_an_orphan_goes_to_its_owner_by_one_person(site, nurse):
    pair = orphan_pair(site)
    beside = make_pair(
        make_person("Nghiêm Xuân Bách", national_id="", phone=""),
        site,
        kind="owner",
        dose=pair.dose,
        is_leading=False,
    )

    done = act(deciding.accept, pair, nurse)

    assert done.state == State.MADE
    assert Dose.objects.get(pk=pair.dose_id).person_id == pair.person_id
    made = Correction.objects.get(pk=done.correction_id)
    assert (made.operation, made.reason, made.source) == ("attach", "review", "orphan")
    assert (made.reason_ref, made.proposed_by_id) == (str(pair.ref), nurse)
    beside.refresh_from_db()
    assert beside.state == State.GONE


def test_records_with_different_valid_numbers_are_joined_by_two(site, nurse, colleague):
    pair = people_pair(site, number="001158077777")

    proposed = act(deciding.accept, pair, nurse)

    assert (proposed.state, proposed.correction) == (State.SIGNING, None)
    assert Person.objects.get(pk=pair.other_person_id).status == "active"
    with pytest.raises(CannotDecide):
        act(deciding.sign, pair, nurse)
    made = make_staff(site)
    opened_by(User.objects.get(pk=nurse), made, at=NOON)
    with pytest.raises(CannotDecide, match=str(TOGETHER)):
        act(deciding.sign, pair, made.pk)

    signed = act(deciding.sign, pair, colleague)

    assert signed.state == State.MADE
    joined = Person.objects.get(pk=pair.other_person_id)
    assert joined.merged_into_id == pair.person_id
    made = Correction.objects.get(pk=signed.correction_id)
    assert made.needs_second
    assert (made.proposed_by_id, made.approved_by_id) == (nurse, colleague)


def test_which_record_stays_is_chosen(site, nurse):
    pair = people_pair(site)

    act(deciding.accept, pair, nurse, choice="other")

    assert Person.objects.get(pk=pair.person_id).merged_into_id == pair.other_person_id


def test_whoever_it_concerns_does_not_decide_alone(site, nurse):
    pair = orphan_pair(site)

    proposed = act(deciding.accept, pair, nurse, concerns_oneself=True)

    assert proposed.state == State.SIGNING
    assert Dose.objects.get(pk=pair.dose_id).person_id is None


@pytest.mark.parametrize(("choice", "dropped"), [("first", 1), ("other", 0)])
def test_of_two_doses_the_other_is_entered_in_error_by_two(
    site, nurse, colleague, choice, dropped
):
    pair = doses_pair(site, lot="ZZ1")
    act(deciding.accept, pair, nurse, choice=choice)

    act(deciding.sign, pair, colleague)

    keys = [pair.dose_id, pair.other_dose_id]
    states = [Dose.objects.get(pk=pk).status for pk in keys]
    assert states[dropped] == "entered_in_error"
    assert states[1 - dropped] == "completed"


def test_an_exact_clone_is_taken_off_by_one(site, nurse):
    pair = doses_pair(site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=pair.other_dose_id).update(given_on="2021-08-12")

    assert act(deciding.accept, pair, nurse).state == State.MADE


def test_a_second_person_who_does_not_sign_leaves_it_open(site, nurse, colleague):
    pair = people_pair(site, number="001158077777")
    act(deciding.accept, pair, nurse)

    declined = act(deciding.decline, pair, colleague)

    assert (declined.state, declined.proposed_by_id) == (State.OPEN, None)
    assert act(deciding.accept, pair, colleague).state == State.SIGNING


def test_a_decision_is_taken_back_at_once_by_one_and_can_be_made_again(site, nurse):
    pair = orphan_pair(site)
    act(deciding.accept, pair, nurse)

    undone = act(deciding.take_back, pair, nurse, at=NOON + timedelta(seconds=20))

    assert (undone.state, undone.correction) == (State.OPEN, None)
    assert Dose.objects.get(pk=pair.dose_id).person_id is None
    assert act(deciding.accept, pair, nurse, at=LATER).state == State.MADE


def test_a_dose_is_taken_from_its_owner_by_two_once_half_a_minute_is_over(
    site, nurse, colleague
):
    pair = orphan_pair(site)
    act(deciding.accept, pair, nurse)

    asked = act(deciding.take_back, pair, nurse, at=LATER)
    assert (asked.state, asked.undo_by_id) == (State.MADE, nurse)
    assert Dose.objects.get(pk=pair.dose_id).person_id == pair.person_id
    undone = act(deciding.sign, pair, colleague, at=LATER)

    assert (undone.state, undone.undo_by_id) == (State.OPEN, None)
    assert Dose.objects.get(pk=pair.dose_id).person_id is None


def test_what_took_two_is_taken_back_by_two(site, nurse, colleague):
    pair = people_pair(site, number="001158077777")
    act(deciding.accept, pair, nurse)
    act(deciding.sign, pair, colleague)

    asked = act(deciding.take_back, pair, colleague, at=LATER)
    assert (asked.state, asked.undo_by_id) == (State.MADE, colleague)
    with pytest.raises(CannotDecide):
        act(deciding.sign, pair, colleague, at=LATER)

    undone = act(deciding.sign, pair, nurse, at=LATER)

    assert (undone.state, undone.undo_by_id) == (State.OPEN, None)
    assert Person.objects.get(pk=pair.other_person_id).status == "active"


def test_a_refusal_is_kept_written_down_and_can_be_taken_back(site, nurse):
    pair = people_pair(site)

    refused = act(deciding.refuse, pair, nurse)

    assert (refused.state, refused.decided_by_id) == (State.REFUSED, nurse)
    entry = Entry.objects.filter(subject="registry.proposal", subject_id=pair.pk)
    assert [(e.actor_id, e.detail) for e in entry] == [(nurse, "refused")]
    assert act(deciding.take_back, pair, nurse).state == State.OPEN


def test_a_decision_on_an_older_look_is_refused(site, nurse, colleague):
    pair = people_pair(site)
    seen = pair.version
    act(deciding.refuse, pair, nurse)

    with pytest.raises(Moved):
        deciding.accept(str(pair.ref), seen=seen, by=colleague, at=NOON)


def test_a_record_that_moved_meanwhile_is_not_changed(site, nurse):
    pair = people_pair(site)
    third = make_person("Khác Thị Hẳn", national_id="", phone="")
    corrections.merge(
        pair.other_person_id, into=third.pk, warrant=TEST_WARRANT, at=NOON
    )

    with pytest.raises(Moved):
        act(deciding.accept, pair, nurse)

    pair.refresh_from_db()
    assert pair.state == State.OPEN


def test_an_owner_who_has_that_dose_already_is_refused_in_words(site, nurse):
    pair = orphan_pair(site)
    make_dose(pair.person, site, given_on="2021-10-07")

    with pytest.raises(CannotDecide):
        act(deciding.accept, pair, nurse)

    assert Dose.objects.get(pk=pair.dose_id).person_id is None


def test_what_was_taken_back_elsewhere_is_open_again(site, nurse):
    one = make_person("Nghiêm Thị Thoa")
    make_person("NGHIEM THI THOA", phone="")
    finding.run(at=NOON)
    pair = Proposal.objects.get(person=one)
    done = act(deciding.accept, pair, nurse)
    corrections.undo(
        Correction.objects.get(pk=done.correction_id), warrant=TEST_WARRANT, at=NOON
    )

    finding.run(at=LATER)

    pair.refresh_from_db()
    assert (pair.state, pair.correction_id) == (State.OPEN, None)
