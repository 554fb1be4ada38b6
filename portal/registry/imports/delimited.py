"""Text files with delimiters: which letters, which delimiter, which rows."""

import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from portal.registry.imports import legacy
from portal.registry.imports.archives import MOST_COLUMNS, MOST_ROWS, MOST_TEXT
from portal.registry.imports.exceptions import CannotRead

_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ";,\t|"
_SAMPLE_LINES: Final = 40
_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_LETTERS: Final = frozenset("ăâđêôơư")
# Punctuation that word processors put in.
_MARKS: Final = frozenset(
    "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022\u00a0\u00b0\u20ab"
)
# Bytes of other old code pages give Vietnamese letters too, but others among them.
_ENOUGH: Final = 0.9
_SAMPLE_LENGTH: Final = 20_000
# A cell over more lines, or a record longer than this, is none that somebody wrote.
_MOST_LINES: Final = 20
# Where so many do not end the file does not quote its cells.
_MOST_IN_VAIN: Final = 1_000
# As many as a spreadsheet has, blank ones too.
_MOST_RECORDS: Final = 1 << 20
_LONGEST: Final = 1 << 16
_FONTS: Final[dict[str, legacy.Encoding]] = {"tcvn3": "tcvn3", "vni": "vni"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as rows; `encoding` is the name Python knows, or that of a font.

    The rows are to be closed before the file.
    """

    encoding: str
    delimiter: str
    rows: Generator[tuple[int, list[str]]]


def opened(file: IO[bytes]) -> Text:
    """Return the rows of a file that stands at its beginning. Raises CannotRead."""
    encoding = encoding_of(file)
    lines = _sample(file, encoding)
    delimiter, width = delimiter_of([line for line in lines if line])
    file.seek(0)
    return Text(encoding, delimiter, _rows(file, encoding, delimiter, width))


def encoding_of(file: IO[bytes]) -> str:
    """Return how the letters are stored: UTF-8, UTF-16, Windows-1258, TCVN3 or VNI.

    Windows-1258 keeps tones as letters of their own; names are composed later.
    Raises CannotRead for what is none of these, or not clearly one.
    """
    file.seek(0)
    head = file.read(_CHUNK)
    if head.startswith(b"\xef\xbb\xbf"):
        return _checked(file, "utf-8-sig")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked(file, "utf-16")
    if not head:
        raise CannotRead("empty")
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) > len(head) // 8:
        big = zeros[0] > zeros[1]
        return _checked(file, "utf-16-be" if big else "utf-16-le")
    if b"\0" in head:
        raise CannotRead("unknown_kind")
    try:
        return _checked(file, "utf-8")
    except CannotRead:
        # Not UTF-8 somewhere: letters of an old font, or the old code page.
        font = legacy.detect(head.decode("latin-1").splitlines())
        if font in _FONTS:
            return font
        encoding = _checked(file, "cp1258")
    if not _is_vietnamese(head.decode(encoding, "replace")):
        raise CannotRead("encoding")
    return encoding


def _sample(file: IO[bytes], encoding: str) -> list[str]:
    file.seek(0)
    text = _text(file, encoding)
    lines = [text.readline(_SAMPLE_LENGTH) for _ in range(_SAMPLE_LINES)]
    text.detach()
    return lines


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """Return the file as text; that of an old font byte by byte."""
    known = "latin-1" if encoding in _FONTS else encoding
    return io.TextIOWrapper(file, encoding=known, errors="strict", newline="")


def _is_vietnamese(text: str) -> bool:
    """Tell whether what is no ASCII of a text are nearly all Vietnamese letters."""
    others = known = 0
    for letter in unicodedata.normalize("NFC", text.lower()):
        if letter.isascii() or letter in _MARKS:
            continue
        others += 1
        parts = unicodedata.normalize("NFD", letter)
        bare = "".join(c for c in parts if c not in _TONES)
        plain = unicodedata.normalize("NFC", bare)
        known += plain.isascii() or plain in _LETTERS
    return known > 0 and known >= _ENOUGH * others


def delimiter_of(lines: list[str]) -> tuple[str, int]:
    """Return the delimiter that parts most lines alike, and into how many cells."""

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = [len(cells) for cells in records(lines, delimiter) if len(cells) > 1]
        if not widths:
            return (0, 0)
        usual = max(sorted(set(widths)), key=widths.count)
        return (widths.count(usual) * min(usual, 4), usual)

    delimiter = max(_DELIMITERS, key=evenness)
    return delimiter, evenness(delimiter)[1]


def records(
    lines: Iterable[str], delimiter: str, *, width: int = 0
) -> Iterator[list[str]]:
    """Yield the cells of each record, quoted as RFC 4180 has it where that can be.

    A quotation mark that stands for itself (\"as above\", or a slip of the hand) would
    open a cell that swallows the rows up to the next one. It is taken for a letter
    where the cell runs on over other cells: it holds delimiters without a blank, over
    lines or, on one line, where the line has its usual `width` only so.
    """
    rest = iter(lines)
    again: deque[str] = deque()
    in_vain = 0

    def following() -> str | None:
        line = again.popleft() if again else next(rest, None)
        return line.rstrip("\r\n") if line is not None else None

    while (line := following()) is not None:
        if '"' not in line:
            yield line.split(delimiter)
            continue
        if width and len(line) < _LONGEST and line.count('"') % 2 == 0:
            # Nearly every line; the rest of this is for those that are odd.
            (cells,) = csv.reader([line], delimiter=delimiter)
            if len(cells) == width:
                yield cells
                continue
        cells, ends = _split(line, delimiter)
        if ends:
            if width and len(cells) != width:
                plain, _ = _split(line, delimiter, runs_on=False)
                cells = plain if len(plain) == width else cells
            yield cells
            continue
        whole, taken = line, list[str]()
        most = _MOST_LINES if in_vain < _MOST_IN_VAIN else 0
        while not ends and len(taken) < most and len(whole) < _LONGEST:
            below = following()
            if below is None:
                break
            taken.append(below)
            whole = f"{whole}\n{below}"
            cells, ends = _split(whole, delimiter)
        runs_on = any("\n" in c and _runs_on(c, delimiter) for c in cells)
        if ends and (not runs_on or _fits(cells, taken, delimiter, width)):
            yield cells
        else:
            in_vain += 1
            again.extendleft(reversed(taken))
            yield _split(line, delimiter, runs_on=False)[0]


def _fits(cells: list[str], taken: list[str], delimiter: str, width: int) -> bool:
    """Tell whether a record over several lines has its width only with all of them.

    A line that goes on with a cell parts into fewer cells than a record has.
    """
    inside = [*taken, *(cell for cell in cells if "\n" in cell)]
    return 0 < width == len(cells) and all(
        text.count(delimiter) < width - 1 for text in inside
    )


def _split(
    text: str, delimiter: str, *, runs_on: bool = True
) -> tuple[list[str], bool]:
    """Return the cells of a record; False where the last of them does not end.

    Without `runs_on` a cell in quotation marks that does not end, or runs on over
    others, begins with a letter.
    """
    cells: list[str] = []
    at = 0
    while True:
        stop = text.find(delimiter, at)
        if text.startswith('"', at):
            end = _end_of_quoted(text, at + 1)
            inside = text[at + 1 : end].replace('""', '"')
            if end < 0 and runs_on:
                cells.append(text[at + 1 :])
                return cells, False
            if end >= 0 and (runs_on or not _runs_on(inside, delimiter)):
                stop = text.find(delimiter, end + 1)
                behind = text[end + 1 :] if stop < 0 else text[end + 1 : stop]
                cells.append(inside + behind)
            else:
                cells.append(_unquoted(text[at:] if stop < 0 else text[at:stop]))
        else:
            cells.append(text[at:] if stop < 0 else text[at:stop])
        if stop < 0:
            return cells, True
        at = stop + 1


def _end_of_quoted(text: str, at: int) -> int:
    """Return where the mark stands that ends a quoted cell; -1 where none does."""
    while (at := text.find('"', at)) >= 0 and text.startswith('""', at):
        at += 2
    return at


def _unquoted(cell: str) -> str:
    """Return a cell without a mark that stands alone at its beginning or end."""
    bare = cell.strip('"')
    return bare if bare.strip() else cell


def _runs_on(cell: str, delimiter: str) -> bool:
    """Tell whether a quoted cell seems to hold others: delimiters without a blank.

    A comma within a figure (79,185) parts none.
    """
    pattern = rf"{re.escape(delimiter)}(?! )"
    if delimiter == ",":
        pattern = r"(?<!\d),(?! )|,(?![ \d])"
    return re.search(pattern, cell) is not None


def _checked(file: IO[bytes], encoding: str) -> str:
    """Return the encoding when the whole file can be read by it."""
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    try:
        while reader.read(_CHUNK):
            pass
    except UnicodeError as error:
        raise CannotRead("encoding") from error
    finally:
        # Else the wrapper closes the file with itself.
        reader.detach()
    return encoding


def _rows(
    file: IO[bytes], encoding: str, delimiter: str, width: int
) -> Generator[tuple[int, list[str]]]:
    told, font = 0, _FONTS.get(encoding)
    text = _text(file, encoding)
    found = records(_whole_lines(text), delimiter, width=width)
    try:
        for number, cells in enumerate(found, 1):
            if number > _MOST_RECORDS:
                raise CannotRead("too_many_rows", str(MOST_ROWS))
            while cells and not cells[-1].strip():
                cells.pop()
            # Excel's own first line that names the delimiter.
            if not cells or (number == 1 and cells[0].lower().startswith("sep=")):
                continue
            told += 1
            if told > MOST_ROWS:
                raise CannotRead("too_many_rows", str(MOST_ROWS))
            if len(cells) > MOST_COLUMNS:
                raise CannotRead("too_wide", str(MOST_COLUMNS))
            if any(len(cell) > MOST_TEXT for cell in cells):
                raise CannotRead("too_wide", str(MOST_TEXT))
            if font is not None:
                cells = [legacy.convert(cell, font) for cell in cells]
            yield number, cells
    finally:
        text.detach()


def _whole_lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Yield lines of a bounded length, so that one cannot fill the memory."""
    most = MOST_COLUMNS * MOST_TEXT
    while line := text.readline(most):
        if len(line) == most:
            raise CannotRead("too_wide")
        yield line
