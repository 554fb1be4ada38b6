"""Lists in letters from before Unicode: read as what they say, or refused in words."""

import io
import subprocess
import unicodedata
from datetime import date
from shutil import which

import pytest
import xlsxwriter

from portal.registry.imports import legacy, reading
from portal.registry.imports.exceptions import CannotRead

NAMES = [
    "Nguyễn Văn Thành",
    "Trần Thị Bưởi",
    "Phạm Thùy Lộc",
    "Lê Đức Huỳnh",
    "Võ Hồng Phượng",
    "Đặng Quốc Dũng",
    "Bùi Thị Ngọc Ánh",
    "Huỳnh Thị Kỷ",
    "Ưng Thị Ẩn Ỷ",
]
HEADER = ["Họ và tên", "Ngày sinh", "Số CCCD", "Ngày tiêm", "Vắc xin"]
LETTERS = sorted(
    {
        unicodedata.normalize("NFC", base + tone)
        for base in "aăâeêioôơuưy"
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    }
    | {"đ"}
)


def written(text, font):
    """Return a text as an old font's keyboard wrote it: the tables, backwards."""
    if font == "tcvn3":
        back = {letter: chr(code) for code, letter in legacy._TCVN3.items()}
        small = {k.upper(): v for k, v in back.items()}
        return "".join(back.get(c, small.get(c, c)) for c in text)
    back = {letter: pair for pair, letter in legacy._VNI_ALL.items()}
    return "".join(back.get(c, c) for c in text)


def rows(names=NAMES):
    return [
        [name, "02/01/1990", f"0791900001{n:02}", "14/08/2021", "Pfizer"]
        for n, name in enumerate(names)
    ]


def as_text(font, names=NAMES):
    lines = [";".join(row) for row in [HEADER, *rows(names)]]
    return written("\n".join(lines), font).encode("latin-1")


def as_workbook(font, names=NAMES):
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet("DS")
        for number, row in enumerate([HEADER, *rows(names)]):
            sheet.write_row(number, 0, [written(cell, font) for cell in row])
    return into.getvalue()


@pytest.mark.parametrize("font", ["tcvn3", "vni"])
def test_every_letter_comes_back(font):
    for letter in LETTERS:
        assert legacy.convert(written(letter, font), font) == letter


@pytest.mark.parametrize(
    ("font", "text", "said"),
    [
        ("tcvn3", "NguyÔn V¨n Thµnh", "Nguyễn Văn Thành"),
        ("tcvn3", "Hµ", "Hà"),
        ("tcvn3", "NGUYÔN THÞ H\u00ad\u00ca", "NGUYỄN THỊ HƯẤ"),
        ("tcvn3", "Ngµy tiªm: 14/08/2021", "Ngày tiêm: 14/08/2021"),
        ("vni", "Nguyeãn Vaên Thaønh", "Nguyễn Văn Thành"),
        ("vni", "ÑÖÙC HÖÔØNG YEÁN", "ĐỨC HƯỜNG YẾN"),
        ("vni", "Lyù Thò Myõ", "Lý Thị Mỹ"),
        ("vni", "Hoï vaø teân", "Họ và tên"),
    ],
)
def test_what_people_wrote_reads_as_they_meant_it(font, text, said):
    assert legacy.convert(text, font) == said


@pytest.mark.skipif(which("iconv") is None, reason="needs iconv to compare with")
def test_the_table_of_tcvn3_is_that_of_the_standard():
    for code, letter in legacy._TCVN3.items():
        told = subprocess.run(
            ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"],
            input=bytes([code]),
            capture_output=True,
            check=True,
        )
        assert told.stdout.decode() == letter


@pytest.mark.parametrize("make", [as_text, as_workbook])
@pytest.mark.parametrize("font", ["tcvn3", "vni"])
def test_a_list_of_an_old_machine_is_read(vocabulary, make, font):
    read = list(reading.read(make(font), vocabulary=vocabulary, on=date(2022, 1, 1)))

    found = [row.values.full_name for row in read]
    if font == "tcvn3":
        # This font has no large letters with tones: they were shown so, not written.
        assert [name.casefold() for name in found] == [n.casefold() for n in NAMES]
    else:
        assert found == NAMES
    assert {row.values.product for row in read} == {"comirnaty"}
    assert {row.values.given_on for row in read} == {date(2021, 8, 14)}


@pytest.mark.parametrize(
    "texts",
    [
        NAMES,
        [unicodedata.normalize("NFD", name) for name in NAMES],
        ["José Muñoz", "François Lefèvre", "Müller", "Søren Åberg", "Zoë"],
        ["Bé", "Thu Hà", "Lê Hà", "Bà Lê Thị Hoà"],
        ["Nguyen Van A", "Tran Thi B"],
        ["§ 5", "± 3 °C", "10 µg", "© 2021"],
        [],
    ],
)
def test_what_is_no_old_font_is_left_alone(texts):
    assert legacy.detect(texts) is None


def test_letters_of_no_font_that_is_known_are_refused_in_words(vocabulary):
    names = ["Ng¶y§n ¢µ¥", "Tr¤¨n ¸§¡", "Ph¼m ¾¦¥x", "L® ¶¢£¤k"]
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet("DS")
        for number, row in enumerate([HEADER, *rows(names)]):
            sheet.write_row(number, 0, row[:1] + row[1:])

    with pytest.raises(CannotRead) as refused:
        list(reading.read(into.getvalue(), vocabulary=vocabulary, on=date(2022, 1, 1)))

    assert refused.value.code == "old_font"
    assert "XLSX" in str(refused.value.words)


def test_the_old_code_page_is_still_told_from_the_fonts(vocabulary):
    text = "\n".join(";".join(row) for row in [HEADER, *rows()])
    parts = unicodedata.normalize("NFC", text)
    data = b"".join(_in_code_page(c) for c in parts)

    told = reading.survey(data, vocabulary=vocabulary)

    assert "encoding:cp1258" in told.notes


def _in_code_page(letter):
    """Return a letter in Windows-1258: its tone stands behind it."""
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tones = [c for c in parts if c in "\u0300\u0301\u0303\u0309\u0323"]
        rest = unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones))
        return (rest + "".join(tones)).encode("cp1258")
