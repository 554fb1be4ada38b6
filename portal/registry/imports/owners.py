"""Whose row it is: the matching engine asked about many rows at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from portal.common.forms import PartialDate
from portal.registry import identity
from portal.registry.imports.rows import Values
from portal.registry.matching import blocks, weights, wording
from portal.registry.matching.blocks import Candidate, Question
from portal.registry.matching.facts import Facts
from portal.registry.models import Person

# As many bearers of one number are looked at; a number that fills cells has thousands.
_BEARERS: Final = """
SELECT DISTINCT s.key, d.person_id
FROM unnest(%s::int[], %s::bytea[]) AS s (key, digest)
CROSS JOIN LATERAL (
  SELECT person_id FROM registry_identitydocument
  WHERE number_digest = s.digest AND NOT is_void LIMIT 20
) AS d
ORDER BY s.key, d.person_id
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A candidate with its grade, and what speaks for and against it."""

    person: int
    grade: str
    levels: tuple[tuple[str, str], ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """Return the reasons in words of the language in force."""
        return wording.reasons(dict(self.levels), self.doubts)


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom a row names; ``others`` are further numbers, such as an old card's."""

    values: Values
    others: tuple[str, ...] = ()


def find(
    rows: Mapping[int, Sought], *, site: int | None, on: date
) -> dict[int, list[Owner]]:
    """Return for each row, under its key, the people it may name, likeliest first.

    A handful of statements however many rows there are. A record that was joined to
    another one answers as that one; one entered in error is nobody's. Whoever has the
    row's number is among them, of grade none where all else differs: nobody is added
    under another's number unasked (rule Q34 of domain paper d). Addresses are left
    aside: a list names hamlets that no register knows.
    """
    questions = [
        Question(_facts(row), site_id=site, given_on=row.values.given_on)
        for row in rows.values()
    ]
    found = blocks.candidates(questions, weights=weights.in_force(on))
    bearers = _bearers(rows)
    answering = _answering(
        {c.person_id for one in found for c in one}.union(*bearers.values())
    )
    return {
        key: _owners(candidates, bearers[key], answering)
        for key, candidates in zip(rows, found, strict=True)
    }


def partial_date(text: str) -> PartialDate | None:
    """Return a birth date as rows write it (1958 or 1958-03-08); None for ''."""
    return PartialDate(*map(int, text.split("-"))) if text else None


def _facts(row: Sought) -> Facts:
    values = row.values
    # A record may hold the number as a spreadsheet left it, without its zeros.
    numbers = (values.id_number, *row.others, values.id_number.lstrip("0"))
    return Facts(
        full_name=values.full_name,
        born=partial_date(values.born_on),
        sex=values.sex or "",
        numbers=tuple(dict.fromkeys(filter(None, numbers))),
        phones=frozenset(values.phones),
    )


def _bearers(rows: Mapping[int, Sought]) -> dict[int, list[int]]:
    """Return for each row the people who have its number, old or current."""
    digests = [
        (key, digest)
        for key, row in rows.items()
        for digest in identity.number_digests(row.values.id_number)
    ]
    people: dict[int, list[int]] = {key: [] for key in rows}
    if digests:
        keys, wanted = zip(*digests, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_BEARERS, [list(keys), list(wanted)])
            for key, person in cursor.fetchall():
                people[key].append(person)
    return people


def _answering(people: set[int]) -> dict[int, int]:
    """Return for each of these records the one that answers for it today."""
    rows = Person.objects.filter(pk__in=people)
    return {
        person.pk: person.surviving_id
        for person in rows.exclude(status=Person.Status.ENTERED_IN_ERROR).only(
            "merged_into"
        )
    }


def _owners(
    candidates: list[Candidate], bearers: list[int], answering: Mapping[int, int]
) -> list[Owner]:
    owners: dict[int, Owner] = {}
    for candidate in candidates:
        person = answering.get(candidate.person_id)
        if person is None or person in owners:
            continue
        judgement = candidate.judgement
        owners[person] = Owner(
            person,
            judgement.grade,
            tuple(judgement.levels.items()),
            tuple(judgement.doubts),
        )
    for bearer in bearers:
        person = answering.get(bearer)
        if person is not None and person not in owners:
            owners[person] = Owner(person, "none", (("number", "fits_none"),))
    return list(owners.values())
