"""Files made to harm, or sent by mistake: refused with a reason, in little memory."""

import io
import resource
import struct
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from portal.registry.imports import archives, opening, reading, workbooks
from portal.registry.imports.exceptions import WORDS, CannotRead
from tests.registry.imports.compound import book, compound, record
from tests.registry.imports.conftest import as_csv

LISTS = Path(__file__).parents[2] / "data" / "lists"
HEADER = ["Họ và tên", "Ngày sinh", "CCCD", "Ngày tiêm", "Vắc xin"]
PERSON = ["Võ Thị Sáu", "02/01/1990", "079190000111", "14/08/2021", "Pfizer"]
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(rows=(HEADER, PERSON)) -> bytes:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet("DS")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return into.getvalue()


def with_parts(parts: dict[str, bytes]) -> bytes:
    """Return the workbook with parts added or put in place of its own."""
    into = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return into.getvalue()


def with_sheet(rows: bytes) -> bytes:
    text = f"<worksheet {MAIN}><sheetData>".encode() + rows
    return with_parts({SHEET: text + b"</sheetData></worksheet>"})


def ods(content: str, manifest: str = "<manifest/>") -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            "<office:document-content"
            ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
            ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
            '<office:body><office:spreadsheet><table:table table:name="A">'
            f"{content}</table:table></office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return into.getvalue()


def ods_cell(formula: str) -> bytes:
    """Return an ODS with a list of one person, whose number is a formula's value."""

    def cells(texts, formula=""):
        said = f' table:formula="{formula}"' if formula else ""
        return "".join(
            f'<table:table-cell office:value-type="string"{said if n == 2 else ""}>'
            f"<text:p>{text}</text:p></table:table-cell>"
            for n, text in enumerate(texts)
        )

    return ods(
        f"<table:table-row>{cells(HEADER)}</table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/>'
        f"</table:table-row><table:table-row>{cells(PERSON, formula)}</table:table-row>"
    )


def old_book(*records: bytes, version: int = 0x0600) -> bytes:
    """Return an XLS whose workbook holds these records."""
    return compound({"Workbook": book(*records, version=version)})


def lying() -> bytes:
    """A part that claims 64 bytes and inflates to four million."""
    data = bytearray(with_parts({"xl/media/a.bin": bytes(4 << 20)}))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/media/a.bin"))
    struct.pack_into("<I", data, at + 24, 64)
    return bytes(data)


def overlapping() -> bytes:
    """Many directory entries that all lead to the same bytes."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/a.bin", bytes(100_000))
        archive.filelist += [archive.getinfo("xl/a.bin")] * 500
    return into.getvalue()


def bomb() -> bytes:
    """A directory that owns up to what it unpacks to."""
    data = bytearray(with_parts({"xl/media/a.bin": bytes(1 << 20)}))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/media/a.bin"))
    struct.pack_into("<I", data, at + 24, archives.MOST_INFLATED + 1)
    return bytes(data)


FILES = {
    "nothing": (lambda: b"", "empty"),
    "blanks": (lambda: b"\xef\xbb\xbf \r\n\r\n", "empty"),
    "no rows": (lambda: workbook(rows=()), "empty"),
    "a header alone": (lambda: workbook(rows=(HEADER,)), "empty"),
    "no header": (lambda: workbook(rows=(["Thực đơn"], ["Cơm", "Cá"])), "no_header"),
    "a bomb": (bomb, "inflates"),
    "a lying directory": (lying, "inflates"),
    "parts that overlap": (overlapping, "inflates"),
    "two million rows": (
        lambda: with_sheet(b"<row><c><v>1</v></c></row>" * 2_000_000),
        "too_many_rows",
    ),
    "a far cell": (
        lambda: with_sheet(
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        "sprawls",
    ),
    "repeated cells": (
        lambda: ods(
            '<table:table-row table:number-rows-repeated="1000000">'
            '<table:table-cell table:number-columns-repeated="100"'
            ' office:value-type="string"><text:p>x</text:p></table:table-cell>'
            "</table:table-row>"
        ),
        "sprawls",
    ),
    "a wide row": (lambda: workbook(rows=(["x"] * 300,)), "too_wide"),
    "a long cell": (lambda: workbook(rows=(["x" * 9_000],)), "too_wide"),
    "an entity": (
        lambda: with_parts({SHEET: b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'}),
        "damaged",
    ),
    "macros": (lambda: with_parts({"xl/vbaProject.bin": b"x"}), "macros"),
    "old macros": (
        lambda: compound({"Workbook": book(), "_VBA_PROJECT_CUR": None}),
        "macros",
    ),
    "old macros without their storage": (lambda: old_book(record(0x00D3)), "macros"),
    "a sheet of macros": (
        lambda: old_book(record(0x0085, b"\0\0\0\0\0\1\1\0M")),
        "macros",
    ),
    "old external links": (
        lambda: old_book(record(0x01AE, b"\x01\0\x09\0\0\x01\x01b.xls")),
        "external_links",
    ),
    "external links of Excel 95": (
        lambda: old_book(record(0x0017, b"\x06\x01b.xls"), version=0x0500),
        "external_links",
    ),
    "an old password": (lambda: old_book(record(0x002F, bytes(6))), "password"),
    "an old book cut short": (
        lambda: old_book(struct.pack("<HH", 0x0085, 2) + b"ab"),
        "damaged",
    ),
    "an old book in a ring": (
        lambda: compound({"Workbook": book()})[:-512] + bytes(512),
        "sprawls",
    ),
    "external links": (
        lambda: with_parts({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        "external_links",
    ),
    "macros of before": (
        lambda: with_parts({"xl/macrosheets/sheet1.xml": b"<x/>"}),
        "macros",
    ),
    "macros under another name": (
        lambda: with_parts({"xl/notes.bin": opening.OLE_MARK + bytes(600)}),
        "macros",
    ),
    "macros that the table of parts names": (
        lambda: with_parts(
            {
                "[Content_Types].xml": b'<x t="application/vnd.ms-excel'
                b'.sheet.macroEnabled.main+xml"/>'
            }
        ),
        "macros",
    ),
    "a control": (lambda: with_parts({"xl/activeX/activeX1.bin": b"x"}), "macros"),
    "a connection": (
        lambda: with_parts({"xl/connections.xml": b"<x/>"}),
        "external_links",
    ),
    "a query": (
        lambda: with_parts({"xl/queryTables/queryTable1.xml": b"<x/>"}),
        "external_links",
    ),
    "a tie to another file": (
        lambda: with_parts(
            {
                "xl/_rels/a.rels": b'<Relationship Type="t/externalLinkPath" '
                b'Target="file:///b.xlsx" TargetMode="External"/>'
            }
        ),
        "external_links",
    ),
    "a file within": (
        lambda: with_parts({"xl/embeddings/oleObject1.bin": b"x"}),
        "embedded",
    ),
    "a sheet of another ODS": (
        lambda: ods('<table:table-source xlink:href="file:///b.ods"/>'),
        "external_links",
    ),
    "a cell of another ODS": (
        lambda: ods_cell("of:='file:///b.ods'#$S.A1"),
        "external_links",
    ),
    "a password": (
        lambda: compound({"EncryptionInfo": b"", "EncryptedPackage": b""}),
        "password",
    ),
    "a locked ODS": (
        lambda: ods("", '<m:encryption-data xmlns:m="m"/>'),
        "password",
    ),
    "half a file": (lambda: workbook()[:-400], "damaged"),
    "a letter of old": (lambda: compound({"WordDocument": b""}), "unknown_kind"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unknown_kind"),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "unknown_kind"),
    "a web page": (lambda: b"<html><table><tr><td>1", "web_page"),
    "Russian letters": (lambda: "Фамилия;Имя\n".encode("cp1251") * 9, "encoding"),
    "a CSV of many rows": (
        lambda: as_csv([HEADER]) + b"\n" + b"a,b,c\n" * archives.MOST_ROWS,
        "too_many_rows",
    ),
    "a CSV of one line": (lambda: b"a," * 600_000, "too_wide"),
}


@pytest.mark.parametrize(("make", "code"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_list_is_refused_with_its_reason(vocabulary, make, code):
    with pytest.raises(CannotRead) as refusal:
        reading.survey(make(), vocabulary=vocabulary)

    assert refusal.value.code == code
    assert str(refusal.value.words)


def test_every_refusal_has_words():
    told = {code for _, code in FILES.values()}
    assert told <= WORDS.keys()


@pytest.mark.parametrize(
    ("name", "content", "kind", "notes"),
    [
        ("a.xlsx", workbook(), "xlsx", ()),
        ("a.xls", workbook(), "xlsx", ("extension",)),
        ("a.csv", workbook(), "xlsx", ("extension",)),
        ("a.xlsx", as_csv([HEADER, PERSON]), "csv", ("encoding:utf-8", "extension")),
        ("a.CSV", as_csv([HEADER, PERSON]), "csv", ("encoding:utf-8",)),
    ],
)
def test_content_decides_what_a_file_is(
    tmp_path, vocabulary, name, content, kind, notes
):
    path = tmp_path / name
    path.write_bytes(content)

    told = reading.survey(path, vocabulary=vocabulary)

    assert (told.kind, told.notes, told.people) == (kind, notes, 1)


def test_formulas_of_an_ods_are_pointed_out(vocabulary):
    content = ods_cell("of:=[.A1]&amp;1")

    told = reading.survey(content, vocabulary=vocabulary)
    (row,) = reading.read(content, vocabulary=vocabulary, on=date(2022, 1, 1))

    assert "formulas" in told.notes
    assert [(r.code, r.cell) for r in row.reasons] == [("formula", "C5")]


def test_a_link_that_somebody_may_click_is_no_tie_to_another_file(vocabulary):
    link = b'<Relationship Type="t/hyperlink" Target="http://a" TargetMode="External"/>'
    content = with_parts({"xl/worksheets/_rels/sheet1.xml.rels": link})

    assert reading.survey(content, vocabulary=vocabulary).people == 1


@pytest.mark.parametrize("beyond", [1, 2, 100, 257, 258, 300])
def test_a_part_that_ends_a_little_beyond_a_chunk_is_read_to_its_end(beyond):
    part = b" " * ((1 << 20) + beyond)

    kind, _, _ = archives.inspect(io.BytesIO(with_parts({"docProps/x.xml": part})))

    assert kind == "xlsx"


def test_a_list_left_half_read_leaves_no_process_behind(vocabulary):
    many = workbook(rows=(HEADER, *[PERSON] * 5_000))
    rows = reading.read(many, vocabulary=vocabulary, on=date(2022, 1, 1))
    next(rows)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    rows.close()

    # Only of a child that ended and was waited for is the time known.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before


def test_what_an_old_book_says_of_itself_and_its_add_ins_leads_nowhere():
    own = record(0x01AE, b"\x01\0\x01\x04") + record(0x01AE, b"\x01\0\x01\x3a")
    many = record(0x0017, b"\0\x01" + bytes(6 * 256))

    data = io.BytesIO(old_book(own, many))

    assert opening.inspect_ole(data) == ({}, 0)


def test_formulas_of_an_old_book_are_pointed_out_as_those_of_a_new_one(vocabulary):
    path = LISTS / "with-formulas.xls"

    told = reading.survey(path, vocabulary=vocabulary)
    rows = list(reading.read(path, vocabulary=vocabulary, on=date(2022, 1, 1)))

    assert "formulas" in told.notes
    assert [row.values.full_name for row in rows] == ["Võ Thị Sáu", "Lê Văn Tám"]
    with workbooks.opened(path) as opened:
        assert next(opened.sheets).formulas == {(2, 1), (3, 1)}
