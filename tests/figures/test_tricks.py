"""Figures cannot be flattered: each trick, and what it does to each figure.

A station has 40 honest matters, each answered after 30 hours, and 10 that it has had
for 60 hours. The table says what every way of dealing with these 10 does to its
figures, in hours and shares. The honest line is the measure: whoever tries a trick must
not look better in every column than whoever simply decides the 10 now.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from complaints import rollups
from complaints.choices import Move, Outcome, Status
from complaints.rollups import Times, survival
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

# What was done with the ten, from the hour when they were sent; it is hour 60 now.
TRICKS: dict[str, Sequence[Then]] = {
    "decide them now": [TAKEN_ON, decided(59)],
    "leave them lying": [],
    "close at 47 h, and reopen": [
        TAKEN_ON,
        decided(46, Outcome.KEPT),
        Then(M.DISAGREE, S.RECEIVED, HOUR),
        Then(M.RESOLVE, S.RESOLVED, 12 * HOUR),
    ],
    "ask at the last hour": [
        TAKEN_ON,
        Then(M.ASK, S.WAITING_CITIZEN, 46 * HOUR),
        Then(M.ANSWER, S.IN_REVIEW, HOUR),
        decided(12),
    ],
    "hand over in a ring": [
        Then(M.HAND_OVER, S.RECEIVED, 40 * HOUR, "other"),
        Then(M.HAND_OVER, S.RECEIVED, 5 * HOUR, "station"),
        TAKEN_ON,
        decided(14),
    ],
    "close untouched, as it stands": [decided(47, Outcome.KEPT)],
    "decide, and take it back": [
        decided(47),
        Then(M.UNDO, S.RECEIVED, timedelta(seconds=20)),
    ],
}

# received, resolved, on time, open, late, never opened | p90 h | and which figure tells
TABLE = """
decide them now               | 50 50 40  0  0  0 |  60 | -
leave them lying              | 50 40 40 10 10 10 |  30 | untouched 10, overdue 10
close at 47 h, and reopen     | 50 50 40  0  0  0 |  59 | disagreed 10, reversed 10
ask at the last hour          | 50 50 40  0  0  0 |  59 | asked 10
hand over in a ring           | 50 50 40  0  0  0 |  60 | handed 10
close untouched, as it stands | 50 50 50  0  0  0 |  47 | kept_unseen 10
decide, and take it back      | 50 40 40 10 10 10 |  30 | untouched 10, overdue 10
"""


def rows() -> list[tuple[str, list[int], int, dict[str, int]]]:
    found = []
    for line in TABLE.strip().splitlines():
        trick, counts, p90, telling = (part.strip() for part in line.split("|"))
        told = {
            word.split()[0]: int(word.split()[1])
            for word in telling.split(", ")
            if word != "-"
        }
        found.append((trick, [int(n) for n in counts.split()], int(p90), told))
    return found


def figures_after(trick: str) -> tuple[Times, Times]:
    """Return the station's figures after a trick, and those of both organizations."""
    province = make_organization("SYT", parent=make_root())
    station, other = (make_organization(f"T-{n}", parent=province) for n in "ab")
    bodies = {"station": station, "other": other}
    for _ in range(40):
        live(station, NOW - 100 * HOUR, [TAKEN_ON, decided(29)])
    for _ in range(10):
        steps = [
            Then(
                s.move, s.status, s.after, bodies.get(str(s.holder)), outcome=s.outcome
            )
            for s in TRICKS[trick]
        ]
        live(station, NOW - 60 * HOUR, steps)
    rollups.rebuild_all(at=NOW)
    by_body = rollups.recount(path=province.path, by="organization", **DAYS)
    return by_body["T-a"], rollups.recount(path=province.path, **DAYS)["all"]


@pytest.mark.parametrize(("trick", "counts", "p90", "telling"), rows())
def test_what_a_trick_does_to_each_figure(trick, counts, p90, telling):
    station, whole = figures_after(trick)

    assert [
        station.received,
        station.resolved,
        station.on_time,
        station.open,
        station.open_overdue,
        station.untouched,
    ] == counts
    assert station.p90 == p90 * 3600
    names = {"overdue": "open_overdue"}
    flags = ("untouched", "disagreed", "reversed", "asked", "handed", "kept_unseen")
    for name in (*flags, "overdue"):
        shown = getattr(station, names.get(name, name))
        assert shown == telling.get(name, 0), name
    assert whole.received == 50, "nothing is counted twice or nowhere"
    looks_better = (station.on_time_share or 0) > HONEST
    assert not looks_better or station.kept_unseen, "and another figure says why"


def test_leaving_old_ones_open_does_not_make_the_curve_look_better():
    """40 resolved on day 1; 10 decided on day 2, or left lying beyond it."""
    decided_late = survival.still_open({1: 40, 2: 10}, {}, days=(2, 3))
    left_lying = survival.still_open({1: 40}, {2: 10}, days=(2, 3))

    assert decided_late == {2: pytest.approx(0.2), 3: 0.0}
    assert left_lying == {2: pytest.approx(0.2), 3: None}


def test_closing_in_bulk_changes_no_figure_but_the_times_themselves():
    """A hundred closed in one minute are a hundred matters with their own times."""
    station = make_organization("T-a")
    for hours in range(1, 101):
        live(station, NOW - hours * HOUR, [Then(M.RESOLVE, S.RESOLVED, hours * HOUR)])
    rollups.rebuild_all(at=NOW)

    times = rollups.recount(path=station.path, **DAYS)["all"]

    assert (times.median, times.p75, times.p90) == (50 * 3600, 75 * 3600, 90 * 3600)
    assert times.on_time == 48
