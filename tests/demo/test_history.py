from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from complaints.choices import Move, Status
from complaints.demo import history
from complaints.rules import workflow
from complaints.rules.clock import Moment, Terms, reckon

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
TERMS = Terms(timedelta(hours=48), timedelta(days=10), extension=timedelta(hours=48))


def _lives(pace, count=300, *, takes_two=False):
    chance = Random(f"{pace}:{takes_two}")
    verdicts = ("upheld", "upheld", "kept", "already_correct")
    return [
        history.live(
            chance,
            begins=history.sent_at(chance, NOW),
            at=NOW,
            pace=pace,
            verdict=chance.choice(verdicts),
            takes_two=takes_two,
            terms=TERMS,
            days_off=frozenset(),
        )
        for _ in range(count)
    ]


def _moments(life):
    """Return a life's moves as the clock reads them."""
    return [
        Moment(
            step.move,
            step.status,
            step.at,
            step.round,
            1,
            extra=TERMS.extension if step.move == Move.EXTEND else timedelta(0),
            seq=number,
        )
        for number, step in enumerate(life.steps)
    ]


@pytest.mark.parametrize("takes_two", [False, True])
@pytest.mark.parametrize("pace", ["good", "fair", "bad"])
def test_every_move_is_one_of_the_table_and_none_lies_ahead(pace, takes_two):
    for life in _lives(pace, takes_two=takes_two):
        for before, step in zip(life.steps, life.steps[1:], strict=False):
            led_to = workflow.target(step.move, status=before.status, actor=step.actor)
            assert led_to == step.status
            assert before.at <= step.at <= NOW


@pytest.mark.parametrize("pace", ["good", "fair", "bad"])
def test_overdue_is_noted_exactly_where_the_clock_says_so(pace):
    for life in _lives(pace):
        moments = _moments(life)
        reckoned = reckon(moments, terms=TERMS, at=NOW)
        if life.last.status in workflow.OPEN and reckoned.is_running:
            assert (life.overdue_at is not None) == reckoned.is_overdue
            # A pause after the due time moves the due time, not the note of it.
            assert life.overdue_at is None or life.overdue_at <= reckoned.due_at


@pytest.mark.parametrize("pace", ["good", "fair", "bad"])
def test_a_matter_is_due_when_the_clock_says_so_less_the_pause_that_runs(pace):
    for life in _lives(pace):
        moments = _moments(life)
        reckoned = reckon(moments, terms=TERMS, at=NOW)
        running = timedelta(0)
        if life.last.status == Status.WAITING_CITIZEN:
            running = min(NOW - life.last.at, TERMS.pause)
        assert life.due_at == reckoned.due_at - running


def test_good_bodies_take_hours_and_bad_ones_days():
    def median(pace):
        hours = sorted(
            (life.last.at - life.steps[0].at).total_seconds() / 3600
            for life in _lives(pace)
            if life.last.move in (Move.RESOLVE, Move.COUNTERSIGN)
        )
        return hours[len(hours) // 2]

    assert median("good") < 16 < 24 * 6 < median("bad") < 24 * 13


def test_bad_bodies_leave_many_untouched():
    untouched = [life for life in _lives("bad") if life.last.status == Status.RECEIVED]
    assert len(untouched) > 60


def test_all_kinds_of_endings_come_about():
    lives = [*_lives("fair", 1500), *_lives("bad", 1500, takes_two=True)]
    assert {life.last.status for life in lives} == set(Status)
    made = {step.move for life in lives for step in life.steps}
    assert {Move.HAND_OVER, Move.EXTEND, Move.WAIT, Move.RESUME} <= made
