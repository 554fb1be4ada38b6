import pytest

from portal.registry import national_id
from portal.registry.national_id import Structure


@pytest.mark.parametrize(
    ("text", "kind", "canonical", "problems"),
    [
        ("079190001234", "pin12", "079190001234", []),
        (" 079 190 001 234 ", "pin12", "079190001234", []),
        ("'079.190.001-234", "pin12", "079190001234", []),
        ("０７９190001234", "pin12", "079190001234", []),
        ("003190001234", "pin12", "003190001234", ["structure"]),
        ("000000000000", "pin12", "000000000000", ["dummy", "structure"]),
        ("023456781", "cmnd9", "023456781", []),
        ("123456789", "cmnd9", "123456789", ["dummy"]),
        ("111111111", "cmnd9", "111111111", ["dummy"]),
        ("79190001234", "other", "79190001234", ["length"]),
        ("79190001234.0", "other", "79190001234", ["length"]),
        ("7.9190001234E+10", "other", "79190001234", ["length"]),
        ("7.9E+10", "other", "", ["rounded"]),
        ("7,91900E+10", "other", "", ["rounded"]),
        ("b1234567", "passport", "B1234567", []),
        ("C12345678", "passport", "C12345678", []),
        ("không có", "other", "KHÔNGCÓ", ["letters"]),
        ("", "other", "", ["empty"]),
        (" - ", "other", "", ["empty"]),
    ],
)
def test_a_number_is_read_without_being_repaired(text, kind, canonical, problems):
    number = national_id.read(text)

    assert (number.kind, number.canonical) == (kind, canonical)
    assert number.problems == problems


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("079190001234", Structure("079", "F", 20, 1990)),
        ("001058000001", Structure("001", "M", 20, 1958)),
        ("096215001234", Structure("096", "M", 21, 2015)),
        ("001301001234", Structure("001", "F", 21, 2001)),
        ("101085001234", Structure("101", "M", 20, 1985)),
        ("003190001234", None),
        ("999190001234", None),
        ("079490001234", None),
        ("79190001234", None),
        ("07919000123x", None),
    ],
)
def test_a_personal_number_tells_place_sex_and_year(number, said):
    assert national_id.structure(number) == said


@pytest.mark.parametrize(
    ("text", "born_year", "sex", "restored"),
    [
        ("79190001234", 1990, "F", "079190001234"),
        ("79190001234", 1990, None, "079190001234"),
        ("79190001234", None, None, "079190001234"),
        ("7.9190001234E+10", 1990, "F", "079190001234"),
        ("1058000001", 1958, "M", "001058000001"),
        ("79190001234", 1991, "F", None),
        ("79190001234", 1990, "M", None),
        ("1058000001", 1958, "F", None),
        ("3190001234", 1990, "F", None),
        ("7.9E+10", 1990, "F", None),
        ("09190001234", 1990, "F", None),
        ("079190001234", 1990, "F", None),
        ("23456781", 1960, "M", "023456781"),
        ("23456781", 2015, "M", None),
        ("11111111", 1960, "M", None),
        ("1234567", 1960, "M", None),
        ("B1234567", 1960, "M", None),
        ("", 1960, "M", None),
    ],
)
def test_zeros_come_back_only_where_everything_agrees(text, born_year, sex, restored):
    found = national_id.restore_zeros(text, born_year=born_year, sex=sex)

    assert found == restored


def test_there_are_63_provinces():
    provinces = [
        code
        for code in range(100)
        if national_id.structure(f"{code:03}190001234") is not None
    ]

    assert len(provinces) == 63


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("079190001234", "079••••••234"),
        ("023456781", "023•••781"),
        ("1234", "••••"),
        ("", ""),
    ],
)
def test_a_masked_number_keeps_its_length(number, masked):
    assert national_id.mask(number) == masked
