"""What rows about one and the same unknown person have in common."""

from collections import defaultdict
from collections.abc import Sequence

from portal.common import crypto
from portal.common.names import tone_key
from portal.registry.imports.findings import Entry
from portal.registry.imports.rows import Values


def keys(entries: Sequence[Entry]) -> dict[int, bytes]:
    """Return for each row, by its key, whom it means should nobody be on record.

    By name, birth date and number. A row without number is of whoever alone has its
    name, whole birth date and a telephone of it: one sheet of a list may have the
    numbers and the next one the telephones.
    """
    numbers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for entry in entries:
        if entry.values.id_number:
            for phone in entry.values.phones:
                numbers[(*_named(entry.values), phone)].add(entry.values.id_number)
    return {
        entry.key: _key(entry.values, _who(entry.values, numbers)) for entry in entries
    }


def _who(values: Values, numbers: dict[tuple[str, str, str], set[str]]) -> str:
    if values.id_number:
        return values.id_number
    if len(values.born_on) > 4:
        known: set[str] = set()
        for phone in values.phones:
            known |= numbers.get((*_named(values), phone), set())
        if len(known) == 1:
            return known.pop()
    return "|".join(values.phones)


def _named(values: Values) -> tuple[str, str]:
    return tone_key(values.full_name), values.born_on


def _key(values: Values, who: str) -> bytes:
    return crypto.digest("newcomer", "|".join((*_named(values), who)))
