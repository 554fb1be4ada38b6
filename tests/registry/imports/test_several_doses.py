"""Rows that tell of several doses of one person, in columns side by side."""

from datetime import date

import pytest

from portal.registry.imports import reading
from tests.registry.imports.conftest import as_csv

HEAD = [
    ["STT", "Họ và tên", "Năm sinh", "Số CCCD", "Mũi 1", "", "", "Mũi 2", "", ""]
    + ["Ghi chú"],
    ["", "", "", "", *["Ngày", "Vắc xin", "Số lô"] * 2, ""],
]
FIRST = ["12/07/2021", "AstraZeneca", "ABX6318"]
SECOND = ["10/10/2021", "Pfizer", "FG4493"]
NONE = ["", "", ""]


def line(n, *cells, note=""):
    return [str(n), f"Mai Thị {('', 'Bé', 'Cúc')[n]}", f"197{n}", f"07917{n}000111"] + [
        *(text for dose in cells for text in dose),
        note,
    ]


def told(rows):
    return [
        (row.row, row.verdict, row.values.given_on, row.values.product, row.values.lot)
        + (row.values.dose_number,)
        for row in rows
    ]


def codes(row):
    return {reason.code for reason in row.reasons}


def test_each_dose_of_a_row_is_read_with_its_own_day_vaccine_and_lot(read):
    rows = read([*HEAD, line(1, FIRST, SECOND), line(2, FIRST, NONE)])

    assert told(rows) == [
        (3, "", date(2021, 7, 12), "vaxzevria", "ABX6318", 1),
        (3, "", date(2021, 10, 10), "comirnaty", "FG4493", 2),
        (4, "", date(2021, 7, 12), "vaxzevria", "ABX6318", 1),
    ]
    assert {row.values.full_name for row in rows[:2]} == {"Mai Thị Bé"}
    assert [codes(row) for row in rows] == [
        {"one_of_several"},
        {"one_of_several"},
        set(),
    ]


@pytest.mark.parametrize(
    ("second", "note", "verdicts", "said"),
    [
        # What is wrong with one dose leaves the other alone.
        (["31/02/2021", "Pfizer", ""], "", ["", "error"], "given_unread"),
        (["", "Pfizer", ""], "", ["", "error"], "missing"),
        (["10/10/2021", "Quinvaxem", ""], "", ["", "error"], "product_unknown"),
        (["hoãn tiêm", "", ""], "", ["", "postponed"], "note_postponed"),
        (["", "Pfizer", ""], "hoãn mũi 2", ["", "postponed"], "note_postponed"),
        # Two days and a note that one was put off: somebody has to say which.
        (SECOND, "hoãn tiêm", ["error", "error"], "note_contradicts"),
        (["12/07/2021", "Pfizer", ""], "", ["", "error"], "twice_differs"),
    ],
)
def test_each_dose_of_a_row_has_a_verdict_of_its_own(
    read, second, note, verdicts, said
):
    rows = read([*HEAD, line(1, FIRST, second, note=note)])

    assert [row.verdict for row in rows] == verdicts
    assert said in codes(rows[1])


def test_doses_at_several_places_on_one_row_are_no_list_of_one_site(read):
    head = ["Họ và tên", "Năm sinh", "CCCD", "Ngày tiêm mũi 1", "Nơi tiêm mũi 1"]
    head += ["Ngày tiêm mũi 2", "Nơi tiêm mũi 2", "Vắc xin"]
    who = ["Mai Thị Thử", "1975", "079175000111"]
    (row,) = read(
        [head, [*who, "12/07/2021", "Trạm A", "10/10/2021", "Trạm B", "Pfizer"]]
    )

    assert (row.verdict, codes(row)) == ("error", {"several_doses"})


WHO = ["Họ và tên", "Ngày sinh", "Số CCCD", "Ngày tiêm"]
MAI = ["Mai Thị Bé", "02/03/1971", "079171000111", "14/08/2021"]


@pytest.mark.parametrize(
    "lines",
    [
        [*HEAD, line(1, FIRST, SECOND), line(2, FIRST, NONE)],
        # Doses that are ticked, vaccines that are ticked.
        [
            [*WHO, "Vắc xin", "Mũi 1", "Mũi 2"],
            [*MAI, "Pfizer", "x", ""],
            ["Lê Văn Tám", "02/03/1972", "079072000111", "14/08/2021", "Pfizer"]
            + ["", "x"],
        ],
        [
            [*WHO, "AstraZeneca", "Pfizer", "Mũi"],
            [*MAI, "x", "", "1"],
            ["Lê Văn Tám", "02/03/1972", "079072000111", "14/08/2021", "", "x", "2"],
        ],
    ],
)
def test_columns_said_to_be_what_they_were_taken_for_change_nothing(
    read, vocabulary, lines
):
    survey = reading.survey(as_csv(lines), vocabulary=vocabulary)
    columns = {
        column.key: column.role
        for sheet in survey.sheets
        for table in sheet.tables
        for column in table.columns
    }

    assert read(lines, columns=columns) == read(lines)
    assert len({row.values for row in read(lines)}) == len(read(lines)) > 1


def test_a_column_that_is_said_to_be_nothing_is_nothing(read):
    lines = [["Họ và tên", "Ngày sinh", "Số CCCD", "Ngày tiêm", "Vắc xin", "Gì đó"]]
    lines += [
        [f"Mai Thị {name}", "02/03/1971", f"07917100011{n}", "14/08/2021", "Pfizer"]
        + ["Nữ"]
        for n, name in enumerate(("Bé", "Cúc", "Đào", "Lan"))
    ]

    assert {row.values.sex for row in read(lines)} == {"F"}
    assert {row.values.sex for row in read(lines, columns={"gi do": ""})} == {None}
