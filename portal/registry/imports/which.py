"""Which dose a row tells of: day, product, lot, number; or that none was given."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from portal.common import names
from portal.registry.imports import cells, dates
from portal.registry.imports.cells import Cell
from portal.registry.imports.columns import Column
from portal.registry.imports.line import Line
from portal.registry.imports.tables import Person

# "Hoàn thành" is no "hoãn", and "không phản ứng sau tiêm" tells of a dose.
_POSTPONED: Final = re.compile(
    r"(?<!khong )(?<!ko )\bhoan(?! (?:thanh|tat|toan))\b|\bhen (?:tiem )?lai\b"
    r"|\bchuyen (?:\w+ ){0,2}tiem\b|\b(?:khong|ko|k|chua|huy|ngung|tu choi) "
    r"(?:(?:du dieu kien|du suc khoe|dong y|muon|chiu|the|den|duoc) )*tiem\b"
    r"(?! (?:duoc )?(?:mui|m) ?[2-9])"
    r"|chong chi dinh|\bvang\b|tu choi|\b(?:khong|ko|k) (?:den|dong y)\b|\bbo ve\b"
    r"|khong du (?:dieu kien|suc khoe)"
)
_ENTERED: Final = re.compile(r"\bda nhap\b")
_AGAIN: Final = re.compile(r"\btrung(?: stt| so)?\b ?(\d*)")
_ELSEWHERE: Final = re.compile(r"\bmui ?\S* (?:da )?tiem (?:o|tai)\b")
_BOOSTER: Final = re.compile(r"nhac lai|bo sung|tang cuong|booster")
_LOT_INSIDE: Final = re.compile(
    r"\blô\s*(?:số)?\s*[:.]?\s*([A-Z0-9-]*\d[A-Z0-9-]{3,})", re.IGNORECASE
)
_GIVEN: Final = re.compile(r"\bda tiem\b|\btiem hom nay\b")
# Roles whose cells may hold "hoãn" instead of what belongs there.
_SAYING: Final = ("time", "dose_number", "lot", "product", "given_on", "dose")


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
        if not (odd and _POSTPONED.search(names.fold(said))):
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


def is_postponed(line: Line, note: str) -> bool:
    """Tell whether no dose was given; say what else the note tells."""
    if line.group and not _is_of_dose(line, note):
        return _is_said_inside(line)
    if _is_marked_off(line):
        return True
    column = line.where("note")
    if note:
        folded = names.fold(note)
        if _POSTPONED.search(folded):
            if _GIVEN.search(folded):
                line.say("note_contradicts", column)
                return False
            line.say("note_postponed", column)
            return True
        if _ENTERED.search(folded):
            line.say("note_entered", column)
        if again := _AGAIN.search(folded):
            line.say("note_duplicate", column, again[1])
        if _ELSEWHERE.search(folded):
            line.say("note_elsewhere", column)
    return _is_said_inside(line)


def _is_of_dose(line: Line, note: str) -> bool:
    """Tell whether what the row says of a dose put off can be about the one in hand.

    It is about those without a day. Where each of several doses has one it contradicts
    them, and somebody has to say which was given.
    """
    days = {
        column.group: line.cell(column)
        for column in line.columns["given_on"]
        if column.group in line.groups
    }
    if days[line.group] == "" or not _POSTPONED.search(names.fold(note)):
        return True
    if all(day != "" and dates.read(day) for day in days.values()):
        line.say("note_contradicts", line.where("note"))
    return False


def _is_said_inside(line: Line) -> bool:
    """Tell whether a cell says that no dose was given, in the place of a value."""
    for role in _SAYING:
        for column in line.columns_of(role):
            cell = line.cell(column)
            if isinstance(cell, str) and len(cell) > 3:
                if not _may_say(cell) or not _POSTPONED.search(names.fold(cell)):
                    continue
                line.say("note_postponed", column)
                return True
    return False


def _is_marked_off(line: Line) -> bool:
    """Tell whether a column of its own says that no dose was given."""
    for column in line.columns.get("postponed", ()):
        cell = line.cell(column)
        is_said = cells.is_mark(cell) or not cells.is_nothing(cells.as_text(cell))
        if cell != "" and is_said:
            line.say("note_postponed", column)
            return True
    for role in ("agreed", "done"):
        cell, said_in = line.first(role)
        if cell != "" and said_in is not None and cells.is_no(cell):
            line.say("note_postponed", said_in)
            return True
    blank, marked = line.first("done")
    if blank == "" and marked is not None and marked.profile.share("mark") > 0.5:
        # Forgotten or put off: somebody has to say which.
        line.say("not_marked", marked)
    return False


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
        if titled and (day := dates.read(cell)) and day.exact == titled
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
    if number is None and not _POSTPONED.search(names.fold(text)):
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
        if not _POSTPONED.search(names.fold(text)):
            leftover = isinstance(cell, date)
            line.say("given_leftover" if leftover else "given_unread", column)
        return None
    exact = day.exact
    if "two_digits" in day.odd:
        exact = date(day.year + 100, day.month, day.day)
    for odd in ("order", "serial"):
        if odd in day.odd:
            line.say(f"given_{odd}", column, f"{exact:%d/%m/%Y}")
    if column.profile.swapped and isinstance(cell, date) and cell.day <= 12:
        line.say("given_swapped", column)
    return exact


def _may_say(text: str) -> bool:
    """Tell cheaply whether a cell could say that no dose was given."""
    return sum(map(str.isalpha, text)) > 3
