"""The share still open and the forecast, against plain counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rollups import survival

DAYS = st.dictionaries(st.integers(0, 40), st.integers(1, 9), max_size=8)


@given(DAYS)
def test_with_nothing_unfinished_it_is_the_share_that_took_as_long(resolved):
    total = sum(resolved.values())
    shares = survival.still_open(resolved, {}, days=(1, 7, 30))

    for day, share in shares.items():
        still = sum(n for lived, n in resolved.items() if lived >= day)
        assert share == (pytest.approx(still / total) if total else None)


@given(DAYS, DAYS)
def test_it_never_rises_and_lies_between_the_two_naive_shares(resolved, unfinished):
    days = (1, 3, 9, 30)
    shares = [
        s for s in survival.still_open(resolved, unfinished, days=days).values() if s
    ]
    total = sum(resolved.values()) + sum(unfinished.values())

    assert shares == sorted(shares, reverse=True)
    for day, share in survival.still_open(resolved, unfinished, days=days).items():
        if share is None:
            continue
        known = sum(n for lived, n in resolved.items() if lived < day)
        assert share <= 1 - known / total + 1e-9, "as if the unfinished lasted for ever"


def test_one_of_two_is_unfinished():
    """Two on day 0; one leaves unresolved on day 1, the other is resolved on day 2."""
    shares = survival.still_open({2: 1}, {1: 1}, days=(1, 2, 3, 4))

    assert shares == {1: 1.0, 2: 1.0, 3: 0.0, 4: 0.0}


@pytest.mark.parametrize(
    ("backlog", "arrived", "ended", "days"),
    [(280, 28, 56, 280.0), (10, 50, 50, None), (10, 50, 20, None)],
)
def test_a_backlog_goes_by_what_ends_more_than_comes(backlog, arrived, ended, days):
    forecast = survival.to_clear(backlog, arrived=arrived, ended=ended, window=28)

    assert forecast is not None
    assert forecast.days == days
    assert forecast.soonest is None or days is None or forecast.soonest < days
    assert forecast.latest is None or forecast.latest > (days or 0)


@pytest.mark.parametrize("facts", [(0, 5, 5), (7, 0, 0)])
def test_nothing_to_clear_or_nothing_to_go_by_gives_no_forecast(facts):
    backlog, arrived, ended = facts

    assert survival.to_clear(backlog, arrived=arrived, ended=ended, window=28) is None
