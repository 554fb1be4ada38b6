"""What a campaign does of one person, so that no record keeps another from it."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

from complaints.actions import inviting, preparing, proving, selfcorrection, switches
from complaints.actions.selfservice import judged
from complaints.models import Campaign, CampaignBatch, RuleSwitch, SelfCorrection
from complaints.rules.selfcorrection import guard, judging
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Outcome, State, Tier
from portal.registry.population import inquiries
from portal.registry.population.protocol import MOST, Question

Made = TypeVar("Made")
logger = logging.getLogger("complaints.campaigns")


class Failed(Exception):
    """Something of one person could not be done; nothing was written of it."""


@contextmanager
def each(what: str, person_id: int) -> Iterator[None]:
    """Do something of one person so that it may fail alone: what writes does so whole.

    Raise Failed, with the cause in the log. Where the database itself fails, the batch
    is tried again later.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.warning(
            "campaign.failed", extra={"what": what, "subject": person_id}, exc_info=True
        )
        raise Failed from error


def all_or_each(
    what: str, people: Sequence[int], do: Callable[[Sequence[int]], Made]
) -> tuple[list[Made], set[int]]:
    """Do something of all these people at once, or where that fails one by one.

    Return what came of it, and of whom it could not be done.
    """
    if not people:
        return [], set()
    try:
        with each(what, people[0]), transaction.atomic():
            return [do(people)], set()
    except Failed:
        made: list[Made] = []
        failed: set[int] = set()
        for pk in people:
            try:
                with each(what, pk), transaction.atomic():
                    made.append(do([pk]))
            except Failed:
                failed.add(pk)
        return made, failed


def read(people: Sequence[int], *, at: datetime) -> dict[int, Facts]:
    """Return the facts of these people; who cannot be read keeps no other from it."""
    parts, _failed = all_or_each(
        "read", people, lambda chosen: proving.of_people(chosen, at=at)
    )
    return {pk: facts for part in parts for pk, facts in part.items()}


def questions_of(found: dict[int, Facts], rules: Sequence[str]) -> list[Question]:
    """Return what is to be asked; who cannot be judged is left for the change."""
    wanted: set[Question] = set()
    for pk, facts in found.items():
        with suppress(Failed), each("ask", pk):
            _facts, said = judged(facts, rules=rules, may_ask=True)
            wanted |= {o.question for o in said if o.state == State.ASKS and o.question}
    return sorted(wanted, key=inquiries.vars_of)[:MOST]


def put_right(
    campaign: Campaign,
    batch: CampaignBatch,
    person_id: int,
    facts: Facts,
    said: Sequence[Outcome],
    province: int | None,
    *,
    at: datetime,
) -> list[SelfCorrection]:
    """Write what fires for one person; return the first row of each firing.

    ``facts``: as they were told to the rules, with what nobody answered.
    """
    done: list[SelfCorrection] = []
    if campaign.changed >= campaign.cap:
        return done
    fires = judging.fired(said, Tier.A)
    if not fires:
        return done
    with transaction.atomic():
        for outcome in fires:
            # Asked before each: one that fires twice may have reached its cap by then.
            on, _off = switches.in_force(
                [outcome.rule], province=province, use=RuleSwitch.Use.CAMPAIGN, at=at
            )
            if not on or campaign.changed + len(done) >= campaign.cap:
                continue
            try:
                rows = selfcorrection.apply(
                    person_id,
                    outcome,
                    province=province,
                    batch=batch,
                    answers=facts.answers,
                    at=at,
                )
            except selfcorrection.Held as held:
                logger.info("campaign.held", extra={"reason": str(held)})
                continue
            done.append(rows[0])
    return done


def word_of(
    campaign: Campaign, facts: Facts, province: int | None, *, at: datetime
) -> str:
    """Return a rule that somebody's word would let act, where that is wanted."""
    if not campaign.invites:
        return ""
    words = inviting.whose_words(facts, rules=campaign.rules)
    # What is promised is done when they report, so that has to be on.
    on, _off = switches.in_force(
        words, province=province, use=RuleSwitch.Use.REPORT, at=at
    )
    return next((word for word in words if word in on), "")


def put_forward(
    campaign: Campaign,
    person_id: int,
    facts: Facts,
    province: int | None,
    *,
    at: datetime,
) -> list[preparing.Found]:
    """Return what rules of tier B would change, where they may be put forward."""
    wanted = [rule for rule in campaign.rules if rule in preparing.RULES]
    found = preparing.found_in(person_id, facts, wanted) if wanted else []
    on, _off = switches.in_force(
        {one.rule for one in found},
        province=province,
        use=RuleSwitch.Use.CAMPAIGN,
        at=at,
    )
    return [
        one
        for one in found
        if one.rule in on and not guard.reason_to_decide(facts, one.edit)
    ]
