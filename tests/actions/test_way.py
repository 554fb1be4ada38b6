"""One complaint's way through the actions, on the real database."""

import pytest
from django.db import connection

from complaints import integrity
from complaints.actions import casework, citizen, intake
from complaints.choices import Move, Outcome, Status
from complaints.models import Event, Message
from complaints.rules.refused import Refused, Stale
from portal.audit.together import TOGETHER
from portal.common import outbox
from portal.common.models import Outbox
from portal.registry.models import Correction, Dose
from tests.factories import (
    NOON,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    opened_by,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")


def drain_all(at=NOON):
    for _ in range(3):
        for queue in ("route", "population", "notify", "import"):
            outbox.drain(queue=queue, at=at)


def test_a_missing_dose_goes_to_its_site_and_ends_on_the_record():
    site, person = make_organization(), make_person()
    make_product()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    assert case.holder == make_root()

    drain_all()

    case.refresh_from_db()
    assert (case.holder, case.status) == (site, Status.RECEIVED)
    casework.accept(complaint_id=case.pk, by=nurse, at=NOON)
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    casework.resolve(
        complaint_id=case.pk,
        verdicts=verdicts,
        proof="slip_seen",
        by=nurse,
        at=NOON,
    )
    case.refresh_from_db()
    assert (case.status, case.outcome) == (Status.RESOLVED, Outcome.CORRECTED)
    dose = person.doses.get()
    assert (dose.site, dose.given_on.isoformat()) == (site, "2021-10-07")
    assert [e.move for e in case.events.order_by("seq")] == [
        Move.SUBMIT,
        Move.ROUTE,
        Move.ACCEPT,
        Move.RESOLVE,
    ]
    assert not any(integrity.check(at=NOON).values())


def test_a_dose_added_without_any_proof_takes_two_people():
    site, person = make_organization(), make_person()
    make_product()
    nurse, lead = make_staff(site), make_staff(site, "lead")
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    drain_all()
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}

    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON)

    case.refresh_from_db()
    assert case.status == Status.AWAITING_SECOND
    assert not person.doses.exists()
    with pytest.raises(Refused):
        casework.countersign(complaint_id=case.pk, by=nurse, at=NOON)
    made = make_staff(site, "lead")
    opened_by(nurse, made, at=NOON)
    with pytest.raises(Refused, match=str(TOGETHER)):
        casework.countersign(complaint_id=case.pk, by=made, at=NOON)
    casework.countersign(complaint_id=case.pk, by=lead, at=NOON)
    case.refresh_from_db()
    assert case.outcome == Outcome.CORRECTED
    correction = Correction.objects.get(reason="complaint")
    assert (correction.proposed_by, correction.approved_by) == (nurse, lead)


def test_a_lost_zero_is_put_back_at_once_and_told():
    person = make_person(national_id="79158012345")
    knows("079158012345", person.full_name, "1958-03-08", "F")
    make_root()
    matter = intake.Matter("wrong_person", {"national_id": "079158012345"})
    case = only_complaint(submit(matter, sender=sender_for(person)))

    drain_all()

    case.refresh_from_db()
    assert (case.status, case.outcome) == (Status.RESOLVED, Outcome.CORRECTED)
    current = person.documents.get(is_current=True)
    assert current.number == "079158012345"
    assert person.documents.filter(is_current=False).count() == 1
    assert case.events.get(move=Move.RESOLVE).data["rule"] == "A3"
    told = Message.objects.filter(event__complaint=case, state="sent")
    assert {m.event.move for m in told} == {"submit", "resolve"}


@pytest.mark.parametrize(
    ("recorded", "claimed", "known_as"),
    [
        ("79158012345", "079158012399", "Nguyễn Thị Thử"),
        ("79158012345", "079158012345", "Trần Thị Khác"),
        ("079158012399", "079158012345", "Nguyễn Thị Thử"),
    ],
    ids=["another number", "the database knows another name", "no zero was lost"],
)
def test_what_is_not_proved_goes_to_a_person(recorded, claimed, known_as):
    province = make_unit()
    commune = make_unit("N26740", name="Phường Thử", parent=province)
    station = make_organization(commune=commune, province=province)
    person = make_person(national_id=recorded, residence=commune)
    knows(claimed, known_as, "1958-03-08", "F")
    matter = intake.Matter("wrong_person", {"national_id": claimed})
    case = only_complaint(submit(matter, sender=sender_for(person)))

    drain_all()

    case.refresh_from_db()
    assert (case.status, case.holder) == (Status.RECEIVED, station)


def test_waiting_for_the_citizen_moves_the_due_time(at):
    site, person = make_organization(), make_person()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    drain_all()
    due = case.due_at
    casework.ask(complaint_id=case.pk, reasons=["slip"], by=nurse, at=at)
    later = at.replace(day=5)

    citizen.tell(complaint_id=case.pk, note="Gửi thêm", at=later)

    case.refresh_from_db()
    assert case.due_at - due == later - at
    assert case.status == Status.IN_REVIEW


def test_a_disagreement_goes_one_level_up_and_never_to_the_same_person(at):
    centre = make_organization(kind="district_centre")
    site = make_organization(parent=centre)
    person = make_person()
    make_product()
    everywhere = make_staff(centre)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    drain_all()
    kept = {c.pk: ("kept", "unreadable") for c in case.claims.all()}
    casework.resolve(complaint_id=case.pk, verdicts=kept, by=everywhere, at=at)

    citizen.disagree(complaint_id=case.pk, note="Chưa đúng", at=at)

    case.refresh_from_db()
    assert (case.holder, case.round, case.status) == (centre, 2, Status.RECEIVED)
    with pytest.raises(Refused):
        casework.resolve(complaint_id=case.pk, verdicts=kept, by=everywhere, at=at)
    someone = make_staff(centre)
    casework.resolve(complaint_id=case.pk, verdicts=kept, by=someone, at=at)


def test_a_case_that_changed_since_it_was_read_is_refused(at):
    site = make_organization()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site)))
    drain_all()
    case.refresh_from_db()
    casework.accept(complaint_id=case.pk, by=nurse, at=at, version=case.version)

    with pytest.raises(Stale):
        casework.ask(
            complaint_id=case.pk,
            reasons=["slip"],
            by=nurse,
            at=at,
            version=case.version,
        )


def test_a_dose_that_is_not_mine_becomes_an_orphan_by_two_people(at):
    site, person = make_organization(), make_person()
    dose = make_dose(person, site)
    nurse, lead = make_staff(site), make_staff(site, "lead")
    matter = intake.Matter("not_mine", {"dose": "void"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}

    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=at)
    casework.countersign(complaint_id=case.pk, by=lead, at=at)

    dose.refresh_from_db()
    assert (dose.person, dose.status) == (None, Dose.Status.COMPLETED)


def test_nobody_but_the_holder_and_those_above_may_decide(at):
    site, other = make_organization(), make_organization()
    stranger = make_staff(other)
    case = only_complaint(submit(missing_dose(site)))
    drain_all()
    with pytest.raises(Refused):
        casework.accept(complaint_id=case.pk, by=stranger, at=at)
    assert not Event.objects.filter(move=Move.ACCEPT).exists()


def test_every_event_owes_one_follow_up(at):
    submit(missing_dose(make_organization()))
    assert Outbox.objects.filter(kind="event").count() == Event.objects.count() == 1
    drain_all()
    assert not Outbox.objects.filter(done_at=None).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM common_outbox WHERE attempts <> 1")
        assert cursor.fetchone() == (0,)


def test_a_proposal_falls_when_the_citizen_withdraws(at):
    site, person = make_organization(), make_person()
    make_product()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    drain_all()
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=at)

    citizen.withdraw(complaint_id=case.pk, at=at)

    assert not any(integrity.check(at=at).values())
