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

from portal.registry.imports import cells, meanings, repeats, tables, workbooks
from portal.registry.imports.columns import Column
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.normalising import Normaliser
from portal.registry.imports.rows import ListRow, Vocabulary
from portal.registry.imports.titles import NOTHING, Facts

_MOST_SKIPPED: Final = 500


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

    Who has several doses on a row comes once for each, one after the other. A row that
    repeats or contradicts an earlier one says so by ``against``:
    ``repeats.contradicted`` gives what becomes of that one.

    `facts` hold for rows whose cells and titles are silent. Raises CannotRead, at the
    latest after the last row, for a file that is refused as a whole.
    """
    products, lots = _words(vocabulary, columns)
    seen = repeats.Seen()
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
