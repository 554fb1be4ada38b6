"""Putting right at once what can be proved, before anybody has to look.

A restored number (rule A3) needs the population database's word, which a worker asks
for; the complaint waits for it half a minute at most and then goes to a person.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from complaints.actions import moving
from complaints.choices import Actor, Field, Kind, Move, Outcome, Status, Verdict
from complaints.models import Claim, Complaint
from complaints.rules.verification import Holder, Judgement, judge
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.models import Correction, Person, PopulationInquiry
from portal.registry.population import inquiries, neighbour

logger = logging.getLogger("complaints.selfservice")


def settle(ids: Iterable[int], *, at: datetime) -> list[int]:
    """Begin to prove what can be proved; return the complaints that need a person.

    Those left out wait for the population database; ``conclude`` goes on with them.
    Harmless to repeat. Only personal details have such rules so far; the rest is
    passed on unread.
    """
    ids = list(ids)
    with scope.system():
        waiting = {c.pk for c in _undecided(ids) if _inquire(c, at=at)}
    return [pk for pk in ids if pk not in waiting]


def conclude(inquiry_ids: Iterable[int], *, at: datetime) -> list[int]:
    """Correct what the population database confirmed; return what needs a person.

    Harmless to repeat: a complaint that has moved on is not corrected again.
    """
    said = {
        inquiry.about: inquiry
        for inquiry in PopulationInquiry.objects.filter(pk__in=inquiry_ids)
    }
    with scope.system():
        settled = {c.pk for c in _undecided(said) if _correct(c, said[c.pk], at=at)}
    return [pk for pk in said if pk not in settled]


def _undecided(ids: Iterable[int]) -> Iterable[Complaint]:
    return (
        Complaint.objects.select_for_update(of=("self",))
        .filter(
            pk__in=list(ids),
            kind=Kind.WRONG_PERSON,
            status=Status.RECEIVED,
            routed_at=None,
        )
        .select_related("submission__person", "holder")
        .order_by("pk")
    )


def _inquire(complaint: Complaint, *, at: datetime) -> bool:
    """Ask whether the claimed number is right, if all else proves it."""
    person = complaint.submission.person
    if person is None or not neighbour.is_set_up():
        return False
    claims = list(complaint.claims.order_by("pk"))
    if not _rule(claims, person, is_confirmed=True):
        return False
    inquiry = inquiries.open_one(
        about=complaint.pk, person=person, claimed=claims[0].claimed, at=at
    )
    # One that was waited for long enough, and lost its way, is not waited for again.
    return inquiry.due_at > at


def _correct(complaint: Complaint, inquiry: PopulationInquiry, *, at: datetime) -> bool:
    """Correct a complaint all of whose claims are proved; return whether it was."""
    person = complaint.submission.person
    if person is None:
        return False
    claims = list(complaint.claims.order_by("pk"))
    # Looked at anew: the record may have changed while the answer was under way.
    rule = _rule(claims, person, is_confirmed=inquiry.is_match is True)
    if not rule:
        return False
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


def _rule(claims: list[Claim], person: Person, *, is_confirmed: bool) -> str:
    """Return the id of the rule that proves the only claim, or an empty string.

    A birth date that is known to the year only proves too little beside a number.
    """
    if len(claims) != 1 or claims[0].field != Field.NATIONAL_ID:
        return ""
    if person.born_precision != Person.Precision.DAY:
        return ""
    claimed = claims[0].claimed
    decision = judge(
        Kind.WRONG_PERSON,
        claims[0].field,
        claimed,
        person=Holder(
            full_name=person.full_name,
            born_on=person.born_on,
            born_precision=person.born_precision,
            sex=person.sex,
            number=corrections.read_person(person, "national_id"),
        ),
        is_confirmed=is_confirmed,
        is_used_by_another=inquiries.is_used_by_another(claimed, person_id=person.pk),
    )
    if decision.judgement != Judgement.APPLY or _had_one_before(person, decision.rule):
        return ""
    return decision.rule


def _had_one_before(person: Person, rule: str) -> bool:
    """Tell whether a rule corrected this person before: the next one is a person's."""
    return Correction.objects.filter(
        reason=Correction.Reason.RULE,
        target=Correction.Target.PERSON,
        target_id=person.pk,
        reason_ref__startswith=f"{rule} ",
    ).exists()
