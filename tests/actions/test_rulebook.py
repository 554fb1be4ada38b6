"""Policies and ladders change by two people, from a day to come, and only forward."""

from datetime import date, timedelta

import pytest

from complaints import policies, previews
from complaints.actions import rulebook
from complaints.models import Ladder, Policy, RuleDraft
from complaints.rules.refused import Refused
from portal.audit.models import Entry
from portal.audit.together import TOGETHER
from tests.factories import (
    NOON,
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    opened_by,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR = timedelta(hours=1)
TOMORROW = NOON.date() + timedelta(days=1)
DAY_AND_NIGHT = {
    "kind": "",
    "level": "",
    "organization": "",
    "in_office": False,
    "first_answer_hours": 12,
    "repair_hours": 24,
    "extension_hours": 0,
    "pause_days": 5,
    "disagree_days": 30,
}
RUNGS = {"rungs": [["repair", 80, 0, False]], "idle_days": 5, "capacity": None}


@pytest.fixture
def two():
    return [make_staff(make_root(), role) for role in ("administrator", "overseer")]


def propose(by, subject="policy", content=DAY_AND_NIGHT, *, valid_from=TOMORROW):
    return rulebook.propose(
        subject, content, valid_from=valid_from, source="QĐ 1", by=by, at=NOON
    )


def test_what_one_proposes_holds_once_another_confirmed_it(two):
    first, second = two
    row = propose(first)
    later = NOON + timedelta(days=2)
    assert policies.policy_for("missing_dose", at=later).repair_hours == 48

    rulebook.confirm(row.ref, by=second, at=NOON + HOUR)

    assert policies.policy_for("missing_dose", at=later).repair_hours == 24
    assert policies.policy_for("missing_dose", at=NOON).repair_hours == 48
    notes = Entry.objects.filter(subject="complaints.ruledraft").order_by("pk")
    assert [(n.actor_id, n.detail) for n in notes] == [
        (first.pk, "policy proposed"),
        (second.pk, "policy confirmed"),
    ]


def test_nobody_confirms_with_an_account_that_they_opened(two):
    row = propose(two[0])
    opened_by(two[1], two[0], at=NOON - timedelta(days=30) + HOUR)
    with pytest.raises(Refused, match=str(TOGETHER)):
        rulebook.confirm(row.ref, by=two[1], at=NOON)
    rulebook.confirm(row.ref, by=two[1], at=NOON + HOUR)


def test_nobody_confirms_their_own(two):
    row = propose(two[0])
    with pytest.raises(Refused):
        rulebook.confirm(row.ref, by=two[0], at=NOON)
    assert Policy.objects.count() == 1


@pytest.mark.parametrize("days", [0, -1, -400])
def test_no_rule_begins_in_the_past_or_today(two, days):
    with pytest.raises(Refused):
        propose(two[0], valid_from=NOON.date() + timedelta(days=days))


def test_what_waited_too_long_is_proposed_anew(two):
    row = propose(two[0])
    with pytest.raises(Refused):
        rulebook.confirm(row.ref, by=two[1], at=NOON + timedelta(days=1))
    assert Policy.objects.count() == 1


def test_it_is_decided_once(two):
    row = propose(two[0])
    rulebook.drop(row.ref, by=two[0], at=NOON)
    with pytest.raises(Refused):
        rulebook.confirm(row.ref, by=two[1], at=NOON)
    other, same = propose(two[0]), propose(two[0])
    rulebook.confirm(other.ref, by=two[1], at=NOON)
    with pytest.raises(Refused):
        rulebook.confirm(same.ref, by=two[1], at=NOON)
    assert RuleDraft.objects.get(pk=same.pk).is_waiting


def test_a_ladder_comes_with_its_rungs(two):
    row = propose(two[0], "ladder", RUNGS)
    rulebook.confirm(row.ref, by=two[1], at=NOON)
    ladder = Ladder.objects.get(valid_from=TOMORROW)
    assert ladder.idle_days == 5
    assert [(r.share, r.levels) for r in ladder.rungs.all()] == [(80, 0)]


def test_the_preview_is_what_the_clock_says_of_last_month():
    """Sent 10, 30 and 50 hours ago and untouched: late after 48 hours, after 24."""
    station = make_organization()
    for number, hours in enumerate((10, 30, 50), 1):
        only_complaint(
            submit(
                missing_dose(station, given_on=f"2021-08-0{number}"),
                at=NOON - hours * HOUR,
            )
        )
        drain_all(NOON - hours * HOUR)
    make_one = rulebook.as_policy(
        RuleDraft(content=DAY_AND_NIGHT, valid_from=date(2026, 12, 1), source="x")
    )

    found = previews.of_policy(make_one, at=NOON)

    assert (found.sent, found.looked, found.counted) == (3, 3, 3)
    assert (found.late_now, found.late_then) == (1, 2)
    _ladder, rungs = rulebook.as_ladder(
        RuleDraft(content=RUNGS, valid_from=date(2026, 12, 1), source="x")
    )
    # Four fifths of 48 hours are 38.4.
    assert previews.of_rungs(rungs, at=NOON).reached == [1]


def test_the_preview_leaves_out_those_for_whom_a_nearer_rule_counts():
    near, far = make_organization(), make_organization()
    Policy.objects.create(
        organization=near,
        repair_hours=240,
        first_answer_hours=24,
        pause_days=10,
        disagree_days=30,
        valid_from=date(2021, 3, 8),
        source="x",
    )
    for station in (near, far):
        submit(missing_dose(station), at=NOON - 30 * HOUR)
        drain_all(NOON - 30 * HOUR)
    general, own = (
        rulebook.as_policy(
            RuleDraft(
                content={**DAY_AND_NIGHT, "organization": code},
                valid_from=date(2026, 12, 1),
                source="x",
            )
        )
        for code in ("", near.code)
    )

    everybody = previews.of_policy(general, at=NOON)
    theirs = previews.of_policy(own, at=NOON)

    assert (everybody.sent, everybody.counted, everybody.late_then) == (2, 1, 1)
    assert (theirs.sent, theirs.counted, theirs.late_now) == (1, 1, 0)
