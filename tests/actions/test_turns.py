"""Next one for me: which case, to whom, and never to two people."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints import permissions, presence
from complaints.actions import casework, turns
from complaints.choices import Move, Status
from complaints.models import Lease, Skip
from complaints.rules.refused import Refused
from portal.audit import record
from portal.audit.together import CREATED
from portal.common import crypto
from tests import factories
from tests.pages.cases import (
    make_case,
    make_organization,
    make_root,
    make_staff,
    make_submission,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
NOW = timezone.now()


def ago(hours: float):
    return NOW - timedelta(hours=hours)


def take(staff, *, at=NOW):
    postings = list(staff.postings.select_related("organization"))
    return turns.take_next(postings=postings, by=staff, at=at)


@pytest.fixture
def station():
    return make_organization("TYT-1")


def test_what_is_due_first_comes_first_and_what_was_reported_again_before_it(station):
    first = make_case(station, sent=ago(30))
    again = make_case(station, sent=ago(25), reported_again=1)
    make_case(station, sent=ago(10))

    given = [take(make_staff(station)) for _ in range(2)]

    assert given == [again, first]


def test_each_is_given_to_one_person_and_comes_back_to_that_one(station):
    make_case(station, sent=ago(30))
    one, other = make_staff(station), make_staff(station)

    given = take(one)

    assert take(other) is None
    assert take(one) == given
    assert take(other, at=NOW + turns.LEASE) == given


def test_cases_of_colleagues_and_those_that_wait_are_not_given_out(station):
    me, colleague = make_staff(station), make_staff(station)
    taken = [(Move.ACCEPT, Status.IN_REVIEW, ago(1))]
    asked = [(Move.ASK, Status.WAITING_CITIZEN, ago(1))]
    proposed = [(Move.PROPOSE, Status.AWAITING_SECOND, ago(1))]
    make_case(station, history=taken, assignee=colleague)
    make_case(station, history=asked, assignee=me)
    make_case(station, history=proposed, assignee=me)
    disagreed = [
        (Move.RESOLVE, Status.RESOLVED, ago(2)),
        (Move.DISAGREE, Status.RECEIVED, ago(1)),
    ]
    make_case(station, history=disagreed, by=me)

    assert take(me) is None

    to_sign = make_case(station, history=proposed, assignee=colleague)
    assert take(me) == to_sign


@pytest.mark.parametrize("move", permissions.DECIDING)
@pytest.mark.parametrize("rounds", [1, 2])
def test_who_had_a_part_in_an_earlier_decision_decides_no_more(station, move, rounds):
    me, colleague = make_staff(station), make_staff(station)
    history = [(move, Status.RESOLVED, ago(9))]
    for hours in range(rounds):
        history.append((Move.DISAGREE, Status.RECEIVED, ago(5 - hours)))
    case = make_case(station, history=history, by=me)

    for decides in permissions.DECIDING:
        with pytest.raises(Refused, match="looked at again|người khác quyết định"):
            permissions.require(me, decides, case, at=NOW)
    permissions.require(colleague, Move.RESOLVE, case, at=NOW)
    assert (take(me), take(colleague)) == (None, case)


def test_what_a_colleague_looks_at_is_not_given_out_until_the_page_is_closed(station):
    me, colleague = make_staff(station), make_staff(station)
    case = make_case(station, sent=ago(3))
    presence.note(case, by=colleague, at=NOW)

    assert take(me) is None
    assert take(me, at=NOW + presence.SEEN) == case


def test_a_level_above_gets_what_is_overdue_below_after_its_own():
    department = make_organization("SYT-1")
    below = make_organization("TYT-2", parent=department)
    make_case(below, sent=ago(5))
    late = make_case(below, sent=ago(90), overdue_at=ago(42))
    own = make_case(department, sent=ago(1))
    lead = make_staff(department, role="lead")

    assert take(lead) == own
    casework.accept(complaint_id=own.pk, by=make_staff(department), at=NOW)
    assert take(lead) == late


@pytest.mark.parametrize("role", ["clerk", "overseer", "administrator"])
def test_who_decides_nothing_is_given_nothing(station, role):
    make_case(station, sent=ago(5))

    assert take(make_staff(make_root(), role=role)) is None


def test_passing_by_needs_a_reason_and_gives_the_case_to_somebody_else(station):
    me, colleague = make_staff(station), make_staff(station)
    case = make_case(station, sent=ago(5))
    take(me)

    with pytest.raises(Refused, match="lý do"):
        turns.skip(complaint_id=case.pk, reason="", by=me, at=NOW)
    turns.skip(complaint_id=case.pk, reason="papers", by=me, at=NOW)

    assert take(me) is None
    assert take(colleague) == case
    assert take(me, at=NOW + turns.SKIPPED) == case


def test_what_concerns_oneself_is_never_offered_again(station):
    me = make_staff(station)
    case = make_case(station, sent=ago(5))
    take(me)
    turns.skip(complaint_id=case.pk, reason=Skip.Reason.CONFLICT, by=me, at=NOW)

    assert take(me, at=NOW + timedelta(days=30)) is None


@pytest.mark.parametrize("own", ["phone", "national_id", "record"])
def test_the_case_of_oneself_or_of_the_household_is_not_given_out(station, own):
    """The digests are compared in the list, the record of the one that is next."""
    me, colleague = make_staff(station), make_staff(station)
    number, phone = "001158000555", "+84900000888"
    me.phone_digest = crypto.digest("phone", phone)
    me.number_digest = crypto.digest("national_id", number)
    me.save(update_fields=["phone_digest", "number_digest"])
    if own == "phone":
        sender = make_submission(at=ago(30), phone=phone)
    elif own == "national_id":
        sender = make_submission(at=ago(30), national_id=number)
    else:
        sender = make_submission(
            at=ago(30),
            person=factories.make_person(national_id=number),
            national_id="001158000123",
            phone="+84900000111",
        )
    theirs = make_case(station, sent=ago(30), submission=sender)
    following = make_case(station, sent=ago(20))

    assert take(me) == following
    assert take(colleague) == theirs


def test_a_proposal_that_one_cannot_sign_is_not_given_out(station):
    me, opened_by_me, other = (make_staff(station) for _ in range(3))
    record.change(
        at=ago(48),
        actor="staff",
        actor_id=me.pk,
        person_id=None,
        subject="accounts.user",
        subject_id=opened_by_me.pk,
        detail=CREATED,
    )
    proposed = [(Move.PROPOSE, Status.AWAITING_SECOND, ago(1))]
    case = make_case(station, history=proposed, assignee=opened_by_me)

    assert take(me) is None
    assert take(other) == case


def test_only_what_one_was_given_can_be_passed_by(station):
    case = make_case(station, sent=ago(5))
    take(make_staff(station))

    with pytest.raises(Refused, match="không được giao"):
        turns.skip(
            complaint_id=case.pk, reason="papers", by=make_staff(station), at=NOW
        )


def test_a_decision_ends_the_lease_and_a_note_does_not(station):
    me = make_staff(station)
    case = make_case(station, sent=ago(5), submission=make_submission(at=ago(5)))
    take(me)

    casework.note(complaint_id=case.pk, note="Đã gọi.", by=me, at=NOW)
    assert Lease.objects.exists()
    casework.accept(complaint_id=case.pk, by=me, at=NOW)
    assert not Lease.objects.exists()
