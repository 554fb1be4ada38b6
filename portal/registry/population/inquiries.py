"""Questions to the population database on which somebody waits, and for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.common import crypto, outbox
from portal.registry.models import PopulationInquiry
from portal.registry.population.protocol import Question, Reply

Purpose = PopulationInquiry.Purpose

# A citizen's complaint is routed within a minute whatever fails (trust paper, section
# D); half of it may be spent on hoping for an answer.
PATIENCE: Final = timedelta(seconds=30)


def open_one(
    *,
    about: int,
    questions: Sequence[Question],
    purpose: str = Purpose.COMPLAINT,
    round_: int = 1,
    due_at: datetime,
    at: datetime,
) -> PopulationInquiry:
    """Owe questions of somebody who waits; the same round is asked once.

    ``inquiry_due`` follows when the answers are there, and at ``due_at`` whatever
    happened: nobody waits for a neighbour that is silent.
    """
    asked = [vars_of(question) for question in questions]
    inquiry, is_new = PopulationInquiry.objects.get_or_create(
        about=about,
        purpose=purpose,
        round=round_,
        defaults={
            "questions_sealed": crypto.seal_json(
                {"questions": asked}, bound_to=f"inquiry:{purpose}:{about}"
            ),
            "asked_at": at,
            "due_at": due_at,
        },
    )
    if is_new:
        outbox.add("inquiry", [inquiry.pk], at=at)
        outbox.add("inquiry_due", [inquiry.pk], at=at, delay=max(due_at - at, _NONE))
    return inquiry


_NONE: Final = timedelta(0)


def renumber(inquiry_id: int) -> UUID:
    """Give an inquiry another number: the one it has was used for other questions."""
    fresh = uuid4()
    PopulationInquiry.objects.filter(pk=inquiry_id).update(number=fresh)
    return fresh


def vars_of(question: Question) -> list[str]:
    """Return a question as it is kept: number, name, birth date, sex."""
    return [question.number, question.full_name, question.born, question.sex]


def questions_of(inquiry: PopulationInquiry) -> list[Question]:
    """Return what is asked, in clear and in order."""
    kept = crypto.unseal_json(
        inquiry.questions_sealed,
        bound_to=f"inquiry:{inquiry.purpose}:{inquiry.about}",
    )
    return [Question(*fields) for fields in kept["questions"]]


def answers_of(inquiry: PopulationInquiry) -> dict[Question, Reply | None]:
    """Return what was answered to each question; None for silence."""
    questions = questions_of(inquiry)
    said = inquiry.answers or [None] * len(questions)
    return {
        question: None if wrong is None else Reply(tuple(wrong))
        for question, wrong in zip(questions, said, strict=True)
    }
