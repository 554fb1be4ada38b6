"""What a self-correction rule is told: a record, what is claimed, and who says what.

Plain values in the canonical text of claims. What is not known is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from portal.registry.population.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as recorded. ``born_on`` is 1958, 1958-03 or 1958-03-08."""

    full_name: str
    born_on: str
    sex: str = ""
    national_id: str = ""
    phone: str = ""
    other_numbers: tuple[str, ...] = ()
    is_restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A dose that counts; doses stand in the order in which they were recorded.

    ``entry``: how it was recorded: "service" by hand, else the import that wrote it.
    ``name`` is the name on the list or slip it was recorded from. ``is_brought``: it
    stood on another record before it came to this one.
    """

    key: int
    given_on: date
    product: str
    lot: str = ""
    site: str = ""
    number: int | None = None
    entry: str = "service"
    name: str = ""
    is_brought: bool = False
    is_void: bool = False

    def as_orphan(self) -> "Orphan":
        """Return the dose as it stands on nobody's record."""
        return Orphan(
            key=self.key,
            given_on=self.given_on,
            product=self.product,
            lot=self.lot,
            site=self.site,
            name=self.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A dose that somebody says is not recorded."""

    given_on: date | None
    product: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A dose that stands on nobody's record.

    ``is_matched``: matching finds it likeliest to be this person's. ``is_anothers``:
    it finds somebody else as likely, or another of that name reports it missing too.
    """

    key: int
    given_on: date
    product: str
    lot: str
    site: str
    name: str
    is_matched: bool = False
    is_anothers: bool = False

    def as_dose(self) -> Dose:
        """Return the dose as it stands on a record."""
        return Dose(
            key=self.key,
            given_on=self.given_on,
            product=self.product,
            lot=self.lot,
            site=self.site,
            name=self.name,
        )


@dataclass(frozen=True, slots=True)
class Certified:
    """A dose that somebody else's genuine signature certifies of this person."""

    given_on: date
    product: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Double:
    """Another record that may be the same person's, as matching grades it."""

    key: int
    grade: str
    full_name: str = ""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the population database answered: which fields are wrong, and when."""

    wrong: tuple[str, ...]
    at: datetime
    source: str = "population"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a verified electronic identity says of whoever is signed in."""

    numbers: tuple[str, ...]
    full_name: str
    born_on: str
    sex: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stock:
    """A lot in the ledger: its vaccine, and when it first came to which site."""

    product: str
    sites: Mapping[str, date] = field(default_factory=dict)


# What others had of a lot and vaccine at a site on a day: (lot, product) -> people.
Session = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What happened before that forbids or slows an automatic change.

    ``open_fields`` and ``changed_fields`` name fields as ``Edit.place`` does.
    ``missing_reported``: an open report says that a dose is not on the record.
    ``photos_unread``: what was sent with the report could not be looked at yet.
    """

    open_fields: frozenset[str] = frozenset()
    missing_reported: bool = False
    photos_unread: bool = False
    changed_fields: frozenset[str] = frozenset()
    contact_changed_at: datetime | None = None
    fraud: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of a record at an instant.

    ``claims``: place (``Edit.place``) -> claimed value. ``answers``: what the
    population database said to questions, None where it was asked in vain.
    ``proved_phones``: those whose code was typed in. ``used``: numbers that others
    have. ``joined``: other records that were joined to this one. ``sessions`` by
    (site, day); ``days`` by (site, lot): day -> people.
    """

    person: Person
    at: datetime
    doses: tuple[Dose, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    missing: Missing | None = None
    answers: Mapping[Question, Said | None] = field(default_factory=dict)
    identity: Identity | None = None
    proved_phones: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    lots: Mapping[str, Stock] = field(default_factory=dict)
    sessions: Mapping[tuple[str, date], Session] = field(default_factory=dict)
    days: Mapping[tuple[str, str], Mapping[date, int]] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()
    doubles: tuple[Double, ...] = ()
    certificates: tuple[Certified, ...] = ()
    joined: tuple[Double, ...] = ()
    before: Before = field(default_factory=Before)
    certificate_is_stale: bool = False
    population: str = ""

    @property
    def counting(self) -> tuple[Dose, ...]:
        """Return the doses that count, in the order in which they were recorded."""
        return tuple(dose for dose in self.doses if not dose.is_void)
