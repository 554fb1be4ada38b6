"""What the simulator's people are compared with: its own table, ``PopulationEntry``."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from portal.common import crypto, names
from portal.registry.models import PopulationEntry
from portal.registry.population.protocol import FIELDS, Answers, Question, Reply

SOURCE = "simulator"


def compare(questions: Sequence[Question]) -> list[dict[str, bool | None]]:
    """Return for each question, in order, what is right by the wire's field names.

    One statement for all of them. A birth date is compared as far as it is stated;
    a sex that is not stated is not compared (null).
    """
    digests = [crypto.digest("population", q.number) for q in questions]
    entries = _entries(digests)
    return [
        _compare(question, entries.get(digest))
        for question, digest in zip(questions, digests, strict=True)
    ]


def ask(questions: Sequence[Question], *, at: datetime) -> Answers:
    """Answer as the simulator would, without a process and a wire in between."""
    replies = {}
    for n, said in enumerate(compare(questions)):
        wrong = tuple(ours for wire, ours in FIELDS.items() if said[wire] is False)
        replies[n] = Reply(wrong)
    return Answers(SOURCE, at, replies)


def _entries(digests: Iterable[bytes]) -> Mapping[bytes, PopulationEntry]:
    return {
        bytes(entry.number_digest): entry
        for entry in PopulationEntry.objects.filter(number_digest__in=list(digests))
    }


def _compare(
    question: Question, entry: PopulationEntry | None
) -> dict[str, bool | None]:
    if entry is None:
        return {"number": False, "name": None, "born": None, "sex": None}
    return {
        "number": True,
        "name": names.tone_key(question.full_name) == entry.name_key,
        "born": entry.born_on.isoformat().startswith(question.born),
        "sex": question.sex == entry.sex if question.sex else None,
    }
