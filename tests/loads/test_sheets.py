"""Files that spreadsheets open: nothing in them runs, no number loses a digit."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portal.common import phones
from portal.registry import national_id
from portal.registry.exports import sheets

RUNS = "=+-@\t\r\n＝＋－＠"
# What a spreadsheet or a hostile person would put into a cell.
texts = st.one_of(
    st.text(max_size=40),
    st.builds(str.__add__, st.sampled_from(RUNS), st.text(max_size=40)),
    st.sampled_from(
        [
            '=HYPERLINK("http://x")',
            "+84912345678",
            "-2+3+cmd|' /C calc'!A0",
            "@SUM(1,1)",
            '";=1+1',
            "079158012345",
            "1-2",
            "2E5",
            "2021-08-12",
            "'0912",
        ]
    ),
)
# XML, and so a workbook, holds neither half characters nor most control signs.
printable = texts.filter(lambda text: all(c >= " " for c in text) and text.strip())


def read_csv(parts):
    text = b"".join(parts).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_no_cell_of_a_csv_begins_as_a_formula_and_none_breaks_out(rows):
    read = read_csv(sheets.as_csv(["a", "b"], rows))

    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    for cells, row in zip(read[1:], rows, strict=True):
        for cell, text in zip(cells, row, strict=True):
            assert not cell.startswith(tuple(RUNS))
            assert cell in (text, f"'{text}")


@given(
    st.text("0123456789+-./,:eE ", min_size=1).filter(
        lambda t: any(map(str.isdigit, t))
    )
)
def test_no_text_of_digits_is_left_for_a_spreadsheet_to_take_for_a_number(text):
    assert sheets.safe(text) == f"'{text}"


def test_a_csv_begins_with_the_mark_by_which_excel_knows_utf8():
    parts = b"".join(sheets.as_csv(["Họ tên"], []))
    assert parts.startswith(b"\xef\xbb\xbf")


def test_our_own_readers_take_the_apostrophe_off_again():
    assert national_id.read(sheets.safe("079158012345")).canonical == "079158012345"
    assert phones.normalise(sheets.safe("0912 345 678")) == "+84912345678"


@given(st.lists(st.tuples(printable, printable), max_size=4))
def test_texts_of_a_workbook_are_read_as_they_were_written(rows):
    file = io.BytesIO()

    written = sheets.write_xlsx(file, title="t", header=["a", "b"], rows=rows)

    file.seek(0)
    read = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert written == len(rows)
    assert [tuple(row) for row in read[1:]] == [tuple(row) for row in rows]


def test_days_and_numbers_of_a_workbook_are_days_and_numbers():
    file = io.BytesIO()
    rows = [("079158012345", 2, date(2021, 8, 12), None)]

    sheets.write_xlsx(file, title="t", header=list("abcd"), rows=rows)

    file.seek(0)
    read = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert read[1][:3] == ["079158012345", 2.0, date(2021, 8, 12)]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rows_are_taken_one_by_one(form):
    taken = 0

    def rows():
        nonlocal taken
        for taken in range(1, 5001):
            yield ("Nguyễn Thị Thử", taken)

    if form == "csv":
        parts = sheets.as_csv(["a", "b"], rows())
        next(parts)
        assert taken < 5000
    else:
        sheets.write_xlsx(io.BytesIO(), title="t", header=["a", "b"], rows=rows())
        assert taken == 5000


def test_what_is_more_than_a_sheet_holds_goes_on_in_the_next():
    file = io.BytesIO()
    rows = [(f"Người Thứ {n}", n) for n in range(5)]

    written = sheets.write_xlsx(
        file, title="Trạm Y tế", header=["a", "b"], rows=rows, most=2
    )

    file.seek(0)
    book = CalamineWorkbook.from_filelike(file)
    read = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert written == 5
    assert book.sheet_names == ["Trạm Y tế", "Trạm Y tế (2)", "Trạm Y tế (3)"]
    assert all(sheet[0] == ["a", "b"] for sheet in read)
    assert [tuple(row) for sheet in read for row in sheet[1:]] == rows


def test_a_cell_that_no_sheet_holds_is_said_and_not_left_out():
    with pytest.raises(ValueError, match="row 2, column 1"):
        sheets.write_xlsx(
            io.BytesIO(), title="t", header=["a"], rows=[("a", 1), ("a", "x" * 40_000)]
        )
