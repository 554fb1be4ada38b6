"""Rows of one list that are the same person's, or bear the same number."""

from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from portal.common import names
from portal.registry.imports.reasons import ERRORS
from portal.registry.imports.rows import ListRow, Reason

# What makes both rows errors: nobody knows which of them is right.
BOTH: Final = frozenset(("id_shared", "twice_differs"))
_OF_OTHERS: Final = BOTH | {"same_as_row", "perhaps_row"}
# So many namesakes of a day and birth year are compared; a list has few.
_MOST_ALIKE: Final = 300
_Facts = tuple[str | None, str, int | None]


def contradicts(row: ListRow) -> bool:
    """Tell whether a row makes the earlier one that it is ``against`` an error too."""
    return any(reason.code in BOTH for reason in row.reasons)


def contradicted(row: ListRow, by: ListRow) -> ListRow:
    """Return a row as one that a later row contradicts, which makes it an error too.

    A later row that only repeats it leaves it as it is.
    """
    if not contradicts(by):
        return row
    code = next(reason.code for reason in by.reasons if reason.code in BOTH)
    # A row that is an error for another reason is told of this one too.
    if row.verdict not in ("", "error"):
        return row
    if any(reason.code == code for reason in row.reasons):
        return row
    column = "id_number" if code == "id_shared" else ""
    where = str(by.row) if by.sheet == row.sheet else f"{by.sheet}!{by.row}"
    told = (*row.reasons, Reason(code, column, "", where))
    return replace(row, verdict="error", reasons=told)


def alone(row: ListRow) -> ListRow:
    """Return a row as it would be read if the list had no other."""
    kept = tuple(reason for reason in row.reasons if reason.code not in _OF_OTHERS)
    if row.verdict == "postponed" or kept == row.reasons:
        return replace(row, against=0)
    is_wrong = any(reason.code in ERRORS for reason in kept)
    return replace(row, reasons=kept, verdict="error" if is_wrong else "", against=0)


def settled(rows: Iterable[ListRow]) -> list[ListRow]:
    """Return the rows of a list, with those that a later one contradicts as errors."""
    found: list[ListRow] = []
    for row in rows:
        if row.against:
            earlier = found[row.against - 1]
            found[row.against - 1] = contradicted(earlier, row)
        found.append(row)
    return found


class Seen:
    """Remembers whom the rows so far named, to find what was pasted twice.

    A hundred thousand people are held at once, so of each only whole numbers: its
    place, what its facts and its name come to, and what can tell namesakes apart.
    """

    def __init__(self) -> None:
        self._sheets: list[str] = []
        self._facts: dict[_Facts, int] = {}
        self._told: list[_Facts] = []
        self._numbers: dict[int, int] = {}
        self._alike: dict[int, int] = {}
        # One entry for each row, from place 1 on.
        self._rows = array("I", (0,))
        self._sheet_of = array("I", (0,))
        self._name_of = array("q", (0,))
        self._tones_of = array("q", (0,))
        self._facts_of = array("I", (0,))
        self._number_of = array("q", (0,))
        self._phone_of = array("q", (0,))
        self._born_of = array("q", (0,))
        self._before = array("I", (0,))

    def look(self, row: ListRow) -> ListRow:
        """Return the row, marked when it repeats or contradicts an earlier one."""
        here = self._note(row)
        if row.verdict == "postponed" or not row.values.full_name:
            return row
        found = self._of_number(row, here) or self._of_person(row, here)
        if found is None:
            return row
        code, earlier = found
        verdict = "duplicate" if code == "same_as_row" else "error"
        column = "id_number" if code == "id_shared" else ""
        reason = Reason(code, column, "", self._where(row, earlier))
        return replace(
            row,
            verdict=verdict,
            reasons=(*row.reasons, reason),
            against=earlier,
        )

    def _note(self, row: ListRow) -> int:
        """Keep what tells the row from others; return its place."""
        if not self._sheets or self._sheets[-1] != row.sheet:
            self._sheets.append(row.sheet)
        values = row.values
        self._rows.append(row.row)
        self._sheet_of.append(len(self._sheets) - 1)
        self._name_of.append(hash(names.fold(values.full_name)))
        name = values.full_name
        self._tones_of.append(0 if name.isascii() else hash(names.tone_key(name)))
        self._facts_of.append(
            self._index((values.product, values.lot, values.dose_number))
        )
        self._number_of.append(hash(values.id_number) if values.id_number else 0)
        self._phone_of.append(hash(values.phones[0]) if values.phones else 0)
        self._born_of.append(hash(values.born_on) if len(values.born_on) > 4 else 0)
        self._before.append(0)
        return len(self._rows) - 1

    def _of_number(self, row: ListRow, here: int) -> tuple[str, int] | None:
        """Return who has the row's number under another name."""
        if not row.values.id_number:
            return None
        first = self._numbers.setdefault(self._number_of[here], here)
        is_other = self._name_of[first] != self._name_of[here]
        return ("id_shared", first) if is_other else None

    def _of_person(self, row: ListRow, here: int) -> tuple[str, int] | None:
        """Return which row is the same person's on the same day, and in what way.

        Compared are those of one name (with or without accents), day and birth year.
        The first that has the same number, or else the same birth date and telephone,
        is that person; one that nothing tells apart, with a whole birth date, a number
        or a telephone in common, may be.
        """
        values = row.values
        key = hash((self._name_of[here], values.given_on, values.born_on[:4]))
        other = self._before[here] = self._alike.get(key, 0)
        self._alike[key] = here
        same = perhaps = 0
        for _ in range(_MOST_ALIKE):
            if not other:
                break
            agreed = [
                said[here] == said[other] if said[here] and said[other] else None
                for said in (self._number_of, self._phone_of, self._born_of)
            ]
            if self._is_same(here, other):
                same = other
            elif False not in agreed and True in agreed:
                perhaps = other
            other = self._before[other]
        if same:
            return self._way(here, same), same
        return ("perhaps_row", perhaps) if perhaps else None

    def _is_same(self, here: int, other: int) -> bool:
        """Tell whether all that identifies the two rows is equal, and there is some."""
        number, phone = self._number_of[here], self._phone_of[here]
        if number != self._number_of[other]:
            return False
        born = self._born_of[here]
        if born != self._born_of[other]:
            return False
        if number:
            return True
        return phone == self._phone_of[other] and bool(phone or born)

    def _way(self, here: int, other: int) -> str:
        """Return how a row repeats one of the same person."""
        tones = self._tones_of[here], self._tones_of[other]
        if not self._number_of[here] and all(tones) and tones[0] != tones[1]:
            # Thúy and Thùy of one day and one telephone may be twins.
            return "perhaps_row"
        facts = self._told[self._facts_of[here]]
        before = self._told[self._facts_of[other]]
        same = all(not a or a == b for a, b in zip(facts, before, strict=True))
        return "same_as_row" if same else "twice_differs"

    def _index(self, facts: _Facts) -> int:
        index = self._facts.setdefault(facts, len(self._told))
        if index == len(self._told):
            self._told.append(facts)
        return index

    def _where(self, row: ListRow, place: int) -> str:
        sheet, number = self._sheets[self._sheet_of[place]], self._rows[place]
        return str(number) if sheet == row.sheet else f"{sheet}!{number}"
