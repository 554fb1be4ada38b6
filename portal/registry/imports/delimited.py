"""Text files with delimiters: which letters, which delimiter, which rows."""

import csv
import io
import unicodedata
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, Final

from portal.registry.imports import legacy
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.opening import MOST_COLUMNS, MOST_ROWS, MOST_TEXT

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
    delimiter = delimiter_of([line for line in lines if line])
    file.seek(0)
    return Text(encoding, delimiter, _rows(file, encoding, delimiter))


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


def delimiter_of(lines: list[str]) -> str:
    """Return the delimiter that parts most lines into the same number of cells."""

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = [
            len(cells)
            for cells in csv.reader(lines, delimiter=delimiter, strict=False)
            if len(cells) > 1
        ]
        if not widths:
            return (0, 0)
        usual = max(set(widths), key=widths.count)
        return (widths.count(usual) * min(usual, 4), usual)

    try:
        return max(_DELIMITERS, key=evenness)
    except csv.Error as error:
        raise CannotRead("damaged") from error


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
    file: IO[bytes], encoding: str, delimiter: str
) -> Generator[tuple[int, list[str]]]:
    told, font = 0, _FONTS.get(encoding)
    text = _text(file, encoding)
    reader = csv.reader(_whole_lines(text), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
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
    except csv.Error as error:
        raise CannotRead("damaged") from error
    finally:
        text.detach()


def _whole_lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Yield lines of a bounded length, so that one cannot fill the memory."""
    most = MOST_COLUMNS * MOST_TEXT
    while line := text.readline(most):
        if len(line) == most:
            raise CannotRead("too_wide")
        yield line
