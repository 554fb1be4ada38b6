"""Reading what is asked of people, and writing what was answered about them."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from portal.common import crypto
from portal.registry.corrections import born_text, writing
from portal.registry.models import IdentityDocument, Person
from portal.registry.population import statuses
from portal.registry.population.protocol import Answers, Question

logger = logging.getLogger("registry.population")

# Who settled it where nobody had to be asked.
RECORD = "record"


@dataclass(frozen=True)
class Fact:
    """What is on record of a person, in the version that was read."""

    person_id: int
    version: int
    question: Question


@dataclass(frozen=True)
class Finding:
    """What a person's comparison came to."""

    person_id: int
    version: int
    status: statuses.Status
    wrong: tuple[str, ...] = ()
    source: str = RECORD


@dataclass(frozen=True)
class Sorted:
    """People of a batch: settled by their record, to be asked, and unreadable ones."""

    settled: list[Finding]
    to_ask: list[Fact]
    unreadable: list[int]


def read(people: Sequence[int]) -> Sorted:
    """Read what is on record of people, and settle whom nobody needs to ask about.

    Two statements. The order is that of the keys, so that the same people make the
    same question every time. A record that was joined to another one, or entered in
    error, is nobody's and is left out.
    """
    numbers: dict[int, bytes | memoryview] = {}
    for person_id, sealed in (
        IdentityDocument.objects.filter(person_id__in=people, is_current=True)
        .order_by("pk")
        .values_list("person_id", "number_sealed")
    ):
        numbers[person_id] = sealed
    found = Sorted([], [], [])
    standing = Person.objects.filter(pk__in=people, status=Person.Status.ACTIVE)
    for person in standing.order_by("pk"):
        try:
            number = _number(person.pk, numbers.get(person.pk))
        except crypto.Unreadable:
            logger.error("population.unreadable", extra={"subject": person.pk})
            found.unreadable.append(person.pk)
            continue
        status = statuses.before_asking(number)
        if status is not None:
            found.settled.append(Finding(person.pk, person.version, status))
        else:
            found.to_ask.append(
                Fact(person.pk, person.version, question(person, number))
            )
    return found


def question(person: Person, number: str) -> Question:
    """Return what is asked about a person with this number."""
    born = born_text(person.born_on, person.born_precision)
    return Question(number, person.full_name, born, person.sex)


def judge(asked: Sequence[Fact], answers: Answers) -> tuple[list[Finding], list[int]]:
    """Return the findings, and the people about whom the neighbour was silent."""
    findings, silent = [], []
    for n, fact in enumerate(asked):
        reply = answers.replies.get(n)
        if reply is None:
            silent.append(fact.person_id)
        else:
            status, wrong = statuses.after(reply)
            findings.append(
                Finding(fact.person_id, fact.version, status, wrong, answers.source)
            )
    return findings, silent


def write(findings: Iterable[Finding], *, at: datetime) -> set[int]:
    """Write findings to the people, in one statement; return whose were written.

    Whoever was corrected since the question was read is left out: the answer was about
    another record.
    """
    rows = sorted(findings, key=lambda finding: finding.person_id)
    if not rows:
        return set()
    with writing("population"), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE registry_person p SET population = f.status,
              population_at = %s, population_wrong = f.wrong,
              population_source = f.source
            FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[])
              AS f(id, version, status, wrong, source)
            WHERE p.id = f.id AND p.version = f.version
            RETURNING p.id
            """,
            [
                at,
                [f.person_id for f in rows],
                [f.version for f in rows],
                [f.status.value for f in rows],
                [",".join(f.wrong) for f in rows],
                [f.source for f in rows],
            ],
        )
        return {pk for (pk,) in cursor.fetchall()}


def _number(person_id: int, sealed: bytes | memoryview | None) -> str:
    if sealed is None:
        return ""
    return crypto.unseal(sealed, bound_to=f"person:{person_id}")
