"""Records that a case may also be about: candidates with their evidence in words.

For a split record, those that may be the same person; for a dose that is somebody
else's, whom staff look for. The citizen never sees them.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from complaints.choices import Field, Kind
from complaints.models import Complaint
from complaints.rules import records
from portal.registry import national_id
from portal.registry.corrections import born_text, read_person
from portal.registry.matching import blocks, grading, rarity, weights
from portal.registry.matching.facts import Facts
from portal.registry.models import Dose, Person

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
    born = "/".join(
        reversed(born_text(person.born_on, person.born_precision).split("-"))
    )
    number = read_person(person, Field.NATIONAL_ID)
    parts = [person.full_name, born, national_id.mask(number) if number else ""]
    return ", ".join(part for part in parts if part)


def titles(refs: list[str]) -> dict[str, str]:
    """Return the titles of records by their references."""
    return {str(p.ref): title(p) for p in Person.objects.filter(ref__in=refs)}


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
    doses = person.doses.filter(status=Dose.Status.COMPLETED)
    return [
        f"{dose.given_on:%d/%m/%Y} {dose.product.name}, {dose.where}"
        for dose in doses.select_related("product", "site").order_by("given_on")
    ] or [_("No dose")]
