"""What reads lists in these tests: the products shipped, a few lots, no database."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from portal.common.names import fold
from portal.registry.imports import cells, reading
from portal.registry.imports.rows import ListRow, Vocabulary
from portal.registry.imports.vocabulary import ABROAD
from portal.registry.reference import tables

DATA = Path(__file__).parents[2] / "data" / "lists"
TODAY = date(2021, 12, 1)
LOTS = {"FG4493": "comirnaty", "ABX6318": "vaxzevria", "210101": "vaxzevria"}


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    products = {}
    with (tables.HERE / "products.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["code"] in ABROAD:
                continue
            for name in (row["name"], row["code"], *row["aliases"].split("|")):
                products.setdefault(fold(name), row["code"])
    return Vocabulary(products, LOTS)


@pytest.fixture(scope="session")
def products(vocabulary: Vocabulary) -> cells.Products:
    return cells.Products(vocabulary.products)


@pytest.fixture(scope="session")
def lots(vocabulary: Vocabulary) -> cells.Lots:
    return cells.Lots(vocabulary.lots)


@pytest.fixture
def read(vocabulary: Vocabulary) -> Callable[..., list[ListRow]]:
    """Read a list given as path, bytes, or lines of cells (written as CSV)."""

    def rows(
        source: Path | bytes | list[list[str]],
        columns: Mapping[str, str] | None = None,
        on: date = TODAY,
    ) -> list[ListRow]:
        if isinstance(source, list):
            source = as_csv(source)
        return list(reading.read(source, vocabulary=vocabulary, columns=columns, on=on))

    return rows


def as_csv(lines: list[list[str]], delimiter: str = ",") -> bytes:
    """Return lines of cells as a UTF-8 CSV."""
    quoted = (['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines)
    return "\n".join(delimiter.join(line) for line in quoted).encode()


def book(
    sheets: Mapping[str, list[list[object]]],
    merged: Sequence[tuple[str, str, object]] = (),
    hidden: Sequence[str] = (),
) -> bytes:
    """Return an XLSX; "=A1|2" is a formula whose value the file holds as 2.

    `merged` are sheet, range and value.
    """
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as written:
        day_form = written.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = written.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        day = datetime.combine(cell, time())
                        sheet.write_datetime(number, column, day, day_form)
                    elif isinstance(cell, str) and cell.startswith("="):
                        formula, _, value = cell.partition("|")
                        sheet.write_formula(number, column, formula, None, value)
                    elif isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write_number(number, column, cell)
            for place, cells_of, cell in merged:
                if place == name:
                    sheet.merge_range(cells_of, cell)
    return into.getvalue()
