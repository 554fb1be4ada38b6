"""On the way to a day by which nothing is to be open: curve, line and forecast."""

from datetime import date, timedelta

import pytest

from complaints import burndown, rollups
from complaints.choices import Move, Status
from complaints.rollups import survival
from portal.common import scope
from tests import plain_times
from tests.figures.lives import Then, live
from tests.pages.cases import NOW, make_organization, make_root

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BEGINS, DUE = date(2026, 10, 20), date(2026, 12, 20)


def test_the_line_leads_evenly_from_what_was_open_to_nothing():
    span = {"begins": date(2021, 9, 2), "due": date(2021, 11, 1)}

    assert survival.needed(600, on=date(2021, 8, 1), **span) == 600
    assert survival.needed(600, on=date(2021, 9, 2), **span) == 600
    assert survival.needed(600, on=date(2021, 10, 2), **span) == 300
    assert survival.needed(600, on=date(2021, 11, 1), **span) == 0
    assert survival.needed(600, on=date(2022, 11, 1), **span) == 0


@pytest.mark.parametrize(
    ("arrived", "ended", "count", "least", "most"),
    [
        # 28 days; 100 open, 14 days to go.
        (0, 0, 100, 100, 100),
        (28, 28, 100, 91.7, 108.3),
        (0, 112, 44, 32.3, 55.7),
        (0, 560, 0, 0, 0),
    ],
)
def test_what_is_expected_lies_between_its_bounds(arrived, ended, count, least, most):
    found = survival.expected(100, arrived=arrived, ended=ended, window=28, days=14)

    assert (found.count, found.least, found.most) == (
        pytest.approx(count),
        pytest.approx(least, abs=0.1),
        pytest.approx(most, abs=0.1),
    )


def test_the_curve_is_what_a_plain_count_of_days_says():
    province = make_organization("SYT", parent=make_root())
    one, two = (make_organization(f"T-{n}", parent=province) for n in "ab")
    for holder, days in ((one, (50, 20, 3, 1)), (two, (45, 12)), (province, (2,))):
        for age in days:
            live(holder, NOW - age * DAY)
            ends = Then(Move.RESOLVE, Status.RESOLVED, age * DAY / 2)
            live(holder, NOW - age * DAY, [ends])
    again = [
        Then(Move.RESOLVE, Status.RESOLVED, 5 * DAY),
        Then(Move.DISAGREE, Status.RECEIVED, 5 * DAY),
    ]
    live(two, NOW - 40 * DAY, again)
    rollups.rebuild_all(at=NOW)
    with scope.system():
        lives = plain_times.lives()
        counted = [plain_times.counted(one, at=NOW) for one in lives]

    seen = burndown.follow(province, begins=BEGINS, due=DUE, at=NOW)

    known = [(day, still) for day, still, _line in seen.curve if still is not None]
    assert known == [(day, open_on(counted, day)) for day, _still in known]
    assert known[0][0] == BEGINS
    assert known[-1][0] == date(2026, 11, 20)
    assert seen.whole.begun == open_on(counted, BEGINS)
    assert seen.whole.open == sum(c["open"] for c in counted) == 8
    assert {key: way.open for key, way in seen.parts.items()} == {
        one.pk: 4,
        two.pk: 3,
        province.pk: 1,
    }
    assert [line for day, _still, line in seen.curve][-1] == 0


def open_on(counted: list[dict], day: date) -> int:
    """Count what was open at the end of a day, one after another."""
    local = timedelta(hours=7)
    return sum(
        (one["sent"] + local).date() <= day
        and (one["ended"] is None or (one["ended"] + local).date() > day)
        for one in counted
    )


def test_closing_and_opening_again_does_not_bring_the_day_nearer():
    """What citizens reopened counts as open all the while, on each day before."""
    station = make_organization("T-a")
    for _ in range(10):
        live(
            station,
            NOW - 20 * DAY,
            [
                Then(Move.RESOLVE, Status.RESOLVED, DAY),
                Then(Move.DISAGREE, Status.RECEIVED, 15 * DAY),
            ],
        )
    rollups.rebuild_all(at=NOW)

    seen = burndown.follow(station, begins=date(2026, 11, 2), due=DUE, at=NOW)

    assert {still for _day, still, _line in seen.curve if still is not None} == {10}
    assert seen.whole.expected.count == 10 + 10 * (DUE - NOW.date()).days / 28
