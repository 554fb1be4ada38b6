"""Find who may be meant, for many questions at once, by plain indexes.

A block is an equality that an index answers: a number's or telephone's digest (under
every index key in use), a folded name with the birth date or its year, birth date with
commune, birth date at a site's session. Encrypted numbers cannot be searched for near
ones; nearness is judged once another block has brought the two together.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.db import connection

from portal.common import crypto
from portal.common.forms import PartialDate
from portal.registry.identity import number_digests
from portal.registry.matching import grading, naming, rarity
from portal.registry.matching.facts import Facts
from portal.registry.matching.locating import residences
from portal.registry.matching.rarity import Shares
from portal.registry.matching.weights import Weights

logger = logging.getLogger("registry.matching")

# No block brings more people than this for one question. A birth date with the name,
# a number and a telephone fit far fewer; a year with a common name may fit more, and
# then the exact date has its own block.
_MOST: Final = 60

_SEARCH: Final = """
SELECT DISTINCT question, coalesce(p.merged_into_id, p.id) FROM (
  SELECT q.question, x.person
  FROM unnest(%(number_of)s::int[], %(numbers)s::bytea[]) q (question, digest),
  LATERAL (SELECT person_id AS person FROM registry_identitydocument d
           WHERE d.number_digest = q.digest AND NOT d.is_void LIMIT %(most)s) x
  UNION ALL
  SELECT q.question, x.person
  FROM unnest(%(phone_of)s::int[], %(phones)s::bytea[]) q (question, digest),
  LATERAL (SELECT person_id AS person FROM registry_telephone t
           WHERE t.number_digest = q.digest AND NOT t.is_void LIMIT %(most)s) x
  UNION ALL
  SELECT q.question, x.person
  FROM unnest(%(name_of)s::int[], %(names)s::text[], %(firsts)s::date[],
              %(lasts)s::date[]) q (question, folded, first, last),
  LATERAL (SELECT id AS person FROM registry_person p
           WHERE p.name_folded = q.folded AND p.born_on BETWEEN q.first AND q.last
           LIMIT %(most)s) x
  UNION ALL
  SELECT q.question, x.person
  FROM unnest(%(name_of)s::int[], %(names)s::text[], %(firsts)s::date[],
              %(lasts)s::date[]) q (question, folded, first, last),
  LATERAL (SELECT n.person_id AS person FROM registry_namealias n
           JOIN registry_person p ON p.id = n.person_id
           WHERE n.name_folded = q.folded AND NOT n.is_void
             AND p.born_on BETWEEN q.first AND q.last
           LIMIT %(most)s) x
  UNION ALL
  SELECT q.question, x.person
  FROM unnest(%(home_of)s::int[], %(born)s::date[], %(homes)s::text[])
       q (question, born, code)
  JOIN registry_administrativeunit u ON u.code = q.code,
  LATERAL (SELECT id AS person FROM registry_person p
           WHERE p.born_on = q.born AND p.residence_id IN (
             SELECT u.id UNION ALL
             SELECT s.old_id FROM registry_unitsuccession s WHERE s.new_id = u.id)
           LIMIT %(most)s) x
  UNION ALL
  SELECT q.question, x.person
  FROM unnest(%(session_of)s::int[], %(sites)s::bigint[], %(days)s::date[],
              %(births)s::date[]) q (question, site, day, born),
  LATERAL (SELECT p.id AS person FROM registry_dose d
           JOIN registry_person p ON p.id = d.person_id
           WHERE d.site_id = q.site AND d.given_on = q.day AND p.born_on = q.born
           LIMIT %(most)s) x
) found
JOIN registry_person p ON p.id = found.person AND p.status <> 'entered_in_error'
"""

# Numbers, telephones and names of records that were joined to it are the person's too.
_LOAD: Final = """
SELECT p.id, p.full_name, p.born_on, p.born_precision, p.sex, p.residence_id,
  p.population = 'matched', p.population_wrong, p.is_restricted,
  n.owners, n.sealed, t.owners, t.sealed, t.uses, a.full_names
FROM registry_person p,
LATERAL (
  SELECT array_agg(id) AS records FROM (
    SELECT p.id
    UNION ALL SELECT m.id FROM registry_person m WHERE m.merged_into_id = p.id
  ) r
) joined,
LATERAL (
  SELECT array_agg(d.person_id ORDER BY rank) AS owners,
    array_agg(d.number_sealed ORDER BY rank) AS sealed
  FROM (SELECT d.*, row_number() OVER (
          ORDER BY d.person_id <> p.id, NOT d.is_current, d.id DESC) AS rank
        FROM registry_identitydocument d
        WHERE d.person_id = ANY (joined.records) AND NOT d.is_void) d
) n,
LATERAL (
  SELECT array_agg(t.person_id ORDER BY t.id) AS owners,
    array_agg(t.number_sealed ORDER BY t.id) AS sealed, max(u.uses) AS uses
  FROM registry_telephone t, LATERAL (
    SELECT count(*) AS uses FROM (
      SELECT FROM registry_telephone o WHERE o.number_digest = t.number_digest LIMIT 9
    ) o
  ) u
  WHERE t.person_id = ANY (joined.records) AND NOT t.is_void
) t,
LATERAL (
  SELECT array_agg(DISTINCT full_name) AS full_names FROM (
    SELECT m.full_name FROM registry_person m WHERE m.merged_into_id = p.id
    UNION ALL SELECT x.full_name FROM registry_namealias x
    WHERE x.person_id = ANY (joined.records) AND NOT x.is_void
  ) x
) a
WHERE p.id = ANY (%s) AND p.status = 'active'
"""


@dataclass(frozen=True)
class Question:
    """Somebody who is looked for: what is known, and a session if there was one."""

    facts: Facts
    site_id: int | None = None
    given_on: date | None = None


@dataclass(frozen=True)
class Candidate:
    """A person on record with the grade of being the one who is looked for."""

    person_id: int
    judgement: grading.Judgement


def candidates(
    questions: Sequence[Question], *, weights: Weights, shares: Shares | None = None
) -> list[list[Candidate]]:
    """Return for each question the people that may be meant, the likeliest first.

    Grade none is left out. A best one that is not ahead of the next by the lead which
    the weights ask for is never certain. One statement searches for all questions, one
    loads who was found; places and shares take two more.
    """
    found = search(questions)
    people = load({person for persons in found for person in persons})
    shares = shares or rarity.current()
    return [
        settled(
            [
                Candidate(
                    person,
                    grading.grade(
                        question.facts, people[person], weights=weights, shares=shares
                    ),
                )
                for person in sorted(persons & people.keys())
            ],
            lead=weights.lead,
        )
        for question, persons in zip(questions, found, strict=True)
    ]


def settled(found: Iterable[Candidate], *, lead: float) -> list[Candidate]:
    """Return candidates in order; hold down the best where another is close behind."""
    ranked = sorted(
        (c for c in found if c.judgement.grade != "none"),
        key=lambda c: (-c.judgement.score, c.person_id),
    )
    if len(ranked) < 2 or ranked[0].judgement.score - ranked[1].judgement.score >= lead:
        return ranked
    return [
        replace(c, judgement=_held_down(c.judgement))
        if c.judgement.grade == "certain"
        else c
        for c in ranked
    ]


def _held_down(judgement: grading.Judgement) -> grading.Judgement:
    return replace(judgement, grade="probable", doubts=(*judgement.doubts, "not_ahead"))


def load(people: Iterable[int]) -> dict[int, Facts]:
    """Return what is on record of these people, numbers and telephones opened.

    Records that were joined to another one or entered in error are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(people)])
        rows = cursor.fetchall()
    homes = residences({row[5] for row in rows if row[5]})
    return {row[0]: _facts(row, homes) for row in rows}


def _facts(row: Sequence[Any], homes: Mapping[int, Any]) -> Facts:
    pk, name, born_on, precision, sex, home, is_matched, wrong, restricted = row[:9]
    (numbers, lost), (telephones, _) = _opened(*row[9:11]), _opened(*row[11:13])
    uses, full_names = row[13], row[14]
    parts = (born_on.year, born_on.month, born_on.day)
    known = {"year": 1, "month": 2, "day": 3}[precision]
    return Facts(
        full_name=name,
        aliases=tuple(full_names or ()),
        born=PartialDate(*parts[:known]),
        sex=sex,
        numbers=tuple(dict.fromkeys(numbers)),
        phones=frozenset(telephones),
        place=homes[home] if home in homes else Facts().place,
        checked=tuple(wrong.split(",")) if wrong else () if is_matched else None,
        phone_uses=uses or 1,
        is_restricted=restricted,
        is_unreadable=lost,
    )


def _opened(
    owners: list[int] | None, sealed: list[bytes] | None
) -> tuple[list[str], bool]:
    """Return what can be opened, and whether there is more that cannot."""
    found, is_whole = [], True
    for owner, blob in zip(owners or (), sealed or (), strict=True):
        try:
            found.append(crypto.unseal(blob, bound_to=f"person:{owner}"))
        except crypto.Unreadable:
            logger.error("matching.unreadable", extra={"subject": owner})
            is_whole = False
    return found, not is_whole


def search(questions: Sequence[Question]) -> list[set[int]]:
    """Return the people whom any block brings, for each question.

    A record that was joined to another one brings the one that survives.
    """
    lists = _Lists()
    for n, question in enumerate(questions):
        lists.add(n, question)
    found: list[set[int]] = [set() for _ in questions]
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH, {**lists.columns, "most": _MOST})
        for question_number, person in cursor.fetchall():
            found[question_number].add(person)
    return found


class _Lists:
    """The columns of the search's statement."""

    def __init__(self) -> None:
        names = (
            *("number_of", "numbers", "phone_of", "phones"),
            *("name_of", "names", "firsts", "lasts", "home_of", "born", "homes"),
            *("session_of", "sites", "days", "births"),
        )
        self.columns: dict[str, list] = {name: [] for name in names}

    def add(self, n: int, question: Question) -> None:
        """Take a question's keys into every block."""
        facts = question.facts
        for number in facts.numbers:
            self._rows(("number_of", "numbers"), n, number_digests(number))
        for phone in facts.phones:
            self._rows(("phone_of", "phones"), n, crypto.digests("phone", phone))
        spans = _spans(facts.born)
        names = (facts.full_name, *facts.aliases)
        for folded in {f: None for n in names for f in naming.alternatives(n)}:
            for first, last in spans:
                self._row(
                    ("name_of", "names", "firsts", "lasts"), n, folded, first, last
                )
        day = facts.born.as_date() if facts.born else None
        if day:
            for code in facts.place.communes:
                self._row(("home_of", "born", "homes"), n, day, code)
        if day and question.site_id and question.given_on:
            session = question.site_id, question.given_on, day
            self._row(("session_of", "sites", "days", "births"), n, *session)

    def _rows(self, names: Sequence[str], n: int, values: Iterable[Any]) -> None:
        for value in values:
            self._row(names, n, value)

    def _row(self, names: Sequence[str], *values: Any) -> None:
        for name, value in zip(names, values, strict=True):
            self.columns[name].append(value)


def _spans(born: PartialDate | None) -> list[tuple[date, date]]:
    """Return the spans of birth dates to look in: the day, day and month swapped, the
    first of January, and the whole year."""
    if born is None:
        return [(date(1880, 1, 1), date(2199, 12, 31))]
    spans = [(date(born.year, 1, 1), date(born.year, 12, 31))]
    if day := born.as_date():
        spans.append((day, day))
        spans.append((date(day.year, 1, 1), date(day.year, 1, 1)))
        if day.day <= 12:
            swapped = date(day.year, day.day, day.month)
            spans.append((swapped, swapped))
    return spans
