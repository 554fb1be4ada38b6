"""What surrounds a case: its lots, its session, and quality rules that fire on it.

Three statements a case, whatever it is about.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from complaints.choices import OPEN, Kind
from complaints.models import Complaint
from portal.common import scope
from portal.registry.models import Dose, QualityFinding

# Beyond that "more than": a large site gave hundreds of thousands of doses.
MOST_COUNTED: Final = 10_000
MOST_FINDINGS: Final = 20


@dataclass(frozen=True)
class Extension:
    """A later expiry of a vaccine's lots: until when, and who says so (rule Q25)."""

    until: date
    source: str


@dataclass(frozen=True)
class LotFacts:
    """What the ledger knows of a lot, and of it at the site of the case.

    ``expires_on`` is as printed. ``deliveries`` to the site: day and doses; ``to_all``:
    doses and sites altogether. ``recorded``: doses at the site, as far as
    ``MOST_COUNTED`` and one more.
    """

    number: str
    product: str
    code: str
    expires_on: date | None
    extensions: list[Extension]
    deliveries: list[tuple[date, int]]
    to_all: tuple[int, int]
    recorded: int

    @property
    def delivered(self) -> int:
        """Return how many doses of it the site got."""
        return sum(doses for _day, doses in self.deliveries)

    def was_usable(self, on: date) -> bool | None:
        """Tell whether it could be given on a day; None where no expiry is known."""
        if self.expires_on is None:
            return None
        return on <= max([self.expires_on, *(e.until for e in self.extensions)])


@dataclass(frozen=True)
class SessionFacts:
    """The doses of a site on a day, by vaccine and lot, and whose are missing there.

    ``missing``: open reports of a missing dose of that day there, wherever they are.
    """

    on: date
    recorded: list[tuple[str, str, int]]
    missing: int

    @property
    def total(self) -> int:
        """Return how many doses are recorded."""
        return sum(count for _product, _lot, count in self.recorded)

    @property
    def share(self) -> float | None:
        """Return which part of all that are known of is recorded; None for none."""
        known = self.total + self.missing
        return self.total / known if known else None


def lots(numbers: Collection[str], *, site: int | None) -> dict[str, LotFacts]:
    """Return what the ledger knows of these lots, by number; one statement."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _LOTS,
            {
                "lots": list(numbers),
                "site": site,
                "completed": Dose.Status.COMPLETED,
                "most": MOST_COUNTED + 1,
            },
        )
        rows = cursor.fetchall()
    found = {}
    for number, name, code, expires_on, days, sent, doses, sites, recorded in rows:
        found[number] = LotFacts(
            number=number,
            product=name,
            code=code,
            expires_on=expires_on,
            extensions=[
                Extension(expires_on + timedelta(days=longer), source)
                for longer, source in _json(days)
                if expires_on
            ],
            deliveries=[(date.fromisoformat(day), n) for day, n in _json(sent)],
            to_all=(doses, sites),
            recorded=recorded,
        )
    return found


def session(site: int | None, on: date | None) -> SessionFacts | None:
    """Return who was given what at a site on a day, and how many say theirs is missing.

    None where site or day is not known. One statement. Reports are counted wherever
    they are held, as the share would flatter the site otherwise; none is shown.
    """
    if site is None or on is None:
        return None
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(
            _SESSION,
            {
                "site": site,
                "day": on,
                "completed": Dose.Status.COMPLETED,
                "open": list(OPEN),
                "kind": Kind.MISSING_DOSE,
            },
        )
        missing, *rows = cursor.fetchall()
    return SessionFacts(on, rows, missing[2])


def findings(complaint: Complaint, doses: Collection[Dose]) -> list[QualityFinding]:
    """Return the quality rules that fire on a case, its person and doses, worst first.

    One statement over open findings.
    """
    subject = QualityFinding.Subject
    about = Q(subject=subject.COMPLAINT, subject_id=complaint.pk)
    person = complaint.submission.person
    if person is not None:
        about |= Q(subject=subject.PERSON, subject_id=person.surviving_id)
    keys = {dose.pk for dose in doses} | {complaint.dose_id} - {None}
    if keys:
        about |= Q(subject=subject.DOSE, subject_id__in=keys)
    found = QualityFinding.objects.filter(about, resolved_at=None)
    # E, I, W: the alphabet is not the order of weight.
    weight = {"E": 0, "W": 1, "I": 2}
    rows = sorted(
        found.order_by("rule", "pk"), key=lambda one: weight.get(one.severity, 3)
    )
    return rows[:MOST_FINDINGS]


def _json(value: str | list) -> list:
    return json.loads(value) if isinstance(value, str) else value


_LOTS: Final = """
SELECT l.number, p.name, p.code, l.expires_on,
  (SELECT coalesce(json_agg(json_build_array(t.number, t.source)
     ORDER BY t.valid_from, t.number), '[]')
   FROM registry_threshold t
   WHERE t.rule = 'Q25' AND t.name = 'extension' AND t.number > 0
     AND (t.product_id = l.product_id OR t.product_id IS NULL)),
  (SELECT coalesce(json_agg(json_build_array(a.received_on, a.doses)
     ORDER BY a.received_on), '[]')
   FROM registry_lotallocation a
   WHERE a.lot_id = l.id AND a.organization_id = %(site)s::bigint),
  sent.doses::int, sent.sites::int,
  (SELECT count(*) FROM (
     SELECT FROM registry_dose d
     WHERE d.site_id = %(site)s::bigint AND d.lot_id = l.id
       AND d.status = %(completed)s
     LIMIT %(most)s) given)
FROM registry_lot l
JOIN registry_product p ON p.id = l.product_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(a.doses), 0) AS doses, count(DISTINCT a.organization_id) AS sites
  FROM registry_lotallocation a WHERE a.lot_id = l.id) sent
WHERE l.number = ANY(%(lots)s::text[]) ORDER BY l.number"""

# The reports come first, then a row for each vaccine and lot, most first.
_SESSION: Final = """
(SELECT '', '', count(*)::int FROM complaints_complaint
 WHERE site_id = %(site)s AND given_on = %(day)s AND kind = %(kind)s
   AND status = ANY(%(open)s::text[]))
UNION ALL
(SELECT p.name, d.lot_number, count(*)::int FROM registry_dose d
 JOIN registry_product p ON p.id = d.product_id
 WHERE d.site_id = %(site)s AND d.given_on = %(day)s AND d.status = %(completed)s
 GROUP BY p.name, d.lot_number ORDER BY count(*) DESC, p.name, d.lot_number)"""
