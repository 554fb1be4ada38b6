"""Tables as CSV and XLSX in which no cell runs, and no number loses its digits.

A cell that begins like a formula is one to a spreadsheet, and a text of digits is a
number without its zeros. XLSX says what a cell is; CSV cannot, so there such a text
gets an apostrophe before it, which our own readers take off again.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from io import StringIO
from typing import Any, Final, Protocol

import xlsxwriter

Cell = str | int | date | None
Row = Sequence[Cell]

# What Excel, LibreOffice and their readers in wide characters take for a formula, and
# the two blanks that some of them skip before it.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
# Also a day, a fraction or an exponent: 1-2, 3/4 and 2E5 are turned into others.
_NUMERIC: Final = re.compile(r"[\s\d.,:/eE+-]*\d[\s\d.,:/eE+-]*")
_APOSTROPHE: Final = "'"
BYTE_ORDER_MARK: Final = "\ufeff"
_FLUSH: Final = 1 << 16
# A sheet holds 1,048,576 rows, its header among them.
_ROWS_OF_SHEET: Final = (1 << 20) - 1


class BytesOut(Protocol):
    """Something that bytes are written into."""

    def write(self, data: bytes, /) -> int: ...


def safe(text: str) -> str:
    """Return a text as a CSV cell may hold it."""
    if (
        text.startswith(_FORMULA)
        or text.startswith(_APOSTROPHE)
        or _NUMERIC.fullmatch(text)
    ):
        return f"{_APOSTROPHE}{text}"
    return text


def as_csv(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a CSV in UTF-8 with byte order mark, each cell in quotation marks."""
    buffer = StringIO(BYTE_ORDER_MARK, newline="")
    buffer.seek(0, 2)
    out = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.writerow(header)
    for row in rows:
        out.writerow([_in_csv(cell) for cell in row])
        if buffer.tell() > _FLUSH:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def write_xlsx(
    into: BytesOut,
    *,
    title: str,
    header: Sequence[str],
    rows: Iterable[Row],
    most: int = _ROWS_OF_SHEET,
) -> int:
    """Write a workbook, row by row in constant memory; return the rows.

    Texts are stored as texts, days as days; nothing is a formula or a link. What is
    more than ``most`` rows goes on in further sheets. Raise ValueError for a cell that
    a sheet cannot hold: the writer itself would leave it out without a word.
    """
    book = xlsxwriter.Workbook(
        into,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    try:
        return _fill(book, title, header, rows, most)
    finally:
        book.close()


def _fill(
    book: Any, title: str, header: Sequence[str], rows: Iterable[Row], most: int
) -> int:
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    as_text = book.add_format({"num_format": "@"})
    sheet = _sheet(book, title[:31], header, bold)
    count = 0
    for count, row in enumerate(rows, 1):
        nth, line = divmod(count - 1, most)
        if nth and not line:
            suffix = f" ({nth + 1})"
            sheet = _sheet(book, title[: 31 - len(suffix)] + suffix, header, bold)
        for column, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                left_out = sheet.write_string(line + 1, column, cell, as_text)
            elif isinstance(cell, date):
                left_out = sheet.write_datetime(line + 1, column, cell, day)
            else:
                left_out = sheet.write_number(line + 1, column, cell)
            if left_out:
                raise ValueError(f"row {count}, column {column} fits no sheet")
    return count


def _sheet(book: Any, title: str, header: Sequence[str], bold: Any) -> Any:
    """Return a new sheet with its header."""
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header) - 1, 18)
    for column, word in enumerate(header):
        sheet.write_string(0, column, word, bold)
    return sheet
