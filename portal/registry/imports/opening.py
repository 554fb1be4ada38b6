"""Opens a workbook in a process of its own, with little memory and time.

Run as a script by ``workbooks.py``; takes the file on standard input and writes JSON
lines: what the file is, then each sheet and its rows, then an end. It imports nothing
of ours but ``archives.py`` beside it and is given no environment, so a file that breaks
the parser finds neither secrets nor a database. Nothing is evaluated: of a formula only
the value is taken that the spreadsheet program left.
"""

import json
import re
import resource
import struct
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import olefile
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
)
from python_calamine import SheetTypeEnum as SheetType
from python_calamine import SheetVisibleEnum as Visible

if TYPE_CHECKING or __package__:
    from portal.registry.imports import archives
    from portal.registry.imports.archives import (
        MOST_COLUMNS,
        MOST_FORMULAS,
        MOST_ROWS,
        MOST_TEXT,
        OLE_MARK,
        ZIP_MARK,
        Refused,
        refuse,
    )
else:
    # As a script it has no package; nothing else is taken from beside it.
    sys.path.append(str(Path(__file__).parent))
    import archives
    from archives import (
        MOST_COLUMNS,
        MOST_FORMULAS,
        MOST_ROWS,
        MOST_TEXT,
        OLE_MARK,
        ZIP_MARK,
        Refused,
        refuse,
    )

# A list of 100,000 rows and 12 columns takes 118 MiB as XLSX and 164 MiB as ODS
# (bench/lists.py); a hostile one stops here.
MOST_MEMORY: Final = 448 << 20
MOST_SECONDS: Final = 60

_BATCH: Final = 256
# Records of an XLS, by their numbers in Microsoft's [MS-XLS], and what a SUPBOOK says
# of the workbook itself and of its add-ins; EXTERNSHEET names files up to Excel 95.
_BOF, _BOUNDSHEET, _FILEPASS, _OBPROJ = 0x0809, 0x0085, 0x002F, 0x00D3
_SUPBOOK, _EXTERNSHEET = 0x01AE, 0x0017
_FORMULAS: Final = (0x0006, 0x0206, 0x0406)
_OWN_BOOK, _ADD_IN = b"\x01\x04", b"\x01\x3a"
_EXCEL_97: Final = 0x0600


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
        kind, formulas, count = archives.inspect(file)
        if kind == "xlsx":
            parts = _sheet_parts(file)
        else:
            parts = {order: order for order in formulas}
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
