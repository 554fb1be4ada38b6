"""Which policy is in force for a kind on a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from complaints.choices import Kind
from complaints.rules.terms import in_force, terms


@dataclass(frozen=True)
class Row:
    kind: str
    repair_hours: int
    valid_from: date
    valid_to: date | None = None
    pause_days: int = 10


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


def test_hours_and_days_become_terms_of_the_clock():
    assert terms(ALWAYS).repair == timedelta(hours=48)
    assert terms(ALWAYS).pause == timedelta(days=10)
