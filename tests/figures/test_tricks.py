"""Figures cannot be flattered: each trick, and what it does to each figure.

A station has 40 honest matters, each answered after 30 hours, and 10 that it has had
for 60 hours. The table says what every way of dealing with these 10 does to its
figures and to those of whoever has the ten then, in hours and shares. The honest line
is the measure: whoever tries a trick must not look better in every column than whoever
simply decides the 10 now.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from complaints import insight, rollups
from complaints.choices import Gaming, Move, Outcome, Status
from complaints.rollups import Times, signs, survival
from portal.common import scope
from tests.figures.lives import Then, live
from tests.pages.cases import NOW, make_organization, make_root

pytestmark = pytest.mark.django_db
S, M = Status, Move
HOUR = timedelta(hours=1)
DAYS = {"first": date(2026, 11, 1), "last": date(2026, 11, 30), "at": NOW}


def decided(after: int, outcome: str = Outcome.CORRECTED) -> Then:
    return Then(M.RESOLVE, S.RESOLVED, after * HOUR, outcome=outcome)


# The share on time of a station that decides the ten now.
HONEST = 40 / 50
TAKEN_ON = Then(M.ACCEPT, S.IN_REVIEW, HOUR)
WITH_MANY = Then(M.ACCEPT, S.IN_REVIEW, HOUR, data={"bulk": "x"})

# What was done with the ten, from the hour when they were sent; it is hour 60 now, or
# as many hours later as the citizens had time for an answer.
TRICKS: dict[str, Sequence[Then]] = {
    "decide them now": [TAKEN_ON, decided(59)],
    "leave them lying": [],
    "close at 47 h, and reopen": [
        TAKEN_ON,
        decided(46, Outcome.KEPT),
        Then(M.DISAGREE, S.RECEIVED, HOUR, "above"),
        Then(M.RESOLVE, S.RESOLVED, 12 * HOUR),
    ],
    "ask at once, decide later": [
        TAKEN_ON,
        Then(M.ASK, S.WAITING_CITIZEN, HOUR),
        Then(M.ANSWER, S.IN_REVIEW, 200 * HOUR),
        decided(2),
    ],
    "ask at the last hour": [
        TAKEN_ON,
        Then(M.ASK, S.WAITING_CITIZEN, 46 * HOUR),
        Then(M.ANSWER, S.IN_REVIEW, HOUR),
        decided(12),
    ],
    "ask when it is over, and wait": [
        Then(M.ASK, S.WAITING_CITIZEN, 59 * HOUR),
        Then(M.LAPSE, S.LAPSED, 240 * HOUR),
    ],
    "ask in time, and wait": [
        Then(M.ASK, S.WAITING_CITIZEN, 47 * HOUR),
        Then(M.LAPSE, S.LAPSED, 240 * HOUR),
    ],
    "hand over and leave": [
        TAKEN_ON,
        Then(M.HAND_OVER, S.RECEIVED, 46 * HOUR, "other"),
        decided(13),
    ],
    "hand over in a ring": [
        TAKEN_ON,
        Then(M.HAND_OVER, S.RECEIVED, 39 * HOUR, "other"),
        Then(M.HAND_OVER, S.RECEIVED, 5 * HOUR, "station"),
        TAKEN_ON,
        decided(14),
    ],
    "close untouched, as it stands": [decided(47, Outcome.KEPT)],
    "close untouched, as right": [decided(47, Outcome.ALREADY_CORRECT)],
    "take on in bulk, and close": [WITH_MANY, decided(46, Outcome.KEPT)],
    "take on in bulk, and leave": [WITH_MANY],
    "close all at once, unread": [decided(60, Outcome.KEPT)],
    "decide, and take it back": [
        decided(47),
        Then(M.UNDO, S.RECEIVED, timedelta(seconds=20)),
    ],
}

# Of the station: received, resolved, on time, open, late, never opened | p90 h | of
# whoever has the ten then: received, on time | figures and signs that say ten
TABLE = """
decide them now               | 50 50 40  0  0  0 | 60 |  -   | -
leave them lying              | 50 40 40 10 10 10 | 30 |  -   | untouched overdue
close at 47 h, and reopen     | 40 40 40  0  0  0 | 30 | 10 0 | disputed reversed
ask at once, decide later     | 50 50 50  0  0  0 | 30 |  -   | asked early_ask
ask at the last hour          | 50 50 40  0  0  0 | 59 |  -   | asked late_ask
ask when it is over, and wait | 50 40 40  0  0  0 | 30 |  -   | asked late_ask lapsed
ask in time, and wait         | 50 40 40  0  0  0 | 30 |  -   | asked late_ask lapsed
hand over and leave           | 40 40 40  0  0  0 | 30 | 10 0 | passed_on late_pass
hand over in a ring           | 50 50 40  0  0  0 | 60 |  -   | handed passed_on
close untouched, as it stands | 50 50 50  0  0  0 | 47 |  -   | kept_unseen no_effect
close untouched, as right     | 50 50 50  0  0  0 | 47 |  -   | kept_unseen no_effect
take on in bulk, and close    | 50 50 50  0  0  0 | 47 |  -   | kept_unseen no_effect
take on in bulk, and leave    | 50 40 40 10 10 10 | 30 |  -   | untouched overdue
close all at once, unread     | 50 50 40  0  0  0 | 60 |  -   | kept_unseen no_effect
decide, and take it back      | 50 40 40 10 10 10 | 30 |  -   | untouched overdue
"""
FLAGS = ("untouched", "disagreed", "asked", "handed", "kept_unseen", "lapsed")


def rows() -> list[tuple[str, list[int], int, list[int], set[str]]]:
    found = []
    for line in TABLE.strip().splitlines():
        trick, counts, p90, there, telling = (part.strip() for part in line.split("|"))
        numbers, elsewhere = (
            [int(n) for n in part.split() if n != "-"] for part in (counts, there)
        )
        found.append((trick, numbers, int(p90), elsewhere, {*telling.split()} - {"-"}))
    return found


def figures_after(trick: str) -> tuple[dict[str, Times], Times, dict[Gaming, int]]:
    """Return the figures of each after a trick, those of all, the station's signs."""
    province = make_organization("SYT", parent=make_root())
    station, other = (make_organization(f"T-{n}", parent=province) for n in "ab")
    bodies = {"station": station, "other": other, "above": province}
    for _ in range(40):
        live(station, NOW - 100 * HOUR, [TAKEN_ON, decided(29)])
    waited = sum((step.after for step in TRICKS[trick]), timedelta(0))
    sent = NOW - max(60 * HOUR, waited)
    for _ in range(10):
        steps = [replace(s, holder=bodies.get(str(s.holder))) for s in TRICKS[trick]]
        live(station, sent, steps)
    rollups.rebuild_all(at=NOW)
    by_body = rollups.recount(path=province.path, by="organization", **DAYS)
    with scope.system():
        told = signs.counted(station.pk, first=DAYS["first"], last=DAYS["last"])
    whole = rollups.recount(path=province.path, **DAYS)["all"]
    return by_body, whole, told.get(station.pk, {})


@pytest.mark.parametrize(("trick", "counts", "p90", "elsewhere", "telling"), rows())
def test_what_a_trick_does_to_each_figure(trick, counts, p90, elsewhere, telling):
    by_body, whole, signed = figures_after(trick)
    station = by_body.pop("T-a")

    assert [
        station.received,
        station.resolved,
        station.on_time,
        station.open,
        station.open_overdue,
        station.untouched,
    ] == counts
    assert station.p90 == p90 * 3600
    told = {name: getattr(station, name) for name in FLAGS} | signed
    told |= {"overdue": station.open_overdue}
    told.pop(Gaming.LAST_HOUR, None)
    assert {name: n for name, n in told.items() if n} == dict.fromkeys(telling, 10)
    assert [
        n for times in by_body.values() for n in (times.received, times.on_time)
    ] == elsewhere
    assert whole.received == 50, "nothing is counted twice or nowhere"
    lapsed_late = 10 if trick == "ask when it is over, and wait" else 0
    assert station.left_late == lapsed_late
    looks_better = (station.on_time_share or 0) > HONEST
    assert not looks_better or telling - {"asked", "handed"}, "and something says why"


def test_what_lapsed_is_not_resolved_however_long_one_waits():
    """One of five lapsed after twelve days; nobody looks faster by it."""
    station = make_organization("T-a")
    for _ in range(4):
        live(station, NOW - 90 * HOUR, [decided(10)])
    asked = Then(M.ASK, S.WAITING_CITIZEN, 59 * HOUR)
    live(station, NOW - 400 * HOUR, [asked, Then(M.LAPSE, S.LAPSED, 240 * HOUR)])
    rollups.rebuild_all(at=NOW)

    seen = insight.look(
        station,
        first=DAYS["first"],
        last=DAYS["first"],
        at=NOW,
        is_whole=False,
        has_parts=False,
    )

    assert seen.still_open[30] == pytest.approx(0.2)


def test_leaving_old_ones_open_does_not_make_the_curve_look_better():
    """40 resolved on day 1; 10 decided on day 2, or left lying beyond it."""
    decided_late = survival.still_open({1: 40, 2: 10}, {}, days=(2, 3))
    left_lying = survival.still_open({1: 40}, {2: 10}, days=(2, 3))

    assert decided_late == {2: pytest.approx(0.2), 3: 0.0}
    assert left_lying == {2: pytest.approx(0.2), 3: None}


def test_closing_in_bulk_changes_no_figure_but_the_times_themselves():
    """Twenty closed in one minute are twenty matters with their own times."""
    station = make_organization("T-a")
    for hours in range(5, 101, 5):
        live(station, NOW - hours * HOUR, [Then(M.RESOLVE, S.RESOLVED, hours * HOUR)])
    rollups.rebuild_all(at=NOW)

    times = rollups.recount(path=station.path, **DAYS)["all"]

    assert (times.median, times.p75, times.p90) == (50 * 3600, 75 * 3600, 90 * 3600)
    assert times.on_time == 9
