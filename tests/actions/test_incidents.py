"""One repair for one cause: incidents form by themselves, two people settle them."""

from datetime import timedelta

import pytest

from complaints import integrity
from complaints.actions import (
    casework,
    citizen,
    gathering,
    incident_rows,
    incident_told,
    incident_turns,
    incidents,
)
from complaints.choices import Field
from complaints.models import Clue, Complaint, Incident, Message
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.audit.together import TOGETHER
from portal.common import outbox, sms
from portal.common.models import DemoMessage
from portal.registry.imports import committing
from portal.registry.models import Correction, Dose, Lot, StagedRow
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    opened_by,
    sender_for,
    submit,
)
from tests.registry.imports.lists import NOON, make_list, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
DAY = "2021-08-14"
BEGUN = NOON + UNDO


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def pair(site):
    """Return two people of the site, who propose and sign."""
    return make_staff(site), make_staff(site, "lead")


NAMES = (
    "Nguyễn Thị Hường",
    "Lê Kim Ngân",
    "Trần Mỹ Duyên",
    "Phạm Bích Thủy",
    "Võ Hoàng Oanh",
    "Đặng Phương Uyên",
    "Bùi Ngọc Lan",
    "Đỗ Quỳnh Như",
)


def facts_of(number):
    """Return who somebody is, each unlike all others."""
    return {
        "full_name": NAMES[number - 1],
        "born_on": f"19{58 + number}-0{number}-1{number}",
        "number": f"0791{58 + number}0{number * 1117:05}",
        "phone": f"+849{number * 11_000_013:08}",
    }


def person_of(number):
    facts = facts_of(number)
    return make_person(
        facts["full_name"],
        born_on=facts["born_on"],
        national_id=facts["number"],
        phone=facts["phone"],
    )


def row_of(number, line=None, **facts):
    usual = facts_of(number)
    return make_row(
        line or number,
        full_name=usual["full_name"],
        born_on=usual["born_on"],
        id_number=usual["number"],
        phones=(usual["phone"],),
        **facts,
    )


def reported(site, number, *, by=None, at=NOON, given_on=DAY, **facts):
    """Report a missing dose of that session for a person on record."""
    person = person_of(number)
    matter = missing_dose(site, given_on=given_on, **facts)
    sender = sender_for(person, phone=facts_of(number)["phone"])
    case = only_complaint(submit(matter, sender=sender, by=by, at=at))
    outbox.drain(queue="route", at=at)
    case.refresh_from_db()
    return case


def formed(site, count=3, **facts):
    cases = [reported(site, number, **facts) for number in range(1, count + 1)]
    gathering.run(at=NOON)
    return Incident.objects.get(), cases


def drain(at):
    for queue in ("import", "route", "notify", "import"):
        outbox.drain(queue=queue, at=at)


def with_list(incident, site, rows):
    """Give the incident a checked list with these rows, and match them."""
    incident.session_list = make_list(site, rows)
    incident.save()
    incident_rows.match(incident, at=NOON)
    return incident


def settled(incident, pair, *, at=BEGUN):
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    for step in range(4):
        drain(at + step * incident_turns.LATER)
    incident.refresh_from_db()
    return incident


def outlook(incident):
    incident.refresh_from_db()
    return incident_rows.outlook(incident, after=0, limit=9)


def members(incident):
    return {
        member.complaint_id: (member.state, member.words)
        for member in incident.members.all()
    }


# -- forming


def test_three_reports_of_one_session_form_an_incident(site):
    reported(site, 1)
    reported(site, 2)
    assert gathering.run(at=NOON).formed == 0

    reported(site, 3)
    found = gathering.run(at=NOON)

    incident = Incident.objects.get()
    assert (found.formed, found.joined) == (1, 3)
    assert (incident.site, incident.product.code, incident.lot) == (site, "AZ", "")
    assert (incident.holder, incident.members.count()) == (site, 3)


def test_looking_again_forms_nothing_new_and_late_ones_join(site):
    incident, _cases = formed(site)
    gathering.run(at=NOON)
    reported(site, 4)
    gathering.run(at=NOON)

    assert Incident.objects.get() == incident
    assert incident.members.count() == 4


def test_a_lot_of_the_ledger_stands_for_its_vaccine(site):
    Lot.objects.create(number="ABX4471", product=make_product())
    claims = {Field.GIVEN_ON: DAY, Field.LOT: "abx 4471", Field.SITE: site.code}
    for number in (1, 2):
        reported(site, number)
    matter = missing_dose(site, given_on=DAY)
    matter.claims.clear()
    matter.claims.update({str(name): value for name, value in claims.items()})
    submit(matter, sender=sender_for(person_of(3)), at=NOON)
    outbox.drain(queue="route", at=NOON)

    gathering.run(at=NOON)

    assert Incident.objects.get().members.count() == 3


def test_other_days_sites_and_vaccines_are_other_sessions(site):
    make_product("MOD", "Moderna")
    reported(site, 1)
    reported(site, 2, given_on="2021-08-15")
    reported(site, 3, product="MOD")
    reported(make_organization(), 4)

    assert gathering.run(at=NOON).formed == 0
    assert Clue.objects.count() == 4


def test_three_over_a_year_are_no_incident_and_three_within_a_month_are(site):
    month = gathering.WINDOW
    reported(site, 1, at=NOON - 12 * month)
    reported(site, 2, at=NOON - 6 * month)
    reported(site, 3, at=NOON)
    assert gathering.run(at=NOON).formed == 0

    reported(site, 4, at=NOON)
    reported(site, 5, at=NOON)
    assert gathering.run(at=NOON).formed == 1
    # Who waits longest belongs to it as well.
    assert Incident.objects.get().members.count() == 5


def test_what_ended_before_counts_no_more_and_an_empty_incident_is_over(site):
    incident, cases = formed(site)
    for case in cases:
        citizen.withdraw(complaint_id=case.pk, at=NOON)

    gathering.run(at=NOON)

    incident.refresh_from_db()
    assert incident.state == "dissolved"
    reported(site, 4)
    assert gathering.run(at=NOON).formed == 0


def test_news_are_seen_once_they_are_certain_and_not_lost_before(site):
    incident, _cases = formed(site)
    Incident.objects.all().delete()
    Clue.objects.all().delete()

    # Still within the time in which an earlier number may become visible.
    assert gathering.run(at=NOON).formed == 1
    Incident.objects.all().delete()
    Clue.objects.all().delete()
    gathering.run(at=NOON + gathering.OVERLAP + timedelta(minutes=1))
    Incident.objects.all().delete()
    assert gathering.run(at=NOON + 2 * gathering.OVERLAP).formed == 0


# -- settling


def test_the_list_settles_every_report_and_those_who_never_complained(site, pair):
    incident, cases = formed(site)
    silent = person_of(7)
    rows = [row_of(n) for n in (1, 2, 3)] + [row_of(7), row_of(8)]
    with_list(incident, site, rows)
    drain(NOON)
    before = DemoMessage.objects.count()

    settled(incident, pair)

    assert (incident.state, incident.told) == ("settled", 2)
    assert {state for state, _words in members(incident).values()} == {"settled"}
    for case in cases:
        case.refresh_from_db()
        assert case.outcome == "corrected"
        event = case.events.get(move="resolve")
        assert event.data["incident"] == str(incident.ref)
        made = case.claims.first().correction
        assert {made.proposed_by, made.approved_by} == set(pair)
        assert Dose.objects.get(pk=made.target_id).lot_number == "ABX6318"
    assert silent.doses.count() == 1
    assert Dose.objects.count() == 5
    drain(BEGUN + timedelta(minutes=2))
    # Three reports and two people who never wrote: each one message more, ever.
    assert DemoMessage.objects.count() - before == 5
    drain(BEGUN + timedelta(minutes=9))
    assert DemoMessage.objects.count() - before == 5
    assert not any(integrity.check(at=BEGUN + timedelta(minutes=9)).values())


def test_a_report_without_a_record_is_matched_and_gets_one(site, pair):
    reported(site, 1)
    reported(site, 2)
    sender = sender_for(
        full_name="Trần Văn Mới", national_id="079090054321", phone="+84900054321"
    )
    case = only_complaint(submit(missing_dose(site, given_on=DAY), sender=sender))
    outbox.drain(queue="route", at=NOON)
    gathering.run(at=NOON)
    incident = Incident.objects.get()
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

    case.refresh_from_db()
    assert case.outcome == "corrected"
    case.submission.refresh_from_db()
    assert case.submission.person.doses.count() == 1
    assert Dose.objects.count() == 3
    assert incident.told == 0


def test_whom_the_list_does_not_settle_is_left_to_a_person_with_words(site, pair):
    make_product("MOD", "Moderna")
    incident, cases = formed(site, 4)
    casework.ask(complaint_id=cases[2].pk, reasons=["slip"], by=pair[0], at=NOON)
    rows = [row_of(1), row_of(2, product="MOD"), row_of(3)]
    with_list(incident, site, rows)

    settled(incident, pair)

    said = [members(incident)[case.pk] for case in cases]
    assert [state for state, _words in said] == ["settled", "left", "left", "left"]
    assert all(words for state, words in said if state == "left")
    assert [Complaint.objects.get(pk=c.pk).is_open for c in cases] == [
        False,
        True,
        True,
        True,
    ]
    # The list is written for them nevertheless; their reports wait for somebody.
    assert Dose.objects.count() == 3
    assert incident.told == 0


def test_what_the_record_says_by_now_was_right_already(site, pair):
    incident, cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])
    committing.commit(incident.session_list_id, by=pair[0].pk, at=NOON)
    drain(NOON)
    incident_rows.match(incident, at=NOON)
    assert Dose.objects.count() == 3

    settled(incident, pair)

    outcomes = {Complaint.objects.get(pk=case.pk).outcome for case in cases}
    assert outcomes == {"already_correct"}
    assert Dose.objects.count() == 3


@pytest.mark.parametrize("said", [incident_told.TOLD, incident_told.TOLD_BACK])
def test_the_notice_to_those_who_never_complained_is_one_message_of_plain_letters(said):
    text = said.format(help="1900 0000 (24/7)")
    assert sms.size(text).segments == 1
    assert sms.plain(text) == text


# -- two people, and going back


def test_nobody_signs_what_they_proposed_and_strangers_see_nothing(site, pair):
    incident, _cases = formed(site)
    with pytest.raises(Refused):
        incidents.propose(incident.ref, by=pair[0], at=NOON)
    with_list(incident, site, [row_of(1)])
    incidents.propose(incident.ref, by=pair[0], at=NOON)

    with pytest.raises(Refused):
        incidents.sign(incident.ref, by=pair[0], at=NOON)
    made = make_staff(site)
    opened_by(pair[0], made, at=NOON)
    with pytest.raises(Refused, match=str(TOGETHER)):
        incidents.sign(incident.ref, by=made, at=NOON)
    with pytest.raises(Incident.DoesNotExist):
        incidents.sign(incident.ref, by=make_staff(make_organization()), at=NOON)
    with pytest.raises(Incident.DoesNotExist):
        incidents.sign(incident.ref, by=make_staff(site, "clerk"), at=NOON)
    with pytest.raises(Refused):
        incidents.propose(incident.ref, by=pair[1], at=NOON)


def test_a_signature_is_taken_back_before_anything_is_done(site, pair):
    incident, cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    incidents.go_on(incident.ref, by=pair[0], at=NOON)
    drain(NOON + UNDO / 2)
    assert not Dose.objects.exists()
    assert [words for _m, words in outlook(incident)] == ["", "", ""]

    incidents.send_back(incident.ref, by=pair[1], at=NOON + UNDO / 2)
    drain(NOON + 2 * UNDO)

    incident.refresh_from_db()
    assert (incident.state, incident.signed_by) == ("open", None)
    assert incident.matched_at is not None
    assert not Dose.objects.exists()
    assert {Complaint.objects.get(pk=case.pk).status for case in cases} == {"received"}
    # The same two may decide it again.
    settled(incident, pair, at=NOON + 3 * UNDO)
    assert incident.state == "settled"


def test_a_signature_is_not_taken_back_once_it_began(site, pair):
    incident, _cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])
    settled(incident, pair)

    with pytest.raises(Refused):
        incidents.send_back(incident.ref, by=pair[1], at=BEGUN)


def test_who_never_complained_hears_nothing_of_a_list_that_was_taken_back(site, pair):
    incident, _cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 8)])
    settled(incident, pair)
    row = StagedRow.objects.get(line=8)
    drain(BEGUN + 4 * incident_turns.LATER)
    before = DemoMessage.objects.count()

    committing.undo(
        incident.session_list_id, by=pair[0].pk, at=BEGUN + 5 * incident_turns.LATER
    )
    drain(BEGUN + 6 * incident_turns.LATER)
    row.refresh_from_db()
    assert row.undone_at is not None
    drain(BEGUN + timedelta(minutes=3))

    told = Message.objects.filter(event__move="resolve").count()
    assert DemoMessage.objects.count() - before == told == 3


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("ask", "Đang chờ người dân trả lời"),
        ("propose", "đang chờ người thứ hai ký"),
    ],
)
def test_a_report_that_waits_for_somebody_is_not_said_to_be_settled(
    site, pair, act, words
):
    incident, cases = formed(site)
    if act == "ask":
        casework.ask(complaint_id=cases[0].pk, reasons=["slip"], by=pair[0], at=NOON)
    else:
        verdicts = {claim.pk: ("upheld", "") for claim in cases[0].claims.all()}
        casework.resolve(
            complaint_id=cases[0].pk, verdicts=verdicts, by=pair[0], at=NOON
        )
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])

    said = {member.complaint_id: why for member, why in outlook(incident)}
    settled(incident, pair)

    assert words in said[cases[0].pk]
    assert members(incident) == {
        cases[0].pk: ("left", said[cases[0].pk]),
        cases[1].pk: ("settled", ""),
        cases[2].pk: ("settled", ""),
    }


def test_a_slice_that_dies_is_gone_on_with_and_each_is_settled_once(site, pair):
    incident, cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 8)])
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    # A worker that decides one report and is gone.
    incident.refresh_from_db()
    incident_rows.match(incident, at=BEGUN)
    incidents._settle_next(incident.pk, at=BEGUN)

    incidents.go_on(incident.ref, by=pair[0], at=BEGUN)
    for step in range(4):
        drain(BEGUN + step * incident_turns.LATER)

    incident.refresh_from_db()
    assert incident.state == "settled"
    for case in cases:
        assert case.events.filter(move="resolve").count() == 1
    made = Correction.objects.filter(reason="complaint", target="dose")
    assert made.count() == 3
    assert Dose.objects.count() == 4
