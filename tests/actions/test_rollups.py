"""Figures are what the events say, however they are asked for."""

import json
import random
from collections import Counter
from dataclasses import fields
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from complaints import figures, integrity, rollups
from complaints.choices import Kind, Move, Status
from complaints.models import Complaint, Event, Figure, SubtreeFigure, Watermark
from complaints.rollups.sketches import bucket_of, percentiles
from portal.common import scope
from portal.registry.models import Organization
from tests import plain_times
from tests.pages.cases import NOW, make_case, make_organization, make_root

pytestmark = pytest.mark.django_db

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


def command(*words: str) -> dict:
    out = StringIO()
    call_command("resolution_times", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_sketch_is_at_most_one_percent_off():
    dice = random.Random(5)
    times = [dice.randrange(1, 3_000_000) for _ in range(500)]
    one, other = (
        Counter(bucket_of(time) for time in part) for part in (times[:60], times[60:])
    )

    sketches = [
        (sorted(part), [part[bucket] for bucket in sorted(part)])
        for part in (one, Counter(), other)
    ]

    shares = (0.5, 0.75, 0.9)
    true = [plain_times.percentile(sorted(times), share) for share in shares]
    assert percentiles(sketches, shares) == [pytest.approx(t, rel=0.0101) for t in true]


def test_nothing_measured_has_no_percentiles():
    assert percentiles([], (0.5, 0.9)) == [None, None]


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
                holder,
                parts=parts_of(holder),
                first=date(2026, 8, 1),
                last=date(2026, 11, 1),
                kind=kind,
                at=NOW,
            )
            assert_like_recount(seen, holder, kind)


def parts_of(holder: Organization) -> list[tuple[int, bool]]:
    kept = set(SubtreeFigure.objects.values_list("organization", flat=True))
    children = Organization.objects.filter(parent=holder)
    return [(child.pk, child.pk in kept) for child in children]


def hand_over(case: Complaint, *, to: Organization) -> None:
    case.holder = to
    case.save(update_fields=["holder"])
    Event.objects.create(
        complaint=case,
        move=Move.HAND_OVER,
        at=NOW,
        actor="staff",
        status=case.status,
        round=case.round,
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

    first = rollups.rebuild_all(at=NOW)
    before = list(Figure.objects.order_by("pk").values_list("cohort", "kind", "median"))
    again = rollups.rebuild_all(at=NOW)

    after = list(Figure.objects.order_by("pk").values_list("cohort", "kind", "median"))
    assert first == again == 4, "two cohorts, the kind and all kinds"
    assert before == after


def test_rebuilding_forgets_what_figures_have_read_and_nobody_elses_mark():
    Watermark.objects.create(name="incidents", event=7)

    rollups.rebuild_all(at=NOW)

    assert Watermark.objects.get(name="incidents").event == 7


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
            "open_overdue": 1,
            "untouched": 1,
            "lapsed": 0,
            "withdrawn": 0,
            "reopened": 0,
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
            actor="citizen",
            status=case.status,
            round=1,
            holder=one,
        )
    assert rollups.rebuild_changed(at=NOW + late) == 0, "a note takes no time"
    with scope.system():
        end(case, at=NOW + late)
    assert rollups.rebuild_changed(at=NOW + late) == 4


def end(case: Complaint, *, at: datetime) -> None:
    Complaint.objects.filter(pk=case.pk).update(
        status=Status.RESOLVED, outcome="kept", ended_at=at
    )
    Event.objects.create(
        complaint=case,
        move=Move.RESOLVE,
        at=at,
        actor="staff",
        status=Status.RESOLVED,
        round=1,
        holder=case.holder,
    )


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


def kept_figures():
    return [
        set(
            model.objects.order_by("pk").values_list(
                "organization", "cohort", "month", "kind", "received", "open_overdue"
            )
        )
        for model in (Figure, SubtreeFigure)
    ]


def test_much_news_is_counted_in_parts_and_the_figures_are_the_same():
    """Each part is kept; until the last one they are as old as before, and say so."""
    stations = [make_organization(f"TYT-{n}") for n in range(3)]
    for number in range(5):
        sent = NOW - timedelta(hours=60 - 10 * number)
        make_case(stations[number % 3], sent=sent)
    late = NOW + timedelta(hours=30)

    calls = 0
    while rollups.age(at=late) is None or rollups.age(at=late) > timedelta(0):
        rollups.rebuild_changed(at=late, limit=2, seconds=0)
        calls += 1
        if calls == 1:
            assert rollups.age(at=late) is None, "not all was counted yet"
    in_parts = kept_figures()

    assert calls == 3
    assert rollups.age(at=late + timedelta(minutes=7)) == timedelta(minutes=7)
    rollups.rebuild_all(at=late)
    assert in_parts == kept_figures()


def test_what_fell_due_between_two_parts_is_overdue():
    """The first part counts a matter as in time; at the last part it no longer is."""
    first, second = (make_organization(f"TYT-{n}") for n in range(2))
    make_case(first, sent=NOW - timedelta(hours=47))
    make_case(second, sent=NOW - timedelta(hours=1))

    rollups.rebuild_changed(at=NOW, limit=1, seconds=0)
    rollups.rebuild_changed(at=NOW + timedelta(hours=2), limit=1, seconds=0)
    rollups.rebuild_changed(at=NOW + timedelta(hours=2))

    own = Figure.objects.get(organization=first, cohort="opened", kind="")
    assert own.open_overdue == 1


class Stopped(Exception):
    """What ends a worker in the middle of its work."""


def test_who_is_stopped_in_a_part_keeps_the_ones_before():
    """At the very end of the second part nothing of it is kept, all of the first is."""
    stations = [make_organization(f"TYT-{n}") for n in range(2)]
    for station in stations:
        make_case(station, sent=NOW - timedelta(hours=3))
    ended = 0

    def stop(execute, sql, params, many, context):
        nonlocal ended
        if sql.startswith('UPDATE "complaints_watermark"'):
            ended += 1
            if ended == 2:
                raise Stopped
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stop), pytest.raises(Stopped):
        rollups.rebuild_changed(at=NOW, limit=1)

    assert {row[0] for row in kept_figures()[0]} == {stations[0].pk}
    rollups.rebuild_changed(at=NOW)
    assert {row[0] for row in kept_figures()[0]} == {one.pk for one in stations}


def test_figures_that_stand_still_are_told_in_the_log(caplog):
    def told():
        return [row.seconds for row in caplog.records if row.msg == "figures.old"]

    rollups.rebuild_changed(at=NOW)
    integrity.reconcile(at=NOW + timedelta(minutes=5))
    assert told() == []

    integrity.reconcile(at=NOW + timedelta(minutes=6))

    assert told() == [360]


def test_figures_that_never_became_whole_are_told_in_the_log(caplog):
    """However the first count stands still; with nothing to count nothing is late."""

    def told():
        return [row.seconds for row in caplog.records if row.msg == "figures.old"]

    integrity.reconcile(at=NOW)
    assert told() == []
    make_case(make_organization("TYT-1"), sent=NOW)
    integrity.reconcile(at=NOW + timedelta(minutes=5))
    assert told() == []

    integrity.reconcile(at=NOW + timedelta(minutes=6))

    assert told() == [360]
