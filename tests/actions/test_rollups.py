"""Figures are what the events say, however they are asked for."""

import json
import random
from dataclasses import fields
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from complaints import figures, rollups
from complaints.choices import ENDED, Kind, Move, Status
from complaints.models import Complaint, Event, Figure
from complaints.rollups.sketches import middle
from complaints.rules import clock
from portal.common import scope
from portal.registry.models import Organization
from tests.pages.cases import NOW, make_case, make_organization, make_root

pytestmark = pytest.mark.django_db

TERMS = clock.Terms(repair=timedelta(hours=48), pause=timedelta(days=10))
NEXT = {
    Status.RECEIVED: [
        (Move.ACCEPT, Status.IN_REVIEW),
        (Move.NOTE, Status.RECEIVED),
        (Move.ASK, Status.WAITING_CITIZEN),
        (Move.RESOLVE, Status.RESOLVED),
    ],
    Status.IN_REVIEW: [
        (Move.ASK, Status.WAITING_CITIZEN),
        (Move.HAND_OVER, Status.RECEIVED),
        (Move.PROPOSE, Status.AWAITING_SECOND),
        (Move.RESOLVE, Status.RESOLVED),
        (Move.WITHDRAW, Status.WITHDRAWN),
    ],
    Status.WAITING_CITIZEN: [
        (Move.ANSWER, Status.IN_REVIEW),
        (Move.ANSWER, Status.IN_REVIEW),
        (Move.LAPSE, Status.LAPSED),
    ],
    Status.AWAITING_SECOND: [
        (Move.COUNTERSIGN, Status.RESOLVED),
        (Move.DECLINE, Status.IN_REVIEW),
    ],
    Status.RESOLVED: [
        (Move.CONFIRM, Status.RESOLVED),
        (Move.DISAGREE, Status.RECEIVED),
    ],
    Status.LAPSED: [(Move.DISAGREE, Status.RECEIVED)],
    Status.WITHDRAWN: [],
}


def random_history(dice: random.Random, sent: datetime):
    status, at, history = Status.RECEIVED, sent, []
    for _ in range(dice.randrange(0, 9)):
        if not NEXT[status]:
            break
        move, status = dice.choice(NEXT[status])
        at += timedelta(seconds=dice.choice([1, 600, 9000, 80_000, 1_200_000]))
        if at >= NOW:
            break
        history.append((move, status, at))
    return history


def reckoned(complaint: Complaint) -> tuple[timedelta, clock.Reckoning]:
    """Return the sum of the clock over all rounds, and the last round's reckoning."""
    moments = [
        clock.Moment(e.move, e.status, e.at, e.round, e.holder_id)
        for e in complaint.events.order_by("seq")
    ]
    total = timedelta(0)
    for number in range(1, complaint.round + 1):
        upto = [m for m in moments if m.round <= number]
        total += clock.reckon(upto, terms=TERMS, at=NOW).spent
    return total, clock.reckon(moments, terms=TERMS, at=NOW)


def seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())


def exact(values: list[int], share: float) -> int | None:
    """Return the percentile as SQL's percentile_disc defines it."""
    if not values:
        return None
    ordered = sorted(values)
    return next(v for n, v in enumerate(ordered, 1) if n >= share * len(ordered))


def command(*words: str) -> dict:
    out = StringIO()
    call_command("resolution_times", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_figures_equal_the_clock_on_random_histories():
    dice = random.Random(20211108)
    station = make_organization("TYT-1")
    for _ in range(120):
        sent = NOW - timedelta(seconds=dice.randrange(3600, 50 * 86400))
        kind = dice.choice([Kind.WRONG_DOSE, Kind.MISSING_DOSE])
        make_case(station, sent=sent, kind=kind, history=random_history(dice, sent))

    rollups.rebuild([station.pk], at=NOW)

    with scope.system():
        cases = list(Complaint.objects.all())
        for figure in Figure.objects.filter(cohort="opened"):
            group = [
                (c, *reckoned(c))
                for c in cases
                if month_of(c.submitted_at) == figure.month
                and figure.kind in ("", c.kind)
            ]
            times = [seconds(t) for c, t, _ in group if c.status == Status.RESOLVED]
            answers = [
                seconds(r.first_answer_at - c.submitted_at)
                for c, _, r in group
                if r.first_answer_at
            ]
            still = [(c, r) for c, _, r in group if c.status not in ENDED]
            assert figure.received == len(group)
            assert figure.resolved == len(times)
            assert figure.on_time == sum(t <= 48 * 3600 for t in times)
            assert figure.open == len(still)
            assert figure.open_overdue == sum(r.is_overdue for _, r in still)
            assert figure.reopened == sum(c.round > 1 for c, *_ in group)
            assert figure.median == exact(times, 0.5)
            assert figure.p90 == exact(times, 0.9)
            assert figure.first_answer_median == exact(answers, 0.5)


def month_of(at: datetime) -> date:
    return (at + timedelta(hours=7)).date().replace(day=1)


def test_a_sketch_is_at_most_one_percent_off():
    dice = random.Random(5)
    station = make_organization("TYT-1")
    for _ in range(80):
        end = NOW - timedelta(seconds=dice.randrange(10, 200_000))
        make_case(
            station,
            sent=NOW - timedelta(days=4),
            history=[(Move.RESOLVE, Status.RESOLVED, end)],
        )

    rollups.rebuild([station.pk], at=NOW)

    figure = Figure.objects.get(cohort="opened", kind="")
    # Each bucket as often as it was hit: a percentile of these is one of the times.
    hits = [
        middle(bucket)
        for bucket, n in zip(figure.buckets, figure.counts, strict=True)
        for _ in range(n)
    ]
    for share, kept in ((0.5, figure.median), (0.75, figure.p75), (0.9, figure.p90)):
        assert exact(hits, share) == pytest.approx(kept, rel=0.0101)


def test_figures_of_subtrees_equal_a_recount_however_they_came_about():
    dice = random.Random(20220401)
    nation = make_root()
    provinces = [make_organization(f"SYT-{n}", parent=nation) for n in (1, 2)]
    stations = [
        make_organization(f"TYT-{n}", parent=dice.choice(provinces)) for n in range(6)
    ]
    holders = [nation, *provinces, *stations]
    for step in range(6):
        for _ in range(12):
            sent = NOW - timedelta(seconds=dice.randrange(3600, 70 * 86400))
            make_case(
                dice.choice(holders),
                sent=sent,
                kind=dice.choice([Kind.WRONG_DOSE, Kind.MISSING_DOSE]),
                history=random_history(dice, sent),
            )
        if step % 2:
            with scope.system():
                for case in Complaint.objects.order_by("pk")[: 3 * step]:
                    hand_over(case, to=dice.choice(holders))
        rollups.rebuild_changed(at=NOW)

        for holder, kind in (
            (nation, ""),
            (provinces[0], ""),
            (nation, "missing_dose"),
        ):
            seen = figures.overview(
                holder, first=date(2026, 8, 1), last=date(2026, 11, 1), kind=kind
            )
            assert_like_recount(seen, holder, kind)


def hand_over(case: Complaint, *, to: Organization) -> None:
    case.holder = to
    case.save(update_fields=["holder"])
    Event.objects.create(
        complaint=case,
        move=Move.HAND_OVER,
        at=NOW,
        actor="staff",
        status=case.status,
        round=1,
        holder=to,
    )


def assert_like_recount(seen: figures.Overview, holder, kind: str) -> None:
    days = {"first": date(2026, 8, 1), "last": date(2026, 11, 30), "at": NOW}
    if not kind:
        [true] = rollups.recount(path=holder.path, **days).values()
        assert_alike(seen.total, true)
        months = rollups.recount(path=holder.path, by="month", **days)
        assert {f"{month:%Y-%m}" for month in seen.months} == set(months)
        for month, times in seen.months.items():
            assert_alike(times, months[f"{month:%Y-%m}"])
        for child in Organization.objects.filter(parent=holder):
            below = rollups.recount(path=child.path, **days)
            assert_alike(
                seen.below.get(child.pk, rollups.Times()),
                below.get("all", rollups.Times()),
            )
        return
    true = rollups.recount(path=holder.path, by="kind", **days)
    assert_alike(seen.total, true.get(kind, rollups.Times()))


def assert_alike(ours: rollups.Times, true: rollups.Times) -> None:
    """Counts must be equal; percentiles of several bodies may be 1 % off."""
    for field in fields(rollups.Times):
        mine, theirs = getattr(ours, field.name), getattr(true, field.name)
        if field.name in ("median", "p75", "p90", "first_answer_median"):
            assert mine == (theirs and pytest.approx(theirs, rel=0.0101, abs=1))
        else:
            assert mine == theirs, field.name


def test_rebuilding_again_changes_nothing():
    station = make_organization("TYT-1")
    resolved = [(Move.RESOLVE, Status.RESOLVED, NOW - timedelta(hours=1))]
    make_case(station, history=resolved)

    first = rollups.rebuild([station.pk], at=NOW)
    before = list(Figure.objects.order_by("pk").values_list("cohort", "kind", "median"))
    again = rollups.rebuild([station.pk], at=NOW)

    after = list(Figure.objects.order_by("pk").values_list("cohort", "kind", "median"))
    assert first == again == 4, "two cohorts, the kind and all kinds"
    assert sorted(before) == sorted(after)


def test_the_command_recounts_what_the_figures_keep():
    station = make_organization("TYT-1")
    other = make_organization("TYT-2")
    for hours in (3, 30, 60):
        end = NOW - timedelta(hours=100 - hours)
        make_case(
            station,
            sent=NOW - timedelta(hours=100),
            history=[(Move.RESOLVE, Status.RESOLVED, end)],
        )
    make_case(station, sent=NOW - timedelta(hours=100))
    make_case(other, sent=NOW - timedelta(hours=1))
    rollups.rebuild_all(at=NOW)

    answer = command(
        "--organization", "TYT-1", "--from", "2026-11-01", "--to", "2026-11-30"
    )

    figure = Figure.objects.get(organization=station, cohort="opened", kind="")
    assert answer == {
        "all": {
            "received": 4,
            "first_answer_p50_h": 30.0,
            "median_h": 30.0,
            "p75_h": 60.0,
            "p90_h": 60.0,
            "on_time": 0.5,
            "open": 1,
            "untouched": 1,
            "n": 3,
        }
    }
    assert figure.median == 30 * 3600
    assert (figure.on_time, figure.resolved, figure.open_overdue) == (2, 3, 1)


def test_the_command_groups_by_organization_kind_and_month():
    make_case(make_organization("TYT-1"), sent=NOW - timedelta(days=40))
    make_case(make_organization("TYT-2"), kind=Kind.NOT_MINE)
    days = ("--from", "2026-01-01", "--to", "2026-12-31")

    assert set(command(*days, "--by", "organization")) == {"TYT-1", "TYT-2"}
    assert set(command(*days, "--by", "kind")) == {"wrong_dose", "not_mine"}
    assert set(command(*days, "--by", "month")) == {"2026-10", "2026-11"}
    assert command(*days, "--cohort", "closed")["all"]["received"] == 0


def test_the_command_refuses_an_unknown_organization_with_exit_code_two():
    with pytest.raises(CommandError) as refused:
        command("--organization", "X", "--from", "2026-01-01", "--to", "2026-01-02")

    assert refused.value.returncode == 2


def test_the_first_and_the_last_day_are_included_in_vietnamese_time():
    station = make_organization("TYT-1")
    make_case(station, sent=datetime.fromisoformat("2026-11-01T00:00:00+07:00"))
    make_case(station, sent=datetime.fromisoformat("2026-11-02T23:59:59+07:00"))
    make_case(station, sent=datetime.fromisoformat("2026-11-03T00:00:00+07:00"))

    answer = command("--from", "2026-11-01", "--to", "2026-11-02")

    assert answer["all"]["received"] == 2


def test_only_organizations_with_news_are_counted_again():
    one, other = make_organization("TYT-1"), make_organization("TYT-2")
    case = make_case(one, sent=NOW - timedelta(hours=47))
    make_case(other, sent=NOW - timedelta(hours=2))
    late = timedelta(minutes=30)
    assert rollups.rebuild_changed(at=NOW + late) == 4

    assert rollups.rebuild_changed(at=NOW + late) == 0
    with scope.system():
        Event.objects.create(
            complaint=case,
            move=Move.NOTE,
            at=NOW + late,
            actor="staff",
            status=case.status,
            round=1,
            holder=one,
        )
    assert rollups.rebuild_changed(at=NOW + late) == 2


def test_a_case_that_falls_due_without_an_event_is_counted_as_overdue():
    station = make_organization("TYT-1")
    make_case(station, sent=NOW - timedelta(hours=47))
    rollups.rebuild_changed(at=NOW)
    figure = Figure.objects.filter(kind="", cohort="opened")
    assert figure.get().open_overdue == 0

    rollups.rebuild_changed(at=NOW + timedelta(hours=2))

    assert figure.get().open_overdue == 1


def test_the_body_that_handed_over_loses_the_case():
    old, new = make_organization("TYT-1"), make_organization("TYT-2")
    case = make_case(old)
    rollups.rebuild_changed(at=NOW)

    with scope.system():
        Complaint.objects.filter(pk=case.pk).update(holder=new)
        Event.objects.create(
            complaint=case,
            move=Move.HAND_OVER,
            at=NOW,
            actor="staff",
            status=case.status,
            round=1,
            holder=new,
        )
    rollups.rebuild_changed(at=NOW)

    assert not Figure.objects.filter(organization=old).exists()
    assert Figure.objects.get(organization=new, kind="").received == 1


def test_nothing_at_all_gives_empty_figures():
    make_root()

    assert command("--from", "2026-01-01", "--to", "2026-01-02")["all"]["n"] == 0
