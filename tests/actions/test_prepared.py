"""What rules of tier B put before staff: found, decided, counted, taken back."""

from datetime import date, timedelta

import pytest

from complaints.actions import (
    campaigns,
    casework,
    intake,
    prepared,
    preparing,
    proving,
    switches,
    undoing,
)
from complaints.choices import Kind, Outcome, Status
from complaints.models import Campaign, Complaint, Prepared
from complaints.rules.refused import Refused, Stale
from portal.accounts import staffing
from portal.audit.together import TOGETHER
from portal.common import crypto, outbox, scope
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Dose, Lot, LotAllocation, Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_orphan,
    make_person,
    make_product,
    make_staff,
    make_unit,
    only_complaint,
    opened_by,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

State = Prepared.State
PHONE, OWN = "+84900000215", "Hồ sơ này là của"
DAY = timedelta(days=1)
SOON = timedelta(seconds=10)


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def nurse(station):
    return make_staff(station)


def session(station, *, lot="MOD12", product="spikevax", people=5):
    """Let others have a lot on a day there; the lot came there before."""
    vaccine = make_product(product, product.title())
    row = Lot.objects.create(number=lot, product=vaccine)
    LotAllocation.objects.create(
        lot=row, organization=station, doses=100, received_on=date(2021, 8, 1)
    )
    for n in range(people):
        other = make_person(f"Lê Văn {lot} {n}", national_id=None, phone=None)
        make_dose(other, station, product=vaccine, lot=lot)
    return vaccine


def contradicted(station):
    """Return a dose whose lot is another vaccine's, as five others show."""
    session(station)
    person = make_person(residence=station.commune)
    return make_dose(person, station, lot="MOD12")


def test_others_are_people_and_a_dose_loaded_five_times_is_one_of_them(station):
    """Nor is a dose on nobody's record another's, where it bears the own name."""
    person = make_person(residence=station.commune)
    dose = make_dose(person, station, lot="MOD12")
    other = make_person("Lê Văn Một", national_id=None, phone=None)
    first = make_dose(other, station, lot="MOD12")
    with corrections.writing("imports"):
        for _copy in range(4):
            Dose.objects.create(
                person=other,
                given_on=first.given_on,
                product=first.product,
                lot_number="MOD12",
                site=station,
                source=Dose.Source.UPLOAD,
                recorded_at=NOON,
            )
    for name in (person.full_name.upper(), "Trần Thị Hai", "TRẦN THỊ HAI"):
        make_orphan(name, station, given_on=first.given_on, lot_number="MOD12")

    facts = proving.of_people([person.pk], at=NOON)[person.pk]

    there = facts.sessions[station.code, dose.given_on]
    assert sum(there.values()) == 2


def drain(at=NOON):
    for queue in ("route", "report", "population") * 3:
        outbox.drain(queue=queue, at=at)


def report(dose, claims, *, at=NOON):
    matter = intake.Matter(Kind.WRONG_DOSE, claims, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(dose.person), at=at))
    drain(at)
    return Complaint.objects.get(pk=case.pk)


def rows():
    return list(Prepared.objects.order_by("pk"))


def test_a_report_that_the_lot_proves_is_decided_by_one_click(station, nurse):
    dose = contradicted(station)
    case = report(dose, {"product": "spikevax"})
    (row,) = rows()

    assert (row.rule, row.state, row.complaint) == ("B1", State.OPEN, case)
    assert row.edit["before"] == "AZ"
    assert row.ground["others"] == 5
    dose.refresh_from_db()
    assert dose.product.code == "AZ"

    prepared.accept(row.ref, by=nurse, at=NOON + SOON)

    case.refresh_from_db()
    dose.refresh_from_db()
    assert (case.status, case.outcome) == (Status.RESOLVED, Outcome.CORRECTED)
    assert dose.product.code == "spikevax"
    (row,) = rows()
    assert (row.state, row.decided_by) == (State.MADE, nurse)
    assert row.correction == case.claims.get().correction


def test_decided_with_the_forms_it_counts_as_well(station, nurse):
    case = report(contradicted(station), {"product": "spikevax"})
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}

    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON + SOON)
    drain(NOON + SOON)

    assert preparing.decided()["B1"] == {"waiting": 0, "made": 1, "refused": 0}


def test_a_claim_that_is_kept_counts_against_the_rule(station, nurse):
    case = report(contradicted(station), {"product": "spikevax"})
    verdicts = {c.pk: ("kept", "vaccine_differs") for c in case.claims.all()}

    casework.resolve(
        complaint_id=case.pk, verdicts=verdicts, note="Sổ ghi", by=nurse, at=NOON + SOON
    )
    drain(NOON + SOON)

    assert preparing.decided()["B1"] == {"waiting": 0, "made": 0, "refused": 1}


def test_a_decision_taken_back_within_30_seconds_puts_it_forward_again(station, nurse):
    case = report(contradicted(station), {"product": "spikevax"})
    (row,) = rows()
    prepared.accept(row.ref, by=nurse, at=NOON + SOON)

    kept = undoing.latest(case.pk, by=nurse, at=NOON + 2 * SOON)
    undoing.undo(ref=kept.ref, by=nurse, at=NOON + 2 * SOON)

    (row,) = rows()
    assert (row.state, row.decided_by, row.correction) == (State.OPEN, None, None)


def test_what_concerns_oneself_takes_a_second_person(station, nurse):
    case = report(contradicted(station), {"product": "spikevax"})
    (row,) = rows()

    prepared.accept(row.ref, concerns_oneself=True, by=nurse, at=NOON + SOON)

    case.refresh_from_db()
    assert case.status == Status.AWAITING_SECOND
    assert rows()[0].state == State.SIGNING
    casework.countersign(
        complaint_id=case.pk, by=make_staff(station, "lead"), at=NOON + DAY
    )
    drain(NOON + DAY)
    assert rows()[0].state == State.MADE


def test_a_proposal_that_is_not_signed_is_open_again(station, nurse):
    case = report(contradicted(station), {"product": "spikevax"})
    prepared.accept(rows()[0].ref, concerns_oneself=True, by=nurse, at=NOON + SOON)

    casework.decline(
        complaint_id=case.pk, note="Xem lại", by=make_staff(station), at=NOON + DAY
    )
    drain(NOON + DAY)

    assert (rows()[0].state, rows()[0].proposed_by) == (State.OPEN, None)


def test_a_ground_that_is_gone_changes_nothing(station, nurse):
    dose = contradicted(station)
    report(dose, {"product": "spikevax"})
    (row,) = rows()
    corrections.correct_dose(
        dose.pk, {"lot": "ABX4471"}, warrant=TEST_WARRANT, at=NOON + SOON
    )

    with pytest.raises(Stale):
        prepared.accept(row.ref, by=nurse, at=NOON + 2 * SOON)

    dose.refresh_from_db()
    assert dose.product.code == "AZ"


def test_a_claim_that_says_otherwise_prepares_nothing(station):
    make_product("comirnaty", "Comirnaty")
    report(contradicted(station), {"product": "comirnaty"})

    assert rows() == []


def test_day_and_month_swapped_are_asked_about_and_put_forward(station, nurse):
    boss = make_staff(station, "administrator")
    switches.switch("B4", is_on=True, reason="Thử", by=boss, at=NOON)
    person = make_person(born_on="1958-08-03", residence=station.commune)
    knows("079158012345", person.full_name, "1958-03-08", "F")
    matter = intake.Matter(Kind.WRONG_PERSON, {"born_on": "1958-03-08"})
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain()

    (row,) = rows()
    assert (row.rule, row.organization) == ("B4", station)
    prepared.accept(row.ref, by=nurse, at=NOON + SOON)

    assert Complaint.objects.get(pk=case.pk).outcome == Outcome.CORRECTED
    assert Person.objects.get(pk=person.pk).born_on == date(1958, 3, 8)


def campaign(*rules, boss):
    campaigns.start(rules=rules, cap=100, by=boss, at=NOON)
    drain()
    return Campaign.objects.get()


def test_a_campaign_puts_forward_what_nobody_has_reported(station, nurse):
    session(station)
    person = make_person(residence=station.commune)
    blank = make_dose(
        person, station, lot="", product=make_product("spikevax", "Spikevax")
    )
    boss = make_staff(station, "administrator")

    done = campaign("B1", "B2", boss=boss)

    (row,) = rows()
    assert (row.rule, row.batch.campaign, row.complaint) == ("B2", done, None)
    assert (done.changed, done.prepared_count, done.state) == (0, 1, "finished")
    blank.refresh_from_db()
    assert blank.lot_number == ""

    prepared.accept(row.ref, by=nurse, at=NOON + SOON)
    outbox.drain(queue="notify", at=NOON + SOON)
    blank.refresh_from_db()
    assert blank.lot_number == "MOD12"
    prepared.take_back(row.ref, by=nurse, at=NOON + 2 * SOON)
    blank.refresh_from_db()
    assert blank.lot_number == ""
    assert rows()[0].state == State.OPEN

    outbox.drain(queue="notify", at=NOON + 2 * SOON)
    prepared.accept(row.ref, by=nurse, at=NOON + 3 * SOON)
    outbox.drain(queue="notify", at=NOON + 4 * SOON)
    told = DemoMessage.objects.order_by("pk").values_list("provider_key", flat=True)
    assert [key.partition(":")[0] for key in told] == [
        "prepared_done",
        "prepared_undone",
        "prepared_done",
    ]


def test_what_was_refused_is_not_put_forward_again(station, nurse):
    contradicted(station)
    boss = make_staff(station, "administrator")
    campaign("B1", boss=boss)
    prepared.refuse(rows()[0].ref, by=nurse, at=NOON + SOON)
    Campaign.objects.update(state="stopped", ended_at=NOON)

    campaigns.start(rules=["B1"], cap=100, by=boss, at=NOON + DAY)
    drain(NOON + DAY)

    assert [row.state for row in rows()] == [State.REFUSED]


def test_taking_a_batch_back_withdraws_what_nobody_decided(station):
    contradicted(station)
    boss = make_staff(station, "administrator")
    campaign("B1", boss=boss)
    (row,) = rows()

    campaigns.undo_batch(row.batch_id, by=boss, at=NOON + DAY)

    assert rows() == []


def test_nobody_signs_what_they_proposed(station, nurse):
    contradicted(station)
    campaign("B1", boss=make_staff(station, "administrator"))
    (row,) = rows()
    prepared.accept(row.ref, concerns_oneself=True, by=nurse, at=NOON + SOON)

    with pytest.raises(Refused):
        prepared.sign(row.ref, by=nurse, at=NOON + DAY)
    made = make_staff(station)
    opened_by(nurse, made, at=NOON)
    with pytest.raises(Refused, match=str(TOGETHER)):
        prepared.sign(row.ref, by=made, at=NOON + DAY)
    prepared.sign(row.ref, by=make_staff(station), at=NOON + DAY)

    (row,) = rows()
    assert row.state == State.MADE
    assert Dose.objects.get(pk=row.edit["target"]).product.code == "spikevax"


def know(user, site, *, phone):
    lead = make_staff(site, "lead")
    held = list(lead.postings.all())
    facts = {"phone": phone, "national_id": "", "postings": held}
    staffing.know(user=user, by=lead, at=NOON, **facts)


@pytest.mark.parametrize("is_reported", [True, False], ids=["a report", "a campaign"])
def test_nobody_decides_what_was_prepared_for_the_own_record(
    station, nurse, is_reported
):
    dose = contradicted(station)
    if is_reported:
        report(dose, {"product": "spikevax"})
    else:
        campaign("B1", boss=make_staff(station, "administrator"))
    (row,) = rows()
    know(nurse, station, phone=PHONE)
    other = make_staff(station)
    for act in (prepared.accept, prepared.refuse):
        with pytest.raises(Refused, match=OWN):
            act(row.ref, by=nurse, at=NOON + SOON)
    prepared.refuse(row.ref, by=other, at=NOON + SOON)
    with pytest.raises(Refused, match=OWN):
        prepared.take_back(row.ref, by=nurse, at=NOON + DAY)
    prepared.take_back(row.ref, by=other, at=NOON + DAY)
    prepared.accept(row.ref, concerns_oneself=True, by=other, at=NOON + DAY)
    if not is_reported:
        with pytest.raises(Refused, match=OWN):
            prepared.sign(row.ref, by=nurse, at=NOON + DAY)
    assert rows()[0].state == State.SIGNING


def test_other_organizations_do_not_see_it(station):
    contradicted(station)
    campaign("B1", boss=make_staff(station, "administrator"))

    with scope.staff([make_organization().path]):
        assert not Prepared.objects.exists()
    with scope.staff([station.path]):
        assert Prepared.objects.exists()
    with scope.citizen([]):
        assert not Prepared.objects.exists()


def test_a_lot_that_lies_prepares_nothing(station):
    """The lot is another vaccine's and came there, but nobody else had it that day."""
    session(station, lot="AZ99", product="vaxzevria")
    lying = make_product("spikevax", "Spikevax")
    lot = Lot.objects.create(number="MOD12", product=lying)
    LotAllocation.objects.create(
        lot=lot, organization=station, doses=100, received_on=date(2021, 8, 1)
    )
    person = make_person(residence=station.commune)
    true = make_product("vaxzevria", "Vaxzevria")
    dose = make_dose(person, station, product=true, lot="MOD12")

    report(dose, {"product": "spikevax"})

    assert rows() == []


def test_the_same_typed_as_another_value_counts_for_the_rule(station, nurse):
    """Neither recorded nor claimed: staff typed what the rule had found."""
    make_product("pfizer", "Pfizer")
    case = report(contradicted(station), {"product": "spikevax"})
    said = crypto.seal("pfizer", bound_to=f"claimed:{case.pk}:product")
    case.claims.update(claimed_sealed=said)
    verdicts = {claim.pk: ("other", "") for claim in case.claims.all()}

    casework.resolve(
        complaint_id=case.pk,
        verdicts=verdicts,
        filled={"product": "spikevax"},
        note="Theo lô.",
        proof="slip_seen",
        by=nurse,
        at=NOON + SOON,
    )
    drain(NOON + SOON)

    assert preparing.decided()["B1"] == {"waiting": 0, "made": 1, "refused": 0}
    assert rows()[0].correction == case.claims.get().correction
