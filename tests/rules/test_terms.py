"""Which policy is in force for a kind on a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.choices import Kind
from complaints.rules.terms import in_force, terms


@dataclass(frozen=True)
class Row:
    kind: str
    repair_hours: int
    valid_from: date
    valid_to: date | None = None
    pause_days: int = 10
    level: str = ""
    reach: str = ""
    in_office: bool = False
    first_answer_hours: int = 24
    extension_hours: int = 48


ALWAYS = Row("", 48, date(2021, 3, 8), date(2026, 1, 1))
NEWER = Row("", 24, date(2026, 1, 1))
SPECIAL = Row(Kind.NOT_MINE, 72, date(2022, 1, 1))


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        (Kind.MISSING_DOSE, date(2021, 3, 8), ALWAYS),
        (Kind.MISSING_DOSE, date(2025, 12, 31), ALWAYS),
        (Kind.MISSING_DOSE, date(2026, 1, 1), NEWER),
        (Kind.NOT_MINE, date(2021, 12, 31), ALWAYS),
        (Kind.NOT_MINE, date(2022, 1, 1), SPECIAL),
        (Kind.NOT_MINE, date(2026, 6, 1), SPECIAL),
    ],
)
def test_a_kinds_own_policy_comes_first_and_the_last_day_is_not_included(
    kind, day, expected
):
    assert in_force([NEWER, SPECIAL, ALWAYS], kind=kind, day=day) is expected


def test_a_hole_in_the_policies_is_a_defect_and_not_a_guess():
    with pytest.raises(LookupError):
        in_force([NEWER], kind=Kind.MISSING_DOSE, day=date(2025, 1, 1))
    with pytest.raises(LookupError):
        in_force([SPECIAL], kind=Kind.MISSING_DOSE, day=date(2025, 1, 1))


@dataclass(frozen=True)
class Body:
    kind: str
    path: str


STATION = Body("health_station", "/vn/syt-79/tyt-1/")
OF_STATIONS = Row("", 72, date(2022, 1, 1), level="health_station")
OF_PROVINCE = Row("", 96, date(2022, 1, 1), reach="/vn/syt-79/")
OF_ONE = Row("", 120, date(2022, 1, 1), reach="/vn/syt-79/tyt-1/")


@pytest.mark.parametrize(
    ("rows", "body", "expected"),
    [
        ([NEWER, OF_STATIONS], STATION, OF_STATIONS),
        ([NEWER, OF_STATIONS], Body("hospital", "/vn/bv-1/"), NEWER),
        ([NEWER, OF_STATIONS], None, NEWER),
        ([NEWER, OF_STATIONS, OF_PROVINCE], STATION, OF_PROVINCE),
        ([OF_PROVINCE, OF_ONE, NEWER], STATION, OF_ONE),
        ([OF_PROVINCE, NEWER], Body("cdc", "/vn/syt-01/cdc-1/"), NEWER),
        ([OF_STATIONS, SPECIAL], STATION, OF_STATIONS),
    ],
)
def test_the_nearest_body_then_the_level_then_the_kind_then_all(rows, body, expected):
    day = date(2026, 6, 1)
    assert in_force(rows, kind=Kind.NOT_MINE, day=day, body=body) is expected


@given(
    st.lists(st.dates(date(2021, 3, 8), date(2030, 1, 1)), max_size=6),
    st.dates(date(2021, 3, 8), date(2030, 1, 1)),
    st.integers(min_value=0, max_value=900),
)
def test_a_new_row_changes_nothing_that_was_sent_before_its_first_day(
    known, begins, days
):
    rows = [ALWAYS, *(Row("", 10 + n, day) for n, day in enumerate(known))]
    sent = begins - timedelta(days=1 + days)
    newer = Row("", 1, begins)
    try:
        before = in_force(rows, kind=Kind.NOT_MINE, day=sent)
    except LookupError:
        return
    assert in_force([*rows, newer], kind=Kind.NOT_MINE, day=sent) is before


def test_hours_and_days_become_terms_of_the_clock():
    assert terms(ALWAYS).repair == timedelta(hours=48)
    assert terms(ALWAYS).pause == timedelta(days=10)
    assert terms(ALWAYS).extension == timedelta(hours=48)
    assert terms(ALWAYS).first_answer == timedelta(hours=24)
