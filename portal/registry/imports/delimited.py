"""Text files with delimiters: which letters, which delimiter, which rows."""

import csv
import io
import unicodedata
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, Final

from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.opening import MOST_COLUMNS, MOST_ROWS, MOST_TEXT

_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ";,\t|"
_SAMPLE_LINES: Final = 40
_VIETNAMESE: Final = frozenset("ăâđêôơưàảãáạèẻẽéẹìỉĩíịòỏõóọùủũúụỳỷỹýỵ")
# Letters that a Western text has and a Vietnamese one has not, once read as such.
_FOREIGN: Final = frozenset("åäëïöüøñçß¼½¾¿¡€¢£¥§¶þðæœ†‡•™")


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as rows; `encoding` is the name Python knows.

    The rows are to be closed before the file.
    """

    encoding: str
    delimiter: str
    rows: Generator[tuple[int, list[str]]]


def opened(file: IO[bytes]) -> Text:
    """Return the rows of a file that stands at its beginning. Raises CannotRead."""
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    lines = [text.readline() for _ in range(_SAMPLE_LINES)]
    text.detach()
    delimiter = delimiter_of([line for line in lines if line])
    file.seek(0)
    return Text(encoding, delimiter, _rows(file, encoding, delimiter))


def encoding_of(file: IO[bytes]) -> str:
    """Return how the letters are stored: UTF-8, UTF-16, or Windows-1258.

    Windows-1258 keeps tones as letters of their own; names are composed later.
    Raises CannotRead for what is none of these.
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
        # Not UTF-8 somewhere: the old Vietnamese code page, or nothing we know.
        encoding = _checked(file, "cp1258")
    letters = unicodedata.normalize("NFC", head.decode(encoding, "replace").lower())
    known = sum(letter in _VIETNAMESE for letter in letters)
    foreign = sum(letter in _FOREIGN for letter in letters)
    if not known or foreign * 4 > known:
        raise CannotRead("encoding")
    return encoding


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
    told = 0
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    reader = csv.reader(_whole_lines(text), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            if number == 1 and len(cells) == 1 and cells[0].lower().startswith("sep="):
                continue
            while cells and not cells[-1].strip():
                cells.pop()
            if not cells:
                continue
            told += 1
            if told > MOST_ROWS:
                raise CannotRead("too_many_rows", str(MOST_ROWS))
            if len(cells) > MOST_COLUMNS:
                raise CannotRead("too_wide", str(MOST_COLUMNS))
            if any(len(cell) > MOST_TEXT for cell in cells):
                raise CannotRead("too_wide", str(MOST_TEXT))
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
