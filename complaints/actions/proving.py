"""What the self-correction rules are told of people, read from the registry.

Statements do not grow with the number of people: reading five hundred costs what
reading one does, save for what each of them has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from complaints.choices import ADDING, OPEN, Field
from complaints.models import Claim, SelfCorrection
from complaints.rules.selfcorrection import facts as told
from complaints.rules.selfcorrection import guard, identity
from complaints.rules.selfcorrection.places import place_of
from portal.accounts import contact
from portal.common import crypto
from portal.registry import national_id
from portal.registry.certificates import issuing
from portal.registry.corrections import born_text
from portal.registry.models import (
    Dose,
    IdentityDocument,
    Lot,
    LotAllocation,
    Person,
    Telephone,
)

# People, not rows: one whose dose was loaded five times is one, as is a name that doses
# on nobody's record bear. The person's own do not count, nor such a dose of that name.
_OTHERS: Final = """count(DISTINCT coalesce(
  'person ' || d.person_id, 'name ' || lower(d.name_recorded)))"""
_NOT_OWN: Final = """d.person_id IS DISTINCT FROM q.person
  AND (d.person_id IS NOT NULL OR lower(d.name_recorded) <> lower(own.full_name))"""
# What others had at a site on a day, and on which days a lot was used at a site.
_SESSIONS: Final = f"""
SELECT q.person, q.site, q.day, d.lot_number, p.code, {_OTHERS}
FROM unnest(%(people)s::bigint[], %(sites)s::bigint[], %(days)s::date[])
  AS q (person, site, day)
JOIN registry_person own ON own.id = q.person
JOIN registry_dose d ON d.site_id = q.site AND d.given_on = q.day
  AND d.status = 'completed' AND {_NOT_OWN}
JOIN registry_product p ON p.id = d.product_id
GROUP BY q.person, q.site, q.day, d.lot_number, p.code
"""
_DAYS: Final = f"""
SELECT q.person, q.site, q.lot, d.given_on, {_OTHERS}
FROM unnest(%(people)s::bigint[], %(sites)s::bigint[], %(lots)s::text[])
  AS q (person, site, lot)
JOIN registry_person own ON own.id = q.person
JOIN registry_dose d ON d.site_id = q.site AND d.lot_number = q.lot
  AND d.status = 'completed' AND {_NOT_OWN}
GROUP BY q.person, q.site, q.lot, d.given_on
"""
_LOADED: Final = """
SELECT d.id, b.load_id FROM unnest(%(doses)s::bigint[]) AS d (id)
JOIN registry_loadblock b ON EXISTS (
  SELECT 1 FROM jsonb_array_elements(b.dose_ids) AS run
  WHERE d.id BETWEEN (run->>0)::bigint AND (run->>1)::bigint)
"""


def of_people(
    people: Sequence[int],
    *,
    at: datetime,
    but_complaint: int | None = None,
) -> dict[int, told.Facts]:
    """Return the facts of each of these records, by key; merged ones are left out.

    ``but_complaint``: the report that is itself being looked at is not open to it.
    """
    rows = list(
        Person.objects.filter(pk__in=people, status=Person.Status.ACTIVE).order_by("pk")
    )
    keys = [row.pk for row in rows]
    numbers = _numbers(keys)
    phones = _phones(keys)
    doses = _doses(keys)
    stock = _Stock(doses)
    stands_on = _stands_on(keys)
    open_fields, missing = _open_fields(stands_on, but_complaint)
    changed = _changed(stands_on)
    held = _held(stands_on, at=at)
    doubted = issuing.doubted(keys)
    found = {}
    for row in rows:
        current, others = numbers.get(row.pk, ("", ()))
        own = doses.get(row.pk, [])
        facts = told.Facts(
            person=told.Person(
                full_name=row.full_name,
                born_on=born_text(row.born_on, row.born_precision),
                sex=row.sex,
                national_id=current,
                phone=phones.get(row.pk, ""),
                other_numbers=others,
                is_restricted=row.is_restricted,
            ),
            at=at,
            doses=tuple(_told(dose, stock.loads.get(dose.pk)) for dose in own),
            lots=stock.lots,
            sessions=stock.sessions(row.pk, own),
            days=stock.days(row.pk, own),
            before=told.Before(
                open_fields=frozenset(open_fields.get(row.pk, ())),
                missing_reported=row.pk in missing,
                changed_fields=frozenset(changed.get(row.pk, ())),
                contact_changed_at=at if row.pk in held else None,
                fraud=_signs_on(own),
            ),
            certificate_is_stale=row.pk in doubted,
            population=row.population,
        )
        found[row.pk] = facts
    return with_used_numbers(found)


def _numbers(people: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Return the number in force and the others of each person."""
    current: dict[int, str] = {}
    others: dict[int, list[str]] = defaultdict(list)
    documents = IdentityDocument.objects.filter(person__in=people, is_void=False)
    for document in documents.order_by("pk"):
        if document.is_current:
            current[document.person_id] = document.number
        else:
            others[document.person_id].append(document.number)
    return {
        pk: (current.get(pk, ""), tuple(sorted(others[pk])))
        for pk in current.keys() | others.keys()
    }


def _phones(people: Sequence[int]) -> dict[int, str]:
    contacts = Telephone.objects.filter(person__in=people, is_contact=True)
    return {row.person_id: row.number for row in contacts}


def _doses(people: Sequence[int]) -> dict[int, list[Dose]]:
    found: dict[int, list[Dose]] = defaultdict(list)
    rows = Dose.objects.filter(person__in=people, status=Dose.Status.COMPLETED)
    for dose in rows.select_related("product", "site").order_by("recorded_at", "pk"):
        assert dose.person_id is not None
        found[dose.person_id].append(dose)
    return found


def _signs_on(doses: Iterable[Dose]) -> tuple[str, ...]:
    """Return the signs on a record itself: doses in two provinces on one day.

    One of them is somebody else's, or its day or site is wrong: whatever a rule would
    do beside it, a person looks first.
    """
    provinces: dict[date, set[int]] = defaultdict(set)
    for dose in doses:
        if dose.site.province_id is not None:
            provinces[dose.given_on].add(dose.site.province_id)
    travelled = any(len(places) > 1 for places in provinces.values())
    return ("two_provinces_one_day",) if travelled else ()


def _told(dose: Dose, load: int | None) -> told.Dose:
    entry = "service"
    if dose.source == Dose.Source.UPLOAD:
        entry = f"load:{load}" if load else "upload"
    return told.Dose(
        key=dose.pk,
        given_on=dose.given_on,
        product=dose.product.code,
        lot=dose.lot_number,
        site=dose.site.code,
        number=dose.dose_number,
        entry=entry,
        name=dose.name_recorded,
        is_brought=dose.origin_id is not None,
    )


def _stands_on(people: Sequence[int]) -> dict[int, int]:
    """Return the records that these are and that were joined to them: each with whose.

    What happened on a record before it was joined counts for the whole.
    """
    joined = Person.objects.filter(merged_into__in=people)
    stands_on = {pk: pk for pk in people}
    for pk, survivor in joined.values_list("pk", "merged_into"):
        assert survivor is not None
        stands_on[pk] = survivor
    return stands_on


def _open_fields(
    stands_on: Mapping[int, int], but_complaint: int | None
) -> tuple[dict[int, set[str]], set[int]]:
    """Return what open reports of these people are about, and who misses a dose."""
    found: dict[int, set[str]] = defaultdict(set)
    missing: set[int] = set()
    claims = Claim.objects.filter(
        complaint__submission__person__in=list(stands_on), complaint__status__in=OPEN
    )
    for claim in claims.exclude(complaint=but_complaint).select_related(
        "complaint__submission"
    ):
        case = claim.complaint
        assert case.submission.person_id is not None
        person_id = stands_on[case.submission.person_id]
        if case.kind in ADDING:
            missing.add(person_id)
        else:
            found[person_id].add(place_of(case.kind, case.dose_id, claim.field))
    return found, missing


def _changed(stands_on: Mapping[int, int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = SelfCorrection.objects.filter(person__in=list(stands_on))
    for person_id, place in rows.values_list("person", "place"):
        found[stands_on[person_id]].add(place)
    return found


def _held(stands_on: Mapping[int, int], *, at: datetime) -> set[int]:
    """Return whose contact was changed so lately that the record is held."""
    changed = contact.changed_since(stands_on, since=at - guard.COOL_DOWN)
    return {stands_on[pk] for pk in changed}


def with_used_numbers(found: dict[int, told.Facts]) -> dict[int, told.Facts]:
    """Return the facts with those of their numbers that another person has, too."""
    wanted: dict[int, set[str]] = {}
    for pk, facts in found.items():
        person = facts.person
        mentioned = {
            person.national_id,
            identity.restored_number(facts),
            national_id.read(facts.claims.get(Field.NATIONAL_ID, "")).canonical,
        }
        wanted[pk] = mentioned - {""}
    digests = {
        digest: number
        for numbers in wanted.values()
        for number in numbers
        for digest in crypto.digests("national_id", number)
    }
    holders: dict[str, set[int]] = defaultdict(set)
    documents = IdentityDocument.objects.filter(
        number_digest__in=list(digests), is_void=False
    ).exclude(person__status=Person.Status.ENTERED_IN_ERROR)
    for digest, owner, survivor in documents.values_list(
        "number_digest", "person", "person__merged_into"
    ):
        holders[digests[bytes(digest)]].add(survivor or owner)
    return {
        pk: replace(facts, used=frozenset(n for n in wanted[pk] if holders[n] - {pk}))
        for pk, facts in found.items()
    }


class _Stock:
    """The ledger of lots, and who else was vaccinated, for the doses of some people."""

    def __init__(self, doses: Mapping[int, Iterable[Dose]]) -> None:
        every = [(pk, dose) for pk, own in doses.items() for dose in own]
        uploads = [d.pk for _, d in every if d.source == Dose.Source.UPLOAD]
        self.loads = dict(_rows(_LOADED, doses=uploads)) if uploads else {}
        self._sites = {dose.site_id: dose.site.code for _, dose in every}
        self._sessions: dict[Any, dict[tuple[str, str], int]] = defaultdict(dict)
        for person, site, day, lot, product, n in _rows(
            _SESSIONS,
            people=[pk for pk, _ in every],
            sites=[dose.site_id for _, dose in every],
            days=[dose.given_on for _, dose in every],
        ):
            self._sessions[person, site, day][lot, product] = n
        alone = [
            (pk, dose)
            for pk, dose in every
            if (pk, dose.site_id, dose.given_on) not in self._sessions
        ]
        self._days: dict[Any, dict[date, int]] = defaultdict(dict)
        for person, site, lot, day, n in _rows(
            _DAYS,
            people=[pk for pk, _ in alone],
            sites=[dose.site_id for _, dose in alone],
            lots=[dose.lot_number for _, dose in alone],
        ):
            self._days[person, site, lot][day] = n
        self.lots = self._ledger({dose.lot_number for _, dose in every})

    def sessions(self, person_id: int, doses: Iterable[Dose]) -> dict:
        """Return what others had on the days of these doses, by site and day."""
        return {
            (dose.site.code, dose.given_on): self._sessions.get(
                (person_id, dose.site_id, dose.given_on), {}
            )
            for dose in doses
        }

    def days(self, person_id: int, doses: Iterable[Dose]) -> dict:
        """Return when others had these doses' lots, where nobody had any that day."""
        return {
            (dose.site.code, dose.lot_number): self._days.get(
                (person_id, dose.site_id, dose.lot_number), {}
            )
            for dose in doses
        }

    def _ledger(self, lots: set[str]) -> dict[str, told.Stock]:
        """Return the lots written on doses and in use beside them.

        A delivery to the district centre above a site counts as the site's, as for
        quality rule Q24.
        """
        lots |= {lot for session in self._sessions.values() for lot, _ in session}
        known = Lot.objects.filter(number__in=lots - {""}).select_related("product")
        ledger = {row.pk: told.Stock(row.product.code, {}) for row in known}
        numbers = {row.pk: row.number for row in known}
        above: dict[int, list[str]] = defaultdict(list)
        for site, code, parent in _site_parents(list(self._sites)):
            above[site].append(code)
            if parent is not None:
                above[parent].append(code)
        arrived: dict[int, dict[str, date]] = defaultdict(dict)
        for lot, organization, day in LotAllocation.objects.filter(
            Q(organization__in=list(above)), lot__in=list(ledger)
        ).values_list("lot", "organization", "received_on"):
            for code in above[organization]:
                first = arrived[lot].get(code)
                arrived[lot][code] = min(first, day) if first else day
        return {
            numbers[pk]: told.Stock(stock.product, arrived[pk])
            for pk, stock in ledger.items()
        }


def _site_parents(sites: Sequence[int]) -> list[tuple[int, str, int | None]]:
    rows = _rows(
        "SELECT id, code, parent_id FROM registry_organization"
        " WHERE id = ANY (%(sites)s)",
        sites=list(sites),
    )
    return [(site, code, parent) for site, code, parent in rows]


def _rows(statement: str, **values: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
