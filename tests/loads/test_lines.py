"""What a line of a country's file must say; the table is for a health officer."""

import csv
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.imports.country import blocks
from portal.registry.imports.country.lines import (
    Known,
    Refusal,
    read_header,
    reader,
)
from portal.registry.imports.exceptions import CannotRead

AT = datetime(2026, 11, 2, 5, tzinfo=UTC)
GOOD = {
    "full_name": "Nguyễn Thị Thử",
    "born_on": "1958-03-08",
    "sex": "F",
    "id_number": "079158012345",
    "phone": "0912345678",
    "given_on": "2021-08-12",
    "product": "comirnaty",
    "lot": "FF2752",
    "site": "TYT-LOAD",
    "dose_number": "1",
}
KNOWN = Known(
    products={"comirnaty": 1, "pfizer": 1},
    sites={"TYT-LOAD": 7},
    units={},
    lots={"FF2752": 3},
)
HEADER = read_header(",".join(GOOD).encode() + b"\n")

with Path(__file__).with_name("lines.csv").open(encoding="utf-8", newline="") as file:
    TABLE = list(csv.DictReader(file))


def read(text):
    return reader(HEADER, KNOWN, at=AT)(text)


def test_a_line_becomes_what_the_registry_would_write():
    line = read(",".join(GOOD.values()))

    assert line.name.full_name == "Nguyễn Thị Thử"
    assert (line.born_on, line.precision) == ("1958-03-08", "day")
    assert (line.id_kind, line.id_number) == ("pin12", "079158012345")
    assert (line.phone, line.lot, line.site) == ("+84912345678", 3, 7)
    assert line.recorded_at == AT.isoformat()


@pytest.mark.parametrize("row", TABLE, ids=[row["what"] for row in TABLE])
def test_a_line_is_taken_or_refused_with_column_and_reason(row):
    cells = GOOD | ({row["column"]: row["cell"]} if row["column"] else {})
    text = ",".join(cells.values())
    if not row["refused"]:
        assert read(text).given_on
        return

    with pytest.raises(Refusal) as refusal:
        read(text)
    assert str(refusal.value) == row["refused"]


@pytest.mark.parametrize("text", ["", "a,b", ",".join(["x"] * 11)])
def test_a_line_of_another_width_is_refused(text):
    with pytest.raises(Refusal, match="cells"):
        read(text)


def test_a_quotation_mark_too_many_refuses_its_line_only():
    with pytest.raises(Refusal, match="quotes"):
        read('"Nguyễn Thị Thử,' + ",".join(list(GOOD.values())[1:]))


def test_a_cell_in_quotation_marks_is_read_without_them():
    cells = [f'"{cell}"' for cell in GOOD.values()]
    assert read(",".join(cells)) == read(",".join(GOOD.values()))


@given(st.text(max_size=300))
def test_no_line_ends_in_anything_but_a_line_or_a_refusal(text):
    with suppress(Refusal):
        assert read(text).name.full_name


@pytest.mark.parametrize(
    ("first", "named"),
    [
        (b"full_name,born_on\nx", "given_on, product, site"),
        (",".join([*GOOD, "extra"]).encode() + b"\n", "extra"),
        (",".join([*GOOD, "sex"]).encode() + b"\n", "twice"),
    ],
)
def test_columns_that_are_not_ours_refuse_the_file(first, named):
    with pytest.raises(CannotRead, match=named):
        read_header(first)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_header_may_be_parted_as_spreadsheets_part_it(delimiter, mark):
    header = read_header(mark + delimiter.join(GOOD).encode() + b"\r\nx")
    assert (header.columns, header.delimiter) == (tuple(GOOD), delimiter)


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b""))))
def test_blocks_hold_every_line_once_and_in_order(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("blocks") / "file.csv"
    path.write_bytes(b"head\n" + b"\n".join(lines))
    found, row = b"", 2
    for number, block in enumerate(blocks.cut(path, header_ends=5)):
        assert (block.number, block.first_row) == (number, row)
        content = blocks.read(path, block)
        row += content.count(b"\n")
        found += content
    assert found == b"\n".join(lines)


def test_a_file_of_several_blocks_is_cut_at_the_same_lines_every_time(tmp_path):
    path = tmp_path / "file.csv"
    line = b"x" * 99 + b"\n"
    path.write_bytes(b"head\n" + line * 40_000)

    cut = list(blocks.cut(path, header_ends=5))

    assert len(cut) == 4
    assert cut == list(blocks.cut(path, header_ends=5))
    assert all(blocks.read(path, block).endswith(b"\n") for block in cut)
    assert cut[1].first_row == 2 + blocks.read(path, cut[0]).count(b"\n")


def test_a_line_that_never_ends_is_refused(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(b"head\n" + b"x" * (3 << 20))

    with pytest.raises(CannotRead, match="too_wide"):
        list(blocks.cut(path, header_ends=5))


def test_today_is_no_future_in_vietnam():
    late = datetime(2026, 11, 2, 20, tzinfo=UTC)
    cells = GOOD | {"given_on": date(2026, 11, 3).isoformat()}
    line = reader(HEADER, KNOWN, at=late)(",".join(cells.values()))
    assert line.given_on == "2026-11-03"
