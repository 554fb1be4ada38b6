"""Which row of a session list is about which report, and whether both agree. Pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.common import names


@dataclass(frozen=True)
class Named:
    """Somebody as a report or a row names them; "" and None where it does not say.

    ``born_on`` is YYYY-MM-DD or YYYY. ``person``: whose record it is, where known.
    """

    full_name: str = ""
    born_on: str = ""
    number: str = ""
    phones: frozenset[str] = frozenset()
    person: int | None = None


def pair(reports: Mapping[int, Named], rows: Mapping[int, Named]) -> dict[int, int]:
    """Return which row is about which report, by their keys.

    Only where both fit nobody else: who shares everything with a namesake waits for
    somebody who knows them. Compared are only those that have something in common by
    which they could be one, as a list has thousands of rows.
    """
    having: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, found in rows.items():
        for mark in _marks(found):
            having[mark].append(row)
    fits = []
    for report, wanted in reports.items():
        near = {row for mark in _marks(wanted) for row in having.get(mark, ())}
        fits += [(report, row) for row in sorted(near) if is_same(wanted, rows[row])]
    of_report = Counter(report for report, _row in fits)
    of_row = Counter(row for _report, row in fits)
    return {
        report: row
        for report, row in fits
        if of_report[report] == 1 and of_row[row] == 1
    }


def _marks(one: Named) -> Iterator[Hashable]:
    """Yield what two that are the same person share, one of them at least."""
    if one.person is not None:
        yield "person", one.person
    number = one.number.lstrip("0")
    if number:
        yield "number", number
    if one.full_name and one.born_on:
        yield "name", names.tone_key(one.full_name), one.born_on


def is_same(one: Named, other: Named) -> bool:
    """Tell whether a report and a row name one person.

    The same record, where both have one. Else the same identity number beside the name
    or the birth date; or name, birth date and a telephone together.
    """
    if one.person is not None and other.person is not None:
        return one.person == other.person
    same_name = bool(one.full_name) and (
        names.tone_key(one.full_name) == names.tone_key(other.full_name)
    )
    same_birth = bool(one.born_on) and one.born_on == other.born_on
    # A spreadsheet eats leading zeros; who the number belongs to stays the same.
    number = one.number.lstrip("0")
    if number and number == other.number.lstrip("0"):
        return same_name or same_birth
    return same_name and same_birth and bool(one.phones & other.phones)


def contradiction(
    *, claimed_day: str, claimed_product: str, day: date, product: str
) -> str:
    """Return why a person has to look at report and row, in words; '' for no reason.

    A claimed month or year is met by any day in it.
    """
    if not day.isoformat().startswith(claimed_day):
        return _("The list has another day.")
    if claimed_product and claimed_product != product:
        return _("The list has another vaccine.")
    return ""
