"""Office hours: a table of a week, Tết and swapped days that a health officer can read.

Times are Vietnamese; the office opens 7:30 to 11:30 and 13:00 to 17:00.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.office import Calendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hours:
    valid_from: date = date(2021, 3, 8)
    valid_to: date | None = None
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    begins: time = time(7, 30)
    ends: time = time(17)
    break_begins: time | None = time(11, 30)
    break_ends: time | None = time(13)


# Tết 2026, Monday to Friday; Saturday 22 August is worked for Monday the 31st.
TET = {date(2026, 2, day): False for day in range(16, 21)}
SWAPPED = {date(2026, 8, 22): True, date(2026, 8, 31): False}
OFFICE = Calendar([Hours()], TET | SWAPPED)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("begins", "hours", "ends", "why"),
    [
        ("2026-11-02 08:00", 2, "2026-11-02 10:00", "within the morning"),
        ("2026-11-02 10:30", 2, "2026-11-02 14:00", "over midday"),
        ("2026-11-02 10:00", 8, "2026-11-03 10:00", "one working day"),
        ("2026-11-02 16:00", 1, "2026-11-02 17:00", "ends when the office closes"),
        ("2026-11-02 22:00", 1, "2026-11-03 08:30", "sent at night"),
        ("2026-11-06 16:00", 2, "2026-11-09 08:30", "over the weekend"),
        ("2026-02-13 16:00", 8, "2026-02-23 16:00", "over Tết"),
        ("2026-08-21 16:00", 2, "2026-08-22 08:30", "a Saturday that is worked"),
        ("2026-08-29 09:00", 1, "2026-09-01 08:30", "a Monday that is not"),
        ("2026-11-02 12:00", 0, "2026-11-02 12:00", "no time at all"),
    ],
)
def test_so_much_office_time_has_passed_by_then(begins, hours, ends, why):
    assert OFFICE.after(moment(begins), hours * HOUR) == moment(ends), why
    assert OFFICE.worked(moment(begins), moment(ends)) == hours * HOUR, why


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-02 07:30", "2026-11-02 07:30"),
        ("2026-11-02 11:30", "2026-11-02 13:00"),
        ("2026-11-02 16:59", "2026-11-02 16:59"),
        ("2026-11-02 17:00", "2026-11-03 07:30"),
        ("2026-11-06 20:00", "2026-11-09 07:30"),
        ("2026-02-15 09:00", "2026-02-23 07:30"),
    ],
)
def test_somebody_is_there_again(at, opens):
    assert OFFICE.opens(moment(at)) == moment(opens)


def test_new_hours_begin_on_their_day():
    rows = [Hours(valid_from=date(2026, 11, 3), begins=time(8)), Hours()]
    office = Calendar(rows, {})
    assert office.opens(moment("2026-11-02 06:00")) == moment("2026-11-02 07:30")
    assert office.opens(moment("2026-11-03 06:00")) == moment("2026-11-03 08:00")


def test_an_office_without_a_break_and_one_that_never_opens():
    whole = Calendar([Hours(break_begins=None, break_ends=None)], {})
    day = moment("2026-11-02 00:00")
    assert whole.worked(day, day + timedelta(days=1)) == 9.5 * HOUR
    for closed in (Calendar([], {}), Calendar([Hours(weekdays=())], {})):
        with pytest.raises(LookupError):
            closed.after(day, HOUR)
        with pytest.raises(LookupError):
            closed.opens(day)


instants = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: moment("2026-01-01 00:00") + timedelta(minutes=minutes)
)
amounts = st.timedeltas(timedelta(0), timedelta(days=9))


@given(instants, amounts)
def test_time_that_is_counted_forward_is_found_again_looking_back(begins, amount):
    ends = OFFICE.after(begins, amount)
    assert OFFICE.worked(begins, ends) == amount
    assert ends >= begins


@given(instants, amounts, amounts)
def test_two_stretches_make_the_whole(begins, one, other):
    middle, ends = begins + one, begins + one + other
    parts = OFFICE.worked(begins, middle) + OFFICE.worked(middle, ends)
    assert OFFICE.worked(begins, ends) == parts <= one + other
