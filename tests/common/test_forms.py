import csv
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from portal.common.forms import (
    CodeField,
    DayField,
    Form,
    NameField,
    NationalIdField,
    PartialDate,
    PhoneField,
)


class BirthForm(Form):
    born_on = DayField(allow_partial=True)
    given_on = DayField(required=False)


def codes_of(field, value):
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    return [error.code for error in refused.value.error_list]


@pytest.mark.parametrize(
    ("typed", "found", "precision"),
    [
        (["12", "8", "2021"], PartialDate(2021, 8, 12), "day"),
        (["12", "08", " 2021 "], PartialDate(2021, 8, 12), "day"),
        (["", "8", "2021"], PartialDate(2021, 8), "month"),
        (["", "", "1958"], PartialDate(1958), "year"),
        (["２", "8", "1958"], PartialDate(1958, 8, 2), "day"),
    ],
)
def test_a_date_is_taken_as_far_as_it_is_known(typed, found, precision):
    taken = DayField(allow_partial=True).clean(typed)

    assert taken == found
    assert taken.precision == precision


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["31", "2", "2021"], "no_such_day"),
        (["29", "2", "2021"], "no_such_day"),
        (["0", "2", "2021"], "no_such_day"),
        (["1", "13", "2021"], "month_range"),
        (["1", "1", "21"], "short_year"),
        (["1", "1", "0021"], "year_range"),
        (["1", "1", ""], "year_missing"),
        (["1", "", "2021"], "month_missing"),
        (["x", "1", "2021"], "digits"),
        (["-1", "1", "2021"], "digits"),
        (["", "", ""], "required"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_its_reason(typed, code):
    assert codes_of(DayField(allow_partial=True), typed) == [code]


def test_a_whole_date_needs_all_three_parts():
    field = DayField()

    assert field.clean(["12", "8", "2021"]) == date(2021, 8, 12)
    assert codes_of(field, ["", "8", "2021"]) == ["incomplete"]
    assert codes_of(field, ["12", "8", ""]) == ["incomplete"]


def test_three_boxes_carry_the_date_and_keep_what_was_typed():
    good = BirthForm({"born_on_0": "", "born_on_1": "", "born_on_2": "1958"})
    bad = BirthForm({"born_on_0": "31", "born_on_1": "2", "born_on_2": "1958"})

    assert good.is_valid()
    assert good.cleaned_data == {"born_on": PartialDate(1958), "given_on": None}
    assert not bad.is_valid()
    assert bad["born_on"].value() == ["31", "2", "1958"]
    assert "31/2/1958" in bad.errors["born_on"][0]


def test_a_form_can_start_with_a_date():
    form = BirthForm(initial={"born_on": PartialDate(1958, 3), "given_on": None})
    parts = form["born_on"].subwidgets[0].data["subwidgets"]

    assert [part["value"] for part in parts] == [None, "3", "1958"]
    assert [part["name"] for part in parts] == ["born_on_0", "born_on_1", "born_on_2"]


def test_a_partial_date_knows_its_first_and_last_day():
    assert PartialDate(2024, 2).first() == date(2024, 2, 1)
    assert PartialDate(2024, 2).last() == date(2024, 2, 29)
    assert PartialDate(2024).last() == date(2024, 12, 31)
    assert PartialDate(2024).as_date() is None
    assert PartialDate(2024, 2, 3).as_date() == date(2024, 2, 3)
    assert [str(PartialDate(2024)), str(PartialDate(2024, 2))] == ["2024", "2024-02"]
    assert str(PartialDate(2024, 2, 3)) == "2024-02-03"
    with pytest.raises(ValueError, match="month"):
        PartialDate(2024, None, 3)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (unicodedata.normalize("NFD", " Nguyễn  Hường "), "Nguyễn Hường"),
        ("Hoà", "Hoà"),
        ("H’Mông Y-Krông", "H'Mông Y-Krông"),
        ("Y", "Y"),
        ("\u00d0ức", "Đức"),
        ("Trần T. Lan", "Trần T. Lan"),
    ],
)
def test_a_name_stays_as_typed_in_composed_letters(typed, name):
    assert NameField().clean(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "required"), (" - ", "required"), ("Lan 2", "letters"), ("<b>", "letters")],
)
def test_what_is_no_name_is_refused(typed, code):
    assert codes_of(NameField(), typed) == [code]


def test_a_telephone_is_stored_in_one_form_and_shown_in_another():
    field = PhoneField()

    assert field.clean("0791 123 345") == "+84791123345"
    assert field.prepare_value("+84791123345") == "0791 123 345"
    assert field.prepare_value("0791x") == "0791x"
    assert PhoneField(required=False).clean("") == ""


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("-", "required"),
        ("abc", "letters"),
        ("7.9E+8", "letters"),
        ("0791", "short"),
        ("07911233455", "not_mobile"),
        ("079112334555", "long"),
        ("02838123456", "not_mobile"),
    ],
)
def test_what_is_no_telephone_is_refused_with_its_reason(typed, code):
    assert codes_of(PhoneField(), typed) == [code]


def test_a_one_time_code_may_have_spaces():
    assert CodeField().clean(" 123 456 ") == "123456"
    assert codes_of(CodeField(), "12345") == ["digits"]
    assert codes_of(CodeField(), "12345a") == ["digits"]
    assert codes_of(CodeField(), "") == ["required"]
    assert CodeField(required=False).clean("") == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("079 190 001 234", "079190001234"),
        ("023456781", "023456781"),
        ("b1234567", "B1234567"),
    ],
)
def test_an_identity_number_loses_its_spaces_only(typed, number):
    assert NationalIdField().clean(typed) == number


@pytest.mark.parametrize("typed", ["79190001234", "0791900012345", "7.9E+10", "abc"])
def test_a_number_that_no_document_bears_is_refused(typed):
    assert codes_of(NationalIdField(), typed) == ["length"]


class GivenForm(Form):
    given_on = DayField(allow_partial=True, is_recent=True)


with Path(__file__).with_name("dates_typed.csv").open(encoding="utf-8") as file:
    DATES = [
        pytest.param(row["typed"], row["day"], id=f"{row['typed']}: {row['why']}")
        for row in csv.DictReader(file)
    ]


@pytest.mark.parametrize(("typed", "day"), DATES)
@pytest.mark.parametrize("box", [0, 1, 2])
def test_a_date_typed_whole_into_any_box_is_read_day_first(typed, day, box):
    form = GivenForm({f"given_on_{box}": typed})

    assert form.is_valid() == bool(day)
    if day:
        assert str(form.cleaned_data["given_on"]) == day


def test_a_date_typed_whole_is_shown_in_three_boxes_afterwards():
    form = GivenForm({"given_on_0": "12/8/2021"})

    assert form["given_on"].value() == ["12", "8", "2021"]


def test_a_year_of_two_digits_is_one_of_this_century_only_where_it_is_recent():
    boxes = {"given_on_0": "12", "given_on_1": "8", "given_on_2": "21"}

    assert str(GivenForm(boxes).fields["given_on"].clean(["12", "8", "21"])) == (
        "2021-08-12"
    )
    assert codes_of(DayField(), ["12", "8", "58"]) == ["short_year"]
