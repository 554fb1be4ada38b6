"""A record as it was written down, and what a mistake in it is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from complaints.rules.selfcorrection.facts import Dose, Missing, Orphan
from complaints.rules.selfcorrection.labelled.world import World
from portal.registry.matching.labelled.families import Human

# Other accents on a common name, as a hand or an ear slips.
ACCENT_SLIPS: Final = {
    "Hằng": "Hàng",
    "Hùng": "Hưng",
    "Thúy": "Thùy",
    "Hòa": "Hoa",
    "Tuấn": "Tuân",
    "Phương": "Phượng",
    "Ân": "An",
    "Tùng": "Tưng",
    "Đức": "Đúc",
}


@dataclass
class Written:
    """A record as it was written, its mistakes, and what its owner says.

    ``names_both``: the owner reports with an identity that bears the old and the new
    number. ``touched``: the doses that each mistake is about, by key.
    """

    human: Human
    given: tuple[Dose, ...]
    full_name: str
    born_on: str
    sex: str
    national_id: str
    phone: str
    doses: list[Dose]
    mistakes: set[str] = field(default_factory=set)
    claims: dict[str, str] = field(default_factory=dict)
    missing: Missing | None = None
    orphans: tuple[Orphan, ...] = ()
    proved_phones: frozenset[str] = frozenset()
    new_phone: str = ""
    names_both: bool = False
    touched: dict[str, set[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A way to be wrong: how often per thousand people, and which rule is for it."""

    name: str
    per_mille: int
    rule: str
    make: Callable[[Written, World, Random], bool]


def change(record: Written, place: int, **facts: Any) -> None:
    """Write other facts of the dose at a place."""
    record.doses[place] = replace(record.doses[place], **facts)
