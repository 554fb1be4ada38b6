"""Which dose a row tells of: day, product, lot, number."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from portal.common import names
from portal.registry.imports import cells, dates, postponing
from portal.registry.imports.cells import Cell
from portal.registry.imports.columns import Column
from portal.registry.imports.line import Line
from portal.registry.imports.tables import Person

_BOOSTER: Final = re.compile(r"nhac lai|bo sung|tang cuong|booster")
_LOT_INSIDE: Final = re.compile(
    r"\blô\s*(?:số)?\s*[:.]?\s*([A-Z0-9-]*\d[A-Z0-9-]{3,})", re.IGNORECASE
)


def groups(line: Line, person: Person) -> tuple[int, ...]:
    """Return the doses side by side that the row tells of; () where that is one.

    Where a title names the day of one of them the row is about that one alone. Several
    are told apart only where each has its own column of days, and one place.
    """
    if not line.has_groups:
        return ()
    filled = _filled(line)
    dated = {column.group for column in line.columns.get("given_on", ())}
    if len(filled) < 2 or not filled.keys() <= dated:
        return ()
    if _of_title(filled, person.facts.given_on):
        return ()
    places = {
        names.fold(cells.as_text(line.cell(column)))
        for column in line.columns.get("site", ())
        if column.group in filled
    }
    return () if len(places) > 1 else tuple(sorted(filled))


def dose(line: Line, person: Person) -> tuple[date | None, Cell, Cell, int | None]:
    """Return day, product and lot as written, and number of the row's dose."""
    facts = person.facts
    group = line.group
    if line.has_groups and not group:
        group = _group(line, facts.given_on)
    given_on = facts.given_on
    cell, column = _of_group(line, "given_on", group)
    if column is not None and cell != "":
        given_on = _given(line, cell, column, facts.given_on)
    elif line.group:
        # The day of a title is that of one dose, and nobody knows of which.
        given_on = None
    elif given_on is None and "given_on" in facts.unclear:
        line.say("given_range", "given_on")
    product, _ = _of_group(line, "product", group)
    lot, _ = _of_group(line, "lot", group)
    number = group or _number_of_dose(line, facts.dose_number)
    return given_on, product, lot, number or None


def product_and_lot(
    line: Line, product_cell: Cell, lot_cell: Cell, person: Person
) -> tuple[str | None, str]:
    facts = person.facts
    product: str | None = None
    said, in_lot = cells.as_text(product_cell), cells.as_text(lot_cell)
    column = line.where("product")
    marked = [
        c
        for c in line.columns.get("product_mark", ())
        if (mark := line.cell(c)) != "" and cells.is_mark(mark)
    ]
    if said and not cells.is_nothing(said):
        product, odd = line.products.read(said)
        if not in_lot and (inside := _LOT_INSIDE.search(said)):
            in_lot = inside[1]
        if not (odd and postponing.is_said(said)):
            for code in odd:
                line.say(code, column, product or "")
    elif len(marked) == 1:
        product = marked[0].product
    elif len(marked) > 1:
        line.say("product_several", marked[1])
    elif "product" in facts.unclear:
        line.say("product_several", "product")
    else:
        product = facts.product
    # The lot of a title is one of the product of that title.
    of_title = facts.product is None or product in (None, facts.product)
    lot = facts.lot if of_title else ""
    lot_column = line.where("lot")
    if in_lot and not cells.is_nothing(in_lot):
        lot, odd = line.lots.read(in_lot)
        for code in odd:
            line.say(code, lot_column, lot)
    of_lot = line.lots.product_of(lot) if lot else None
    if of_lot and product is None and not said and not marked:
        line.say("product_by_lot", lot_column, of_lot)
        product = of_lot
    elif of_lot and product and of_lot != product:
        line.say("lot_of_other", lot_column, of_lot)
    return product, lot


def _of_group(line: Line, role: str, group: int) -> tuple[Cell, Column | None]:
    """Return the cell of a dose's own column, or of the one that all doses share."""
    for wanted in dict.fromkeys((group, 0)):
        for column in line.columns.get(role, ()):
            if column.group == wanted:
                return line.cell(column), column
    return "", None


def _group(line: Line, titled: date | None) -> int:
    """Return which of the doses side by side the row means; 0 if none is said."""
    filled = _filled(line)
    if len(filled) < 2:
        return next(iter(filled), 0)
    of_title = _of_title(filled, titled)
    if not of_title:
        line.say("several_doses")
    return of_title


def _filled(line: Line) -> dict[int, Cell]:
    """Return the doses side by side of which a cell says something, and that cell."""
    filled: dict[int, Cell] = {}
    for role in ("given_on", "product", "dose"):
        for column in line.columns.get(role, ()):
            cell = line.cell(column)
            if column.group and cell != "":
                filled.setdefault(column.group, cell)
    return filled


def _of_title(filled: Mapping[int, Cell], titled: date | None) -> int:
    """Return which of the doses has the title's day; 0 where not just one has."""
    found = [
        group
        for group, cell in filled.items()
        if titled and (day := dates.read(cell)) and day.of_campaign == titled
    ]
    return found[0] if len(found) == 1 else 0


def _number_of_dose(line: Line, titled: int | None) -> int | None:
    cell, column = line.first("dose_number")
    if cell == "" or column is None:
        marks = [
            c.group
            for c in line.columns.get("dose", ())
            if (mark := line.cell(c)) != "" and cells.is_mark(mark)
        ]
        return marks[0] if len(marks) == 1 else titled
    text = cells.as_text(cell)
    number = cells.dose_number(text)
    if number is None and not postponing.is_said(text):
        booster = _BOOSTER.search(names.fold(text))
        line.say("dose_kind" if booster else "dose_unread", column)
    return number


def _given(line: Line, cell: Cell, column: Column, titled: date | None) -> date | None:
    day = dates.read(cell, order=column.profile.order)
    if day is None or not day.exact:
        text = cells.as_text(cell)
        if titled and text.strip() in (
            f"{titled.day}/{titled.month}",
            f"{titled.day:02}/{titled.month:02}",
        ):
            return titled
        if not postponing.is_said(text):
            leftover = isinstance(cell, date)
            line.say("given_leftover" if leftover else "given_unread", column)
        return None
    exact = day.of_campaign
    for odd in ("order", "serial"):
        if odd in day.odd:
            line.say(f"given_{odd}", column, f"{exact:%d/%m/%Y}")
    if column.profile.swapped and isinstance(cell, date) and cell.day <= 12:
        line.say("given_swapped", column)
    return exact
