"""A sheet taken apart: titles, headers, people, and what belongs to nobody."""

import re
import unicodedata
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Final

from portal.common import names
from portal.registry.imports import cells, dates, headers, titles
from portal.registry.imports.headers import Header, Row
from portal.registry.imports.titles import Facts
from portal.registry.imports.workbooks import Sheet

# So many rows are looked at ahead: for a header, and to judge columns by.
_AHEAD: Final = 160
_NAMES: Final = ("full_name", "family_name", "given_name")
_WHO: Final = (
    *("born_on", "born_male", "born_female", "born_day", "born_month", "born_year"),
    *("id_number", "id_old", "id_new", "phones"),
)
_FOOTER: Final = re.compile(
    r"(?:tong (?:cong|so)|cong|tong) ?:? ?\d*\b.*\d|tong (?:cong|so)\b.*|cong|tong"
    r"|(?:so (?:mui|nguoi|lieu|lo|luong|luot|ca|doi tuong|phieu|nam|nu)\b|trong do\b"
    r"|vac ?xin|vaccine|dai dien|tram truong|phu trach|duyet\b|chu tich"
    r"|pho truong).*"
    r"|(?:nguoi lap|lap (?:bang|bieu)|truong (?:tram|khoa|doan)|thu truong|ky ten|ky va"
    r"|xac nhan|giam doc|pho giam|ke toan|thu kho|ban chi dao|bac si|dieu duong"
    r"|can bo|nguoi (?:tiem|nhap|giao|nhan|kiem)|danh sach|ghi chu|luu y\b|ngay\b).*"
)
_DIGITS: Final = re.compile(r"\d\D*\d")
_SHORTEST_NUMBER: Final = 8
_HEADER_STARTS: Final = ("stt", "tt", "họ ", "ho ", "họ", "ho_", "hoten", "tên", "ten")


@dataclass(frozen=True, slots=True)
class Person:
    """A row that names somebody, with the header and the facts that hold for it."""

    number: int
    cells: list[cells.Cell]
    header: Header
    facts: Facts


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is nobody's: title, header, facts, footer or unheaded."""

    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """The beginning of a table, with the facts that stood above it."""

    header: Header
    facts: Facts


def walk(
    sheet: Sheet,
    *,
    products: cells.Products,
    lots: cells.Lots,
    saved: Mapping[str, str] | None,
    facts: Facts,
) -> Generator[Table | Person | Skipped]:
    """Yield what a sheet holds, in order. `facts` hold where the sheet is silent."""
    rows = iter(sheet.rows)
    ahead: deque[Row] = deque()

    def fill() -> None:
        while len(ahead) < _AHEAD and (row := next(rows, None)) is not None:
            ahead.append(row)

    fill()
    facts = facts.then(titles.of_sheet_name(sheet.name, products=products))
    first = list(ahead)
    at = next(
        (
            n
            for n, (_, row) in enumerate(first)
            if headers.looks_like_header(row, saved)
        ),
        None,
    )
    header: Header | None
    if at is None:
        header = headers.by_content(first, products=products, saved=saved)
        if header is None:
            # Nothing names the columns here: the rest is not looked at for people.
            yield from (Skipped(number, "unheaded") for number, _ in first)
            yield from (Skipped(number, "unheaded") for number, _ in rows)
            return
    else:
        header = headers.read(
            first, at, merged=sheet.merged, products=products, saved=saved
        )
        said = titles.NOTHING
        while ahead and ahead[0][0] < header.first_row:
            number, row = ahead.popleft()
            said = said.beside(_facts(row, products=products, lots=lots))
            yield Skipped(number, "title")
        facts = facts.then(said).then(_facts_of(header, products=products, lots=lots))
        while ahead and ahead[0][0] <= header.last_row:
            yield Skipped(ahead.popleft()[0], "header")
    yield Table(header, facts)

    words = _words_of(header)
    # Below the sums stand signatures; in a list that counts its people nobody else.
    is_counted = is_over = False
    while True:
        if len(ahead) < 8:
            fill()
        if not ahead:
            return
        number, row = ahead.popleft()
        if _may_be_header(row, words):
            if header.repeats(row):
                yield Skipped(number, "header")
                continue
            if headers.looks_like_header(row, saved):
                fill()
                header = headers.read(
                    [(number, row), *ahead],
                    0,
                    merged=sheet.merged,
                    products=products,
                    saved=saved,
                )
                words = _words_of(header)
                yield Skipped(number, "header")
                while ahead and ahead[0][0] <= header.last_row:
                    yield Skipped(ahead.popleft()[0], "header")
                yield Table(header, facts)
                continue
        count, is_footer = _has_count(row, header), _is_footer(row, header)
        is_over = (is_over or is_footer) and not count
        is_counted = is_counted or count
        tells_little = is_footer or (is_over and is_counted)
        if _is_person(row, header, least=2 if tells_little else 1):
            yield Person(number, row, header, facts)
            continue
        said = _facts(row, products=products, lots=lots)
        if said != titles.NOTHING:
            facts = facts.then(said)
            yield Skipped(number, "facts")
        else:
            yield Skipped(number, "footer")


def _facts(
    row: list[cells.Cell], *, products: cells.Products, lots: cells.Lots
) -> Facts:
    said = titles.NOTHING
    filled = [cells.as_text(cell) for cell in row if cell != ""]
    # A label and its value often stand in cells beside each other.
    for text in [" ".join(filled)] if len(filled) < 5 else filled:
        said = said.beside(titles.read(text, products=products, lots=lots))
    return said


def _facts_of(header: Header, *, products: cells.Products, lots: cells.Lots) -> Facts:
    """Return the day that a heading names: "Tiêm hôm nay 25/9/2021"."""
    said = titles.NOTHING
    for text in {text for line in header.lines for text in line}:
        if sum(map(str.isdigit, text)) > 3:
            said = said.beside(titles.read(text, products=products, lots=lots))
    return Facts(given_on=said.given_on)


def _words_of(header: Header) -> frozenset[str]:
    return frozenset(text for line in header.lines for text in line if text)


def _may_be_header(row: list[cells.Cell], words: frozenset[str]) -> bool:
    """Tell cheaply whether a row could name columns: most rows name people."""
    seen = 0
    for cell in row:
        if cell == "":
            continue
        if isinstance(cell, str):
            text = cell.strip().casefold()
            if text in words or text.startswith(_HEADER_STARTS):
                return True
        seen += 1
        if seen == 3:
            return False
    return False


def _is_person(row: list[cells.Cell], header: Header, *, least: int) -> bool:
    """Tell whether a row is about somebody, by what stands in it.

    A name with a number, a day or a telephone, or with its own number in the list, or
    with two other things; signatures below a table have none of these. Where the row
    looks like a sum or a signature (`least` is 2) it takes its own number, two of these
    that can be what their column says, or a birth date and two other things in words.
    """
    width = len(row)
    name = ""
    tells = others = words = 0
    is_born = False
    for column in header.columns:
        if column.index > width:
            break
        cell = row[column.index - 1]
        if cell == "" or (isinstance(cell, str) and not cell.strip()):
            continue
        if column.role in _NAMES:
            name = name or cells.as_text(cell)
        elif column.role in _WHO and least > 1:
            can_be = _can_be(column.role, cell)
            tells += can_be
            is_born = is_born or (can_be and column.role.startswith("born"))
        elif column.role in _WHO:
            tells += not isinstance(cell, str) or _DIGITS.search(cell) is not None
        elif column.role == "ordinal":
            others += 2 * _is_count(cell)
        else:
            others += 1
            words += not _is_count(cell)
    if not name:
        return tells > 1
    if tells >= least:
        return True
    if least > 1:
        return (is_born and words > 1) or _has_count(row, header)
    return others > 1


def _is_footer(row: list[cells.Cell], header: Header) -> bool:
    """Tell whether what stands under the names is what stands below a table."""
    for column in header.columns:
        if column.role in _NAMES and column.index <= len(row):
            text = cells.as_text(row[column.index - 1]).strip()
            if _is_name(text):
                return False
            if text:
                return _FOOTER.fullmatch(names.fold(text)) is not None
    return False


def _is_name(text: str) -> bool:
    """Tell by its tones a name that folds like a sum, which is "Cộng", "Tổng cộng"."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return composed == "công" or composed.startswith(("tống ", "tòng ", "tông "))


def _has_count(row: list[cells.Cell], header: Header) -> bool:
    """Tell whether a row has its own number in the list."""
    return any(
        column.index <= len(row) and _is_count(row[column.index - 1])
        for column in header.columns
        if column.role == "ordinal"
    )


def _can_be(role: str, cell: cells.Cell) -> bool:
    """Tell whether a cell can be the birth date, number or telephone of somebody."""
    if role.startswith("born"):
        return dates.read(cell) is not None
    return len(re.sub(r"\D", "", cells.as_text(cell))) >= _SHORTEST_NUMBER


def _is_count(cell: cells.Cell) -> bool:
    return isinstance(cell, int | float) or (
        isinstance(cell, str) and cell.strip(" .").isdigit()
    )
