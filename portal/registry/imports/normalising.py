"""One row of a table made into values, with a reason and a cell for what was odd."""

from collections.abc import Iterator
from datetime import date

from portal.registry.imports import cells, dates, postponing, which, whose
from portal.registry.imports.cells import Lots, Products
from portal.registry.imports.columns import Column
from portal.registry.imports.headers import Header
from portal.registry.imports.line import Line
from portal.registry.imports.reasons import ERRORS
from portal.registry.imports.rows import Aside, ListRow, Values
from portal.registry.imports.tables import Person
from portal.registry.imports.workbooks import Sheet


class Normaliser:
    """Reads the rows of one sheet."""

    def __init__(
        self, sheet: Sheet, *, products: Products, lots: Lots, on: date
    ) -> None:
        self._line = Line(sheet, products=products, lots=lots, on=on)
        self._sheet = sheet
        self._header: Header | None = None

    def rows(self, person: Person) -> Iterator[ListRow]:
        """Yield the row with its values, once for each dose that it tells of.

        A verdict stands there only where the row itself tells it.
        """
        line = self._line
        if person.header is not self._header:
            self._header = person.header
            line.begin(person.header)
        line.take(person.number, person.cells)
        groups = which.groups(line, person)
        if not groups:
            yield self._row(person)
        for group in groups:
            line.again(group, groups)
            line.say("one_of_several", detail=str(len(groups)))
            yield self._row(person)

    def _row(self, person: Person) -> ListRow:
        line = self._line
        name, name_column = whose.name(line)
        sex = whose.sex(line)
        born_cell, born_column = whose.born_cell(line)
        if born_column is not None and born_column.role == "born_male":
            sex = whose.agreed(line, sex, "M", born_column)
        elif born_column is not None and born_column.role == "born_female":
            sex = whose.agreed(line, sex, "F", born_column)
        given_on, product_cell, lot_cell, number = which.dose(line, person)
        born = whose.born(line, born_cell, born_column, given_on or line.on)
        identity = whose.identity(line, born.year if born else None, sex)
        phones = whose.phones(line)
        product, lot = which.product_and_lot(line, product_cell, lot_cell, person)
        note = "; ".join(line.texts("note"))
        values = Values(
            full_name=name,
            sex=sex,
            born_on=born.iso if born else "",
            id_kind=identity.kind,
            id_number=identity.number,
            id_restored=identity.restored,
            phones=phones,
            given_on=given_on,
            product=product,
            lot=lot,
            dose_number=number,
        )
        verdict = ""
        if postponing.is_postponed(line, note):
            verdict = "postponed"
        else:
            _look_at_whole(line, values, born, name_column)
            if any(reason.code in ERRORS for reason in line.reasons):
                verdict = "error"
        return ListRow(
            sheet=self._sheet.name,
            row=person.number,
            verdict=verdict,
            reasons=tuple(line.reasons),
            values=values,
            cells=tuple([cells.as_text(cell) for cell in person.cells]),
            aside=Aside(
                ordinal=line.text("ordinal"),
                address=", ".join(line.texts("address")),
                site=line.text("site") or person.facts.site,
                note=note,
                others=identity.others,
                complaint="; ".join(line.texts("complaint")),
            ),
        )


def _look_at_whole(
    line: Line, values: Values, born: dates.Day | None, name_column: Column | None
) -> None:
    """Say what is missing for a dose of somebody, and what cannot be."""
    wrong = {reason.column for reason in line.reasons if reason.code in ERRORS}
    several = any(reason.code == "several_doses" for reason in line.reasons)
    if not values.full_name:
        line.say("missing", name_column or "full_name")
    beside, column = line.first("other_name")
    if beside != "" and column is not None:
        line.say("two_people", column)
    known = values.born_on or values.id_number or values.phones
    if not known and not wrong & {"born_on", "id_number", "phones"}:
        line.say("nothing_identifies")
    for role in ("given_on", "product"):
        if not getattr(values, role) and role not in wrong and not several:
            line.say("missing", line.where(role))
    given_on = values.given_on
    if given_on is None:
        return
    if given_on > line.on:
        line.say("in_the_future", line.where("given_on"))
    if born and (born.exact or date(born.year, 1, 1)) > given_on:
        line.say("before_birth", line.where("given_on"))
