"""What holds a rule between looking and writing, and what it has to hear of before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from complaints.actions import (
    campaigns,
    intake,
    prepared,
    proving,
    selfcorrection,
    selfservice,
    switches,
    telephones,
)
from complaints.choices import ADDING, Kind, Status
from complaints.models import Complaint, Prepared
from complaints.rules.refused import Refused, Stale
from complaints.rules.selfcorrection import judging
from portal.accounts import contact
from portal.common import outbox
from portal.registry import corrections
from portal.registry.corrections import RecordMoved, Warrant
from portal.registry.models import Correction, Dose, PopulationInquiry
from tests.actions.test_prepared import rows, session
from tests.actions.test_selfcorrection import (
    NAME,
    NUMBER,
    clone,
    drain,
    lost_zero,
    made,
    report,
)
from tests.factories import (
    NOON,
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    missing_dose,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

DAY = timedelta(days=1)
BY_A_RULE = Warrant(Correction.Reason.RULE, "A6.2 test")


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def boss(station):
    return make_staff(station, "administrator")


def found(person, rule):
    """Return what a rule says of a record now."""
    facts = proving.of_people([person.pk], at=NOON)[person.pk]
    (said,) = judging.judge(facts, rules=[rule])
    return said


def doubled(station):
    person = make_person(residence=station.commune)
    first = make_dose(person, station)
    return person, first, clone(first)


def wrongly_numbered(station):
    """Return somebody with two doses that are both the first, among others."""
    person = make_person(residence=station.commune)
    other = make_person("Trần Văn Hai", national_id=None, phone=None)
    for one in (person, other):
        make_dose(one, station)
        make_dose(one, station, given_on="2021-09-12")
    return person, person.doses.get(given_on="2021-09-12")


# Between looking and writing.
def test_the_last_copy_of_a_dose_stays_when_staff_took_the_other_off_meanwhile(
    station, boss
):
    person, first, again = doubled(station)
    said = found(person, "A6")
    corrections.void(first.pk, warrant=TEST_WARRANT, at=NOON)

    with pytest.raises(selfcorrection.Held):
        selfcorrection.apply(
            person.pk, said, province=None, batch=own_batch(boss), at=NOON
        )

    again.refresh_from_db()
    assert again.status == Dose.Status.COMPLETED
    assert not made()


def own_batch(boss):
    campaign = campaigns.start(rules=["A6"], cap=5, by=boss, at=NOON)
    return campaign.batches.get()


def test_the_registry_itself_refuses_a_rule_what_is_no_copy_any_more(station):
    _person, first, again = doubled(station)
    corrections.void(first.pk, warrant=BY_A_RULE, at=NOON)

    with pytest.raises(RecordMoved):
        corrections.void(again.pk, warrant=BY_A_RULE, at=NOON)


def test_a_dose_that_a_list_brought_meanwhile_keeps_the_numbers_as_they_are(
    station, boss
):
    person, second = wrongly_numbered(station)
    said = found(person, "A5")
    make_dose(person, station, given_on="2021-08-30", dose_number="2")

    with pytest.raises(selfcorrection.Held):
        selfcorrection.apply(
            person.pk, said, province=None, batch=own_batch(boss), at=NOON
        )

    second.refresh_from_db()
    assert second.dose_number == 1


# What has to be heard.
@pytest.mark.parametrize("kind", ADDING)
def test_the_order_waits_for_a_dose_that_is_reported_missing(station, kind):
    person, second = wrongly_numbered(station)
    missing = missing_dose(station, given_on="2021-10-20")
    matters = [
        intake.Matter(Kind.WRONG_DOSE, {"dose_number": "2"}, dose_id=second.pk),
        replace(missing, kind=kind),
    ]

    submit(*matters, sender=sender_for(person))
    drain()

    assert found(person, "A5").reason == "a_dose_is_missing"
    assert not made()


def test_two_numbers_that_are_confirmed_one_by_one_may_be_two_peoples(station, boss):
    """A namesake of one birth date who is on no record: every word is confirmed."""
    switches.switch("A4", is_on=True, reason="Thử", by=boss, at=NOON)
    person = make_person(national_id="012345567", residence=station.commune)
    knows("012345567", NAME, "1958-03-08", "F")
    knows(NUMBER, NAME, "1958-03-08", "F")

    case = report(person, {"national_id": NUMBER})

    assert case.status == Status.RECEIVED
    assert corrections.read_person(person, "national_id") == "012345567"


@pytest.mark.parametrize("way", list(contact.Way))
def test_whoever_changed_the_telephone_by_whatever_way_waits_72_hours(station, way):
    """A slip's facts are on every lost slip; that its way took days is no proof."""
    person = lost_zero(station)
    begun = NOON - 5 * DAY
    contact.ask(
        person_id=person.pk,
        phone="+84900000777",
        way=way,
        language="vi",
        document="CCCD" if way == contact.Way.COUNTER else "",
        by=make_staff(station) if way == contact.Way.COUNTER else None,
        at=begun if way == contact.Way.PAPER else NOON - DAY,
    )
    telephones.apply_due(person.contact_changes.values_list("pk", flat=True), at=NOON)

    case = report(person, {"national_id": NUMBER}, at=NOON)

    assert case.status == Status.RECEIVED


# What happened on a record before it was joined.
def joined(station, other):
    """Join a record to that of the same person; return the one that answers."""
    person = lost_zero(station)
    corrections.merge(other.pk, into=person.pk, warrant=TEST_WARRANT, at=NOON)
    return person


def test_an_open_report_from_a_joined_record_holds_the_field(station):
    other = make_person(NAME, national_id=None, phone=None)
    submit(
        intake.Matter(Kind.WRONG_PERSON, {"national_id": "079158099999"}),
        sender=sender_for(other),
    )
    person = joined(station, other)

    facts = proving.of_people([person.pk], at=NOON)[person.pk]

    assert facts.before.open_fields == {"national_id"}


def test_what_a_rule_changed_on_a_joined_record_and_was_undone_is_a_persons(
    station, boss
):
    other, _first, again = doubled(station)
    report(other, {"dose": "void"}, kind=Kind.DOUBLED_DOSE, dose_id=again.pk)
    (row,) = made()
    selfcorrection.undo(row.ref, by=boss, at=NOON)
    person = joined(station, other)

    facts = proving.of_people([person.pk], at=NOON)[person.pk]

    assert facts.before.changed_fields == {f"dose:{again.pk}:status"}


def test_a_new_telephone_on_a_joined_record_holds_the_whole(station):
    other = make_person(NAME, national_id=None)
    corrections.correct_person(
        other.pk, {"phone": "+84900000999"}, warrant=TEST_WARRANT, at=NOON - DAY
    )
    person = joined(station, other)

    assert proving.of_people([person.pk], at=NOON)[person.pk].before.contact_changed_at


# What a joining brought.
def test_doses_of_joined_records_are_no_copies_by_themselves(station):
    person = make_person(residence=station.commune)
    other = make_person(NAME, national_id=None, phone=None)
    clone_of = make_dose(person, station)
    again = clone(clone_of)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=again.pk).update(person=other)

    corrections.merge(other.pk, into=person.pk, warrant=TEST_WARRANT, at=NOON)

    assert found(person, "A6").reason == "no_clone"


def test_a_joining_is_not_undone_over_a_dose_that_would_come_home_void(station):
    person = make_person(residence=station.commune)
    other = make_person(NAME, national_id=None, phone=None)
    make_dose(person, station)
    theirs = make_dose(other, station)
    link = corrections.merge(other.pk, into=person.pk, warrant=TEST_WARRANT, at=NOON)
    voided = corrections.void(theirs.pk, warrant=TEST_WARRANT, at=NOON)
    two = Warrant(Correction.Reason.UNDO, "test", make_staff(station).pk, boss_of())

    with pytest.raises(corrections.CannotCorrect):
        corrections.undo(link, warrant=two, at=NOON)
    corrections.undo(voided, warrant=two, at=NOON)
    corrections.undo(link, warrant=two, at=NOON)

    theirs.refresh_from_db()
    assert (theirs.person, theirs.status) == (other, Dose.Status.COMPLETED)


def boss_of():
    return make_staff(make_organization("X-BOSS"), "administrator").pk


# What rules of tier B put before staff.
def contradicted(station):
    """Return a dose whose lot is another vaccine's, as five others show."""
    session(station)
    person = make_person(residence=station.commune)
    return make_dose(person, station, lot="MOD12")


def walk(boss, *rules, at=NOON):
    campaigns.start(rules=rules, cap=100, by=boss, at=at)
    for queue in ("report", "population", "route") * 2:
        outbox.drain(queue=queue, at=at)


def claim(dose, product):
    matter = intake.Matter(Kind.WRONG_DOSE, {"product": product}, dose_id=dose.pk)
    submit(matter, sender=sender_for(dose.person))
    drain()
    return Complaint.objects.get()


def test_a_campaign_puts_nothing_forward_that_a_report_is_about(station, boss):
    claim(contradicted(station), "AZ")

    walk(boss, "B1")

    assert not Prepared.objects.exists()


def test_nothing_is_recorded_past_a_report_that_came_later(station, boss):
    dose = contradicted(station)
    walk(boss, "B1")
    claim(dose, "AZ")
    (row,) = rows()

    with pytest.raises(Refused, match="phản ánh"):
        prepared.accept(row.ref, by=make_staff(station), at=NOON)

    dose.refresh_from_db()
    assert dose.product.code == "AZ"


@pytest.mark.parametrize("where", ["everywhere", "in the province"])
def test_what_a_rule_put_forward_is_not_recorded_once_it_is_off(station, boss, where):
    dose = contradicted(station)
    walk(boss, "B1")
    (row,) = rows()
    province = station.province_id if where == "in the province" else None
    switches.switch(
        "B1", is_on=False, reason="Sổ lô sai", province=province, by=boss, at=NOON
    )

    with pytest.raises(Refused):
        prepared.accept(row.ref, by=make_staff(station), at=NOON)

    dose.refresh_from_db()
    assert dose.product.code == "AZ"


def test_a_province_that_left_a_rule_out_is_left_out_beside_reports_too(station, boss):
    dose = contradicted(station)
    switches.switch(
        "B1",
        is_on=False,
        reason="Tỉnh xin dừng",
        province=station.province_id,
        by=boss,
        at=NOON,
    )

    claim(dose, "spikevax")

    assert not Prepared.objects.exists()


# How old an answer is.
@pytest.mark.parametrize(("days", "status"), [(29, "resolved"), (31, "received")])
def test_an_answer_is_as_old_as_its_source_says(station, days, status):
    """However lately it came: a neighbour may answer from a copy."""
    person = lost_zero(station, known=False)
    case = report(person, {"national_id": NUMBER})
    Complaint.objects.filter(pk=case.pk).update(routed_at=None)
    asked = PopulationInquiry.objects.filter(about=case.pk)
    answers = asked.get().answers
    asked.update(answers=[[] for _ in answers], said_at=NOON - days * DAY)

    selfservice.settle([case.pk], at=NOON)

    case.refresh_from_db()
    assert case.status == status


def test_what_the_population_database_said_long_ago_is_not_recorded(station, boss):
    switches.switch("B4", is_on=True, reason="Thử", by=boss, at=NOON)
    person = make_person(born_on="1958-08-03", residence=station.commune)
    knows(NUMBER, NAME, "1958-03-08", "F")
    walk(boss, "B4")
    (row,) = rows()
    nurse = make_staff(station)

    with pytest.raises(Refused):
        prepared.accept(row.ref, by=nurse, at=NOON + 31 * DAY)
    walk(boss, "B4", at=NOON + 32 * DAY)
    prepared.accept(row.ref, by=nurse, at=NOON + 33 * DAY)

    person.refresh_from_db()
    assert corrections.read_person(person, "born_on") == "1958-03-08"


def test_what_was_proposed_is_signed_only_while_its_ground_is_there(station, boss):
    dose = contradicted(station)
    walk(boss, "B1")
    (row,) = rows()
    prepared.accept(row.ref, concerns_oneself=True, by=make_staff(station), at=NOON)
    others = Dose.objects.exclude(person=dose.person)
    for one in others:
        corrections.void(one.pk, warrant=TEST_WARRANT, at=NOON)

    with pytest.raises(Stale):
        prepared.sign(row.ref, by=make_staff(station), at=NOON + DAY)

    dose.refresh_from_db()
    assert dose.product.code == "AZ"
    assert rows()[0].state == Prepared.State.GONE


def test_what_was_said_long_ago_when_it_is_signed_is_not_recorded(station, boss):
    switches.switch("B4", is_on=True, reason="Thử", by=boss, at=NOON)
    make_person(born_on="1958-08-03", residence=station.commune)
    knows(NUMBER, NAME, "1958-03-08", "F")
    walk(boss, "B4")
    (row,) = rows()
    nurse = make_staff(station)
    prepared.accept(row.ref, concerns_oneself=True, by=nurse, at=NOON + 29 * DAY)

    with pytest.raises(Refused):
        prepared.sign(row.ref, by=make_staff(station), at=NOON + 31 * DAY)

    assert rows()[0].state == Prepared.State.SIGNING


# Which version was decided on, and when a rule halts.
def test_what_was_switched_on_was_one_version(station, boss):
    switches.switch("A4", is_on=True, reason="Thử", by=boss, at=NOON)
    assert switches.state_of("A4", at=NOON).is_on
    row = switches.newest(["A4"])["A4"][0]
    row.version -= 1

    assert not switches.state_of("A4", rows=[row], at=NOON).is_on


@pytest.mark.parametrize("least", [None, 9_500])
def test_a_rule_halts_below_what_was_promised_or_what_was_chosen(boss, least):
    switches.switch(
        "A1", is_on=True, reason="Thử", least_precision=least, by=boss, at=NOON
    )

    assert switches.state_of("A1", at=NOON).least_precision == (least or 9_990)
