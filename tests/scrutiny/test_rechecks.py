"""Checking closed cases once more: what is drawn, who checks it, what follows."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from complaints import permissions, rollups
from complaints.actions import rechecks
from complaints.choices import Actor, Move, Outcome, Status
from complaints.models import Complaint, Figure, Message, Recheck, Sample
from complaints.rules.refused import Refused
from complaints.scrutiny import agreement
from portal.audit.models import Entry
from portal.common import crypto, outbox, scope
from portal.registry.models import Organization, OrganizationSuccession
from tests.factories import make_organization, make_person, make_staff, opened_by
from tests.figures.lives import Then, live
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")

PAGE = "/quan-tri/kiem-tra/"
CLOSED = datetime(2026, 10, 10, 3, 0, tzinfo=UTC)
AT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OCTOBER = {"first": date(2026, 10, 1), "last": date(2026, 10, 31)}


@pytest.fixture
def department():
    return make_organization(kind="health_department")


@pytest.fixture
def station(department):
    return make_organization(parent=department)


def closed(station, *, by=None, outcome=Outcome.KEPT, actor=Actor.STAFF, at=CLOSED):
    by = by or make_staff(station)
    steps = [Then(Move.RESOLVE, Status.RESOLVED, HOUR, actor=actor, outcome=outcome)]
    return live(station, at, steps, by=by)


def draw(department, **facts):
    usual = {"per_stratum": 1, "most": 100, "seed": "hạt giống"}
    by = facts.pop("by", None) or make_staff(department, "overseer")
    return rechecks.draw(department, by=by, at=AT, **OCTOBER | usual | facts)


def drawn(sample):
    return [
        (row.organization_id, row.stratum, row.event_id)
        for row in sample.rechecks.order_by("pk")
    ]


# Drawing ----------------------------------------------------------------------------


def test_each_unit_and_each_outcome_is_drawn_by_the_digest_of_the_seed(department):
    stations = [make_organization(parent=department) for _ in range(2)]
    for station in stations:
        for outcome in (Outcome.KEPT, Outcome.CORRECTED):
            for _ in range(4):
                closed(station, outcome=outcome)

    sample = draw(department, per_stratum=2)

    by_hand = []
    for station in stations:
        for outcome in (Outcome.KEPT, Outcome.CORRECTED):
            events = [
                case.events.get(move="resolve").pk
                for case in station.complaints.filter(outcome=outcome)
            ]
            events.sort(
                key=lambda pk: hashlib.sha256(f"hạt giống:{pk}".encode()).digest()
            )
            by_hand += [(station.pk, outcome, pk) for pk in events[:2]]
    assert sorted(drawn(sample)) == sorted(by_hand)
    assert (sample.closed, {r.of_stratum for r in sample.rechecks.all()}) == (16, {4})


def test_the_same_seed_draws_the_same_another_one_does_not(department, station):
    for _ in range(30):
        closed(station)
    one = draw(department, per_stratum=3)

    def again(seed):
        facts = {"per_stratum": 3, "most": 100, "seed": seed, "before": one.pk}
        rows = rechecks.selected(department.path, **OCTOBER, **facts)
        return [(row[2], row[4], row[0]) for row in rows]

    assert again("hạt giống") == drawn(one) != again("khác")


def test_seeds_are_made_by_chance(department, station):
    root = Organization.objects.get(parent=None)
    for _ in range(2):
        closed(station)
    one = draw(department, seed="")
    assert one.seed != draw(root, by=make_staff(root, "overseer"), seed="").seed


def test_a_month_is_drawn_once_by_each_unit_and_a_decision_once_by_all(
    department, station
):
    root = Organization.objects.get(parent=None)
    for _ in range(3):
        closed(station)
    one = draw(department)
    for rule in ({}, {"per_stratum": 2}, {"seed": ""}):
        with pytest.raises(Refused, match="đã rút mẫu"):
            draw(department, **rule)
    above = draw(root, per_stratum=9)
    assert (above.closed, above.rechecks.count()) == (2, 2)
    assert not set(drawn(one)) & set(drawn(above))


def test_where_not_all_can_be_drawn_each_unit_has_one_before_any_has_two(department):
    stations = [make_organization(parent=department) for _ in range(3)]
    for station in stations:
        for _ in range(3):
            closed(station)
    rows = drawn(draw(department, per_stratum=3, most=4))
    assert len(rows) == 4
    assert {row[0] for row in rows} == {station.pk for station in stations}


def test_what_a_rule_decided_what_is_open_and_other_months_are_not_drawn(
    department, station
):
    closed(station, actor=Actor.SYSTEM)
    live(station, CLOSED)
    closed(station, at=CLOSED - timedelta(days=40))
    closed(make_organization())
    with pytest.raises(Refused, match="không đóng"):
        draw(department)
    assert not Sample.objects.exists()


def test_a_month_that_is_not_over_cannot_be_drawn(department, station):
    closed(station)
    with pytest.raises(Refused, match="đã hết"):
        draw(department, last=date(2026, 11, 2))


# Checking ---------------------------------------------------------------------------


@pytest.fixture
def decider(station):
    return make_staff(station)


@pytest.fixture
def row(department, station, decider):
    closed(station, by=decider)
    return draw(department).rechecks.get()


def test_somebody_above_the_unit_is_given_the_case_and_keeps_it(department, row):
    checker = make_staff(department, "lead")
    assert rechecks.take(by=checker, at=AT) == row
    assert rechecks.take(by=checker, at=AT) == row
    # Nobody else has it meanwhile; after two days somebody may.
    other = make_staff(department, "lead")
    assert rechecks.take(by=other, at=AT + timedelta(days=1)) is None
    assert rechecks.take(by=other, at=AT + timedelta(days=2)) == row
    with pytest.raises(Refused, match="Người khác"):
        rechecks.decide(row.ref, verdict="agree", reason="", note="", by=checker, at=AT)


def test_who_is_too_near_is_given_nothing(department, station, decider, row):
    near = make_staff(department, "lead")
    opened_by(near, decider, at=AT)
    of_unit = make_staff(station, "lead")
    of_both = make_staff(department, "lead")
    of_both.postings.create(
        organization=station, role="staff", valid_from=CLOSED - timedelta(days=99)
    )
    elsewhere = make_staff(make_organization(kind="health_department"), "lead")
    nurse = make_staff(department)
    for user in (decider, near, of_unit, of_both, elsewhere, nurse):
        assert rechecks.take(by=user, at=AT) is None, user


def test_however_many_are_too_near_the_next_one_is_given(department, station):
    near = make_staff(department, "lead")
    nurse, other = make_staff(station), make_staff(station)
    opened_by(near, nurse, at=AT)
    household = crypto.digest("phone", "+84900000999")
    near.phone_digest = household
    near.save(update_fields=["phone_digest"])
    for _ in range(3):
        closed(station, by=nurse)
    for _ in range(23):
        own = closed(station, by=other)
        own.submission.phone_digest = household
        own.submission.save(update_fields=["phone_digest"])
    sample = draw(department, per_stratum=99)
    assert rechecks.to_check(near, at=AT).count() == 23
    assert rechecks.take(by=near, at=AT) is None

    free = closed(station, by=other, outcome=Outcome.CORRECTED)
    last = Recheck.objects.create(
        sample=sample,
        event=free.events.get(move="resolve"),
        complaint=free,
        organization=station,
        path=station.path,
        stratum=Outcome.CORRECTED,
        of_stratum=1,
    )
    assert rechecks.take(by=near, at=AT) == last


def test_agreeing_and_disagreeing_are_counted_with_their_bounds(department, station):
    for _ in range(4):
        closed(station)
    draw(department, per_stratum=4)
    checker = make_staff(department, "lead")
    for verdict in ("agree", "agree", "agree", "disagree"):
        row = rechecks.take(by=checker, at=AT)
        rechecks.decide(
            row.ref,
            verdict=verdict,
            reason="proof",
            note="Phiếu ghi ngày khác.",
            by=checker,
            at=AT,
        )
    (rate,) = agreement.by_unit(at=AT, most=9)
    assert (rate.checked, rate.agreed, rate.share) == (4, 3, 0.75)
    assert rate.bounds == pytest.approx((0.3006, 0.9544), abs=1e-4)
    by_outcome = {rate.name: rate.checked for rate in agreement.by_outcome(at=AT)}
    assert sorted(by_outcome.values()) == [0, 0, 0, 4]


@pytest.fixture
def disagreed(department, row):
    checker = make_staff(department, "lead")
    rechecks.take(by=checker, at=AT)
    return rechecks.decide(
        row.ref,
        verdict="disagree",
        reason="unseen",
        note="Chưa xem ảnh phiếu.",
        by=checker,
        at=AT,
    )


def test_the_lead_of_the_unit_answers_what_was_disagreed_with_once(
    disagreed, station, decider
):
    lead = make_staff(station, "lead")
    facts = {"answer": "accepted", "note": "Sẽ xem lại cùng người dân.", "at": AT}
    with pytest.raises(Refused, match="phụ trách"):
        rechecks.answer(disagreed.ref, by=decider, **facts)

    rechecks.answer(disagreed.ref, by=lead, **facts)

    with pytest.raises(Refused, match="đã được trả lời"):
        rechecks.answer(disagreed.ref, by=lead, **facts)
    details = Entry.objects.filter(subject="recheck").order_by("pk")
    assert [entry.detail for entry in details] == ["drawn 1", "disagree", "accepted"]


def accept(disagreed, station, *, answer="accepted"):
    lead = make_staff(station, "lead")
    note = "Sẽ xem lại cùng người dân."
    return rechecks.answer(disagreed.ref, answer=answer, note=note, by=lead, at=AT)


def test_what_the_unit_accepts_opens_the_case_again_with_its_own_clock(
    disagreed, station, decider
):
    case = disagreed.complaint
    row = accept(disagreed, station)

    case.refresh_from_db()
    assert row.reopened_at == AT
    assert (case.status, case.round, case.holder) == (Status.RECEIVED, 2, station)
    assert (case.round_started_at, case.due_at) == (AT, AT + 48 * HOUR)
    assert (case.outcome, case.ended_at, case.assignee) == ("", None, None)
    event = case.events.latest("seq")
    assert (event.move, event.actor, event.by) == (
        Move.REOPEN,
        Actor.STAFF,
        row.answered_by,
    )
    with pytest.raises(Refused, match="người khác quyết định"):
        permissions.require(decider, Move.RESOLVE, case, at=AT)
    permissions.require(make_staff(station), Move.RESOLVE, case, at=AT)
    rollups.rebuild_all(at=AT)
    figure = Figure.objects.get(organization=station, kind="", cohort="opened")
    assert (figure.reversed, figure.reopened, figure.open) == (1, 1, 1)


def test_the_citizen_is_told_once_that_it_is_looked_at_again(disagreed, station):
    accept(disagreed, station)
    outbox.drain(queue="route", at=AT + HOUR)
    outbox.drain(queue="route", at=AT + HOUR)

    assert Message.objects.filter(event__move=Move.REOPEN).count() == 1


def test_what_the_unit_holds_stays_closed(disagreed, station):
    row = accept(disagreed, station, answer="held")

    assert row.reopened_at is None
    assert Complaint.objects.get().status == Status.RESOLVED


def test_what_goes_on_already_or_was_reported_again_is_not_opened(disagreed, station):
    case = disagreed.complaint
    live(station, AT - HOUR, subject=bytes(case.subject_key))

    row = accept(disagreed, station)

    case.refresh_from_db()
    assert (row.reopened_at, case.status, case.round) == (None, Status.RESOLVED, 1)


def close(unit, *, successor=None):
    day = timezone.localdate(AT)
    Organization.objects.filter(pk=unit.pk).update(closed_on=day)
    if successor is not None:
        OrganizationSuccession.objects.create(
            old=unit, new=successor, valid_from=day, reason="Sáp nhập"
        )


def test_for_a_unit_that_closed_its_successor_answers(disagreed, department, station):
    second, third = (make_organization(parent=department) for _ in range(2))
    close(station, successor=second)
    close(second, successor=third)
    facts = {"answer": "held", "note": "Phiếu rõ.", "at": AT}
    with pytest.raises(Refused, match="phụ trách"):
        rechecks.answer(disagreed.ref, by=make_staff(department, "lead"), **facts)
    lead = make_staff(third, "lead")
    assert rechecks.to_answer(lead, at=AT) == [disagreed.pk]
    assert rechecks.answer(disagreed.ref, by=lead, **facts).answered_by == lead


def test_without_a_successor_the_unit_above_answers(disagreed, department, station):
    close(station)
    lead = make_staff(department, "lead")
    assert rechecks.to_answer(lead, at=AT) == [disagreed.pk]
    facts = {"answer": "held", "note": "Phiếu rõ.", "at": AT}
    with pytest.raises(Refused, match="phụ trách"):
        rechecks.answer(disagreed.ref, by=disagreed.checker, **facts)
    assert rechecks.answer(disagreed.ref, by=lead, **facts).answered_by == lead


def test_what_lies_elsewhere_by_now_is_not_given_to_check(department, row):
    Complaint.objects.filter(pk=row.complaint_id).update(holder=make_organization())
    assert rechecks.take(by=make_staff(department, "lead"), at=AT) is None


def test_what_was_agreed_with_needs_no_answer(department, station, row):
    checker = make_staff(department, "lead")
    rechecks.take(by=checker, at=AT)
    rechecks.decide(row.ref, verdict="agree", reason="", note="", by=checker, at=AT)
    with pytest.raises(Refused, match="không có ai"):
        rechecks.answer(
            row.ref,
            answer="held",
            note="x",
            by=make_staff(station, "lead"),
            at=AT,
        )


# Pages ------------------------------------------------------------------------------


def test_from_the_draw_to_the_answer_by_the_pages(client, department, station):
    closed(station)
    client.force_login(make_staff(department, "overseer"))
    empty = client.post(f"{PAGE}mau/", {"month": "10/2026"})
    assert empty.status_code == 422
    assert "2026-10" in text_of(empty)
    made = client.post(
        f"{PAGE}mau/",
        {"month": "2026-10", "per_stratum": "1", "most": "10"},
        follow=True,
    )
    assert "Đã rút 1 trong 1" in text_of(made)

    client.force_login(make_staff(department, "lead"))
    given = client.post(f"{PAGE}nhan/", follow=True)
    address = given.redirect_chain[-1][0]
    assert client.post(address, {}).status_code == 422
    bare = client.post(address, {"verdict": "disagree"})
    assert bare.status_code == 422
    assert "vì sao" in text_of(bare)
    client.post(
        address, {"verdict": "disagree", "reason": "proof", "note": "Phiếu rõ ngày."}
    )
    assert Recheck.objects.get().verdict == "disagree"

    client.force_login(make_staff(station, "lead"))
    assert "Trả lời các mục này" in text_of(client.get(PAGE))
    client.post(address, {"answer": "held", "note": "Phiếu của người khác."})
    assert "Phiếu của người khác." in text_of(client.get(address))


def test_the_unit_answers_though_the_case_lies_elsewhere_and_sees_its_code_alone(
    client, station, disagreed
):
    case = disagreed.complaint
    elsewhere = make_organization(kind="health_department")
    Complaint.objects.filter(pk=case.pk).update(holder=elsewhere)
    client.force_login(make_staff(station, "lead"))

    listed = text_of(client.get(PAGE))
    page = client.get(f"{PAGE}{disagreed.ref}/")

    assert case.pretty_reference in listed
    assert case.pretty_reference in text_of(page)
    assert "Chưa xem ảnh phiếu." in text_of(page)
    assert case.get_kind_display() not in text_of(page)
    assert f"/ho-so/{case.submission.code}" not in page.content.decode()
    said = {"answer": "held", "note": "Phiếu của người khác."}
    assert client.post(f"{PAGE}{disagreed.ref}/", said).status_code == 303
    disagreed.refresh_from_db()
    assert disagreed.answer == "held"


def test_a_successor_answers_by_the_pages(client, department, station, disagreed):
    successor = make_organization(parent=department)
    close(station, successor=successor)
    client.force_login(make_staff(successor, "lead"))
    address = f"{PAGE}{disagreed.ref}/"
    assert address in client.get(PAGE).content.decode()
    assert client.post(address, {"answer": "held", "note": "Rõ."}).status_code == 303


def test_a_check_of_elsewhere_is_not_there(client, row):
    client.force_login(make_staff(make_organization(kind="health_department"), "lead"))
    assert client.get(f"{PAGE}{row.ref}/").status_code == 404


def test_looking_at_a_check_is_a_look_at_the_person(client, department, row):
    person = make_person()
    with scope.system():
        submission = row.complaint.submission
        submission.person = person
        submission.save(update_fields=["person"])
    user = make_staff(department, "lead")
    client.force_login(user)
    client.get(f"{PAGE}{row.ref}/")
    entry = Entry.objects.filter(actor_id=user.pk).latest("pk")
    assert (entry.subject, entry.person) == ("recheck", person.pk)
