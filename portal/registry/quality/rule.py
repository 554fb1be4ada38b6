"""What a rule is: its words, who mends what it finds, and its two forms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.registry.quality.facts import Dose, Person, Record
from portal.registry.quality.limits import Limits

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
# Numbers, codes and days that explain a finding; never a name or an identity number.
Detail = Mapping[str, Any]
YES: Final[Detail] = {}


class Severity(TextChoices):
    """E blocks an entry, W warns and queues, I informs (domain paper d)."""

    ERROR = "E", _("Error")
    WARNING = "W", _("Warning")
    INFORMATION = "I", _("For information")


class Subject(TextChoices):
    """What a rule is about."""

    DOSE = "dose", _("a dose")
    PERSON = "person", _("a person")
    SITE = "site", _("a site")
    COMPLAINT = "complaint", _("a complaint")
    ROW = "row", _("a row of a list")


class Owner(TextChoices):
    """Who makes the first move."""

    SITE = "site", _("the site that gave the dose")
    STATION = "station", _("the health station of the residence")
    PROVINCE = "province", _("the provincial health department")
    SECURITY = "security", _("whoever answers for accounts and security")
    PORTAL = "portal", _("the portal itself")


@dataclass(frozen=True, slots=True)
class Sql:
    """The form at rest: a condition on the staged facts, or a whole statement.

    For a dose or person: ``where`` speaks of d (q_dose) or p (q_person); ``detail`` is
    a jsonb expression; ``limits`` maps an alias to the limit joined under it. For a
    site: ``select`` yields subject_id, part, detail. See ``staging``.
    """

    where: str = ""
    detail: str = "'{}'::jsonb"
    limits: Mapping[str, str] = field(default_factory=dict)
    severity: str = ""
    select: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dose stands among the person's doses, counted from 1 by day and entry.

    ``series`` is the length of the primary series, by the product that began it.
    """

    position: int
    series: int
    previous: Dose | None

    @property
    def is_primary(self) -> bool:
        """Tell whether the dose belongs to the primary series."""
        return self.position <= self.series


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at: a record, one dose of it where it is about doses."""

    record: Record
    limits: Limits
    today: date
    index: int | None = None
    place: Place | None = None

    @property
    def dose(self) -> Dose:
        """Return the dose in question. Raises TypeError for a rule about people."""
        if self.index is None:
            raise TypeError("this rule is not about a dose")
        return self.record.doses[self.index]

    @property
    def person(self) -> Person | None:
        """Return the person; None for an orphan."""
        return self.record.person

    @property
    def age(self) -> int | None:
        """Return the age in whole years on the day of the dose, as high as it can be.

        Where only the year of birth is known, the birthday counts as past.
        """
        if self.person is None or self.person.born_on is None:
            return None
        return age_on(
            self.dose.given_on, self.person.born_on, self.person.born_precision
        )

    @property
    def gap(self) -> int | None:
        """Return the days since the dose before; None for the first or an orphan's."""
        if self.place is None or self.place.previous is None:
            return None
        return (self.dose.given_on - self.place.previous.given_on).days

    def limit(self, key: str) -> int:
        """Return the limit in force for this dose. Raises NoLimit."""
        before = self.place.previous if self.place else None
        return self.limits.number(
            key,
            on=self.dose.given_on,
            product=self.dose.product.code,
            previous=before.product.code if before else "",
            province=self.dose.site.province_on(self.dose.given_on),
            age=None if self.age is None else max(self.age, 0),
        )

    def others(self) -> list[tuple[int, Dose]]:
        """Return the person's other doses, with their place in the record."""
        if self.person is None:
            return []
        return [(n, d) for n, d in enumerate(self.record.doses) if n != self.index]

    def is_entered_after(self, n: int) -> bool:
        """Tell whether this dose was entered after another of the record."""
        mine, other = self.dose.recorded_at, self.record.doses[n].recorded_at
        if mine is None or other is None or mine == other:
            return (self.index or 0) > n
        return mine > other


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its words and forms. ``sql`` is None where the data do not exist."""

    code: str
    severity: Severity
    subject: Subject
    owner: Owner
    message: Promise
    repair: Promise
    look: Callable[[Case], Detail | None]
    sql: Sql | None = None
    severity_of: Callable[[Case], Severity] | None = None


ALL: Final[dict[str, Rule]] = {}


def rule(
    code: str,
    severity: Severity,
    *,
    owner: Owner,
    message: Promise,
    repair: Promise,
    subject: Subject = Subject.DOSE,
    sql: Sql | None = None,
    severity_of: Callable[[Case], Severity] | None = None,
) -> Callable[[Callable[[Case], Detail | None]], Callable[[Case], Detail | None]]:
    """Enter a rule under its code; the function decorated is the single-record form."""

    def enter(look: Callable[[Case], Detail | None]) -> Any:
        ALL[code] = Rule(
            code, severity, subject, owner, message, repair, look, sql, severity_of
        )
        return look

    return enter


def age_on(day: date, born_on: date, precision: str) -> int:
    """Return whole years from birth to a day, as many as the known part allows."""
    years = day.year - born_on.year
    is_before = {
        "day": (day.month, day.day) < (born_on.month, born_on.day),
        "month": day.month < born_on.month,
        "year": False,
    }[precision]
    return years - is_before


def local_day(moment: datetime) -> date:
    """Return the calendar day in Vietnam."""
    return moment.astimezone(VIETNAM).date()
