"""The clock: lives without gaps, pauses within the cap, times that never run back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from complaints.choices import Move, Status
from complaints.rules.clock import Moment, Terms, reaches, reckon
from tests.rules.test_office import OFFICE
from tests.rules.test_office import moment as local

SENT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
TERMS = Terms(repair=timedelta(hours=48), pause=timedelta(days=10))
HOUR = timedelta(hours=1)


def moment(move, status, hours, *, holder=1, round=1):
    return Moment(move, status, SENT + hours * HOUR, round, holder)


SUBMIT = moment(Move.SUBMIT, Status.RECEIVED, 0, holder=0)
ROUTE = moment(Move.ROUTE, Status.RECEIVED, 0.1)


def reckoned(*events, hours):
    return reckon(events, terms=TERMS, at=SENT + hours * HOUR)


def test_an_untouched_complaint_is_due_after_48_hours():
    now = reckoned(SUBMIT, ROUTE, hours=48)
    assert now.due_at == SENT + 48 * HOUR
    assert (now.spent, now.left, now.is_overdue) == (48 * HOUR, 0 * HOUR, False)
    assert reckoned(SUBMIT, ROUTE, hours=48.01).is_overdue
    assert now.first_answer_at is None


def test_a_hand_over_does_not_stop_the_clock():
    moved = moment(Move.HAND_OVER, Status.RECEIVED, 40, holder=2)
    now = reckoned(SUBMIT, ROUTE, moved, hours=49)
    assert (now.spent, now.is_overdue) == (49 * HOUR, True)
    assert [i.holder for i in now.intervals] == [0, 1, 2]


def test_waiting_for_the_citizen_moves_the_due_time_by_as_much():
    asked = moment(Move.ASK, Status.WAITING_CITIZEN, 10)
    answered = moment(Move.ANSWER, Status.IN_REVIEW, 34)
    now = reckoned(SUBMIT, ROUTE, asked, answered, hours=40)
    assert now.spent == 16 * HOUR
    assert now.due_at == SENT + 72 * HOUR
    assert now.first_answer_at == asked.at


def test_a_citizen_who_never_answers_pauses_ten_days_and_no_more():
    asked = moment(Move.ASK, Status.WAITING_CITIZEN, 10)
    within = reckoned(SUBMIT, asked, hours=10 + 9 * 24)
    assert (within.spent, within.is_running) == (10 * HOUR, False)
    beyond = reckoned(SUBMIT, asked, hours=10 + 11 * 24)
    assert (beyond.spent, beyond.is_running) == (34 * HOUR, True)


DAY = 24


@pytest.mark.parametrize(
    ("waits", "paused", "why"),
    [
        ([(10, 34)], 1 * DAY, "one question"),
        ([(10, 34), (40, 64)], 2 * DAY, "two short ones"),
        ([(10, 226), (230, 446)], 10 * DAY, "nine days and nine: ten in all"),
        ([(10, 226), (230, 446), (450, 666)], 10 * DAY, "a third begins it no anew"),
        ([(10, 300), (310, 320)], 10 * DAY, "used up by the first"),
    ],
)
def test_a_round_pauses_ten_days_in_all_however_often_it_asks(waits, paused, why):
    events = [SUBMIT]
    for asked, answered in waits:
        events += [
            moment(Move.ASK, Status.WAITING_CITIZEN, asked),
            moment(Move.ANSWER, Status.IN_REVIEW, answered),
        ]
    now = reckoned(*events, hours=700)
    assert now.paused == paused * HOUR, why
    assert now.due_at == SENT + (48 + paused) * HOUR, why
    assert now.spent == (700 - paused) * HOUR, why


def test_the_next_round_has_its_own_ten_days():
    asked = moment(Move.ASK, Status.WAITING_CITIZEN, 10)
    ended = moment(Move.RESOLVE, Status.RESOLVED, 10 + 9 * DAY)
    again = moment(Move.DISAGREE, Status.RECEIVED, 300, round=2)
    anew = moment(Move.ASK, Status.WAITING_CITIZEN, 301, round=2)
    now = reckoned(SUBMIT, asked, ended, again, anew, hours=301 + 9 * DAY)
    assert (now.paused, now.is_running) == (9 * DAY * HOUR, False)


def test_the_clock_runs_while_a_question_waits_that_is_one_too_many():
    asked = moment(Move.ASK, Status.WAITING_CITIZEN, 10)
    answered = moment(Move.ANSWER, Status.IN_REVIEW, 10 + 9 * DAY)
    anew = moment(Move.ASK, Status.WAITING_CITIZEN, 20 + 9 * DAY)
    events = (SUBMIT, asked, answered, anew)
    now = reckoned(*events, hours=20 + 10 * DAY - 1)
    assert (now.spent, now.is_running) == (20 * HOUR, False)
    now = reckoned(*events, hours=20 + 10 * DAY + 1)
    assert (now.spent, now.is_running) == (21 * HOUR, True)
    assert reckoned(*events, hours=20 + 10 * DAY + 29).is_overdue


def test_the_end_stops_the_clock():
    ended = moment(Move.RESOLVE, Status.RESOLVED, 30)
    now = reckoned(SUBMIT, ended, hours=900)
    assert (now.spent, now.is_overdue, now.is_running) == (30 * HOUR, False, False)


def test_a_disagreement_starts_a_new_clock():
    ended = moment(Move.RESOLVE, Status.RESOLVED, 47)
    again = moment(Move.DISAGREE, Status.RECEIVED, 100, round=2)
    now = reckoned(SUBMIT, ended, again, hours=110)
    assert (now.spent, now.due_at) == (10 * HOUR, SENT + 148 * HOUR)


def test_a_note_neither_stops_the_clock_nor_counts_as_an_answer():
    note = moment(Move.NOTE, Status.RECEIVED, 5)
    now = reckoned(SUBMIT, note, hours=6)
    assert (now.spent, now.first_answer_at) == (6 * HOUR, None)


def test_an_extension_moves_the_due_time_once_and_the_target_never():
    extra = replace(moment(Move.EXTEND, Status.RECEIVED, 5), extra=24 * HOUR)
    now = reckoned(SUBMIT, extra, replace(extra, at=SENT + 6 * HOUR), hours=60)
    assert (now.due_at, now.target_at) == (SENT + 72 * HOUR, SENT + 48 * HOUR)
    assert (now.allowed, now.left, now.is_overdue) == (72 * HOUR, 12 * HOUR, False)


def test_an_extension_that_was_taken_back_counts_nothing():
    extra = replace(moment(Move.EXTEND, Status.RECEIVED, 5), extra=24 * HOUR)
    undo = moment(Move.UNDO, Status.RECEIVED, 5)
    now = reckoned(SUBMIT, extra, undo, hours=60)
    assert (now.due_at, now.is_overdue) == (SENT + 48 * HOUR, True)
    again = reckoned(SUBMIT, extra, undo, replace(extra, at=SENT + 6 * HOUR), hours=60)
    assert (again.due_at, again.is_overdue) == (SENT + 72 * HOUR, False)


def test_the_first_answer_has_a_clock_of_its_own_in_each_round():
    terms = replace(TERMS, first_answer=24 * HOUR)
    asked = moment(Move.ASK, Status.WAITING_CITIZEN, 20)
    silent = reckon([SUBMIT], terms=terms, at=SENT + 25 * HOUR)
    assert (silent.answer_due_at, silent.is_answer_late) == (SENT + 24 * HOUR, True)
    heard = reckon([SUBMIT, asked], terms=terms, at=SENT + 90 * HOUR)
    assert (heard.answered_at, heard.is_answer_late) == (asked.at, False)
    ended = moment(Move.RESOLVE, Status.RESOLVED, 100)
    again = moment(Move.DISAGREE, Status.RECEIVED, 110, round=2)
    later = [SUBMIT, asked, ended, again]
    second = reckon(later, terms=terms, at=SENT + 135 * HOUR)
    assert second.answered_at is None
    assert (second.answer_due_at, second.is_answer_late) == (SENT + 134 * HOUR, True)
    assert second.first_answer_at == asked.at


IN_OFFICE = replace(TERMS, repair=16 * HOUR, office=OFFICE, in_office=True)


@pytest.mark.parametrize(
    ("sent", "due", "why"),
    [
        ("2026-11-02 10:00", "2026-11-04 10:00", "two working days"),
        ("2026-11-06 16:00", "2026-11-10 16:00", "over the weekend"),
        ("2026-02-13 16:00", "2026-02-24 16:00", "over Tết"),
        ("2026-11-02 22:00", "2026-11-04 17:00", "sent at night: from the morning"),
    ],
)
def test_working_days_are_counted_in_office_hours(sent, due, why):
    events = [Moment(Move.SUBMIT, Status.RECEIVED, local(sent), 1, 1)]
    assert reckon(events, terms=IN_OFFICE, at=local(sent)).due_at == local(due), why
    before = reckon(events, terms=IN_OFFICE, at=local(due))
    assert (before.left, before.is_overdue) == (0 * HOUR, False), why
    after = reckon(events, terms=IN_OFFICE, at=local(due) + timedelta(seconds=1))
    assert after.is_overdue, why
    assert after.wall_spent == local(due) - local(sent) + timedelta(seconds=1)


def test_a_pause_over_the_weekend_costs_office_time_only():
    sent = local("2026-11-06 09:00")
    asked = Moment(Move.ASK, Status.WAITING_CITIZEN, local("2026-11-06 16:00"), 1, 1)
    back = Moment(Move.ANSWER, Status.IN_REVIEW, local("2026-11-09 08:30"), 1, 1)
    events = [Moment(Move.SUBMIT, Status.RECEIVED, sent, 1, 1), asked, back]
    now = reckon(events, terms=IN_OFFICE, at=back.at)
    assert now.paused == 2 * HOUR
    assert now.due_at == local("2026-11-10 11:00")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (Move.ACCEPT, Status.IN_REVIEW),
                (Move.ASK, Status.WAITING_CITIZEN),
                (Move.ANSWER, Status.IN_REVIEW),
                (Move.HAND_OVER, Status.RECEIVED),
                (Move.NOTE, Status.IN_REVIEW),
                (Move.PROPOSE, Status.AWAITING_SECOND),
                (Move.RESOLVE, Status.RESOLVED),
            ]
        ),
        # Also backwards: a machine's clock may be behind that of the one before.
        st.integers(min_value=-30, max_value=60 * 24 * 20),
        st.integers(min_value=1, max_value=3),
    ),
    max_size=12,
)


@st.composite
def lives(draw):
    events, at = [SUBMIT], SENT
    for (move, status), minutes, holder in draw(STEPS):
        at = max(at + timedelta(minutes=minutes), SENT)
        events.append(Moment(move, status, at, 1, holder))
    rest = draw(st.integers(min_value=0, max_value=60 * 24 * 30))
    return events, max(e.at for e in events) + timedelta(minutes=rest)


@given(lives())
def test_intervals_tile_a_life_without_gap_or_overlap(life):
    events, at = life
    intervals = reckon(events, terms=TERMS, at=at).intervals
    assert len(intervals) == len(events)
    assert intervals[0].begins == SENT
    assert intervals[-1].ends == at
    for one, following in zip(intervals, intervals[1:], strict=False):
        assert one.ends == following.begins
    assert all(i.begins <= i.ends for i in intervals)
    total = sum((i.ends - i.begins for i in intervals), timedelta(0))
    assert total == at - SENT


@given(lives())
def test_time_spent_is_never_below_zero_nor_more_than_was_lived(life):
    events, at = life
    now = reckon(events, terms=TERMS, at=at)
    assert timedelta(0) <= now.spent <= at - SENT
    assert now.left == TERMS.repair - now.spent
    assert now.is_overdue is (now.left < timedelta(0))


@given(lives())
def test_pauses_lie_between_nothing_and_the_cap_of_the_round(life):
    events, at = life
    now = reckon(events, terms=TERMS, at=at)
    shift = now.due_at - (SENT + TERMS.repair)
    assert timedelta(0) <= shift == now.paused <= TERMS.pause
    if not any(e.status == Status.WAITING_CITIZEN for e in events):
        assert shift == timedelta(0)


@given(lives(), st.integers(min_value=0, max_value=11), st.floats(0, 1))
def test_what_leaves_the_status_as_it_is_moves_no_time(life, place, share):
    """A reminder, a note or an overdue mark in the midst of a wait, say."""
    events, at = life
    place = min(place, len(events) - 1)
    begins = max(event.at for event in events[: place + 1])
    ends = max(events[place + 1].at if place + 1 < len(events) else at, begins)
    said = replace(events[place], move=Move.REMIND, at=begins + share * (ends - begins))
    more = [*events[: place + 1], said, *events[place + 1 :]]
    for terms in (TERMS, IN_OFFICE):
        now, then = (reckon(e, terms=terms, at=at) for e in (events, more))
        assert (now.spent, now.due_at, now.is_running) == (
            then.spent,
            then.due_at,
            then.is_running,
        )


@given(lives(), st.integers(min_value=0, max_value=60 * 24 * 40))
def test_more_time_never_means_less_time_spent(life, minutes):
    events, at = life
    now = reckon(events, terms=TERMS, at=at)
    later = reckon(events, terms=TERMS, at=at + timedelta(minutes=minutes))
    assert later.spent >= now.spent
    assert later.due_at >= now.due_at
    if events[-1].status == Status.RESOLVED:
        assert later.spent == now.spent


@given(lives())
def test_the_clock_says_the_same_whenever_it_is_asked_about_the_past(life):
    """Spent at the end is what it was when the last event happened."""
    events, at = life
    assume(events[-1].status != Status.RESOLVED)
    ended = Moment(Move.RESOLVE, Status.RESOLVED, at, 1, 1)
    now = reckon([*events, ended], terms=TERMS, at=at)
    assert now.spent == reckon(events, terms=TERMS, at=at).spent


@given(st.lists(lives(), min_size=2, max_size=4))
def test_rounds_tile_a_life_and_each_has_a_clock_of_its_own(lives):
    """One life after another as the rounds of a single case, reopened each time."""
    events, at = [], SENT
    for number, (steps, end) in enumerate(lives, 1):
        shift = at - SENT
        begins = Move.SUBMIT if number == 1 else Move.DISAGREE
        of_round = [replace(e, at=e.at + shift, round=number) for e in steps]
        events += [replace(of_round[0], move=begins), *of_round[1:]]
        at = end + shift
        ended = Moment(Move.RESOLVE, Status.RESOLVED, at, number, 1)
        events += [ended] * (number < len(lives))
    for terms in (TERMS, IN_OFFICE):
        now = reckon(events, terms=terms, at=at)
        assert now.intervals[0].begins == SENT
        assert now.intervals[-1].ends == at
        for one, following in zip(now.intervals, now.intervals[1:], strict=False):
            assert one.ends == following.begins
        alone = reckon(of_round, terms=terms, at=at)
        assert (now.spent, now.left, now.due_at) == (
            alone.spent,
            alone.left,
            alone.due_at,
        ), "what was before the round neither lends it time nor takes any"


@given(lives(), st.randoms())
def test_events_that_come_in_any_order_give_the_same(life, chance):
    events, at = life
    numbered = [replace(event, seq=seq) for seq, event in enumerate(events, 1)]
    shuffled = list(numbered)
    chance.shuffle(shuffled)
    assert reckon(shuffled, terms=TERMS, at=at) == reckon(events, terms=TERMS, at=at)


@given(lives())
def test_the_due_time_moves_by_waits_alone(life):
    """So it may be kept on the row, and reckoned again when a wait ends."""
    events, at = life
    for terms in (TERMS, IN_OFFICE):
        kept, latest = None, SENT
        for number, event in enumerate(events):
            latest = max(latest, event.at)
            waited = number and events[number - 1].status == Status.WAITING_CITIZEN
            if kept is None or (waited and event.status != Status.WAITING_CITIZEN):
                kept = reckon(events[: number or 1], terms=terms, at=latest).due_at
        if events[-1].status != Status.WAITING_CITIZEN:
            assert kept == reckon(events, terms=terms, at=at).due_at


@given(lives())
def test_in_office_time_nothing_is_below_zero_nor_more_than_wall_time(life):
    events, at = life
    now = reckon(events, terms=IN_OFFICE, at=at)
    assert timedelta(0) <= now.spent == now.office_spent <= now.wall_spent
    assert timedelta(0) <= now.paused
    assert now.wall_spent <= at - SENT


@given(lives(), st.floats(min_value=0, max_value=1))
def test_the_clock_reaches_a_share_before_it_is_due(life, share):
    events, at = life
    for terms in (TERMS, IN_OFFICE):
        now = reckon(events, terms=terms, at=at)
        assert now.begins <= reaches(now, share, terms=terms) <= now.due_at
        assert reaches(now, 1, terms=terms) == now.due_at
