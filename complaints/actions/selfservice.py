"""Putting right at once what can be proved, before anybody has to look."""

import logging
from collections.abc import Iterable
from datetime import datetime

from complaints.actions import moving
from complaints.choices import Actor, Field, Kind, Move, Outcome, Status, Verdict
from complaints.models import Claim, Complaint
from complaints.rules.verification import Holder, Judgement, judge
from portal.common import scope
from portal.registry import corrections, population
from portal.registry.corrections import Warrant
from portal.registry.models import Correction, Person

logger = logging.getLogger("complaints.selfservice")


def settle(ids: Iterable[int], *, at: datetime) -> list[int]:
    """Correct what proof suffices for; return the complaints that need a person.

    Harmless to repeat: one that has moved on is not corrected again. Only personal
    details have such rules so far; the rest is passed on unread.
    """
    ids = list(ids)
    with scope.system():
        candidates = (
            Complaint.objects.select_for_update(of=("self",))
            .filter(
                pk__in=ids,
                kind=Kind.WRONG_PERSON,
                status=Status.RECEIVED,
                routed_at=None,
            )
            .select_related("submission__person", "holder")
            .order_by("pk")
        )
        settled = {c.pk for c in candidates if _try(c, at=at)}
    return [pk for pk in ids if pk not in settled]


def _try(complaint: Complaint, *, at: datetime) -> bool:
    """Correct a complaint all of whose claims are proved; return whether it was."""
    person = complaint.submission.person
    if person is None:
        return False
    claims = list(complaint.claims.order_by("pk"))
    rules = [_rule(claim, person) for claim in claims]
    if not claims or not all(rules) or _had_one_before(person, rules):
        return False
    rule = rules[0]
    correction = corrections.correct_person(
        person.pk,
        {claim.field: claim.claimed for claim in claims},
        warrant=Warrant(Correction.Reason.RULE, f"{rule} {complaint.reference}"),
        at=at,
    )
    for claim in claims:
        claim.verdict = Verdict.UPHELD
        claim.correction = correction
        claim.save(update_fields=["verdict", "correction"])
    moving.move(
        complaint,
        Move.RESOLVE,
        actor=Actor.SYSTEM,
        at=at,
        data={
            "outcome": Outcome.CORRECTED.value,
            "fields": [claim.field for claim in claims],
            "rule": rule,
        },
        outcome=Outcome.CORRECTED,
        routed_at=at,
    )
    logger.info("complaint.self_corrected", extra={"reason": rule})
    return True


def _rule(claim: Claim, person: Person) -> str:
    """Return the id of the rule that proves a claim, or an empty string."""
    claimed = claim.claimed
    if claim.field != Field.NATIONAL_ID:
        return ""
    holder = Holder(
        full_name=person.full_name,
        born_on=person.born_on,
        born_precision=person.born_precision,
        sex=person.sex,
        number=corrections.read_person(person, "national_id"),
    )
    (reply,) = population.compare(
        [population.Question(claimed, person.full_name, person.born_on, person.sex)]
    )
    decision = judge(
        Kind.WRONG_PERSON,
        claim.field,
        claimed,
        person=holder,
        is_confirmed=reply.is_match,
        is_used_by_another=population.is_used_by_another(claimed, person_id=person.pk),
    )
    return decision.rule if decision.judgement == Judgement.APPLY else ""


def _had_one_before(person: Person, rules: list[str]) -> bool:
    """Tell whether a rule corrected this person before: the next one is a person's."""
    return any(
        Correction.objects.filter(
            reason=Correction.Reason.RULE,
            target=Correction.Target.PERSON,
            target_id=person.pk,
            reason_ref__startswith=f"{rule} ",
        ).exists()
        for rule in set(rules)
    )
