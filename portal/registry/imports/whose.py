"""Whose row it is: name, sex, birth date, number and telephones, each with its cell."""

import re
from datetime import date

from portal.registry import national_id
from portal.registry.imports import cells, dates, people
from portal.registry.imports.cells import Cell
from portal.registry.imports.columns import Column
from portal.registry.imports.line import Line
from portal.registry.imports.reasons import ERRORS


def name(line: Line) -> tuple[str, Column | None]:
    cell, column = line.first("full_name")
    text = cells.as_text(cell)
    if "family_name" in line.columns:
        family, column = line.first("family_name")
        given, _ = line.first("given_name")
        text = f"{cells.as_text(family)} {cells.as_text(given)}"
    if not text.strip():
        return "", column
    name, odd = people.read(text)
    for code in odd:
        line.say(code, column or "full_name")
    if text.lstrip().startswith("="):
        line.say("formula_text", column or "full_name")
    return name, column


def sex(line: Line) -> str | None:
    cell, column = line.first("sex")
    found = None
    if cell != "" and column is not None:
        text = cells.as_text(cell).strip().casefold()
        codes = dict(column.codes)
        # A figure that the heading does not explain is not guessed at.
        found = codes.get(text) if codes and len(text) == 1 else cells.sex(text)
    if cell != "" and found is None and column is not None:
        line.say("sex_unread", column)
    for role, sex in (("sex_male", "M"), ("sex_female", "F")):
        mark, marked = line.first(role)
        if marked is not None and mark != "" and cells.is_mark(mark):
            found = agreed(line, found, sex, marked)
    return found


def agreed(line: Line, one: str | None, other: str, column: Column) -> str | None:
    if one not in (None, other):
        line.say("sex_contradicts", column)
        return None
    return other


def born_cell(line: Line) -> tuple[Cell, Column | None]:
    """Return the cell of the birth date; its column says the sex where two are."""
    male, of_men = line.first("born_male")
    female, of_women = line.first("born_female")
    if male != "" and female != "" and of_women is not None:
        line.say("born_twice", of_women)
        return "", None
    if male != "":
        return male, of_men
    if female != "":
        return female, of_women
    cell, column = line.first("born_on")
    if cell == "" and "born_year" in line.columns:
        year, column = line.first("born_year")
        day, month = (
            cells.as_text(line.first(role)[0]).strip()
            for role in ("born_day", "born_month")
        )
        if year != "" and day and month:
            return f"{day}/{month}/{cells.as_text(year)}", column
        return year, column
    return cell, column


def born(line: Line, cell: Cell, column: Column | None, at: date) -> dates.Day | None:
    if cell == "" or column is None:
        return None
    if isinstance(cell, str) and cells.is_nothing(cell):
        return None
    day = dates.read(cell, order=column.profile.order)
    if day is None:
        leftover = isinstance(cell, date)
        line.say("born_leftover" if leftover else "born_unread", column)
        return None
    if "two_digits" in day.odd:
        day = dates.with_century(day, at=at.year, hint=_year_of_number(line))
        line.say("born_two_digits", column, str(day.year))
    if "century" in day.odd:
        line.say("born_century", column)
        return None
    for odd in ("order", "serial", "year_as_date", "month_only", "about"):
        if odd in day.odd:
            line.say(f"born_{odd}", column, shown(day))
    if column.profile.swapped and isinstance(cell, date) and cell.day <= 12:
        line.say("born_swapped", column)
    if day.year > line.on.year or (day.exact and day.exact > line.on):
        line.say("born_future", column)
    return day


def identity(line: Line, year: int | None, sex: str | None) -> cells.Identity:
    found: list[tuple[cells.Identity, Column]] = []
    for role in ("id_new", "id_number", "id_old"):
        cell, column = line.first(role)
        if cell != "" and column is not None:
            read = cells.identity(cell, born_year=year, sex=sex)
            if read.number or read.odd:
                found.append((read, column))
    if not found:
        return cells.Identity()
    # A sound number before one that is not; else the order of the roles.
    found.sort(key=lambda one: any(code in ERRORS for code in one[0].odd))
    (identity, column), *rest = found
    for code in identity.odd:
        digits = sum(map(str.isdigit, identity.number))
        line.say(code, column, str(digits) if code == "id_length" else "")
    others = [read.number for read, _ in rest if read.number != identity.number]
    if others:
        identity = cells.Identity(
            identity.kind,
            identity.number,
            identity.restored,
            identity.odd,
            (*identity.others, *filter(None, others)),
        )
    return identity


def phones(line: Line) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for column in line.columns.get("phones", ()):
        cell = line.cell(column)
        if cell == "":
            continue
        read, odd = cells.telephones(cell)
        found += tuple(phone for phone in read if phone not in found)
        for code in odd:
            line.say(code, column)
    return found


def _year_of_number(line: Line) -> int | None:
    """Return the birth year that the row's personal number says, as a hint."""
    for role in ("id_new", "id_number"):
        text = re.sub(r"\D", "", cells.as_text(line.first(role)[0]))
        said = national_id.structure(text.zfill(12) if len(text) > 9 else text)
        if said:
            return said.birth_year
    return None


def shown(day: dates.Day) -> str:
    """Return a day or a year as Vietnamese readers write it."""
    if not day.day:
        return str(day.year)
    return f"{day.day:02}/{day.month:02}/{day.year}"
