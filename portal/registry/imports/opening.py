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

import olefile
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
# Records of an XLS, by their numbers in Microsoft's [MS-XLS], and what a SUPBOOK says
# of the workbook itself and of its add-ins; EXTERNSHEET names files up to Excel 95.
_BOF, _BOUNDSHEET, _FILEPASS, _OBPROJ = 0x0809, 0x0085, 0x002F, 0x00D3
_SUPBOOK, _EXTERNSHEET = 0x01AE, 0x0017
_FORMULAS: Final = (0x0006, 0x0206, 0x0406)
_OWN_BOOK, _ADD_IN = b"\x01\x04", b"\x01\x3a"
_EXCEL_97: Final = 0x0600


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


def inspect_ole(file: IO[bytes]) -> tuple[dict[int, list[list[int]]], int]:
    """Return the formulas of an XLS by sheet, counted from 0, and their number.

    Raises Refused for what is locked, carries macros, takes values from other files
    or is no list: what an XLSX is refused for.
    """
    try:
        with olefile.OleFileIO(file) as parts:
            names = {name for path in parts.listdir(storages=True) for name in path}
            if names & {"EncryptedPackage", "EncryptionInfo"}:
                refuse("password")
            if names & {"_VBA_PROJECT_CUR", "VBA", "Macros"}:
                refuse("macros")
            book = next((name for name in ("Workbook", "Book") if name in names), None)
            if book is None:
                refuse("unknown_kind")
            return _inspect_book(parts.openstream(book).read())
    except (OSError, struct.error, IndexError, ValueError):
        refuse("damaged")


def _inspect_book(data: bytes) -> tuple[dict[int, list[list[int]]], int]:
    """Walk the records of a workbook: kind, length, content, one after the other."""
    sheets: dict[int, int] = {}
    formulas: dict[int, list[list[int]]] = {}
    at = count = sheet = 0
    is_old = False
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        body = data[at + 4 : at + 4 + length]
        if kind == _BOF:
            is_old = struct.unpack_from("<H", body)[0] < _EXCEL_97
            sheet = sheets.get(at, -1)
        elif kind == _BOUNDSHEET:
            if body[5] in (1, 6):
                refuse("macros")
            sheets[struct.unpack_from("<I", body)[0]] = len(sheets)
        elif kind == _FILEPASS:
            refuse("password")
        elif kind == _OBPROJ:
            refuse("macros")
        elif _leads_out(kind, body, is_old=is_old):
            refuse("external_links")
        elif kind in _FORMULAS and sheet >= 0:
            row, column = struct.unpack_from("<HH", body)
            count += 1
            if count <= MOST_FORMULAS:
                formulas.setdefault(sheet, []).append([row + 1, column + 1])
        at += 4 + length
    return formulas, count


def _leads_out(kind: int, body: bytes, *, is_old: bool) -> bool:
    """Tell whether a record names another file."""
    if kind == _SUPBOOK:
        return body[2:4] not in (_OWN_BOOK, _ADD_IN)
    return kind == _EXTERNSHEET and is_old and body[1:2] == b"\x01"


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
        kind = "xls"
        of_sheets, count = inspect_ole(file)
        # Named by their order here, by their part in the archive of an XLSX.
        formulas = {str(order): cells for order, cells in of_sheets.items()}
        parts = {order: order for order in formulas}
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
