from datetime import date, datetime

import pytest
from django import forms
from django.utils import formats, translation


@pytest.fixture(autouse=True)
def _vietnamese():
    with translation.override("vi"):
        yield


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("12/08/2021", date(2021, 8, 12)),
        ("12-08-2021", date(2021, 8, 12)),
        ("12.8.2021", date(2021, 8, 12)),
        ("12/8/21", date(2021, 8, 12)),
        ("2021-08-12", date(2021, 8, 12)),
    ],
)
def test_the_day_comes_first(typed, day):
    assert forms.DateField().clean(typed) == day


def test_dates_and_numbers_are_written_as_in_the_country():
    day = date(2026, 11, 4)

    assert formats.date_format(day, "SHORT_DATE_FORMAT") == "04/11/2026"
    assert formats.date_format(day) == "04/11/2026"
    assert formats.number_format(18204, force_grouping=True) == "18.204"
    assert formats.number_format("9.1") == "9,1"
    assert formats.date_format(datetime(2026, 11, 4, 15, 5), "DATETIME_FORMAT") == (  # noqa: DTZ001  -- only its wording matters
        "15:05 04/11/2026"
    )
