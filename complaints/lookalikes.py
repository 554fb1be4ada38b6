"""Records that a case may also be about: candidates with their evidence in words.

For a split record, those that may be the same person; for a dose that is somebody
else's, whom staff look for. The citizen never sees them.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from complaints.choices import Field, Kind
from complaints.models import Complaint
from complaints.rules import records
from portal.registry import national_id
from portal.registry.corrections import born_text
from portal.registry.matching import blocks, grading, rarity, weights
from portal.registry.matching.facts import Facts
from portal.registry.models import Dose, IdentityDocument, Person

# More than a few candidates are none: then what was typed says too little.
MOST: Final = 5
KINDS: Final = frozenset({Kind.SPLIT_RECORD, Kind.NOT_MINE})


@dataclass(frozen=True)
class Lookalike:
    """A record that may be meant: how people tell it from others, and why it may be."""

    person_id: int
    ref: str
    title: str
    evidence: str


def of(complaint: Complaint, *, typed: Facts | None, on: date) -> list[Lookalike]:
    """Return the records that a case may also be about, the likeliest first.

    ``typed``: what staff search by. A split record is compared with the sender's own;
    any other candidate with what was typed.
    """
    own_id = _own(complaint)
    own = blocks.load([own_id])[own_id] if own_id else None
    measure = own if complaint.kind == Kind.SPLIT_RECORD and own else typed
    if measure is None:
        return []
    asked = [facts for facts in (typed, *_as_claimed(complaint, own)) if facts]
    found = set().union(*blocks.search([blocks.Question(facts) for facts in asked]))
    shares, in_force = rarity.current(), weights.in_force(on)
    ranked = sorted(
        (
            (grading.grade(measure, facts, weights=in_force, shares=shares), pk)
            for pk, facts in blocks.load(found - {own_id}).items()
        ),
        key=lambda pair: (-pair[0].score, pair[1]),
    )
    likely = [(j, pk) for j, pk in ranked if typed or j.grade != "none"]
    people = Person.objects.in_bulk([pk for _judgement, pk in likely])
    alive = [
        (judgement, people[pk])
        for judgement, pk in likely
        if people[pk].status == Person.Status.ACTIVE
    ]
    return [
        Lookalike(
            person.pk,
            str(person.ref),
            title(person),
            ". ".join([*doses_of(person), *(r.rstrip(".") for r in judgement.reasons)]),
        )
        for judgement, person in alive[:MOST]
    ]


def title(person: Person) -> str:
    """Return how staff tell a record from others: name, birth, number masked."""
    return titles_of([person])[person.pk]


def titles_of(people: Collection[Person]) -> dict[int, str]:
    """Return the titles of records by their keys."""
    current = IdentityDocument.objects.filter(person__in=people, is_current=True)
    numbers = {row.person_id: row.number for row in current.order_by("pk")}
    return {one.pk: _title(one, numbers.get(one.pk, "")) for one in people}


def _title(person: Person, number: str) -> str:
    born = "/".join(
        reversed(born_text(person.born_on, person.born_precision).split("-"))
    )
    parts = [person.full_name, born, national_id.mask(number) if number else ""]
    return ", ".join(part for part in parts if part)


def titles(refs: list[str]) -> dict[str, str]:
    """Return the titles of records by their references."""
    people = list(Person.objects.filter(ref__in=refs))
    named = titles_of(people)
    return {str(one.ref): named[one.pk] for one in people}


def _own(complaint: Complaint) -> int | None:
    person = complaint.submission.person
    return person.surviving_id if person else None


def _as_claimed(complaint: Complaint, own: Facts | None) -> list[Facts]:
    """Return the sender's record as it is, and as they say the other one is."""
    if complaint.kind != Kind.SPLIT_RECORD or own is None:
        return []
    claim = complaint.claims.get(field=Field.RECORD)
    full_name, number = records.read(claim.claimed)
    other = replace(
        own, full_name=full_name, numbers=(number,) if number else own.numbers
    )
    return [own, other]


def doses_of(person: Person) -> list[str]:
    """Return the doses of a record in words, oldest first; that there is none."""
    return doses_by_person([person.pk])[person.pk]


def doses_by_person(people: Collection[int]) -> dict[int, list[str]]:
    """Return the doses of records in words, as ``doses_of``, by their keys."""
    found: dict[int, list[str]] = {pk: [] for pk in people}
    doses = Dose.objects.filter(person__in=people, status=Dose.Status.COMPLETED)
    for dose in doses.select_related("product", "site").order_by("given_on"):
        if dose.person_id is not None:
            found[dose.person_id].append(
                f"{dose.given_on:%d/%m/%Y} {dose.product.name}, {dose.where}"
            )
    return {pk: said or [_("No dose")] for pk, said in found.items()}
