"""Opens a workbook in a process of its own, with little memory and time.

Run as a script by ``workbooks.py``; takes the file on standard input and writes JSON
lines: what the file is, then each sheet and its rows, then an end. It imports nothing
of ours and is given no environment, so a file that breaks the parser finds neither
secrets nor a database. Nothing is evaluated: of a formula only the value is taken that
the spreadsheet program left.
"""

import json
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Final, NoReturn, cast

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
)
from python_calamine import SheetTypeEnum as SheetType
from python_calamine import SheetVisibleEnum as Visible

# A list of 100,000 rows and 12 columns takes 118 MiB as XLSX and 164 MiB as ODS
# (bench/lists.py); a hostile one stops here.
MOST_MEMORY: Final = 448 << 20
MOST_SECONDS: Final = 60
MOST_ENTRIES: Final = 2_000
MOST_INFLATED: Final = 400 << 20
# Lists up to 100,000 rows (decisions paper); titles, headers and sums come on top.
MOST_ROWS: Final = 110_000
MOST_COLUMNS: Final = 200
MOST_TEXT: Final = 2_000
# Positions of formulas are kept up to here; beyond, only that there are some.
MOST_FORMULAS: Final = 200_000

ZIP_MARK: Final = b"PK\x03\x04"
OLE_MARK: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_BATCH: Final = 256
_CHUNK: Final = 1 << 20
_ROW: Final = re.compile(rb"<row[ >/]")
_VALUE: Final = re.compile(rb"<(?:v|is)>")
_FORMULA: Final = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*><f[ >/]')
_DOCTYPE: Final = b"<!DOCTYPE"


class Refused(Exception):
    """The file is not opened; the first argument is a code of ``exceptions.WORDS``."""


def refuse(code: str, detail: str = "") -> NoReturn:
    """Raise the refusal."""
    raise Refused(code, detail)


def kind_of(head: bytes) -> str:
    """Return "zip" or "ole" by the first bytes, "" for anything else."""
    if head.startswith(ZIP_MARK):
        return "zip"
    return "ole" if head.startswith(OLE_MARK) else ""


def inspect_ole(data: bytes) -> str:
    """Return "xls"; raise Refused for what is locked, carries macros or is no list."""
    names = set(_ole_names(data))
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        refuse("password")
    if "_VBA_PROJECT_CUR" in names or "VBA" in names:
        refuse("macros")
    if not names & {"Workbook", "Book"}:
        refuse("unknown_kind")
    return "xls"


def inspect_zip(file: IO[bytes]) -> tuple[str, dict[str, list[list[int]]], int]:
    """Return the kind, the formulas by part and their number.

    Every part is inflated once by our own hand, counting, so that what the directory
    claims is not believed. Raises Refused.
    """
    size = file.seek(0, 2)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        refuse("damaged")
    names = {entry.filename for entry in entries}
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_INFLATED:
        refuse("inflates")
    # Parts that overlap let a small file unpack to any size.
    if sum(entry.compress_size for entry in entries) > size:
        refuse("inflates")
    if any(entry.flag_bits & 1 for entry in entries):
        refuse("password")
    kind = _kind_of_parts(names)
    formulas: dict[str, list[list[int]]] = {}
    budget, count = MOST_INFLATED, 0
    for entry in entries:
        part = _Part(entry.filename)
        for chunk in _inflate(file, entry, budget):
            budget -= len(chunk)
            part.look_at(chunk)
        part.look_at(b"<c ")
        formulas[entry.filename] = part.formulas
        count += part.formula_count
    return kind, formulas, count


def _kind_of_parts(names: set[str]) -> str:
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") for name in lower):
        refuse("macros")
    if any("/externallinks/" in name for name in lower):
        refuse("external_links")
    if any(name.startswith(("basic/", "scripts/")) for name in lower):
        refuse("macros")
    if "xl/workbook.xml" in lower:
        return "xlsx"
    if "content.xml" in lower:
        return "ods"
    refuse("unknown_kind")


class _Part:
    """Looks at one inflated part as it comes, chunk by chunk."""

    def __init__(self, name: str) -> None:
        self.name, self.tail = name, b""
        self.is_sheet = name.startswith("xl/worksheets/")
        self.rows = self.values = self.formula_count = 0
        self.formulas: list[list[int]] = []

    def look_at(self, chunk: bytes) -> None:
        """Count rows, note formulas, refuse what no spreadsheet program writes."""
        whole = self.tail + chunk
        if _DOCTYPE in whole:
            refuse("damaged", "DOCTYPE")
        if self.name == "META-INF/manifest.xml" and b"encryption-data" in whole:
            refuse("password")
        if self.name == "content.xml" and b"<table:cell-range-source" in whole:
            refuse("external_links")
        if not self.is_sheet:
            self.tail = whole[-64:]
            return
        # Up to the last whole cell; the rest is looked at with what comes next.
        cut = max(whole.rfind(b"<c "), whole.rfind(b"<row"))
        seen, self.tail = (whole[:cut], whole[cut:]) if cut > 0 else (b"", whole)
        if len(self.tail) > 2 * _CHUNK:
            refuse("too_wide")
        self.rows += len(_ROW.findall(seen))
        self.values += len(_VALUE.findall(seen))
        if self.rows > MOST_ROWS and self.values >= self.rows:
            refuse("too_many_rows", str(MOST_ROWS))
        if b"<f" in seen:
            for letters, number in _FORMULA.findall(seen):
                self.formula_count += 1
                if len(self.formulas) < MOST_FORMULAS:
                    self.formulas.append([int(number), _column(letters)])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _inflate(file: IO[bytes], entry: zipfile.ZipInfo, budget: int) -> Iterator[bytes]:
    """Yield the content of a part; never more than the budget and the claim."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(ZIP_MARK):
        refuse("damaged")
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    file.seek(name_length + extra_length, 1)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refuse("damaged")
    stored = entry.compress_type == zipfile.ZIP_STORED
    inflater = zlib.decompressobj(-15)
    left, given, checksum = entry.compress_size, 0, 0
    while left > 0 or inflater.unconsumed_tail:
        packed = inflater.unconsumed_tail
        if not packed:
            packed = file.read(min(left, _CHUNK))
            left -= len(packed)
            if not packed:
                refuse("damaged")
        try:
            chunk = packed if stored else inflater.decompress(packed, _CHUNK)
        except zlib.error:
            refuse("damaged")
        given += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        if given > budget or given > entry.file_size:
            refuse("inflates")
        yield chunk
        if inflater.eof:
            break
    if given != entry.file_size or checksum != entry.CRC:
        refuse("damaged", "CRC")


def _ole_names(data: bytes) -> Iterator[str]:
    """Yield the names of streams: directory entries are 128 bytes, aligned."""
    for at in range(512, len(data) - 127, 128):
        length, kind = struct.unpack_from("<HB", data, at + 64)
        if kind in (1, 2, 5) and 2 < length <= 64 and not length % 2:
            yield data[at : at + length - 2].decode("utf-16-le", "replace")


def plain(value: object) -> object:
    """Return a cell as JSON holds it: text, number, or [year, month, day]."""
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            refuse("too_wide", str(MOST_TEXT))
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime | date):
        return [value.year, value.month, value.day]
    return str(value)


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def _sheet_parts(file: IO[bytes]) -> dict[str, str]:
    """Return the part of each sheet of an XLSX by name; what is unclear is left out."""
    with zipfile.ZipFile(file) as archive:
        try:
            book = archive.read("xl/workbook.xml").decode("utf-8")
            ties = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            return {}
    targets = {}
    for tie in re.findall(r"<Relationship [^>]*>", ties):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tie))
        target = told.get("Target", "").removeprefix("/xl/").removeprefix("xl/")
        targets[told.get("Id", "")] = f"xl/{target}"
    parts = {}
    for order, sheet in enumerate(re.findall(r"<sheet [^>]*>", book)):
        tie = re.search(r'\br?:?id="([^"]*)"', sheet)
        if tie and tie[1] in targets:
            parts[str(order)] = targets[tie[1]]
    return parts


def tell(file: IO[bytes]) -> None:
    """Write everything that the workbook holds. Raises Refused."""
    formulas: dict[str, list[list[int]]] = {}
    parts: dict[str, str] = {}
    count = 0
    if kind_of(file.read(8)) == "ole":
        file.seek(0)
        kind = inspect_ole(file.read())
    else:
        kind, formulas, count = inspect_zip(file)
        if kind == "xlsx":
            parts = _sheet_parts(file)
    file.seek(0)
    _say(kind=kind, formulas=count)
    try:
        book = CalamineWorkbook.from_filelike(file)
        total = 0
        for order, about in enumerate(book.sheets_metadata):
            hidden = about.visible != Visible.Visible
            if about.typ != SheetType.WorkSheet or hidden:
                _say(sheet=about.name, hidden=hidden)
                continue
            sheet = book.get_sheet_by_index(order)
            total = _tell_sheet(
                sheet, about.name, formulas.get(parts.get(str(order), ""), []), total
            )
    except PasswordError:
        refuse("password")
    except CalamineError as error:
        refuse("password" if "assword" in str(error) else "damaged")


def _tell_sheet(
    sheet: CalamineSheet, name: str, formulas: list[list[int]], total: int
) -> int:
    """Write one sheet; return how many rows that say something were told in all."""
    merged = [
        [top + 1, left + 1, bottom + 1, right + 1]
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    ]
    _say(sheet=name, hidden=False, merged=merged, formulas=formulas)
    _, first_column = sheet.start or (0, 0)
    if sheet.width + first_column > MOST_COLUMNS:
        refuse("too_wide", str(MOST_COLUMNS))
    margin = [""] * first_column
    batch: list[list[object]] = []
    # The iterator begins at row 1, but at the first column that holds something.
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = margin + [plain(value) for value in row]
        while cells and cells[-1] == "":
            del cells[-1]
        if not cells:
            continue
        total += 1
        if total > MOST_ROWS:
            refuse("too_many_rows", str(MOST_ROWS))
        batch.append([number, *cells])
        if len(batch) == _BATCH:
            _say(rows=batch)
            batch = []
    if batch:
        _say(rows=batch)
    return total


def main() -> int:
    """Read standard input, write the lines; a refusal is a line too."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    try:
        # Unbuffered, for the parser reads and seeks in it as well.
        with open(0, "rb", buffering=0, closefd=False) as file:
            tell(cast("IO[bytes]", file))
    except Refused as refusal:
        code, detail = refusal.args
        _say(refused=code, detail=detail)
    except MemoryError:
        _say(refused="sprawls", detail="")
    else:
        _say(end=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
