"""A wrong list: what it settled is taken back by two, and each told once."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from complaints import integrity, permissions
from complaints.actions import (
    citizen,
    gathering,
    incident_rows,
    incident_turns,
    incidents,
    unsettling,
)
from complaints.choices import Move, Status
from complaints.models import Complaint, Incident, IncidentNotice, Message
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.audit.together import TOGETHER
from portal.common import outbox
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.imports import committing
from portal.registry.models import Correction, Dose, Person, SessionList
from tests.actions.test_incidents import (
    BEGUN,
    DAY,
    drain,
    formed,
    person_of,
    reported,
    row_of,
    settled,
    with_list,
)
from tests.factories import (
    make_organization,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    opened_by,
    sender_for,
    submit,
)
from tests.registry.imports.lists import NOON, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
LATER = NOON + timedelta(hours=3)
WHY = Incident.Back.OTHER_SESSION


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def pair(site):
    """Return two people of the site."""
    return make_staff(site), make_staff(site, "lead")


@pytest.fixture
def over(site, pair):
    """Return an incident of three, settled; two more on its list never complained.

    The first of them had a record, the other one has it by the list.
    """
    incident, cases = formed(site)
    person_of(7)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 7, 8)])
    settled(incident, pair)
    drain(BEGUN + timedelta(minutes=2))
    return incident, cases


def back(incident, pair, *, at=LATER):
    """Let the two take it all back, and the workers do it."""
    unsettling.ask(incident.ref, why=WHY, by=pair[1], at=at)
    unsettling.sign(incident.ref, by=pair[0], at=at)
    work_off(at=at)
    incident.refresh_from_db()
    return incident


def work_off(at=LATER):
    for step in range(4):
        drain(at + UNDO + step * incident_turns.LATER)


def of(incident):
    return {m.complaint_id: (m.back, m.back_words) for m in incident.members.all()}


def test_all_is_as_it_was_before_and_each_is_told_once(over, pair):
    incident, cases = over
    before = DemoMessage.objects.count()

    back(incident, pair)
    drain(LATER + timedelta(minutes=5))

    assert (incident.state, incident.undone_at is not None) == ("undone", True)
    assert set(of(incident).values()) == {("done", "")}
    assert not Dose.objects.filter(status="completed").exists()
    assert SessionList.objects.get().state == "undone"
    for case in cases:
        case.refresh_from_db()
        assert (case.status, case.round, case.outcome) == (Status.RECEIVED, 2, "")
        assert case.round_started_at >= LATER + UNDO
        assert case.due_at - case.round_started_at == timedelta(hours=48)
        assert set(case.claims.values_list("verdict", flat=True)) == {""}
        event = case.events.get(move=Move.PUT_BACK)
        assert (event.by, event.data["wrong"]) == (pair[0], WHY)
        undone = Correction.objects.get(
            reason="undo", reason_ref=case.reference, part_of=None
        )
        assert {undone.proposed_by, undone.approved_by} == set(pair)
    # Three who reported, two who never did: each one message more, ever.
    assert Message.objects.filter(event__move=Move.PUT_BACK).count() == 3
    assert DemoMessage.objects.count() - before == 5
    assert not any(integrity.check(at=LATER + timedelta(minutes=5)).values())


def test_what_was_changed_since_stays_and_is_listed(over, pair):
    incident, (first, second, third) = over
    dose = Dose.objects.get(person=first.submission.person)
    corrections.correct_dose(
        dose.pk,
        {"lot": "ABX9999"},
        before={"lot": dose.lot_number},
        warrant=Warrant(Correction.Reason.COMPLAINT, "x", proposed_by=pair[0].pk),
        at=BEGUN + timedelta(hours=1),
    )
    citizen.confirm(complaint_id=second.pk, at=BEGUN + timedelta(hours=1))

    back(incident, pair)

    found = of(incident)
    assert [found[case.pk][0] for case in (first, second, third)] == [
        "stays",
        "stays",
        "done",
    ]
    assert all(words for way, words in found.values() if way == "stays")
    assert incident.state == "undone"
    assert Complaint.objects.get(pk=first.pk).status == Status.RESOLVED
    assert Dose.objects.filter(status="completed").count() == 2


def test_somebody_without_a_record_has_none_again(site, pair):
    sender = sender_for(
        full_name="Trần Văn Mới", national_id="079090054321", phone="+84900054321"
    )
    case = only_complaint(submit(missing_dose(site, given_on=DAY), sender=sender))
    claimed = set(case.claims.values_list("field", flat=True))
    incident, _others = formed(site, 2)
    new = make_row(
        3,
        full_name="Trần Văn Mới",
        sex="M",
        born_on="1990-05-06",
        id_number="079090054321",
        phones=("+84900054321",),
    )
    with_list(incident, site, [row_of(1), row_of(2), new])
    settled(incident, pair)
    case.submission.refresh_from_db()
    made = case.submission.person
    assert made is not None

    back(incident, pair)

    case.submission.refresh_from_db()
    assert case.submission.person is None
    assert Person.objects.get(pk=made.pk).status == "entered_in_error"
    # What the wrong list added to the claim is gone with it.
    assert set(case.claims.values_list("field", flat=True)) == claimed


def test_what_the_list_had_written_before_the_settling_goes_back_too(site, pair):
    incident, cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])
    committing.commit(incident.session_list_id, by=pair[0].pk, at=NOON)
    drain(NOON)
    incident_rows.match(incident, at=NOON)
    settled(incident, pair)

    back(incident, pair)

    assert set(of(incident).values()) == {("done", "")}
    assert not Dose.objects.filter(status="completed").exists()
    assert {Complaint.objects.get(pk=c.pk).round for c in cases} == {2}


def test_two_people_ask_and_sign_and_strangers_see_nothing(site, over, pair):
    incident, _cases = over
    ref = incident.ref
    with pytest.raises(Refused):
        unsettling.sign(ref, by=pair[0], at=LATER)
    with pytest.raises(Refused):
        unsettling.ask(ref, why="weather", by=pair[0], at=LATER)
    with pytest.raises(Incident.DoesNotExist):
        unsettling.ask(ref, why=WHY, by=make_staff(site, "clerk"), at=LATER)
    with pytest.raises(Incident.DoesNotExist):
        unsettling.ask(ref, why=WHY, by=make_staff(make_organization()), at=LATER)
    unsettling.ask(ref, why=WHY, by=pair[0], at=LATER)

    with pytest.raises(Refused, match="(?i)người thứ hai"):
        unsettling.sign(ref, by=pair[0], at=LATER)
    made = make_staff(site)
    opened_by(pair[0], made, at=LATER)
    with pytest.raises(Refused, match=str(TOGETHER)):
        unsettling.sign(ref, by=made, at=LATER)
    with pytest.raises(Refused):
        unsettling.ask(ref, why=WHY, by=pair[1], at=LATER)
    with (
        pytest.raises(IntegrityError, match="incident_two_people_take_back"),
        transaction.atomic(),
    ):
        Incident.objects.update(state="undoing", back_signed_by=F("back_by"))
    work_off()
    assert Dose.objects.filter(status="completed").count() == 5


def test_within_half_a_minute_it_can_stay_as_it_is(over, pair):
    incident, _cases = over
    unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)
    unsettling.sign(incident.ref, by=pair[1], at=LATER)
    drain(LATER + UNDO / 2)

    unsettling.keep(incident.ref, by=pair[0], at=LATER + UNDO / 2)
    work_off()

    incident.refresh_from_db()
    assert (incident.state, incident.back_by, incident.back_why) == (
        "settled",
        None,
        "",
    )
    assert Dose.objects.filter(status="completed").count() == 5
    back(incident, pair, at=LATER + timedelta(hours=1))
    with pytest.raises(Refused):
        unsettling.keep(incident.ref, by=pair[0], at=LATER + timedelta(hours=2))
    with pytest.raises(Refused):
        unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)


def test_a_deleted_list_is_not_taken_back_as_a_whole(over, pair):
    incident, _cases = over
    SessionList.objects.update(forgotten_at=BEGUN)

    with pytest.raises(Refused):
        unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)


def test_a_worker_that_dies_is_gone_on_with_and_each_is_put_back_once(over, pair):
    incident, cases = over
    unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)
    unsettling.sign(incident.ref, by=pair[1], at=LATER)
    # A worker that takes the list back and one report, and is gone.
    assert unsettling._is_list_at_work(incident_now(incident), at=LATER + UNDO)
    outbox.drain(queue="import", at=LATER + UNDO)
    assert unsettling._put_next_back(incident.pk, at=LATER + UNDO)

    incidents.go_on(incident.ref, by=pair[0], at=LATER + UNDO)
    work_off()
    drain(LATER + timedelta(minutes=5))

    incident.refresh_from_db()
    assert incident.state == "undone"
    for case in cases:
        assert case.events.filter(move=Move.PUT_BACK).count() == 1
    undone = Correction.objects.filter(reason="undo", target="dose", part_of=None)
    assert undone.count() == 5
    assert Message.objects.filter(event__move=Move.PUT_BACK).count() == 3


def incident_now(incident):
    return Incident.objects.get(pk=incident.pk)


def test_who_was_told_of_nothing_hears_nothing(site, pair):
    incident, _cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 8)])
    settled(incident, pair)
    # Nobody is told yet: the half minute after the list was written is not over.
    assert not IncidentNotice.objects.filter(told_at__isnull=False).exists()
    at = BEGUN + 4 * incident_turns.LATER
    told = DemoMessage.objects.count()

    unsettling.ask(incident.ref, why=WHY, by=pair[0], at=at)
    unsettling.sign(incident.ref, by=pair[1], at=at)
    outbox.withdraw(
        "incident_told", list(IncidentNotice.objects.values_list("row", flat=True))
    )
    work_off(at=at)
    drain(at + timedelta(minutes=5))

    texts = DemoMessage.objects.filter(provider_key__startswith="incident_")
    assert not texts.exists()
    assert DemoMessage.objects.count() > told


def test_the_same_two_settle_it_by_the_right_list(site, over, pair):
    incident, cases = over
    back(incident, pair)
    drain(LATER + timedelta(minutes=5))
    gathering.run(at=LATER + timedelta(minutes=5))
    again = Incident.objects.get(state="open")
    assert again.members.count() == 3
    case = Complaint.objects.get(pk=cases[0].pk)
    permissions.require(pair[1], Move.RESOLVE, case, at=LATER)

    with_list(again, site, [row_of(n, line=n + 10, lot="ABX7001") for n in (1, 2, 3)])
    at = LATER + timedelta(minutes=6)
    incidents.propose(again.ref, by=pair[0], at=at)
    incidents.sign(again.ref, by=pair[1], at=at)
    work_off(at=at)

    again.refresh_from_db()
    assert again.state == "settled"
    lots = Dose.objects.filter(status="completed").values_list("lot_number", flat=True)
    assert list(lots) == ["ABX7001"] * 3


def test_a_case_that_went_on_since_is_left_to_whoever_has_it(over, pair):
    incident, (first, *_rest) = over
    citizen.disagree(
        complaint_id=first.pk, note="Vẫn sai", at=BEGUN + timedelta(hours=1)
    )

    back(incident, pair)

    assert of(incident)[first.pk][0] == "stays"
    assert Complaint.objects.get(pk=first.pk).round == 2
    assert first.events.filter(move=Move.PUT_BACK).count() == 0


def test_a_second_incident_on_the_same_list_ends_and_keeps_the_first(site, pair):
    late = "2021-08-15"
    incident, _cases = formed(site)
    case = reported(site, 4, given_on=late)
    person_of(7)
    rows = [row_of(n) for n in (1, 2, 3, 7)] + [
        row_of(4, given_on=date.fromisoformat(late))
    ]
    with_list(incident, site, rows)
    other = Incident.objects.create(
        site=site,
        given_on=late,
        product=incident.product,
        lot=incident.lot,
        holder=incident.holder,
        formed_at=NOON,
        session_list=incident.session_list,
    )
    other.members.create(complaint=case, joined_at=NOON)
    incident_rows.match(other, at=NOON)
    settled(incident, pair)
    told = [notice.row_id for notice in IncidentNotice.objects.all()]

    settled(other, pair, at=LATER)

    assert (incident.told, len(told), other.state, other.told) == (1, 1, "settled", 0)
    assert [notice.row_id for notice in IncidentNotice.objects.all()] == told
    with pytest.raises(Refused, match="(?i)cùng danh sách"):
        unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)
    # The page of the list sends nobody there, where it would be refused too.
    with pytest.raises(Refused, match="(?i)cùng danh sách"):
        unsettling.take_list_back(incident.session_list_id, by=pair[0], at=LATER)


def test_what_was_settled_before_notices_were_kept_stays(over, pair):
    incident, _cases = over
    IncidentNotice.objects.all().delete()

    with pytest.raises(Refused, match="(?i)đã báo"):
        unsettling.ask(incident.ref, why=WHY, by=pair[0], at=LATER)
    with pytest.raises(Refused, match="(?i)đã báo"):
        unsettling.take_list_back(incident.session_list_id, by=pair[0], at=LATER)
