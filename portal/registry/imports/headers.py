"""Where the header of a table stands, and which headings stand over each column."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.registry.imports import cells, columns, meanings
from portal.registry.imports.columns import Column

Row = tuple[int, list[cells.Cell]]
Merged = Sequence[tuple[int, int, int, int]]

_WHO: Final = frozenset(
    ("born_on", "born_male", "born_female", "id_number", "id_old", "id_new", "phones")
    + ("sex", "born_day", "born_year", "sex_male")
)
_MOST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its lines and what each column means."""

    first_row: int
    last_row: int
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, ...], ...]

    def of(self, role: str) -> list[Column]:
        """Return the columns of a role, from the left."""
        return [column for column in self.columns if column.role == role]

    def repeats(self, row: Sequence[cells.Cell]) -> bool:
        """Tell whether a row is a line of this header again, as on a new page."""
        texts = texts_of(row)
        return any(_is_again(line, texts) for line in self.lines)


def _is_again(line: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    same = sum(a == b for a, b in zip(line, texts, strict=False) if a)
    # Another known heading in the place of one makes it another header.
    other = any(
        a != b and b and meanings.is_known(b) for a, b in zip(line, texts, strict=False)
    )
    return not other and same >= max(1, 0.6 * sum(map(bool, line)))


def texts_of(row: Sequence[cells.Cell]) -> tuple[str, ...]:
    """Return the cells of a line as a header compares them: one blank, small."""
    return tuple(" ".join(cells.as_text(cell).split()).casefold() for cell in row)


def looks_like_header(
    row: Sequence[cells.Cell], saved: Mapping[str, str] | None = None
) -> bool:
    """Tell whether a row names columns: a name and what else tells who or which."""
    texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
    if len(texts) < 2:
        return False
    if saved:
        known = {saved[key] for key in map(meanings.key_of, texts) if key in saved}
        if len(known - {""}) > 1 and known & {"full_name", "family_name"}:
            return True
    roles = {meanings.of(text).role for text in texts}
    if not roles & {"full_name", "family_name", "given_name"}:
        return False
    others = roles - {"", "full_name", "family_name", "given_name"}
    return len(others) > 1 or bool(others & _WHO)


def read(
    rows: Sequence[Row],
    at: int,
    *,
    merged: Merged = (),
    products: cells.Products,
    saved: Mapping[str, str] | None = None,
) -> Header:
    """Return the header whose main line is ``rows[at]``, judged with the rows below."""
    lines = [rows[at]]
    below = at + 1
    while below < len(rows) and len(lines) < _MOST_LINES:
        if rows[below][0] != lines[-1][0] + 1 or not _is_second_line(rows[below][1]):
            break
        lines.append(rows[below])
        below += 1
    above = rows[at - 1] if at and _is_group_line(rows, at) else None
    if above:
        lines.insert(0, above)
    last_row = lines[-1][0]
    if below < len(rows) and _is_numbering(rows[below][1]):
        last_row = rows[below][0]
        below += 1
    width = max(len(row) for _, row in [*lines, *rows[below : below + 100]])
    paths = [_path(lines, column, merged) for column in range(1, width + 1)]
    sample = [row for _, row in rows[below:]]
    return Header(
        lines[0][0],
        last_row,
        columns.guess(paths, sample, products=products, saved=saved or {}),
        tuple(texts_of(row) for _, row in lines),
    )


def by_content(
    rows: Sequence[Row],
    *,
    products: cells.Products,
    saved: Mapping[str, str] | None = None,
) -> Header | None:
    """Return columns of a list without any header, by its cells; None if unclear."""
    sample = [row for _, row in rows]
    width = max(map(len, sample), default=0)
    guessed = columns.guess(
        [("", "")] * width, sample, products=products, saved=saved or {}
    )
    roles = {column.role for column in guessed}
    if "full_name" not in roles or not roles & _WHO:
        return None
    return Header(0, 0, guessed, ())


def _path(lines: Sequence[Row], column: int, merged: Merged) -> tuple[str, str]:
    """Return heading and parent heading of a column, through merged cells."""
    words: list[str] = []
    for depth, (number, row) in enumerate(lines):
        text = _at(row, column)
        if (
            not text
            and depth < len(lines) - 1
            and any(_at(later, column) for _, later in lines[depth + 1 :])
        ):
            text = _from_left(lines, depth, column, merged)
        if not text:
            text = _merged_from_left(number, row, column, merged)
        if text and text not in words:
            words.append(text)
    if not words:
        return "", ""
    return words[-1], words[-2] if len(words) > 1 else ""


def _at(row: Sequence[cells.Cell], column: int) -> str:
    if column > len(row):
        return ""
    return " ".join(cells.as_text(row[column - 1]).split())


def _from_left(lines: Sequence[Row], depth: int, column: int, merged: Merged) -> str:
    """Return the heading that spans a column from the left."""
    number, row = lines[depth]
    spans = [m for m in merged if m[0] <= number <= m[2] and m[1] <= column <= m[3]]
    if spans:
        return _at(row, spans[0][1])
    if any(top <= number <= bottom for top, _, bottom, _ in merged):
        return ""
    # Without merged ranges (CSV, some ODS) the nearest heading to the left spans, as
    # long as the line below goes on without a gap.
    for left in range(column - 1, 0, -1):
        if _at(row, left):
            return _at(row, left) if _at(lines[depth + 1][1], left) else ""
        if not _at(lines[depth + 1][1], left):
            return ""
    return ""


def _merged_from_left(
    number: int, row: Sequence[cells.Cell], column: int, merged: Merged
) -> str:
    for top, left, bottom, right in merged:
        if top <= number <= bottom and left < column <= right:
            return _at(row, left)
    return ""


def _is_second_line(row: Sequence[cells.Cell]) -> bool:
    texts = [cells.as_text(cell).strip() for cell in row if cell != ""]
    if not texts or not all(isinstance(c, str) for c in row if c != ""):
        return False
    if any(sum(map(str.isdigit, text)) > 2 or len(text) > 40 for text in texts):
        return False
    return sum(map(meanings.is_part, texts)) * 2 > len(texts)


def _is_group_line(rows: Sequence[Row], at: int) -> bool:
    """Tell whether the line above groups columns: "Mũi 1", "Thông tin người tiêm"."""
    number, row = rows[at - 1]
    texts = [cells.as_text(cell) for cell in row if cell != ""]
    if number != rows[at][0] - 1 or len(texts) < 2:
        return False
    return all(len(t) < 60 and ":" not in t and not t[:1].isdigit() for t in texts)


def _is_numbering(row: Sequence[cells.Cell]) -> bool:
    """Tell whether a line only numbers the columns: 1 2 3, (1) (2), ① ②, A B 1 2."""
    texts = [
        unicodedata.normalize("NFKC", cells.as_text(c)).strip(" ()[].")
        for c in row
        if c != ""
    ]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 3]
    letters = [text for text in texts if len(text) == 1 and text.isalpha()]
    if len(numbers) + len(letters) < len(texts) or len(numbers) < 2:
        return False
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
