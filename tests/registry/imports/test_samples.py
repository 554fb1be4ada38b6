"""Two lists as health stations sent them, read as their nurses meant them."""

from collections import Counter

import pytest

from portal.registry.imports import reading
from tests.registry.imports.conftest import DATA

STATION = DATA / "long-binh-2021-08-14.xlsx"
CENTRE = DATA / "thuan-an-2021-09-03.csv"


def by_row(rows):
    return {row.row: row for row in rows}


def codes(row):
    return {reason.code for reason in row.reasons}


def test_the_workbook_has_one_row_for_each_of_its_132_people(read):
    rows = read(STATION)

    assert len(rows) == 132
    assert [row.row for row in rows[:3]] == [7, 8, 9]
    assert not {47, 88, 129, 143, 144} & {row.row for row in rows}
    assert Counter(row.verdict for row in rows) == {
        "": 129,
        "postponed": 2,
        "duplicate": 1,
    }


def test_header_of_two_lines_repeats_and_the_title_gives_day_and_place(vocabulary):
    (sheet,) = reading.survey(STATION, vocabulary=vocabulary).sheets
    (table,) = sheet.tables

    assert (table.first_row, table.last_row, table.people) == (5, 6, 132)
    assert f"{table.facts.given_on}" == "2021-08-14"
    assert table.facts.site.startswith("Trường THCS Long Bình")
    assert [(c.letter, c.role) for c in table.columns] == [
        ("A", "ordinal"),
        ("B", "full_name"),
        ("C", "born_male"),
        ("D", "born_female"),
        ("E", "id_number"),
        ("F", "phones"),
        ("G", "address"),
        ("H", "product"),
        ("I", "lot"),
        ("J", "dose_number"),
        ("K", "time"),
        ("L", "note"),
    ]
    assert all(column.confidence >= 0.9 for column in table.columns)
    assert [n for n, kind in sheet.skipped if kind == "header"] == [5, 6, 47, 88, 129]


def test_rows_of_the_workbook_say_what_they_say(read):
    rows = by_row(read(STATION))

    first = rows[7].values
    assert (first.full_name, first.sex, first.born_on) == (
        "Hoàng Thùy Duyên",
        "F",
        "2003-10-07",
    )
    assert (first.id_kind, first.id_number) == ("pin12", "079303193630")
    assert (first.product, first.lot, first.dose_number) == ("vaxzevria", "PV46677", 2)
    assert f"{first.given_on}" == "2021-08-14"
    # Two telephones in a cell, an old one of eleven digits, a zero eaten.
    assert rows[10].values.phones == ("+84915221231", "+84903258356")
    assert rows[14].values.phones == ("+84386902592",)
    assert rows[13].values.phones == ("+84793298229",)
    # Eleven digits as a number: restored, because birth year and sex agree.
    assert rows[12].values.id_number == "079039870621"
    assert rows[12].values.id_restored
    assert rows[12].values.born_on == "1939-10-11"
    # A note that is not true (line 5 is somebody else) drops nobody.
    assert codes(rows[12]) == {"id_restored", "note_duplicate"}
    assert rows[12].verdict == ""
    assert rows[14].values.full_name == "Nguyễn Thị Thu Lộc"
    assert rows[20].values.full_name == "Nguyễn Gia Hùng"
    assert rows[21].values.born_on == "1998"
    assert rows[24].verdict == "duplicate"
    assert rows[24].reasons[-1].detail == "23"
    assert rows[26].values.id_kind == "cmnd9"
    assert rows[34].values.lot == "210101"
    assert rows[76].verdict == "postponed"
    # Month before day: only one reading is possible, and it is shown for review.
    assert rows[134].values.born_on == "1996-06-20"
    assert "born_order" in codes(rows[134])
    assert rows[11].cells[6] == "''"


def test_the_csv_of_the_centre_reads_without_an_error(read):
    rows = read(CENTRE)

    assert [row.row for row in rows] == list(range(2, 87))
    assert {row.verdict for row in rows} == {""}
    assert {row.values.product for row in rows} == {"comirnaty", "vero-cell"}
    assert {f"{row.values.given_on}" for row in rows} == {"2021-09-03", "2021-09-04"}
    assert Counter(row.values.sex for row in rows)[None] == 0
    assert {row.aside.site for row in rows} == {"79-01234"}


def test_rows_of_the_csv_say_what_they_say(read):
    rows = by_row(read(CENTRE))

    assert rows[3].values.born_on == "1947-09-22"
    assert rows[6].values.born_on == "1987"
    assert rows[7].values.born_on == "1996-08-23"
    assert rows[10].values.id_kind == "cmnd9"
    assert rows[11].values.id_number == "074082771579"
    assert rows[11].values.phones == ("+84391224591",)
    assert rows[12].values.phones == ("+84968963310",)
    assert rows[33].values.id_number == "074190540203"
    assert rows[33].values.id_restored
    assert rows[35].values.full_name == "Phạm Thùy Lộc"
    assert rows[54].values.full_name == "Lê T. Ngọc Lộc"
    assert rows[56].values.full_name == "Nguyễn Thanh Oanh"
    assert rows[68].values.full_name == "K' Bảo Phúc"
    assert rows[68].values.phones == ("+84384435653", "+84903798386")


@pytest.mark.parametrize("suffix", [".xls", ".ods"])
def test_the_same_list_saved_otherwise_reads_the_same(read, suffix):
    rows, others = read(STATION), read(STATION.with_suffix(suffix))

    assert [(r.row, r.verdict, r.values, r.reasons, r.aside) for r in others] == [
        (r.row, r.verdict, r.values, r.reasons, r.aside) for r in rows
    ]


def test_reading_twice_gives_the_same(read):
    assert read(STATION) == read(STATION.read_bytes())
