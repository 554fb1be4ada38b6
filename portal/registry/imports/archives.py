"""What an XLSX or ODS hides: looked for in its archive before a parser sees it.

Imports nothing but the standard library, for ``opening.py`` runs without a package.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final, NoReturn

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
_CHUNK: Final = 1 << 20
# A tag cut by the end of a chunk is looked at with the next one, up to this length.
_LONGEST_TAG: Final = 1 << 16
_ROW: Final = re.compile(rb"<row[ >/]")
_VALUE: Final = re.compile(rb"<(?:v|is)>")
_FORMULA: Final = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*><f[ >/]')
_DOCTYPE: Final = b"<!DOCTYPE"
_TIE: Final = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_OUTSIDE: Final = re.compile(rb"targetmode\s*=\s*[\"']external")
# A reference into another file, or to another program, in a formula of an ODS.
_FAR: Final = re.compile(
    rb"""table:formula\s*=\s*(?:"[^"]*?(?:://[^"]*?#|\bDDE\()|'[^']*?(?:://[^']*?#|\bDDE\())""",
    re.IGNORECASE,
)
_OF_SHEET: Final = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s>/])([^>]*)>"
)
_REPEATED: Final = re.compile(rb'repeated\s*=\s*["\']([0-9]{1,7})["\']')


class Refused(Exception):
    """The file is not opened; the first argument is a code of ``exceptions.WORDS``."""


def refuse(code: str, detail: str = "") -> NoReturn:
    """Raise the refusal."""
    raise Refused(code, detail)


def inspect(file: IO[bytes]) -> tuple[str, dict[str, list[list[int]]], int]:
    """Return the kind, the formulas and their number.

    Formulas are named by the part of an XLSX, by the order of the sheet in an ODS.

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
    content: zipfile.ZipInfo | None = None
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
        if entry.filename == "content.xml":
            content = entry
    if kind == "ods":
        formulas = _of_ods(file, content) if content and count else {}
    return kind, formulas, count


# Where a workbook keeps what runs, what is fetched and what cannot be looked at.
_REFUSED_PLACES: Final = (
    ("/macrosheets/", "macros"),
    ("/dialogsheets/", "macros"),
    ("/activex/", "macros"),
    ("/externallinks/", "external_links"),
    ("xl/connections", "external_links"),
    ("/querytables/", "external_links"),
    ("/embeddings/", "embedded"),
)


def _kind_of_parts(names: set[str]) -> str:
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") for name in lower):
        refuse("macros")
    if any(name.startswith(("basic/", "scripts/")) for name in lower):
        refuse("macros")
    for place, code in _REFUSED_PLACES:
        if any(place in name for name in lower):
            refuse(code)
    if "xl/workbook.xml" in lower:
        return "xlsx"
    if "content.xml" in lower:
        return "ods"
    refuse("unknown_kind")


class _Part:
    """Looks at one inflated part as it comes, chunk by chunk."""

    def __init__(self, name: str) -> None:
        self.name, self.tail, self.is_begun = name, b"", False
        self.is_content = name == "content.xml"
        self.is_sheet = name.startswith("xl/worksheets/")
        self.rows = self.values = self.formula_count = 0
        self.formulas: list[list[int]] = []

    def look_at(self, chunk: bytes) -> None:
        """Count rows, note formulas, refuse what no spreadsheet program writes."""
        whole = self.tail + chunk
        if not self.is_begun and whole.startswith(OLE_MARK):
            # Macros and embedded files are of this kind, whatever their part is called.
            refuse("macros")
        self.is_begun = True
        if _DOCTYPE in whole:
            refuse("damaged", "DOCTYPE")
        if self.name == "META-INF/manifest.xml" and b"encryption-data" in whole:
            refuse("password")
        if self.name == "[Content_Types].xml" and _tells_of_macros(whole):
            refuse("macros")
        if self.is_content or self.name.endswith(".rels"):
            self._look_for_sources(whole)
            return
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

    def _look_for_sources(self, whole: bytes) -> None:
        """Refuse what comes from other files; count formulas of an ODS."""
        if b"<table:cell-range-source" in whole or b"<table:table-source" in whole:
            refuse("external_links")
        cut = max(whole.rfind(b"<"), len(whole) - _LONGEST_TAG)
        seen, self.tail = whole[:cut], whole[cut:]
        if self.is_content:
            self.formula_count += seen.count(b"table:formula")
            if b"table:formula" in seen and _FAR.search(seen):
                refuse("external_links")
            return
        for tie in _TIE.findall(seen):
            lower = tie.lower()
            if _OUTSIDE.search(lower) and b"/hyperlink" not in lower:
                refuse("external_links")
            if b"vbaproject" in lower or b"macrosheet" in lower:
                refuse("macros")


def _tells_of_macros(types: bytes) -> bool:
    """Tell whether the table of parts names macros under whatever name."""
    lower = types.lower()
    return b"vbaproject" in lower or b"macroenabled" in lower or b"macrosheet" in lower


def _of_ods(file: IO[bytes], entry: zipfile.ZipInfo) -> dict[str, list[list[int]]]:
    """Return where formulas stand in the sheets of an ODS, counted from 0."""
    found: dict[str, list[list[int]]] = {}
    tail, count = b"", 0
    sheet, row, column, following = -1, 0, 0, 1
    for chunk in _inflate(file, entry, MOST_INFLATED):
        whole = tail + chunk
        cut = max(whole.rfind(b"<"), len(whole) - _LONGEST_TAG)
        seen, tail = whole[:cut], whole[cut:]
        for kind, told in _OF_SHEET.findall(seen):
            times = int(again[1]) if (again := _REPEATED.search(told)) else 1
            if kind == b"table":
                sheet, following = sheet + 1, 1
            elif kind == b"table-row":
                row, following, column = following, following + times, 0
            else:
                if b"table:formula" in told and count < MOST_FORMULAS:
                    found.setdefault(str(sheet), []).append([row, column + 1])
                    count += 1
                column += times
    return found


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
    if not entry.compress_size and not entry.file_size:
        return
    inflater = zlib.decompressobj(-15)
    left, given, checksum = entry.compress_size, 0, 0
    while left > 0 if stored else not inflater.eof:
        packed = inflater.unconsumed_tail
        if not packed and left > 0:
            packed = file.read(min(left, _CHUNK))
            left -= len(packed)
            if not packed:
                refuse("damaged")
        is_last = not packed
        try:
            # With nothing left to read, what the inflater still holds.
            chunk = packed if stored else inflater.decompress(packed, _CHUNK)
        except zlib.error:
            refuse("damaged")
        given += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        if given > budget or given > entry.file_size:
            refuse("inflates")
        yield chunk
        if is_last and not chunk and not inflater.eof:
            refuse("damaged")
    if given != entry.file_size or checksum != entry.CRC:
        refuse("damaged", "CRC")
