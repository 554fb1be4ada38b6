"""Asking for what waits in the outbox. The only modules that call the neighbour.

The handlers hold no transaction while they ask. A neighbour that does not answer is no
failure of the row: it is put off without counting as a try, however long that lasts.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from portal.common import outbox
from portal.registry.models import Correction, PopulationBatch, PopulationInquiry
from portal.registry.population import inquiries, neighbour, results, runs
from portal.registry.population.client import Conflict, Unavailable
from portal.registry.population.protocol import MOST, Answers, Question

logger = logging.getLogger("registry.population")

# Who calls a number used that was made a moment ago will not be better in a second.
_AFTER_CONFLICT: Final = 300.0


@outbox.outside_transaction
def compare_batches(subjects: Sequence[int], *, at: datetime) -> None:
    """Ask about each of these batches and finish it, or put it off."""
    for batch_id in subjects:
        _compare_batch(batch_id, at=at)


@outbox.outside_transaction
def inquire(subjects: Sequence[int], *, at: datetime) -> None:
    """Ask the questions of each of these, as long as somebody waits for them."""
    for inquiry in PopulationInquiry.objects.filter(
        pk__in=subjects, answered_at=None, due_at__gt=at
    ):
        _inquire(inquiry, at=at)


@outbox.outside_transaction
def recheck(subjects: Sequence[int], *, at: datetime) -> None:
    """Ask again about the people whom these corrections changed."""
    corrected = dict(
        Correction.objects.filter(
            pk__in=subjects, target=Correction.Target.PERSON
        ).values_list("pk", "target_id")
    )
    for begin in range(0, len(subjects), MOST):
        part = [pk for pk in subjects[begin : begin + MOST] if pk in corrected]
        people = results.read(sorted({corrected[pk] for pk in part}))
        findings = people.settled
        if people.to_ask:
            questions = [fact.question for fact in people.to_ask]
            try:
                answers = _ask(uuid4(), questions, renew=uuid4, at=at)
            except Unavailable as trouble:
                outbox.postpone("recheck", part, at=at, delay=_later(trouble))
                continue
            findings = findings + results.judge(people.to_ask, answers)[0]
        results.write(findings, at=at)


def _compare_batch(batch_id: int, *, at: datetime) -> None:
    batch = PopulationBatch.objects.get(pk=batch_id)
    if batch.done_at is not None:
        return
    people = results.read(batch.people)
    findings, silent = people.settled, people.unreadable
    if people.to_ask:
        questions = [fact.question for fact in people.to_ask]
        try:
            answers = _ask(
                batch.number, questions, renew=lambda: runs.renumber(batch_id), at=at
            )
        except Unavailable as trouble:
            with transaction.atomic():
                runs.note_trouble(batch.run_id, trouble.reason, at=at)
                outbox.postpone(runs.KIND, [batch_id], at=at, delay=_later(trouble))
            return
        judged, unanswered = results.judge(people.to_ask, answers)
        findings, silent = findings + judged, silent + unanswered
    runs.finish_batch(batch_id, findings, silent, at=at)
    logger.info("population.compared", extra={"rows": len(findings)})


def _inquire(inquiry: PopulationInquiry, *, at: datetime) -> None:
    asked = inquiries.questions_of(inquiry)
    try:
        answers = _ask(
            inquiry.number, asked, renew=lambda: inquiries.renumber(inquiry.pk), at=at
        )
    except Unavailable as trouble:
        # The end of patience is owed already; after it nobody asks.
        outbox.postpone("inquiry", [inquiry.pk], at=at, delay=_later(trouble))
        return
    if not answers.replies:
        return
    said = [answers.replies.get(n) for n in range(len(asked))]
    with transaction.atomic():
        PopulationInquiry.objects.filter(pk=inquiry.pk, answered_at=None).update(
            answered_at=at,
            answers=[None if reply is None else list(reply.wrong) for reply in said],
            # A clock that is ahead makes no answer fresher than today's.
            said_at=min(answers.at, at),
            source=answers.source,
        )
        outbox.hasten("inquiry_due", [inquiry.pk], at=at)


def _ask(
    number: UUID,
    questions: Sequence[Question],
    *,
    renew: Callable[[], UUID],
    at: datetime,
) -> Answers:
    """Ask under a number, and where that was used for other questions under a new one.

    Raise Unavailable, also for a neighbour that calls the new number used as well.
    """
    try:
        return neighbour.ask(number, questions, at=at)
    except Conflict:
        fresh = renew()
    try:
        return neighbour.ask(fresh, questions, at=at)
    except Conflict:
        logger.error("population.conflict")
        raise Unavailable("conflict", retry_after=_AFTER_CONFLICT) from None


def _later(trouble: Unavailable) -> timedelta:
    return timedelta(seconds=max(1.0, trouble.retry_after))
