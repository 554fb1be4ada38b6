"""B5: a missing dose that stands on no record, given to its owner by one click."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from complaints.actions import casework, citizen, prepared, preparing, undoing
from complaints.choices import Outcome, Status
from complaints.models import Complaint, Prepared
from complaints.owndata import held
from complaints.rules.refused import Refused, Stale
from portal.common import outbox
from portal.registry import corrections
from portal.registry.models import Correction, Dose
from portal.registry.proposals import finding
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_orphan,
    make_person,
    make_product,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")

State = Prepared.State
NAME = "Nguyễn Thị Thử"
SOON, DAY = timedelta(seconds=10), timedelta(days=1)
# The weights by which owners are looked for are in force from 22 November 2026.
SOONEST = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


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


@pytest.fixture
def person(station):
    return make_person(residence=station.commune)


def drain(at=NOON):
    for queue in ("route", "report") * 2:
        outbox.drain(queue=queue, at=at)


def report(person, station, *, at=NOON, **facts):
    make_product()
    case = only_complaint(
        submit(missing_dose(station, **facts), sender=sender_for(person), at=at)
    )
    drain(at)
    return Complaint.objects.get(pk=case.pk)


def rows():
    return list(Prepared.objects.order_by("pk"))


def standing(person):
    return person.doses.filter(status=Dose.Status.COMPLETED)


def test_one_click_gives_the_dose_to_its_owner_and_decides_the_report(
    station, nurse, person
):
    orphan = make_orphan(NAME, station, lot_number="ABX4471")
    case = report(person, station)
    (row,) = rows()
    assert (row.rule, row.state, row.complaint) == ("B5", State.OPEN, case)
    assert standing(person).count() == 0, "nothing is changed before the click"

    prepared.accept(row.ref, by=nurse, at=NOON + SOON)

    case.refresh_from_db()
    assert (case.status, case.outcome, case.dose) == (
        Status.RESOLVED,
        Outcome.CORRECTED,
        orphan,
    )
    assert list(standing(person)) == [orphan]
    correction = rows()[0].correction
    assert (correction.operation, correction.source) == ("attach", "orphan")
    assert {claim.correction for claim in case.claims.all()} == {correction}
    assert Dose.objects.count() == 1, "given, not added beside it"


@pytest.mark.parametrize("tried", [False, True])
def test_withdrawn_and_reported_again_it_goes_with_the_new_report(
    station, nurse, person, tried
):
    make_orphan(NAME, station, lot_number="ABX4471")
    first = report(person, station)
    citizen.withdraw(complaint_id=first.pk, at=NOON + SOON)
    drain(NOON + SOON)
    if tried:
        # Nothing asks for the dose now, so there is nothing to record.
        with pytest.raises(Stale):
            prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    again = report(person, station, at=NOON + DAY)
    (row,) = rows()
    assert (row.state, row.complaint) == (State.OPEN, again)
    prepared.accept(row.ref, by=nurse, at=NOON + DAY + SOON)

    again.refresh_from_db()
    assert again.outcome == Outcome.CORRECTED
    assert standing(person).count() == 1


def test_what_the_dose_lacks_and_the_report_says_is_filled_in(station, nurse, person):
    make_orphan(NAME, station)
    make_product()
    matter = missing_dose(station)
    matter.claims.update(lot="ABX4471", dose_number="2")
    submit(matter, sender=sender_for(person))
    drain()

    prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    dose = standing(person).get()
    assert (dose.lot_number, dose.dose_number) == ("ABX4471", 2)


def test_one_of_another_vaccine_fits_half_and_keeps_its_own(station, nurse, person):
    """The same name at the named site that day: who reports may have forgotten."""
    moderna = make_product("spikevax", "Spikevax")
    make_orphan(NAME, station, product=moderna)
    case = report(person, station)

    prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    assert standing(person).get().product == moderna
    claim = case.claims.get(field="product")
    assert (claim.claimed, claim.decided, claim.verdict) == ("AZ", "spikevax", "upheld")


@pytest.mark.parametrize(
    ("names", "facts"),
    [
        ([], {}),
        # Two of the name: nobody can tell whose is whose.
        ([NAME, NAME], {}),
        (["Nguyễn Thị Thứ"], {}),
        (["Nguyễn Thị Thử"], {"given_on": "2021-10-08"}),
    ],
)
def test_where_none_or_several_fit_nothing_is_put_forward(
    station, person, names, facts
):
    for name in names:
        make_orphan(name, station, **facts)

    report(person, station)

    assert rows() == []


def test_one_at_another_site_is_not_theirs(station, person):
    make_orphan(NAME, make_organization())

    report(person, station)

    assert rows() == []


def test_where_one_is_on_record_of_that_day_none_is_given(station, person):
    make_dose(person, station, given_on="2021-10-07", product=make_product("B", "B"))
    make_orphan(NAME, station)

    report(person, station)

    assert rows() == []


def test_what_concerns_oneself_is_signed_by_another_and_given_all_the_same(
    station, nurse, person
):
    orphan = make_orphan(NAME, station)
    case = report(person, station)

    prepared.accept(rows()[0].ref, concerns_oneself=True, by=nurse, at=NOON + SOON)
    case.refresh_from_db()
    assert case.status == Status.AWAITING_SECOND
    assert standing(person).count() == 0
    casework.countersign(
        complaint_id=case.pk, by=make_staff(station, "lead"), at=NOON + DAY
    )
    drain(NOON + DAY)

    assert list(standing(person)) == [orphan]
    assert Dose.objects.count() == 1
    assert rows()[0].state == State.MADE


def test_taken_back_within_30_seconds_it_is_nobodys_again(station, nurse, person):
    orphan = make_orphan(NAME, station)
    case = report(person, station)
    prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    kept = undoing.latest(case.pk, by=nurse, at=NOON + 2 * SOON)
    undoing.undo(ref=kept.ref, by=nurse, at=NOON + 2 * SOON)

    orphan.refresh_from_db()
    case.refresh_from_db()
    assert (orphan.person, case.dose, rows()[0].state) == (None, None, State.OPEN)


def test_a_dose_that_found_another_owner_meanwhile_is_not_given_twice(
    station, nurse, person
):
    orphan = make_orphan(NAME, station)
    report(person, station)
    other = make_person("Lê Văn Khác", national_id=None, phone=None)
    corrections.attach(orphan.pk, to=other.pk, warrant=TEST_WARRANT, at=NOON)

    with pytest.raises(Stale):
        prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    orphan.refresh_from_db()
    assert (orphan.person, rows()[0].state) == (other, State.GONE)


def test_nobody_gives_a_dose_to_themselves(station, nurse, person):
    make_orphan(NAME, station)
    case = report(person, station)
    nurse.phone_digest = bytes(case.submission.phone_digest)
    nurse.save(update_fields=["phone_digest"])

    with pytest.raises(Refused):
        prepared.accept(rows()[0].ref, by=nurse, at=NOON + SOON)

    assert standing(person).count() == 0


def test_a_report_decided_by_its_form_counts_against_the_proposal(
    station, nurse, person
):
    make_orphan(NAME, station)
    case = report(person, station)
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}

    casework.resolve(
        complaint_id=case.pk,
        verdicts=verdicts,
        proof=Correction.Source.SLIP,
        by=nurse,
        at=NOON + SOON,
    )
    drain(NOON + SOON)

    assert preparing.decided()["B5"] == {"waiting": 0, "made": 0, "refused": 1}


def test_staff_see_it_on_the_case_with_one_click_and_the_citizen_never(
    client, station, nurse, person
):
    orphan = make_orphan(NAME, station, lot_number="ABX4471")
    now = timezone.now()
    case = report(person, station, at=now)
    client.force_login(nurse)
    address = f"/lam-viec/ho-so/{case.submission.code}-1/"

    words = text_of(client.get(address))

    assert "Quy tắc đề xuất: Mũi" in words
    assert f"Danh sách ghi: {NAME}" in words
    assert "Không phải mũi của người này" in words
    assert "B5" not in str(held.everything(person.pk, at=now))
    ref = rows()[0].ref
    done = client.post(
        f"/lam-viec/chat-luong/de-xuat/{ref}/ghi/",
        {"on_case": f"{case.submission.code}-1"},
        follow=True,
    )
    assert done.redirect_chain[-1][0] == address
    orphan.refresh_from_db()
    assert orphan.person == person


def test_refused_it_is_not_put_forward_again(station, nurse, person):
    make_orphan(NAME, station)
    case = report(person, station)
    prepared.refuse(rows()[0].ref, by=nurse, at=NOON + SOON)

    preparing.look_at([case.pk], at=NOON + DAY)

    assert [row.state for row in rows()] == [State.REFUSED]


def test_one_that_comes_after_the_report_is_put_beside_it(station, nurse, person):
    """A list that was sent in late, or a dose that was taken off another record."""
    make_orphan("Lê Văn Khác", station)
    case = report(person, station)
    stranger = make_person("Bùi Thị Khác", national_id=None, phone=None)
    dose = make_dose(stranger, station, given_on="2021-10-07", product=make_product())
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(name_recorded=NAME)
    finding.run(at=SOONEST)
    drain(SOONEST)
    assert rows() == []

    corrections.detach(dose.pk, warrant=TEST_WARRANT, at=SOONEST)
    finding.run(at=SOONEST)
    drain(SOONEST)

    (row,) = rows()
    assert (row.rule, row.complaint, row.edit["target"]) == ("B5", case, str(dose.pk))
    finding.run(at=SOONEST)
    drain(SOONEST)
    assert len(rows()) == 1, "once, however often it is looked for"
