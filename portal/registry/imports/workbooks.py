"""Sheets and rows of a file, whatever it is: XLSX, XLS and ODS here, CSV beside.

A workbook is opened by ``opening.py`` in a child process with little memory, and its
rows come over a pipe: nothing of it is held here but the rows in hand.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from portal.registry.imports import delimited, legacy, opening
from portal.registry.imports.exceptions import CannotRead

# What a cell holds: text ("" for nothing), a number, or a day that the spreadsheet
# itself takes for a day.
Cell = str | int | float | date

MOST_BYTES: Final = 64 << 20
_EXTENSIONS: Final = {
    "xlsx": {".xlsx"},
    "xls": {".xls"},
    "ods": {".ods"},
    "csv": {".csv", ".txt", ".tsv"},
}
_HEAD: Final = 4_096
# Rows by which the font of a sheet is known.
_LOOKED_AT: Final = 200
_WEB_PAGE: Final = (b"<html", b"<!doctype html", b"<table")
# Saved XML, RTF, PDF and pictures under another name.
_NO_LISTS: Final = (b"<?xml", b"{\\rtf", b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `rows` gives number (from 1) and cells of rows that say something.

    Rows must be taken before the next sheet is asked for. `merged` are (top, left,
    bottom, right), `formulas` (row, column), all counted from 1.
    """

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    formulas: frozenset[tuple[int, int]] = frozenset()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is open: what it is, notes for the reader, its sheets once.

    Notes are "extension" (the name says another kind), "formulas" (values as the
    spreadsheet program left them) and "encoding:…" of a CSV.
    """

    kind: str
    notes: tuple[str, ...]
    sheets: Iterator[Sheet]


@contextmanager
def opened(source: Path | bytes) -> Iterator[Opened]:
    """Open a file by what it holds, not by its name. Raises CannotRead."""
    with _file(source) as file:
        suffix = source.suffix.lower() if isinstance(source, Path) else ""
        head = file.read(_HEAD)
        if not head.strip(b"\0 \r\n\t\xef\xbb\xbf"):
            raise CannotRead("empty")
        if file.seek(0, 2) > MOST_BYTES:
            raise CannotRead("too_large", f"{MOST_BYTES >> 20} MB")
        file.seek(0)
        if opening.kind_of(head):
            with _workbook(file, suffix) as book:
                yield book
            return
        start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
        if start.startswith(_WEB_PAGE) or b"<table" in start:
            raise CannotRead("web_page")
        if start.startswith(_NO_LISTS):
            raise CannotRead("unknown_kind")
        text = delimited.opened(file)
        notes = [f"encoding:{text.encoding}"]
        if suffix and suffix not in _EXTENSIONS["csv"]:
            notes.append("extension")
        with closing(text.rows):
            yield Opened("csv", tuple(notes), iter([Sheet("", _as_cells(text.rows))]))


@contextmanager
def _file(source: Path | bytes) -> Iterator[IO[bytes]]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
        return
    with TemporaryFile() as file:
        file.write(source)
        file.seek(0)
        yield file


@contextmanager
def _workbook(file: IO[bytes], suffix: str) -> Iterator[Opened]:
    # The child sees the same open file, from its beginning, and no environment.
    file.seek(0)
    child = subprocess.Popen(
        [sys.executable, "-I", opening.__file__],
        stdin=file.fileno(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        encoding="utf-8",
    )
    assert child.stdout is not None
    try:
        lines = _lines(child, child.stdout)
        about = next(lines)
        notes = ["formulas"] if about["formulas"] else []
        if suffix and suffix not in _EXTENSIONS[about["kind"]]:
            notes.append("extension")
        yield Opened(about["kind"], tuple(notes), _sheets(lines))
    finally:
        child.stdout.close()
        child.kill()
        child.wait()


def _lines(child: subprocess.Popen[str], lines: IO[str]) -> Iterator[dict[str, Any]]:
    """Yield what the child says. Raises CannotRead for a refusal or a silent end."""
    for line in lines:
        if not line.endswith("\n"):
            break
        told = json.loads(line)
        if "refused" in told:
            raise CannotRead(told["refused"], told["detail"])
        if "end" in told:
            return
        yield told
    # It died in the middle: of the limits it was given, or the parser fell over.
    child.wait()
    raise CannotRead("sprawls" if child.returncode < 0 else "damaged")


def _sheets(lines: Iterator[dict[str, Any]]) -> Iterator[Sheet]:
    told: dict[str, Any] | None = next(lines, None)

    def rows() -> Iterator[tuple[int, list[Cell]]]:
        nonlocal told
        for told in lines:
            if "sheet" in told:
                return
            for number, *cells in told["rows"]:
                yield number, [_cell(cell) for cell in cells]
        told = None

    while told is not None:
        sheet = told
        if sheet["hidden"] or "merged" not in sheet:
            yield Sheet(sheet["sheet"], iter(()), hidden=True)
            told = next(lines, None)
            continue
        given = _in_unicode(rows())
        yield Sheet(
            sheet["sheet"],
            given,
            tuple((t, left, b, r) for t, left, b, r in sheet["merged"]),
            frozenset((row, column) for row, column in sheet["formulas"]),
        )
        for _ in given:
            pass


def _in_unicode(
    rows: Iterator[tuple[int, list[Cell]]],
) -> Iterator[tuple[int, list[Cell]]]:
    """Yield rows with letters of an old font put into Unicode.

    A workbook does not say that its letters are those of a font, so that the first
    rows tell. Raises CannotRead where they show such letters, and not of which font.
    """
    first = list(islice(rows, _LOOKED_AT))
    font = legacy.detect(cell for _, row in first for cell in row if type(cell) is str)
    if font == "unclear":
        raise CannotRead("old_font")
    for number, row in chain(first, rows):
        if font is not None:
            row = [legacy.convert(c, font) if type(c) is str else c for c in row]
        yield number, row


def _as_cells(
    rows: Iterator[tuple[int, list[str]]],
) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in rows:
        yield number, [*row]


def _cell(cell: Any) -> Cell:
    return cell if not isinstance(cell, list) else _day(*cell)


def _day(year: int, month: int, day: int) -> Cell:
    try:
        return date(year, month, day)
    except ValueError:
        return f"{day}/{month}/{year}"
