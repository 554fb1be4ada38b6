"""Session lists as the field has them: ``survey`` guesses the columns, ``read`` reads.

Pure: nothing is looked up and nothing is kept; what the registry knows comes in as a
vocabulary. A saved mapping says for folded headings (``headers.Column.key``) which
role they have, "" for none.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from portal.common import names
from portal.registry.imports import cells, meanings, tables, workbooks
from portal.registry.imports.columns import Column
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.normalising import Normaliser
from portal.registry.imports.rows import ListRow, Reason, Vocabulary
from portal.registry.imports.titles import NOTHING, Facts

_MOST_SKIPPED: Final = 500
# Whole numbers made of two: a row below a sheet, a name or a set of facts below both.
_ROW_BITS, _NAME_BITS, _FACTS_BITS = 21, 32, 17
_ROW_MASK, _NAME_MASK, _FACTS_MASK = (
    (1 << bits) - 1 for bits in (_ROW_BITS, _NAME_BITS, _FACTS_BITS)
)
_Facts = tuple[str | None, str, int | None]


@dataclass(frozen=True, slots=True)
class TableSurvey:
    """One table of a sheet: where its header stands, the guess, the facts above it."""

    first_row: int
    last_row: int
    columns: tuple[Column, ...]
    facts: Facts
    people: int


@dataclass(frozen=True, slots=True)
class SheetSurvey:
    """One sheet; `skipped` gives row and kind of what names nobody, titles first."""

    name: str
    hidden: bool
    tables: tuple[TableSurvey, ...]
    skipped: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is and how it would be read; `notes` as ``workbooks.Opened``."""

    kind: str
    notes: tuple[str, ...]
    sheets: tuple[SheetSurvey, ...]

    @property
    def people(self) -> int:
        """How many rows name somebody."""
        return sum(table.people for sheet in self.sheets for table in sheet.tables)


def survey(
    source: Path | bytes,
    *,
    vocabulary: Vocabulary,
    columns: Mapping[str, str] | None = None,
    facts: Facts = NOTHING,
) -> Survey:
    """Return how a list would be read, for review before anything is.

    Raises CannotRead for a file that is refused as a whole.
    """
    products, lots = _words(vocabulary, columns)
    sheets = []
    with workbooks.opened(source) as book:
        for sheet in book.sheets:
            found: list[TableSurvey] = []
            skipped: list[tuple[int, str]] = []
            for part in tables.walk(
                sheet, products=products, lots=lots, saved=columns, facts=facts
            ):
                if isinstance(part, tables.Table):
                    header = part.header
                    found.append(
                        TableSurvey(
                            header.first_row,
                            header.last_row,
                            header.columns,
                            part.facts,
                            0,
                        )
                    )
                elif isinstance(part, tables.Person):
                    found[-1] = replace(found[-1], people=found[-1].people + 1)
                elif len(skipped) < _MOST_SKIPPED:
                    skipped.append((part.number, part.kind))
            sheets.append(
                SheetSurvey(sheet.name, sheet.hidden, tuple(found), tuple(skipped))
            )
        told = Survey(book.kind, book.notes, tuple(sheets))
    if not told.people:
        raise CannotRead(_why_nothing(told))
    return told


def read(
    source: Path | bytes,
    *,
    vocabulary: Vocabulary,
    columns: Mapping[str, str] | None = None,
    on: date,
    facts: Facts = NOTHING,
) -> Iterator[ListRow]:
    """Yield the people of a list, in its order; `on` is the day of reading.

    Who has several doses on a row comes once for each, one after the other.

    `facts` hold for rows whose cells and titles are silent. Raises CannotRead, at the
    latest after the last row, for a file that is refused as a whole.
    """
    products, lots = _words(vocabulary, columns)
    seen = _Seen()
    told = 0
    any_table = any_row = False
    with workbooks.opened(source) as book:
        for sheet in book.sheets:
            normaliser = Normaliser(sheet, products=products, lots=lots, on=on)
            parts = tables.walk(
                sheet, products=products, lots=lots, saved=columns, facts=facts
            )
            with closing(parts):
                for part in parts:
                    any_row = True
                    if isinstance(part, tables.Person):
                        told += 1
                        for row in normaliser.rows(part):
                            yield seen.look(row)
                    elif isinstance(part, tables.Table):
                        any_table = True
    if not any_table:
        raise CannotRead("no_header" if any_row else "empty")
    if not told:
        raise CannotRead("empty")


def _words(
    vocabulary: Vocabulary, columns: Mapping[str, str] | None
) -> tuple[cells.Products, cells.Lots]:
    if columns and not set(columns.values()) <= meanings.ROLES | {""}:
        raise CannotRead("columns")
    return cells.Products(vocabulary.products), cells.Lots(vocabulary.lots)


def _why_nothing(told: Survey) -> str:
    unheaded = any(sheet.skipped and not sheet.tables for sheet in told.sheets)
    return "no_header" if unheaded else "empty"


class _Seen:
    """Remembers whom the rows so far named, to find what was pasted twice.

    A hundred thousand people are held at once, so of each only two whole numbers: a
    place (sheet and row) with a digest of the name, and a place with the facts' index.
    """

    def __init__(self) -> None:
        self._sheets: list[str] = []
        self._facts: dict[_Facts, int] = {}
        self._told: list[_Facts] = []
        self._people: dict[int, int] = {}
        self._numbers: dict[int, int] = {}

    def look(self, row: ListRow) -> ListRow:
        """Return the row, marked when it repeats an earlier one."""
        values = row.values
        if row.verdict == "postponed" or not values.full_name:
            return row
        if not self._sheets or self._sheets[-1] != row.sheet:
            self._sheets.append(row.sheet)
        place = (len(self._sheets) - 1) << _ROW_BITS | row.row
        name = hash(names.fold(values.full_name)) & _NAME_MASK
        found: Reason | None = None
        verdict = row.verdict
        if values.id_number:
            here = place << _NAME_BITS | name
            first = self._numbers.setdefault(hash(values.id_number), here)
            if first & _NAME_MASK != name:
                where = self._where(row, first >> _NAME_BITS)
                found, verdict = Reason("id_shared", "id_number", "", where), "error"
        if values.id_number or len(values.born_on) > 4 or values.phones:
            mark = values.id_number or values.phones
            person = hash((name, values.born_on, mark, values.given_on))
            facts = (values.product, values.lot, values.dose_number)
            here = place << _FACTS_BITS | self._index(facts)
            earlier = self._people.setdefault(person, here)
            if earlier != here:
                where = self._where(row, earlier >> _FACTS_BITS)
                before = self._told[earlier & _FACTS_MASK]
                if all(not a or a == b for a, b in zip(facts, before, strict=True)):
                    found, verdict = Reason("same_as_row", "", "", where), "duplicate"
                else:
                    found, verdict = Reason("twice_differs", "", "", where), "error"
        if found is None:
            return row
        return replace(row, verdict=verdict, reasons=(*row.reasons, found))

    def _index(self, facts: _Facts) -> int:
        index = self._facts.setdefault(facts, len(self._told))
        if index == len(self._told):
            self._told.append(facts)
        return index

    def _where(self, row: ListRow, place: int) -> str:
        sheet, number = self._sheets[place >> _ROW_BITS], place & _ROW_MASK
        return str(number) if sheet == row.sheet else f"{sheet}!{number}"
