"""When the breaker lets callers through; all instants are given."""

from portal.common.breaker import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PROBE_WITHIN,
    Breaker,
)


def opened(at=100.0):
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(at)
    return breaker


def test_it_opens_at_the_fifth_failure_in_a_row():
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(100.0)
    assert breaker.wait(100.0) == 0

    breaker.failed(100.0)

    assert breaker.wait(101.0) == FIRST_PAUSE - 1


def test_an_answer_in_between_starts_the_count_anew():
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(100.0)
        breaker.succeeded()
    assert not breaker.is_open


def test_after_the_pause_one_probe_is_let_through_and_no_more():
    breaker = opened()
    later = 100.0 + FIRST_PAUSE

    assert breaker.wait(later) == 0
    assert breaker.wait(later) > 0


def test_a_probe_that_succeeds_closes_it():
    breaker = opened()
    breaker.wait(100.0 + FIRST_PAUSE)

    breaker.succeeded()

    assert breaker.wait(106.0) == breaker.wait(106.0) == 0


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_limit():
    breaker, now, pauses = opened(), 100.0, []
    for _ in range(8):
        left = breaker.wait(now)
        pauses.append(left)
        now += left
        assert breaker.wait(now) == 0
        breaker.failed(now)

    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_probe_that_never_came_back_does_not_bar_the_next_for_good():
    breaker = opened()
    breaker.wait(105.0)
    assert breaker.wait(110.0) > 0

    assert breaker.wait(105.0 + PROBE_WITHIN) == 0


def test_failures_of_calls_that_began_before_it_opened_do_not_prolong_it():
    breaker = opened(100.0)

    breaker.failed(104.0)

    assert breaker.wait(100.0 + FIRST_PAUSE) == 0
