"""When a dose was typed in, as it is kept and as it is written."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from complaints.demo import doses

HERE = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2021, 3, 8, tzinfo=UTC),
        datetime(2021, 8, 11, 15, 7, 9, tzinfo=HERE),
        datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 2, 12, tzinfo=HERE),
    ],
)
def test_an_instant_is_written_as_it_was_counted(at):
    written = doses.moment(doses.seconds(at))

    assert datetime.fromisoformat(f"{written}:00") == at


def test_a_late_entry_is_never_written_before_it_was_decided():
    decided = datetime(2026, 11, 2, 5, 0, 0, 1, tzinfo=UTC)

    written = doses.moment(doses.seconds(decided))

    assert written == "2026-11-02 05:00:01+00"


def test_days_are_those_of_the_campaign():
    assert doses.DAYS[0].isoformat() == "2021-03-08"
    assert doses.DAYS[-1].isoformat() == "2022-12-31"
    steps = {after - day for day, after in pairwise(doses.DAYS)}
    assert steps == {timedelta(days=1)}
