"""Find a person, and read the doses on record: one joined statement each.

Nothing here tells the caller's reader whether somebody was found; that is for the
pages, which give both the same answer.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection
from django.db.models.functions import Coalesce

from portal.common import crypto
from portal.common.forms import PartialDate
from portal.common.names import fold
from portal.registry import national_id as numbers
from portal.registry.models import Person

# So many people behind one telephone can be chosen from at a glance.
SHOWN: Final = 20

# Both ways in run in every look-up, so that one costs what the other does. What finds a
# record that was joined to another one leads to the one that survives. OFFSET keeps the
# few who are found first: for a common name the planner expects thousands, and among 10
# million people it read all of them in order of their keys (3 s) to sort and cut. Those
# found by number come first: namesakes never push them over the edge.
_FIND = """
SELECT p.*, found.by_number, hit.born_on AS hit_born_on,
       hit.born_precision AS hit_precision, t.number_sealed AS contact_sealed,
       t.number_digest AS contact_digest
FROM (
  SELECT person_id AS id, true AS by_number FROM registry_identitydocument
  WHERE number_digest = ANY(%(digests)s) AND NOT is_void
  UNION ALL
  SELECT namesake.id, false
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS span (first, last)
  JOIN registry_person namesake ON namesake.name_folded = %(folded)s
    AND %(folded)s <> '' AND namesake.born_on BETWEEN span.first AND span.last
  UNION ALL
  SELECT n.person_id, false FROM registry_namealias n
  JOIN registry_person named ON named.id = n.person_id
  JOIN unnest(%(firsts)s::date[], %(lasts)s::date[]) AS span (first, last)
    ON named.born_on BETWEEN span.first AND span.last
  WHERE n.name_folded = %(folded)s AND %(folded)s <> '' AND NOT n.is_void
) AS found
CROSS JOIN LATERAL (
  SELECT * FROM registry_person WHERE id = found.id AND status <> 'entered_in_error'
  OFFSET 0
) hit
CROSS JOIN LATERAL (
  SELECT * FROM registry_person WHERE id = coalesce(hit.merged_into_id, hit.id) OFFSET 0
) p
LEFT JOIN LATERAL (
  SELECT * FROM registry_telephone WHERE person_id = p.id AND is_contact OFFSET 0
) t ON true
ORDER BY found.by_number DESC, p.id
LIMIT 20
"""

# A site is called as on the day of the dose. One that closed is shown with whoever
# answers for it today, one that was renamed with its present name; chains are short.
_RECORD = """
SELECT d.id, d.ref, d.given_on, d.dose_number, d.lot_number, d.status, d.source,
       d.name_recorded, v.code, v.name, v.primary_doses, s.code,
       coalesce(called.name, s.name),
       coalesce(today.name, CASE WHEN called.name IS NOT NULL THEN s.name END),
       joined.id IS NOT NULL, d.country
FROM registry_dose d
JOIN registry_product v ON v.id = d.product_id
JOIN registry_organization s ON s.id = d.site_id
LEFT JOIN registry_person joined
  ON joined.id = d.origin_id AND joined.merged_into_id = d.person_id
LEFT JOIN LATERAL (
  WITH RECURSIVE way (id, step) AS (
    SELECT s.id, 0
    UNION ALL
    SELECT x.new_id, way.step + 1
    FROM way JOIN registry_organizationsuccession x ON x.old_id = way.id
    WHERE x.valid_from <= %(on)s AND way.step < 5
  )
  SELECT o.name FROM way JOIN registry_organization o ON o.id = way.id
  WHERE way.step > 0 ORDER BY way.step DESC, o.id LIMIT 1
) today ON s.closed_on <= %(on)s
LEFT JOIN LATERAL (
  SELECT n.name FROM registry_organizationname n
  WHERE n.organization_id = s.id AND n.valid_to > d.given_on
  ORDER BY n.valid_to LIMIT 1
) called ON true
WHERE d.person_id = (
  SELECT coalesce(merged_into_id, id) FROM registry_person WHERE id = %(person)s
) AND d.status = 'completed'
ORDER BY d.given_on, d.id
"""


_OPENED = """
SELECT p.*, (
  SELECT d.number_sealed FROM registry_identitydocument d
  WHERE d.person_id = p.id AND d.is_current ORDER BY d.id DESC LIMIT 1
) AS number_sealed, (
  SELECT t.number_sealed FROM registry_telephone t
  WHERE t.person_id = p.id AND t.is_contact ORDER BY t.id DESC LIMIT 1
) AS contact_sealed
FROM registry_person p WHERE p.id = (
  SELECT coalesce(merged_into_id, id) FROM registry_person WHERE id = %(person)s
)
"""


@dataclass(frozen=True)
class RecordedDose:
    """A dose as the record page shows it.

    ``is_joined``: it stood on another record, which was joined to this one. ``place``
    is what people call it by: the number on record where these are all
    known and different, else its place in order of days.
    """

    pk: int
    ref: str
    place: int
    given_on: date
    dose_number: int | None
    lot: str
    source: str
    name_recorded: str
    product: str
    product_name: str
    primary_doses: int
    site: str
    site_name: str
    site_today: str
    is_joined: bool
    country: str


def find(*, national_id: str, full_name: str, born: PartialDate) -> list[Person]:
    """Return the people with this number, old or new, or with this name; never both.

    The birth date must agree as far as both sides know it; with a number its day and
    month may stand swapped on record (a common slip: the code goes to the telephone
    on record all the same). A number also finds the
    one whose leading zeros a spreadsheet ate (rule A3 of the domain paper). Each
    person bears ``contact_sealed`` and ``contact_digest`` of the telephone on record.
    """
    spans = _spans(born)
    rows = Person.objects.raw(
        _FIND,
        {
            "digests": number_digests(national_id),
            "folded": fold(full_name),
            "firsts": [first for first, _ in spans],
            "lasts": [last for _, last in spans],
        },
    )
    by_number, by_name = {}, {}
    for row in rows:
        # Columns of the statement; a joined record is judged by its own birth date.
        hit = Person(
            born_on=row.hit_born_on,  # type: ignore[attr-defined]
            born_precision=row.hit_precision,  # type: ignore[attr-defined]
        )
        is_number = row.by_number  # type: ignore[attr-defined]
        if is_number and (resembles(hit, born) or resembles(row, born)):
            by_number[row.pk] = row
        elif not is_number and agrees(hit, born):
            by_name[row.pk] = row
    return list((by_number or by_name).values())


def _spans(born: PartialDate) -> list[tuple[date, date]]:
    """Return where a recorded date must lie that can agree with the typed one.

    A year or month on record stands as its first day. Looking through a whole year
    would find more bearers of a common name than are read.
    """
    if born.month is None:
        return [(born.first(), born.last())]
    firsts = {date(born.year, 1, 1), date(born.year, born.month, 1)} - {born.first()}
    return [(born.first(), born.last()), *((day, day) for day in sorted(firsts))]


def sharing(
    telephone: str,
    *,
    among: Collection[int] | None = None,
    born: PartialDate | None = None,
) -> list[Person]:
    """Return the people whose contact this telephone is, oldest row first.

    ``among`` these keys only, or only those whose birth date is the one typed, or is it
    with day and month changed about; typed as exactly as it is on record, since among
    many a year alone is somebody's. One more than are ``SHOWN`` means: too many.

    A number that was replaced helps to recognise somebody, and opens nothing: it may be
    a stranger's by now, or always was.
    """
    on_record = Person.objects.filter(
        telephones__number_digest__in=crypto.digests("phone", telephone),
        telephones__is_contact=True,
    ).exclude(status=Person.Status.ENTERED_IN_ERROR)
    answering = on_record.values_list(Coalesce("merged_into", "pk"))
    people = Person.objects.filter(pk__in=answering).order_by("pk")
    if among is not None:
        people = people.filter(pk__in=among)
    if born is None:
        return list(people[: SHOWN + 1])
    of_year = people.filter(born_on__year=born.year)
    return [
        person
        for person in of_year
        if resembles(person, born) and _is_as_exact(person, born)
    ][: SHOWN + 1]


def agrees(person: Person, born: PartialDate) -> bool:
    """Tell whether a birth date as typed can be the recorded one.

    Many older people's papers, and many typed dates, hold only the year.
    """
    recorded = person.born_on
    if born.year != recorded.year:
        return False
    if person.born_precision == Person.Precision.YEAR or born.month is None:
        return True
    if born.month != recorded.month:
        return False
    if person.born_precision == Person.Precision.MONTH or born.day is None:
        return True
    return born.day == recorded.day


def resembles(person: Person, born: PartialDate) -> bool:
    """Tell whether a birth date agrees, or would with day and month changed about."""
    if agrees(person, born):
        return True
    recorded = person.born_on
    return person.born_precision == Person.Precision.DAY and (
        (born.year, born.month, born.day)
        == (recorded.year, recorded.day, recorded.month)
    )


def _is_as_exact(person: Person, born: PartialDate) -> bool:
    """Tell whether a birth date was typed as far as it is on record."""
    exact = {"year": 0, "month": 1, "day": 2}
    return exact[born.precision] >= exact[person.born_precision]


def number_digests(national_id: str) -> list[bytes]:
    """Return the keyed digests under which a number may stand on record."""
    canonical = numbers.read(national_id).canonical if national_id else ""
    if not canonical:
        return []
    forms = {canonical, re.sub(r"^0+", "", canonical) or canonical}
    if canonical.isdigit() and len(canonical) in (10, 11):
        forms.add(canonical.zfill(12))
    return [
        digest
        for form in sorted(forms, key=len, reverse=True)
        for digest in crypto.digests("national_id", form)
    ]


def contact_of(person: Person) -> str:
    """Return the telephone on record of whom ``find`` or ``opened`` returned, or ''."""
    sealed = person.contact_sealed  # type: ignore[attr-defined]  # see both
    return crypto.unseal(sealed, bound_to=f"person:{person.pk}") if sealed else ""


def opened(person_id: int) -> tuple[Person, str]:
    """Return a person and the identity number in force, '' where none is recorded.

    A record that was joined to another one is answered by the one that survives. Raise
    Person.DoesNotExist where there is no such person.
    """
    rows = list(Person.objects.raw(_OPENED, {"person": person_id}))
    if not rows:
        raise Person.DoesNotExist
    person = rows[0]
    sealed = person.number_sealed  # type: ignore[attr-defined]  # a column of it
    if sealed is None:
        return person, ""
    return person, crypto.unseal(sealed, bound_to=f"person:{person.pk}")


def record(person_id: int, *, on: date) -> list[RecordedDose]:
    """Return the doses on record in order of days, with their sites then and today.

    A record that was joined to another one is answered by the one that survives.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"person": person_id, "on": on})
        rows = cursor.fetchall()
    numbers_on_record = [row[3] for row in rows]
    are_distinct = None not in numbers_on_record and (
        len(set(numbers_on_record)) == len(rows)
    )
    return [
        RecordedDose(
            pk=row[0],
            ref=str(row[1]),
            place=row[3] if are_distinct else place,
            given_on=row[2],
            dose_number=row[3],
            lot=row[4],
            source=row[6],
            name_recorded=row[7],
            product=row[8],
            product_name=row[9],
            primary_doses=row[10],
            site=row[11],
            site_name=row[12],
            site_today=row[13] or "",
            is_joined=row[14],
            country=row[15],
        )
        for place, row in enumerate(rows, start=1)
    ]
