"""One row in hand: its cells by role, "as above" followed, and what was odd in it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from portal.registry.imports import cells
from portal.registry.imports.cells import Cell, Lots, Products
from portal.registry.imports.columns import Column
from portal.registry.imports.headers import Header
from portal.registry.imports.rows import Reason
from portal.registry.imports.workbooks import Sheet

# What "as above" may stand for. A name, a number and a birth date are everybody's own.
_FILLED_DOWN: Final = frozenset(
    ("phones", "sex", "given_on", "product", "lot", "dose_number", "address", "site")
    + ("complaint",)
)
_UNMINDED: Final = frozenset(("ordinal", "note", "time", "address", "complaint"))
_DITTO_STARTS: Final = frozenset(
    "'\"\u2018\u2019\u201c\u201d\u2032\u2033\u3003`,-/nNtTdDaA\u00b4"
)
_VALUE_OF_ROLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("family_name", "given_name"), "full_name"),
    **dict.fromkeys(("id_old", "id_new"), "id_number"),
    **dict.fromkeys(("sex_male", "sex_female"), "sex"),
    **dict.fromkeys(("born_male", "born_female", "born_day", "born_month"), "born_on"),
    "born_year": "born_on",
    "dose": "dose_number",
    "product_mark": "product",
}


class Line:
    """The row in hand, and the rows above it as far as "as above" refers to them.

    One for a sheet; ``begin`` gives it the columns of a table, ``take`` the next row.
    """

    def __init__(
        self, sheet: Sheet, *, products: Products, lots: Lots, on: date
    ) -> None:
        self.products, self.lots, self.on = products, lots, on
        self.columns: dict[str, list[Column]] = {}
        self.has_groups = False
        # Which of several doses on the row it is read for now; 0 where it tells of one.
        self.group = 0
        self.groups: tuple[int, ...] = ()
        self.number = 0
        self.reasons: list[Reason] = []
        self._cells: list[Cell] = []
        self._all: tuple[Column, ...] = ()
        self._above: dict[str, Cell] = {}
        self._formulas = sheet.formulas
        self._merged = _tall_columns(sheet)
        self._spans: dict[int, tuple[int, Cell]] = {}

    def begin(self, header: Header) -> None:
        """Take the columns of a table."""
        self.columns = {}
        self._all = header.columns
        for column in header.columns:
            if column.role:
                self.columns.setdefault(column.role, []).append(column)
        days, products = (
            {bool(column.group) for column in self.columns.get(role, ())}
            for role in ("given_on", "product")
        )
        # One vaccine for all doses leaves their days side by side; beside the vaccines
        # of earlier doses it is that of the row's own.
        plain = False in days or (False in products and (not days or True in products))
        self.has_groups = not plain and any(c.group for c in header.columns)

    def take(self, number: int, row: list[Cell]) -> None:
        """Take the next row; say where formulas stand in it."""
        self.number, self.reasons, self.group, self.groups = number, [], 0, ()
        self._cells = self._filled(row) if self._merged else row
        if self._formulas:
            self._look_at_formulas()

    def again(self, group: int, groups: tuple[int, ...]) -> None:
        """Read the same row for one of its doses: nothing is said of it yet."""
        self.reasons, self.group, self.groups = [], group, groups
        if self._formulas:
            self._look_at_formulas()

    def columns_of(self, role: str) -> list[Column]:
        """Return the columns of a role: of the dose in hand, then those of all."""
        columns = self.columns.get(role, [])
        if not self.group:
            return columns
        wanted = (self.group, 0)
        return [c for group in wanted for c in columns if c.group == group]

    def say(self, code: str, column: Column | str = "", detail: str = "") -> None:
        """Note what was odd, at a cell or at a value that has none."""
        if isinstance(column, str):
            self.reasons.append(Reason(code, column, "", detail))
            return
        value = _VALUE_OF_ROLE.get(column.role, column.role)
        cell = f"{column.letter}{self.number}"
        self.reasons.append(Reason(code, value, cell, detail))

    def where(self, role: str) -> Column | str:
        """Return the first column of a role; the role itself where there is none."""
        if self.group:
            columns = self.columns_of(role)
        else:
            columns = [c for c in self.columns.get(role, ()) if not c.group]
        return columns[0] if columns else role

    def cell(self, column: Column) -> Cell:
        """Return what stands in a column, "as above" followed where it may stand."""
        if column.index > len(self._cells):
            return ""
        cell = self._cells[column.index - 1]
        place = f"{column.role}{column.index}"
        if not isinstance(cell, str):
            self._above[place] = cell
            return cell
        text = cell.strip()
        if text and text[0] in _DITTO_STARTS and cells.is_as_above(text):
            if column.role in _FILLED_DOWN:
                return self._above.get(place, "")
            if column.role not in _UNMINDED:
                self.say("as_above", column)
            return ""
        if text:
            self._above[place] = text
        return text

    def first(self, role: str) -> tuple[Cell, Column | None]:
        """Return the first filled cell of a role with its column."""
        column = None
        for column in self.columns_of(role):
            if (cell := self.cell(column)) != "":
                return cell, column
        return "", column

    def text(self, role: str) -> str:
        """Return the first filled cell of a role as text."""
        return cells.as_text(self.first(role)[0]).strip()

    def texts(self, role: str) -> list[str]:
        """Return all filled cells of a role as text."""
        texts = (cells.as_text(self.cell(c)) for c in self.columns_of(role))
        return [text for text in texts if text]

    def as_text(self) -> str:
        """Return the texts of the row, one after the other."""
        return "\n".join([cell for cell in self._cells if isinstance(cell, str)])

    def written(self) -> Iterator[tuple[Column, str]]:
        """Yield the texts of the row with their columns, headed or not."""
        for index, cell in enumerate(self._cells, 1):
            if isinstance(cell, str) and cell.strip():
                known = index <= len(self._all)
                column = self._all[index - 1] if known else _unheaded(index)
                yield column, cell.strip()

    def _filled(self, row: list[Cell]) -> list[Cell]:
        """Return the row with what cells merged downwards say for it."""
        row = list(row)
        for index, spans in self._merged.items():
            bottom = spans.get(self.number)
            if bottom is not None:
                value = row[index - 1] if index <= len(row) else ""
                self._spans[index] = (bottom, value)
            until, value = self._spans.get(index, (0, ""))
            if self.number <= until and value != "":
                row += [""] * (index - len(row))
                row[index - 1] = value
        return row

    def _look_at_formulas(self) -> None:
        for role in self.columns:
            if role in _UNMINDED:
                continue
            for column in self.columns_of(role):
                if (self.number, column.index) in self._formulas:
                    said = column.index <= len(self._cells)
                    said = said and self._cells[column.index - 1] != ""
                    self.say("formula" if said else "formula_lost", column)


def _unheaded(index: int) -> Column:
    """Return a column to the right of all that the header was read with."""
    return Column(index, "", "", "", 0.0)


def _tall_columns(sheet: Sheet) -> dict[int, dict[int, int]]:
    """Return by column the first and last rows of cells merged downwards."""
    columns: dict[int, dict[int, int]] = {}
    for top, left, bottom, _right in sheet.merged:
        if bottom > top:
            columns.setdefault(left, {})[top] = bottom
    return columns
