"""Any history at all: what is kept and shown is what a plain count of events says."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import figures, rollups
from complaints.choices import Actor, Channel, Kind, Move, Outcome, Status
from complaints.models import (
    Figure,
    GamingSign,
    Measure,
    OfficeHours,
    Policy,
    Rating,
    SubtreeFigure,
)
from portal.common import scope
from portal.registry.models import Organization
from tests import plain_office, plain_times
from tests.figures.lives import Then, live
from tests.pages.cases import NOW, make_organization, make_root

pytestmark = pytest.mark.django_db
S, M = Status, Move
NEXT = {
    S.RECEIVED: [
        (M.ROUTE, S.RECEIVED),
        (M.ACCEPT, S.IN_REVIEW),
        (M.ASK, S.WAITING_CITIZEN),
        (M.HAND_OVER, S.RECEIVED),
        (M.RESOLVE, S.RESOLVED),
    ],
    S.IN_REVIEW: [
        (M.NOTE, S.IN_REVIEW),
        (M.EXTEND, S.IN_REVIEW),
        (M.ASK, S.WAITING_CITIZEN),
        (M.ESCALATE, S.RECEIVED),
        (M.PROPOSE, S.AWAITING_SECOND),
        (M.RESOLVE, S.RESOLVED),
        (M.WITHDRAW, S.WITHDRAWN),
    ],
    S.WAITING_CITIZEN: [(M.ANSWER, S.IN_REVIEW), (M.LAPSE, S.LAPSED)],
    S.AWAITING_SECOND: [(M.COUNTERSIGN, S.RESOLVED), (M.DECLINE, S.IN_REVIEW)],
    S.RESOLVED: [
        (M.CONFIRM, S.RESOLVED),
        (M.DISAGREE, S.RECEIVED),
        (M.REVERT, S.RECEIVED),
        (M.REOPEN, S.RECEIVED),
        (M.PUT_BACK, S.RECEIVED),
        (M.UNDO, S.IN_REVIEW),
    ],
    S.LAPSED: [(M.DISAGREE, S.RECEIVED)],
    S.WITHDRAWN: [],
}
GAPS = st.sampled_from([1, 29, 3600, 40_000, 90_000, 172_800, 900_000])
OUTCOMES = [Outcome.CORRECTED, Outcome.KEPT, Outcome.ALREADY_CORRECT]
# What else may be in force beside the delivered 48 hours: of whom, hours, from when.
RULES = {
    "newer": {"repair_hours": 24, "valid_from": date(2026, 10, 1)},
    "working days": {"level": "health_station", "in_office": True, "repair_hours": 16},
    "own": {"organization": "SYT-1", "repair_hours": 72},
    "own days": {"organization": "SYT-2", "in_office": True, "repair_hours": 24},
}
KINDS = [Kind.MISSING_DOSE, Kind.WRONG_DOSE]
# The tree stays as it is; everything else is rolled back after each example.
SAFE = [HealthCheck.function_scoped_fixture]
DAYS = {"first": date(2026, 8, 1), "last": date(2026, 11, 30)}


@st.composite
def lives_of(draw, holders: int):
    """Draw a life: kind, holder, subject, age, steps that are legal, channel, word."""
    status, steps = S.RECEIVED, []
    for _ in range(draw(st.integers(0, 7))):
        if not NEXT[status]:
            break
        # What is taken back is the decision just made, never what a citizen said of it.
        has_decided = bool(steps) and steps[-1][0] in (M.RESOLVE, M.COUNTERSIGN)
        may_come = [one for one in NEXT[status] if has_decided or one[0] != M.UNDO]
        move, status = draw(st.sampled_from(may_come))
        passed_on = move in (M.HAND_OVER, M.ESCALATE, M.DISAGREE)
        to = draw(st.integers(0, holders - 1)) if passed_on else None
        outcome = draw(st.sampled_from(OUTCOMES))
        steps.append((move, status, draw(GAPS), to, outcome, draw(st.booleans())))
    return (
        draw(st.sampled_from(KINDS)),
        draw(st.integers(0, holders - 1)),
        draw(st.integers(0, 2)),
        draw(st.integers(0, 80 * 86400)),
        steps,
        draw(st.sampled_from(Channel.values[:2])),
        draw(st.sampled_from(["", "", *Rating.Word.values])),
    )


@pytest.fixture
def tree():
    """Return the ministry, two provinces, three stations, and a point of the last."""
    nation = make_root()
    one, two = (make_organization(f"SYT-{n}", parent=nation) for n in (1, 2))
    stations = [make_organization(f"T-{n}", parent=one) for n in "abc"]
    return [nation, one, two, *stations, make_organization("D-c", parent=stations[-1])]


def make(holders, drawn) -> None:
    kind, at, subject, age, steps, channel, word = drawn
    sent = NOW - timedelta(seconds=age)
    done, when = [], sent
    for move, status, gap, to, outcome, is_odd in steps:
        when += timedelta(seconds=gap)
        if when >= NOW:
            break
        holder = None if to is None else holders[to]
        facts = {"outcome": outcome}
        if move == M.EXTEND:
            facts["data"] = {"hours": 48}
        elif is_odd:
            # Taken on with many others, all of a unit that closed, by the portal.
            facts |= ODD.get(move, {})
        done.append(Then(move, status, timedelta(seconds=gap), holder, **facts))
    ended = done and done[-1].status in plain_times.ENDED
    # Two open matters are never about the same; ended ones may come again.
    key = bytes([subject]) * 32 if ended else b""
    more = {"channel": channel, "word": word if done else ""}
    live(holders[at], sent, done, kind=kind, subject=key, **more)


ODD = {
    M.ACCEPT: {"data": {"bulk": "x"}},
    M.HAND_OVER: {"data": {"unit_change": 1}},
    M.RESOLVE: {"actor": Actor.SYSTEM},
    M.ASK: {"actor": Actor.SYSTEM},
}


def rule(name: str, **other: object) -> None:
    """Let one more policy be in force, and own hours where they count."""
    facts = {
        "first_answer_hours": 8,
        "pause_days": 10,
        "disagree_days": 30,
        "valid_from": date(2021, 3, 8),
        **RULES[name],
        **other,
    }
    code = facts.pop("organization", None)
    body = code and Organization.objects.get(code=code)
    Policy.objects.create(organization=body or None, **facts)
    if body and facts.get("in_office"):
        OfficeHours.objects.create(
            organization=body,
            weekdays=[0, 1, 2, 3, 4, 5],
            begins=time(8),
            ends=time(16),
            valid_from=date(2021, 3, 8),
        )


def plainly(at=NOW) -> list[dict]:
    with scope.system():
        lives = plain_times.lives()
        return [plain_times.counted(one, at=at, others=lives) for one in lives]


@settings(max_examples=25, suppress_health_check=SAFE)
@given(st.data())
def test_kept_figures_equal_a_plain_count_after_every_refresh(tree, data):
    with transaction.atomic():
        for name in data.draw(st.sets(st.sampled_from(sorted(RULES)), max_size=2)):
            rule(name)
        for _ in range(2):
            drawn = data.draw(st.lists(lives_of(len(tree)), min_size=1, max_size=6))
            for one in drawn:
                make(tree, one)
            rollups.rebuild_changed(at=NOW)
            kept = every_figure()
            assert kept == expected(plainly())
            assert every_deed() == deeds(plainly())
        rollups.rebuild_all(at=NOW)
        assert every_figure() == kept, "made from nothing they are the same"
        transaction.set_rollback(True)


DEEDS = ("passed_on", "disputed", "reversed")


def every_deed() -> Counter:
    with scope.system():
        rows = GamingSign.objects.filter(sign__in=DEEDS)
        found = set(rows.values_list("complaint", "sign", "holder__code"))
    return Counter((sign, holder) for _complaint, sign, holder in found)


def deeds(counted: list[dict]) -> Counter:
    return Counter(deed for one in counted for deed in one["deeds"])


def every_figure() -> dict:
    return {
        (f.organization.code, f.cohort, f.month, f.kind): {
            name: getattr(f, name) for name in plain_times.summed([])
        }
        for f in Figure.objects.select_related("organization")
    }


def expected(counted: list[dict]) -> dict:
    groups = defaultdict(list)
    for one in counted:
        for cohort, when in (("opened", "sent"), ("closed", "ended")):
            if one[when]:
                month = plain_times.month_of(one[when])
                for kind in ("", one["kind"]):
                    groups[one["holder"], cohort, month, kind].append(one)
    return {key: plain_times.summed(members) for key, members in groups.items()}


@settings(max_examples=15, suppress_health_check=SAFE)
@given(st.data())
def test_page_and_command_say_what_a_plain_count_says(tree, data):
    with transaction.atomic():
        for one in data.draw(st.lists(lives_of(len(tree)), min_size=1, max_size=8)):
            make(tree, one)
        rollups.rebuild_all(at=NOW)
        kind = data.draw(st.sampled_from(["", KINDS[0]]))
        channel = data.draw(st.sampled_from(["", Channel.COUNTER]))
        sent = [c for c in plainly() if c["sent"].date() >= DAYS["first"]]
        heard = [c for c in sent if channel in ("", c["channel"])]
        counted = [c for c in heard if kind in ("", c["kind"])]
        province = tree[1]
        kept = set(SubtreeFigure.objects.values_list("organization", flat=True))
        for holder in tree:
            parts = [child for child in tree if child.parent_id == holder.pk]
            seen = figures.overview(
                holder,
                parts=[(child.pk, child.pk in kept) for child in parts],
                first=DAYS["first"],
                last=date(2026, 11, 1),
                at=NOW,
                kind=kind,
                channel=channel,
            )
            is_body = holder.pk not in kept
            assert_alike(seen.total, within(counted, holder), exact=is_body)
            for child in parts:
                below = seen.below.get(child.pk, rollups.Times())
                is_body = child.pk not in kept
                assert_alike(below, within(counted, child), exact=is_body)
        said = rollups.recount(path=province.path, at=NOW, channel=channel, **DAYS)
        mine = said.get("all", rollups.Times())
        assert_alike(mine, within(heard, province), exact=True)
        ways = rollups.recount(path=province.path, at=NOW, by="channel", **DAYS)
        for way in Channel.values:
            true = within([c for c in sent if c["channel"] == way], province)
            assert_alike(ways.get(way, rollups.Times()), true, exact=True)
        transaction.set_rollback(True)


def within(counted: list[dict], holder) -> dict:
    return plain_times.summed([c for c in counted if c["path"].startswith(holder.path)])


def assert_alike(ours: rollups.Times, true: dict, *, exact: bool) -> None:
    for name, value in true.items():
        mine = getattr(ours, name)
        if exact or value is None or name in (*plain_times.COUNTS, "received"):
            assert mine == value, name
        else:
            assert mine == pytest.approx(value, rel=0.0101, abs=1), name


HOUR = timedelta(hours=1)
ROUTED = Then(M.ROUTE, S.RECEIVED, HOUR)
DECIDED = Then(M.RESOLVE, S.RESOLVED, 99 * HOUR)
DISAGREED = Then(M.DISAGREE, S.RECEIVED, HOUR)


def test_a_later_rule_changes_no_figure_of_before(tree):
    live(tree[-2], NOW - 300 * HOUR, [ROUTED, DECIDED])
    live(tree[-2], NOW - 300 * HOUR, [ROUTED, DECIDED, DISAGREED])
    rollups.rebuild_all(at=NOW)
    before = every_figure()

    for facts in ({}, {"level": "health_station", "in_office": True}):
        rule("newer", repair_hours=9, valid_from=timezone.localdate(NOW), **facts)
    rollups.rebuild_all(at=NOW)

    assert every_figure() == before


# A row to come, of anybody and any length; from tomorrow at the earliest.
REACHES = (
    {},
    {"kind": KINDS[0]},
    {"level": "health_station"},
    {"organization": "SYT-1"},
    {"organization": "T-a"},
)
LATER = st.fixed_dictionaries(
    {
        "reach": st.sampled_from(range(len(REACHES))),
        "ahead": st.integers(1, 40),
        "in_office": st.booleans(),
        "repair_hours": st.integers(1, 400),
        "first_answer_hours": st.integers(1, 400),
        "pause_days": st.integers(1, 30),
        "extension_hours": st.integers(0, 200),
    }
)


def to_come(drawn: dict) -> None:
    """Let a policy be in force from a day to come, and other office hours with it."""
    facts = dict(drawn)
    reach = REACHES[facts.pop("reach")] | {}
    day = timezone.localdate(NOW) + timedelta(days=facts.pop("ahead"))
    code = reach.pop("organization", None)
    body = Organization.objects.get(code=code) if code else None
    facts["first_answer_hours"] = min(
        facts["first_answer_hours"], facts["repair_hours"]
    )
    Policy.objects.create(
        organization=body, disagree_days=30, valid_from=day, **reach, **facts
    )
    OfficeHours.objects.get_or_create(
        organization=body,
        valid_from=day,
        defaults={"weekdays": [0, 1, 2], "begins": time(9), "ends": time(15)},
    )


@settings(max_examples=25, suppress_health_check=SAFE)
@given(st.data())
def test_whatever_rules_are_to_come_change_no_figure_of_what_began_before(tree, data):
    """Any lives, under any rules; looked at long after other rules are in force."""
    later = NOW + timedelta(days=60)
    with transaction.atomic():
        for name in data.draw(st.sets(st.sampled_from(sorted(RULES)), max_size=2)):
            rule(name)
        for one in data.draw(st.lists(lives_of(len(tree)), min_size=1, max_size=6)):
            make(tree, one)
        rollups.rebuild_all(at=later)
        before, deeds_before = every_figure(), every_deed()

        unlike = st.lists(
            LATER, min_size=1, max_size=3, unique_by=lambda one: one["reach"]
        )
        for drawn in data.draw(unlike):
            to_come(drawn)
        rollups.rebuild_all(at=later)

        assert every_figure() == before
        assert every_deed() == deeds_before
        transaction.set_rollback(True)


def test_a_long_time_for_the_second_round_does_not_mend_a_late_first_one(tree):
    rule("newer", repair_hours=240, valid_from=timezone.localdate(NOW - 180 * HOUR))
    decided = Then(M.RESOLVE, S.RESOLVED, 20 * HOUR)
    live(tree[-2], NOW - 300 * HOUR, [ROUTED, DECIDED, DISAGREED, decided])
    live(tree[-2], NOW - 150 * HOUR, [ROUTED, DECIDED])
    rollups.rebuild_all(at=NOW)

    with scope.system():
        lates = Measure.objects.order_by("complaint").values_list("is_on_time")
        assert [*lates] == [(False,), (True,)]


def test_what_is_overdue_at_the_close_of_the_last_day_was_not_decided_in_time(tree):
    """Sent on a Monday night; 16 hours of the office end on Wednesday at 17."""
    rule("working days")
    sent = datetime(2026, 11, 9, 20, tzinfo=plain_office.VIETNAM)
    for last_step in (44.9, 45.5, 48):
        routed = Then(M.ROUTE, S.RECEIVED, timedelta(0))
        live(tree[-2], sent, [routed, Then(M.RESOLVE, S.RESOLVED, last_step * HOUR)])
    asked = Then(M.ASK, S.WAITING_CITIZEN, 46 * HOUR)
    live(tree[-2], sent, [routed, asked, Then(M.NOTE, S.WAITING_CITIZEN, 15 * HOUR)])
    rollups.rebuild_all(at=NOW)

    times = rollups.recount(path=tree[-2].path, at=NOW, **DAYS)["all"]

    assert (times.resolved, times.on_time, times.open_overdue) == (3, 1, 1)


def test_more_matters_of_working_days_take_no_more_statements(tree):
    rule("own days")

    def count(matters: int) -> int:
        for number in range(matters):
            routed = Then(M.ROUTE, S.RECEIVED, HOUR, tree[2])
            live(tree[2], NOW - (90 + 24 * number) * HOUR, [routed])
        with CaptureQueriesContext(connection) as captured:
            rollups.rebuild_changed(at=NOW)
        return len(captured)

    count(1)
    assert count(1) == count(5)


def test_half_have_a_first_answer_only_once_half_were_answered(tree):
    answered = [Then(M.ASK, S.WAITING_CITIZEN, 2 * HOUR)]
    by_rule = [Then(M.RESOLVE, S.RESOLVED, HOUR, actor=Actor.SYSTEM)]
    for done in (
        answered,
        [],
        by_rule,
        by_rule,
        by_rule,
        [Then(M.WITHDRAW, S.WITHDRAWN, HOUR)],
    ):
        live(tree[-2], NOW - 30 * HOUR, done)
    rollups.rebuild_all(at=NOW)
    half = rollups.recount(path="/", at=NOW, **DAYS)["all"]
    live(tree[-2], NOW - 30 * HOUR)
    rollups.rebuild_all(at=NOW)
    fewer = rollups.recount(path="/", at=NOW, **DAYS)["all"]
    nation = SubtreeFigure.objects.get(
        organization=tree[0], kind="", channel="", cohort="opened"
    )

    assert (half.first_answer_median, half.answered, half.unanswered) == (7200, 1, 1)
    assert (fewer.first_answer_median, fewer.unanswered) == (None, 2)
    assert (nation.first_answer_median, nation.unanswered) == (None, 2)


def test_the_time_in_each_state_adds_up_to_the_life_of_the_matter(tree):
    station, other = tree[-2:]
    hour = timedelta(hours=1)
    live(
        station,
        NOW - 100 * hour,
        [
            Then(M.ROUTE, S.RECEIVED, hour),
            Then(M.HAND_OVER, S.RECEIVED, 9 * hour, other),
            Then(M.ACCEPT, S.IN_REVIEW, 5 * hour),
            Then(M.ASK, S.WAITING_CITIZEN, 2 * hour),
            Then(M.ANSWER, S.IN_REVIEW, 30 * hour),
            Then(M.PROPOSE, S.AWAITING_SECOND, 3 * hour),
            Then(M.COUNTERSIGN, S.RESOLVED, 4 * hour),
        ],
    )
    rollups.rebuild_all(at=NOW)

    with scope.system():
        [measure] = Measure.objects.all()
    hours = {
        name: getattr(measure, name) / 3600
        for name in ("waited", "checked", "paused", "elsewhere", "seconded")
    }
    assert hours == {
        "waited": 15,
        "checked": 5,
        "paused": 30,
        "elsewhere": 0,
        "seconded": 4,
    }
    assert measure.spent == 24 * 3600, "without the citizen's time"
    assert measure.held_by == {str(station.pk): 36_000, str(other.pk): 44 * 3600}
    assert (measure.hops, measure.asks, measure.is_on_time) == (1, 1, True)


def test_a_word_of_a_citizen_counts_though_it_is_no_event(tree):
    hour = timedelta(hours=1)
    done = [Then(M.RESOLVE, S.RESOLVED, 9 * hour)]
    case = live(tree[-1], NOW - 90 * hour, done, word="poor")
    rollups.rebuild_changed(at=NOW - 20 * hour)
    with scope.system():
        Rating.objects.update(word="good", at=NOW)

    rollups.rebuild_changed(at=NOW)

    figure = Figure.objects.get(organization=case.holder, kind="", cohort="opened")
    assert (figure.rated, figure.good, figure.poor) == (1, 1, 0)
    nation = SubtreeFigure.objects.get(
        organization=tree[0], kind="", channel="self", cohort="opened"
    )
    assert (nation.rated, nation.good, nation.poor) == (1, 1, 0)


def test_the_command_reads_what_happened_a_moment_ago(tree):
    live(tree[-1], NOW - timedelta(hours=3))

    out = StringIO()
    call_command(
        "resolution_times",
        *("--from", "2026-11-01", "--to", "2026-11-30", "--json"),
        stdout=out,
    )

    assert json.loads(out.getvalue())["all"]["received"] == 1


def test_a_measure_is_seen_by_nobody_but_the_system(tree):
    live(tree[-1], NOW - timedelta(hours=3))
    rollups.rebuild_all(at=NOW)

    with scope.staff([tree[0].path]):
        assert not Measure.objects.exists()
    with scope.system():
        assert Measure.objects.count() == 1
