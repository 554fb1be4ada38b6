"""The neighbour: the national population database, compared by four fields.

The real one answers over a network; the demo's simulator answers from its own table.
Only workers ask it, never a request.
"""

from dataclasses import dataclass
from datetime import date

from portal.common import crypto, names
from portal.registry.models import IdentityDocument, PopulationEntry


@dataclass(frozen=True)
class Question:
    """What is compared: number, name, birth date, sex."""

    number: str
    full_name: str
    born_on: date
    sex: str


@dataclass(frozen=True)
class Reply:
    """Whether the number is known, and which of the other fields disagree."""

    is_known: bool
    mismatched: tuple[str, ...] = ()

    @property
    def is_match(self) -> bool:
        """Tell whether the number is known and nothing disagrees."""
        return self.is_known and not self.mismatched


def compare(questions: list[Question]) -> list[Reply]:
    """Ask about each question, in order; one statement for all of them."""
    digests = [crypto.digest("population", q.number) for q in questions]
    entries = {
        bytes(entry.number_digest): entry
        for entry in PopulationEntry.objects.filter(number_digest__in=digests)
    }
    return [
        _compare(question, entries.get(digest))
        for question, digest in zip(questions, digests, strict=True)
    ]


def _compare(question: Question, entry: PopulationEntry | None) -> Reply:
    if entry is None:
        return Reply(is_known=False)
    checks = {
        "full_name": names.tone_key(question.full_name) == entry.name_key,
        "born_on": question.born_on == entry.born_on,
        "sex": not question.sex or question.sex == entry.sex,
    }
    return Reply(True, tuple(field for field, agrees in checks.items() if not agrees))


def is_used_by_another(number: str, *, person_id: int) -> bool:
    """Tell whether another person has this number on record."""
    return (
        IdentityDocument.objects.filter(
            number_digest__in=crypto.digests("national_id", number)
        )
        .exclude(person_id=person_id)
        .exists()
    )
