"""What is known of somebody when two records are compared; anything may be missing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from portal.common import names, phones
from portal.common.forms import PartialDate
from portal.registry import national_id

# "Con bà Lê Thị Hạnh": the child has no name yet, and the name is its mother's.
_UNNAMED: Final = re.compile(r"\s*(con|bé|cháu)\s+(bà|chị|cô|ông|anh)\s", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?:[T ].*)?")
_ISO: Final = re.compile(r"(\d{4})(?:[-/](\d{1,2}))?(?:[-/](\d{1,2}))?(?:[T ].*)?")
_MONTH: Final = re.compile(r"(\d{1,2})[/.\-](\d{4})")
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_SEXES: Final = {
    **dict.fromkeys(("m", "male", "nam", "1", "trai"), "M"),
    **dict.fromkeys(("f", "female", "nu", "0", "2", "gai"), "F"),
}


@dataclass(frozen=True)
class Place:
    """Where somebody lives, in today's units: several keys where it is not sure."""

    communes: frozenset[str] = frozenset()
    provinces: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """One side of a comparison.

    ``aliases`` are other names on record. ``numbers`` are canonical, those of earlier
    cards too. ``checked`` is what the
    population database said of the first of them: None for nothing (not asked, late
    or silent), () for agreement, else the fields that differ. ``phone_uses`` is on how
    many people's records the telephone stands. ``is_unreadable``: there is a number
    that cannot be opened, which may contradict.
    """

    full_name: str = ""
    aliases: tuple[str, ...] = ()
    born: PartialDate | None = None
    sex: str = ""
    numbers: tuple[str, ...] = ()
    phones: frozenset[str] = frozenset()
    place: Place = Place()
    checked: tuple[str, ...] | None = None
    phone_uses: int = 1
    is_restricted: bool = False
    is_unreadable: bool = False


def read(
    row: Mapping[str, str], *, locate: Callable[[str], Place], prefix: str = ""
) -> Facts:
    """Read one side of a row of texts, with columns full_name, born_on, sex, id, phone
    and commune behind the prefix. What cannot be read counts as missing."""

    def cell(name: str) -> str:
        return (row.get(prefix + name) or "").strip()

    born = read_date(cell("born_on"))
    sex = _SEXES.get(names.fold(cell("sex")), "")
    return Facts(
        full_name=read_name(cell("full_name")),
        born=born,
        sex=sex,
        numbers=read_numbers(cell("id"), born=born, sex=sex),
        phones=frozenset(phones.all_in(cell("phone"))),
        place=locate(cell("commune")) if cell("commune") else Place(),
    )


def read_name(text: str) -> str:
    """Return a name without titles; empty for a child who has none yet."""
    if _UNNAMED.match(text):
        return ""
    words = names.tidy(text).split()
    while names.begins_with_title(words):
        del words[0]
    return " ".join(words)


def read_numbers(text: str, *, born: PartialDate | None, sex: str) -> tuple[str, ...]:
    """Return the numbers of a cell that may hold two, the new card's and the old's."""
    parts = [part for part in re.split(r"[/;|\n]", text) if len(part.strip()) >= 8]
    found = [read_number(part, born=born, sex=sex) for part in (parts or [text])]
    return tuple(dict.fromkeys(filter(None, found)))


def read_number(text: str, *, born: PartialDate | None, sex: str) -> str:
    """Return an identity number as compared: its eaten zeros put back where birth year
    and sex agree with the result; empty for none, for fillers and for lost digits."""
    number = national_id.read(text)
    if "letters" in number.problems:
        # O typed for 0, I for 1, as on a keyboard in a hurry.
        number = national_id.read(text.upper().translate(_LOOK_ALIKES))
    if "dummy" in number.problems or not number.canonical:
        return ""
    restored = national_id.restore_zeros(
        number.canonical, born_year=born.year if born else None, sex=sex or None
    )
    return restored or number.canonical


def read_date(text: str) -> PartialDate | None:
    """Return a date as far as it is told, day first or ISO; None if unreadable."""
    if found := _DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
        parts = (year, month, day)
    elif found := _MONTH.fullmatch(text):
        parts = (int(found[2]), int(found[1]), 0)
    elif found := _ISO.fullmatch(text):
        parts = (int(found[1]), int(found[2] or 0), int(found[3] or 0))
    else:
        return None
    try:
        return PartialDate(parts[0], parts[1] or None, parts[2] or None)
    except ValueError:
        return None
