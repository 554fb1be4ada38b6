"""When nothing rings: a table that a health officer can read (local time)."""

import csv
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from complaints.models import QuietHours
from complaints.rules import quiet

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROWS = [
    QuietHours(
        begins=time(21),
        ends=time(7),
        valid_from=date(2021, 3, 8),
        valid_to=date(2026, 12, 31),
    ),
    QuietHours(begins=time(22), ends=time(6), valid_from=date(2026, 12, 31)),
]


def lines():
    path = Path(__file__).with_name("quiet.csv")
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter=";"))


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE) if text else None


@pytest.mark.parametrize("line", lines(), ids=lambda line: line["why"])
def test_the_night_is_quiet(line):
    assert quiet.until(ROWS, at=moment(line["at"])) == moment(line["until"])


def test_hours_that_begin_when_they_end_are_none():
    rows = [QuietHours(begins=time(0), ends=time(0), valid_from=date(2021, 3, 8))]
    assert quiet.until(rows, at=moment("2026-11-02 23:00")) is None


def test_hours_within_a_day_end_on_it():
    rows = [QuietHours(begins=time(12), ends=time(14), valid_from=date(2021, 3, 8))]
    at = moment("2026-11-02 13:00")
    assert quiet.until(rows, at=at) == moment("2026-11-02 14:00")
