"""What a rule is told of a record: plain values, as entry and import know them.

None means not known; a rule that would need it stays silent.
"""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A vaccine: its code, doses of its primary series, day of approval in Vietnam."""

    code: str
    primary_doses: int = 2
    approved_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a dose was given; ``unit_from`` and ``unit_to`` are of its commune.

    ``province_before`` is the one in which it lay until ``province_from``, empty where
    that is not known. ``session_held`` tells whether it held a session on that day.
    """

    code: str = ""
    province: str = ""
    province_before: str = ""
    province_from: date | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    unit_from: date | None = None
    unit_to: date | None = None
    session_held: bool | None = None

    def province_on(self, day: date) -> str:
        """Return the province in which it lay on a day: its limits held there then."""
        if self.province_from is not None and day < self.province_from:
            return self.province_before
        return self.province


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What is known of a lot number as typed.

    ``match``: "exact" once blanks and case are put right, "alike" when O and 0, I and
    1, or the suffix of a box differ, "none". ``has_stock_book``: whether any delivery
    to the site is on record; ``arrived_on``: the first of this lot there. ``given`` and
    ``delivered`` count its doses at the site.
    """

    match: str
    product: str = ""
    expires_on: date | None = None
    has_stock_book: bool | None = None
    arrived_on: date | None = None
    given: int | None = None
    delivered: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """All doses of a site on a day: how many, and how many different values.

    ``on_lot``: doses of this dose's lot; ``drawn``: doses taken from the stock.
    """

    doses: int
    on_lot: int = 0
    births: int = 0
    people: int = 0
    numbers: int = 0
    lots: int = 0
    products: int = 0
    drawn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A dose as recorded. ``kind``: primary, additional, booster, "" for not known.

    ``entries_in_hour``: what the recording account entered in that hour.
    ``first_arrival_on``: the product's first delivery in the province.
    """

    given_on: date
    product: Product
    lot_number: str = ""
    lot: Lot | None = None
    site: Site = field(default_factory=Site)
    number: int | None = None
    kind: str = ""
    source: str = "service"
    recorded_at: datetime | None = None
    entries_in_hour: int | None = None
    first_arrival_on: date | None = None
    session: Session | None = None
    is_signed: bool = False
    version: int = 1
    certified_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as recorded. ``numbers`` are those in force, as typed.

    ``number_shared_by`` and ``phone_shared_by`` count people, this one included.
    """

    full_name: str = ""
    born_on: date | None = None
    born_precision: str = "day"
    sex: str = ""
    numbers: tuple[str, ...] = ()
    number_shared_by: int = 1
    phone: str = ""
    phone_shared_by: int = 1
    population: str = ""
    died_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Births:
    """People of a site: how many, and how many born on 1 Jan, 1 Jul or 31 Dec."""

    people: int
    on_round_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What an open complaint says; ``alike`` counts those of its site, day and lot."""

    claimed_on: date | None = None
    claimed_product: str = ""
    alike: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is looked at together; doses in the order in which they were entered.

    ``fits``: how many people a row of a list fits. ``person`` is None for an orphan.
    """

    person: Person | None = None
    doses: tuple[Dose, ...] = ()
    births: Births | None = None
    matter: Matter | None = None
    fits: int | None = None
