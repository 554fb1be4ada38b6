"""What happens at the same moment on several connections happens once."""

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from complaints import integrity
from complaints.actions import (
    campaigns,
    casework,
    citizen,
    drafts,
    founding,
    gathering,
    reminders,
    switches,
    turns,
    undoing,
    units,
)
from complaints.models import (
    Complaint,
    Event,
    Incident,
    IncidentMember,
    Ladder,
    Lease,
    MailAddress,
    Message,
    RuleSwitch,
    Rung,
    Submission,
)
from complaints.rules.refused import Refused, Stale
from portal.common import outbox, scope
from portal.common.models import DemoMessage, Outbox
from portal.common.tasks import drain as woken
from portal.registry.models import Correction, Dose, Organization
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import at_once, behind, drain_all, in_system, lay_ground
from tests.pages.test_reported_again import draft_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ground():
    lay_ground()
    yield
    assert not any(integrity.check(at=NOON).values())


@pytest.fixture
def site():
    with scope.system():
        make_product()
        return make_organization()


def filed(site, *, given_on="2021-10-07", at=NOON, **facts):
    with scope.system():
        matter = missing_dose(site, given_on=given_on)
        case = only_complaint(submit(matter, at=at, **facts))
    drain_all(at)
    return case


def test_fifty_posts_of_one_form_make_one_submission(site):
    key = uuid.uuid4()

    ends = at_once(50, lambda _: submit(missing_dose(site), key=key))

    assert {end.submission.pk for end in ends} == {Submission.objects.get().pk}
    assert sum(not end.is_repeat for end in ends) == 1
    assert not any(end.differs for end in ends)
    assert in_system(Complaint.objects.count) == 1
    drain_all()


def test_what_is_tapped_many_times_at_once_is_sent_once_and_answered_once(site):
    person, browser = in_system(make_person), Client()
    with scope.system():
        draft = draft_of(browser, person, site)
        drafts.save(draft, draft.answers | {"email": "lan@example.vn"})

    def tap(address, **typed):
        one = Client()
        one.cookies = browser.cookies
        return one.post(address, typed).status_code

    check = f"/bao-sai/{draft.key}/kiem-tra/"
    sent = at_once(12, lambda _: tap(check, key=draft.answers["key"]))
    drain_all(timezone.now())
    with scope.system():
        case = Complaint.objects.select_related("submission").get()
        nurse = make_staff(site)
        casework.ask(
            complaint_id=case.pk, reasons=["slip"], by=nurse, at=timezone.now()
        )
    answer = f"/theo-doi/{case.submission.code}/1/bo-sung/"
    answered = at_once(6, lambda _: tap(answer, note="Giấy đây"))

    assert (set(sent), set(answered)) == ({303}, {303})
    assert Submission.objects.count() == MailAddress.objects.count() == 1
    moves = in_system(lambda: [e.move for e in case.events.filter(actor="citizen")])
    assert sorted(moves) == ["answer", "submit"]
    drain_all(timezone.now())


def test_one_key_with_another_body_is_told_apart(site):
    key = uuid.uuid4()

    ends = at_once(
        8,
        lambda n: submit(missing_dose(site, story="A" if n % 2 else "B"), key=key),
    )

    assert Submission.objects.count() == 1
    assert sum(end.differs for end in ends) == 4
    drain_all()


def test_the_same_matter_filed_at_once_is_one_complaint_that_others_join(site):
    person = in_system(make_person)

    ends = at_once(8, lambda _: submit(missing_dose(site), sender=sender_for(person)))

    assert not [end for end in ends if isinstance(end, Exception)]
    assert Submission.objects.count() == 8
    case = in_system(Complaint.objects.get)
    assert case.reported_again == 7
    assert sum(len(end.joined) for end in ends) == 7
    assert in_system(lambda: Event.objects.filter(move="join").count()) == 7
    drain_all()


def test_reports_read_at_the_same_moment_form_one_incident(site):
    many(site, 3)

    ends = at_once(4, lambda _: gathering.run(at=NOON))

    assert sum(end.formed for end in ends) == 1, ends
    assert in_system(Incident.objects.count) == 1
    assert in_system(IncidentMember.objects.count) == 3
    drain_all()


def test_two_decisions_at_once_make_one_correction(site):
    person = in_system(make_person)
    case = filed(site, sender=sender_for(person))
    with scope.system():
        staff = [make_staff(site) for _ in range(4)]
        case.refresh_from_db()
        verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}

    ends = at_once(
        4,
        lambda n: casework.resolve(
            complaint_id=case.pk,
            verdicts=verdicts,
            proof="slip_seen",
            by=staff[n],
            at=NOON,
            version=case.version,
        ),
    )

    assert sum(isinstance(end, Complaint) for end in ends) == 1
    assert sum(isinstance(end, Stale) for end in ends) == 3
    assert Correction.objects.filter(reason="complaint").count() == 1
    assert Dose.objects.count() == 1
    drain_all()


def test_a_decision_and_a_withdrawal_at_once_do_not_both_happen(site):
    case = filed(site)
    with scope.system():
        nurse = make_staff(site)
        kept = {c.pk: ("kept", "unreadable") for c in case.claims.all()}

    def decide_or_withdraw(index):
        if index:
            return citizen.withdraw(complaint_id=case.pk, at=NOON)
        return casework.resolve(complaint_id=case.pk, verdicts=kept, by=nurse, at=NOON)

    ends = at_once(2, decide_or_withdraw)

    assert sorted(isinstance(end, Refused) for end in ends) == [False, True]
    drain_all()


def test_two_proposals_are_not_signed_twice(site):
    person = in_system(make_person)
    case = filed(site, sender=sender_for(person))
    with scope.system():
        nurse, *leads = (make_staff(site, role) for role in ("staff", "lead", "lead"))
        verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
        casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON)

    ends = at_once(
        2,
        lambda n: casework.countersign(complaint_id=case.pk, by=leads[n], at=NOON),
    )

    assert sorted(isinstance(end, Refused) for end in ends) == [False, True]
    assert Correction.objects.filter(reason="complaint").count() == 1
    drain_all()


def many(site, count):
    with scope.system():
        for index in range(count):
            submit(missing_dose(site), sender=sender_for(full_name=f"Người {index}"))


def test_four_drains_at_once_do_each_piece_of_work_once(site):
    many(site, 40)

    def drain(_):
        return sum(
            outbox.drain(queue=queue, at=NOON, limit=7)
            for _ in range(3)
            for queue in ("route", "notify")
        )

    ends = at_once(4, drain)
    drain_all()

    assert not [end for end in ends if isinstance(end, Exception)]
    routed = in_system(lambda: Event.objects.filter(move="route"))
    assert in_system(routed.count) == 40
    assert in_system(lambda: routed.values("complaint").distinct().count()) == 40
    assert not Outbox.objects.filter(done_at=None).exists()
    assert set(Outbox.objects.values_list("attempts", flat=True)) == {1}
    sent = Message.objects.filter(state="sent").count()
    assert DemoMessage.objects.count() == sent == 80


def test_five_hundred_doubled_wake_ups_change_nothing(site):
    many(site, 10)

    at_once(10, lambda _: [woken(queue="route") for _ in range(50)])

    assert in_system(lambda: Event.objects.filter(move="route").count()) == 10
    assert not Outbox.objects.filter(kind="event", done_at=None).exists()
    drain_all()


def test_eight_who_ask_for_the_next_one_at_once_get_eight_cases(site):
    cases = {
        filed(site, sender=sender_for(full_name=f"Trần Văn {n}")).pk for n in range(8)
    }
    staff = in_system(lambda: [make_staff(site) for _ in range(8)])
    postings = in_system(
        lambda: [list(one.postings.select_related("organization")) for one in staff]
    )

    given = at_once(
        8, lambda n: turns.take_next(postings=postings[n], by=staff[n], at=NOON)
    )

    assert {case.pk for case in given} == cases
    assert in_system(Lease.objects.count) == 8


def test_a_decision_is_taken_back_or_told_and_never_both(site):
    nurse = in_system(lambda: make_staff(site))
    sent_by_now = NOON + undoing.UNDO
    told = taken_back = 0
    for number in range(4):
        case = filed(site, sender=sender_for(full_name=f"Trần Thị {number}"))
        keep_all(case, by=nurse)
        kept = last_move(case, nurse)
        before = in_system(DemoMessage.objects.count)
        acts = [
            lambda ref=kept.ref: undoing.undo(ref=ref, by=nurse, at=NOON),
            # The worker's clock is ahead by half a minute.
            lambda: drain_all(at=sent_by_now),
        ]

        ends = at_once(2, lambda n, acts=acts: acts[n]())
        drain_all(at=sent_by_now)

        is_told = in_system(DemoMessage.objects.count) > before
        assert is_told == isinstance(ends[0], Refused), ends
        told, taken_back = told + is_told, taken_back + (not is_told)
    assert told + taken_back == 4


def test_taking_a_proposal_back_and_signing_it_are_one_or_the_other(site):
    nurse, lead = in_system(lambda: (make_staff(site), make_staff(site, "lead")))
    case = filed(site)
    verdicts = in_system(lambda: {c.pk: ("upheld", "") for c in case.claims.all()})
    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON)
    kept = last_move(case, nurse)
    acts = [
        lambda: undoing.undo(ref=kept.ref, by=nurse, at=NOON),
        lambda: casework.countersign(complaint_id=case.pk, by=lead, at=NOON),
    ]

    ends = at_once(2, lambda n: acts[n]())

    assert sum(isinstance(end, Refused) for end in ends) == 1, ends
    is_written = in_system(Dose.objects.filter(status="completed").exists)
    assert is_written == isinstance(ends[0], Refused)
    drain_all(at=NOON + undoing.UNDO)


def keep_all(case, *, by):
    verdicts = in_system(
        lambda: {c.pk: ("kept", "unreadable") for c in case.claims.all()}
    )
    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=by, at=NOON)


def last_move(case, by):
    return in_system(lambda: undoing.latest(case.pk, by=by, at=NOON))


@pytest.fixture
def half():
    """Return when a case of noon is at the only rung of the ladder, half its time."""
    with scope.system():
        ladder = Ladder.objects.create(valid_from=NOON.date(), source="thử")
        Rung.objects.create(ladder=ladder, clock="repair", share=50, levels=0)
    return NOON + timedelta(hours=24)


def test_a_search_for_rungs_keeps_nobody_from_cases_that_reached_none(site, half):
    reached = filed(site)
    new = filed(site, at=NOON + timedelta(hours=1), given_on="2021-09-07")

    def take(case):
        rows = Complaint.objects.select_for_update(nowait=True)
        return in_system(lambda: rows.get(pk=case.pk))

    with scope.system():
        assert reminders.find(at=half) == 1
        ends = at_once(2, lambda n: take((reached, new)[n]))

    assert isinstance(ends[0], OperationalError)
    assert ends[1] == new


def test_a_rung_of_a_case_that_somebody_has_in_hand_is_found_afterwards(site, half):
    case = filed(site)

    with scope.system():
        Complaint.objects.select_for_update().get(pk=case.pk)
        assert at_once(1, lambda _: reminders.find(at=half)) == [0]

    assert reminders.find(at=half) == 1


def test_of_two_units_that_open_at_once_under_one_name_one_opens(site):
    """Nor do two units end up below each other, as they move one after another."""
    administrator = in_system(lambda: make_staff(site.parent, "administrator"))
    postings = in_system(
        lambda: list(
            administrator.postings.current(at=NOON).select_related("organization")
        )
    )
    facts = {"by": administrator, "postings": postings, "reason": "QĐ 1", "at": NOON}
    day = timezone.localdate(NOON)

    def open_one(number):
        new = founding.NewUnit(
            code=f"BV-{number}",
            kind=Organization.Kind.HOSPITAL,
            name="Bệnh viện Đa khoa Thống Nhất",
            parent=Organization.objects.get(pk=site.parent_id),
            commune=None,
            gives_doses=True,
        )
        return units.open_unit(new, on=day, **facts)

    ends = at_once(4, open_one)

    assert sorted(isinstance(end, Refused) for end in ends) == [False, True, True, True]
    assert Organization.objects.filter(name__contains="Thống Nhất").count() == 1


def test_a_rule_is_switched_off_beside_a_batch_that_has_not_ended(site):
    """To stop a rule waits for nobody; what is under way sees it next time."""
    with scope.system():
        make_person()
        boss = make_staff(site, "administrator")
        campaign = campaigns.start(rules=["A1"], cap=5, by=boss, at=NOON)
        batch = campaign.batches.get()

    def switch_off(_):
        facts = {"is_on": False, "reason": "test", "by": boss, "at": NOON}
        return in_system(lambda: switches.switch("A1", **facts))

    with scope.system(), transaction.atomic():
        campaigns.work([batch.pk], at=NOON)
        (end,) = at_once(1, switch_off)
        on, _off = switches.in_force(["A1"], province=None, use="campaign", at=NOON)

    assert isinstance(end, RuleSwitch)
    assert on == []
    drain_all()


def test_a_case_is_found_by_who_waits_for_it_while_it_is_handed_on(site):
    other, case = in_system(make_organization), filed(site)

    found = behind(
        lambda: Complaint.objects.filter(pk=case.pk).update(holder=other),
        lambda: Complaint.objects.lock(case.pk),
    )

    assert found.holder == other
    in_system(lambda: Complaint.objects.filter(pk=case.pk).update(holder=site))
