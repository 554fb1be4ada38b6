"""A lead gives cases to colleagues; what somebody who is away had is given out."""

from datetime import timedelta

import pytest

from complaints import rollups
from complaints.actions import assigning, casework, referrals, turns, undoing
from complaints.choices import Move, Status
from complaints.rules.refused import Refused
from portal.accounts.models import Posting
from portal.common import crypto
from tests.factories import (
    NOON,
    make_organization,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
DAY = timedelta(days=1)


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def lead(site):
    return make_staff(site, "lead")


@pytest.fixture
def nurse(site):
    return make_staff(site, full_name="Y Tá Một")


@pytest.fixture
def case(site):
    case = only_complaint(submit(missing_dose(site), at=NOON))
    type(case).objects.filter(pk=case.pk).update(holder=site, routed_at=NOON)
    case.refresh_from_db()
    return case


def take(staff, *, at=NOON):
    postings = list(staff.current_postings(at=at))
    return turns.take_next(postings=postings, by=staff, at=at)


def give(case, to, by):
    return assigning.assign(complaint_id=case.pk, to=to, by=by, at=NOON)


def test_a_case_that_was_given_to_somebody_is_next_for_them_alone(
    case, site, nurse, lead
):
    given = give(case, nurse, lead)

    assert (given.status, given.assignee) == (Status.RECEIVED, nurse)
    assert take(make_staff(site)) is None
    assert take(nurse) == case
    assert case.events.latest("seq").note == "Y Tá Một"


def test_whoever_was_given_it_out_before_has_it_no_longer(case, site, nurse, lead):
    earlier = make_staff(site)
    assert take(earlier) == case

    given = give(case, nurse, lead)

    assert turns.lease_of(given, at=NOON) is None
    assert take(nurse) == case


def test_it_is_freed_again_and_taken_back_within_half_a_minute(case, nurse, lead):
    give(case, nurse, lead)
    give(case, None, lead)
    case.refresh_from_db()
    assert case.assignee is None

    freed = undoing.latest(case.pk, by=lead, at=NOON)
    undoing.undo(ref=freed.ref, by=lead, at=NOON)
    case.refresh_from_db()
    assert case.assignee == nurse


@pytest.mark.parametrize("waits", ["ask", "wait"])
def test_to_give_away_what_waits_and_to_take_it_back_ends_no_wait(
    case, nurse, lead, waits
):
    facts = {"complaint_id": case.pk, "by": nurse, "at": NOON}
    if waits == "ask":
        casework.ask(reasons=["slip"], **facts)
    else:
        police = {"authority": "Công an phường Thử", "points": ["given_on"]}
        referrals.wait(note="Ngày nào đúng?", **police, **facts)
    case.refresh_from_db()
    before = (case.status, case.paused_at, case.due_at)

    give(case, lead, lead)
    given = undoing.latest(case.pk, by=lead, at=NOON)
    undoing.undo(ref=given.ref, by=lead, at=NOON)

    case.refresh_from_db()
    assert (case.status, case.paused_at, case.due_at) == before
    assert not case.referrals.exclude(state="waiting").exists()


def test_giving_a_case_to_somebody_is_no_look_at_it(case, site, nurse, lead):
    give(case, nurse, lead)

    case.refresh_from_db()
    assert case.touched_at is None
    rollups.rebuild_changed(at=NOON)
    day = NOON.date()
    counted = rollups.recount(path=site.path, first=day, last=day, at=NOON)
    assert counted["all"].untouched == 1


def test_only_a_lead_gives_and_only_to_whoever_may_decide_this_case(
    case, site, nurse, lead
):
    elsewhere = make_staff(make_organization())
    household = make_staff(site)
    household.phone_digest = crypto.digest("phone", "+84900000215")
    household.save(update_fields=["phone_digest"])

    for to, by in (
        (nurse, nurse),
        (elsewhere, lead),
        (make_staff(site, "clerk"), lead),
        (household, lead),
        (None, lead),
    ):
        with pytest.raises(Refused):
            give(case, to, by)
    case.refresh_from_db()
    assert case.assignee is None


def test_what_somebody_had_who_left_or_is_on_leave_is_given_out(
    case, site, nurse, lead
):
    casework.accept(complaint_id=case.pk, by=nurse, at=NOON)
    deputy = make_staff(make_organization())
    colleague = make_staff(site)
    assert take(colleague) is None

    own = nurse.postings.get()
    Posting.objects.create(
        user=deputy,
        organization=site,
        role="staff",
        valid_from=NOON,
        valid_to=NOON + DAY,
        deputy_for=own,
    )
    assert take(deputy) == case
    turns.skip(complaint_id=case.pk, reason="unsure", by=deputy, at=NOON)

    assert take(colleague, at=NOON + DAY) is None
    own.valid_to = NOON + DAY
    own.save(update_fields=["valid_to"])
    assert take(colleague, at=NOON + DAY) == case


def test_a_proposal_stays_with_whoever_made_it(case, nurse, lead):
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON)

    with pytest.raises(Refused):
        give(case, lead, lead)
    assert case.events.latest("seq").move == Move.PROPOSE
