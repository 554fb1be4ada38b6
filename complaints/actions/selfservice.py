"""Putting right at once what a report says and proof confirms.

The rules of ``rules.selfcorrection`` decide. Where they need the population database's
word, a worker asks for it; the complaint waits half a minute at most and then goes to a
person. All claims of a report are settled together, or a person has them all.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from complaints.actions import claimed, moving, selfcorrection, switches
from complaints.choices import Actor, Channel, Field, Move, Outcome, Status, Verdict
from complaints.models import Claim, Complaint, RuleSwitch, SelfCorrection
from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import Facts, Said
from complaints.rules.selfcorrection.places import place_of
from complaints.rules.selfcorrection.rule import Outcome as Judged
from complaints.rules.selfcorrection.rule import State, Tier
from complaints.rules.selfcorrection.table import AUTOMATIC, RULES
from portal.common import crypto, scope
from portal.registry.models import PopulationInquiry
from portal.registry.population import inquiries, neighbour
from portal.registry.population.protocol import Question

logger = logging.getLogger("complaints.selfservice")

# What rules can set by themselves; other reports are passed on unread. A telephone is
# changed on its own page (``accounts.contact``), by the same conditions.
ACTING: Final = tuple(rule for rule in AUTOMATIC if rule != "A7")
_SET: Final = frozenset(
    {field for rule in ACTING for field in RULES[rule].writes} | {Field.DOSE.value}
)
# A question may show that another one has to be asked; three times is enough.
_ROUNDS: Final = 3


def settle(ids: Iterable[int], *, at: datetime) -> list[int]:
    """Settle or begin to prove what can be proved; return what needs a person.

    Those left out are settled, or wait for the population database; ``conclude`` goes
    on with them. Harmless to repeat.
    """
    ids = list(ids)
    with scope.system():
        busy = {c.pk for c in _in_order(ids) if _settle(c, at=at)}
    return [pk for pk in ids if pk not in busy]


def conclude(inquiry_ids: Iterable[int], *, at: datetime) -> list[int]:
    """Go on with reports whose questions are answered; return what needs a person.

    Harmless to repeat: a complaint that has moved on is not corrected again.
    """
    about = list(
        PopulationInquiry.objects.filter(
            pk__in=inquiry_ids, purpose=PopulationInquiry.Purpose.COMPLAINT
        ).values_list("about", flat=True)
    )
    with scope.system():
        busy = {c.pk for c in _in_order(about) if _settle(c, at=at)}
    return [pk for pk in about if pk not in busy]


def answers_for(complaint_id: int) -> dict[Question, Said | None]:
    """Return what the population database said for a report, in all rounds.

    A question that nobody may wait for any more has None.
    """
    return said_in(
        PopulationInquiry.objects.filter(
            about=complaint_id, purpose=PopulationInquiry.Purpose.COMPLAINT
        )
    )


def said_in(asked: Iterable[PopulationInquiry]) -> dict[Question, Said | None]:
    """Return by question what was answered in some inquiries."""
    found: dict[Question, Said | None] = {}
    for inquiry in asked:
        try:
            replies = inquiries.answers_of(inquiry)
        except crypto.Unreadable:
            continue
        for question, reply in replies.items():
            found[question] = (
                Said(reply.wrong, inquiry.said_at, inquiry.source)
                if reply is not None and inquiry.said_at is not None
                else None
            )
    return found


def judged(
    facts: Facts, *, rules: Iterable[str], may_ask: bool
) -> tuple[Facts, list[Judged]]:
    """Return what rules say; questions that nobody can ask count as not answered."""
    if may_ask:
        return facts, judging.judge(facts, rules=rules)
    return judging.unasked(facts, rules=rules)


def _undecided(ids: Iterable[int]) -> Iterable[Complaint]:
    """Return locked reports that nobody has yet and that rules could settle."""
    claimed: dict[int, set[str]] = defaultdict(set)
    for pk, field in Claim.objects.filter(
        complaint__in=list(ids), complaint__submission__person__isnull=False
    ).values_list("complaint", "field"):
        claimed[pk].add(field)
    return (
        Complaint.objects.select_for_update(of=("self",))
        .filter(
            pk__in=[pk for pk, fields in claimed.items() if fields <= _SET],
            status=Status.RECEIVED,
            routed_at=None,
            round=1,
        )
        # Whose a row of a unit's list is nobody has proved: a person looks first.
        .exclude(submission__channel=Channel.LIST)
        .select_related("submission__person", "holder")
        .order_by("pk")
    )


def _in_order(ids: Iterable[int]) -> list[Complaint]:
    """Return what ``_undecided`` does, by the order of a campaign: caps, then people.

    So that no two who correct several records in one transaction wait for each other.
    """

    def place(complaint: Complaint) -> tuple[int, int]:
        person = complaint.submission.person
        assert person is not None
        return person.surviving_id, complaint.pk

    found = sorted(_undecided(ids), key=place)
    if found:
        switches.keep_to_caps(ACTING)
    return found


def settle_now(
    ids: Iterable[int], *, heard: Mapping[Question, Said | None], at: datetime
) -> list[int]:
    """Settle, without asking, what these answers prove; return what was settled.

    ``heard``: what the population database said before the report was sent. What is
    not proved by it goes the way of every other report.
    """
    with scope.system():
        return [
            complaint.pk
            for complaint in _undecided(ids)
            if _settle(complaint, heard=heard, at=at)
        ]


@dataclass(frozen=True)
class Weighed:
    """What rules make of claims: ``needed`` sets all of them, or is empty.

    ``questions``: those whose answers could settle every claim, or none.
    """

    needed: tuple[Judged, ...]
    questions: frozenset[Question]


def weigh(facts: Facts, *, rules: Iterable[str], may_ask: bool) -> Weighed:
    """Return which firing rules set every claim to what is claimed, and what to ask."""
    facts, said = judged(facts, rules=rules, may_ask=may_ask)
    needed = _needed(facts, judging.fired(said, Tier.A))
    if judging.proves(needed, facts):
        return Weighed(tuple(needed), frozenset())
    return Weighed((), frozenset(_worth_asking(facts, said)))


def may_settle(fields: Collection[str]) -> bool:
    """Tell whether rules could set all of these claimed fields by themselves."""
    return bool(fields) and _SET.issuperset(fields)


def _settle(
    complaint: Complaint,
    *,
    heard: Mapping[Question, Said | None] | None = None,
    at: datetime,
) -> bool:
    """Settle a report, or ask first; return whether no person is needed now.

    With ``heard`` nothing is asked: it is settled by these answers or left as it is.
    """
    facts = claimed.of_complaint(complaint, at=at)
    if facts is None or not facts.claims:
        return False
    person = complaint.submission.person
    assert person is not None
    province = selfcorrection.province_of(person.surviving_id)
    rules, _off = switches.in_force(
        ACTING, province=province, use=RuleSwitch.Use.REPORT, at=at
    )
    facts = replace(facts, answers={**answers_for(complaint.pk), **(heard or {})})
    rounds = PopulationInquiry.objects.filter(
        about=complaint.pk, purpose=PopulationInquiry.Purpose.COMPLAINT
    )
    first = rounds.order_by("round").first()
    due_at = first.due_at if first else at + inquiries.PATIENCE
    may_ask = neighbour.is_set_up() and due_at > at and rounds.count() < _ROUNDS
    weighed = weigh(facts, rules=rules, may_ask=may_ask)
    if weighed.needed:
        # A citizen who looks on does not wait for a campaign: a worker goes on.
        return _apply(
            complaint,
            weighed.needed,
            person.surviving_id,
            province,
            answers=facts.answers,
            waits=heard is None,
            at=at,
        )
    if heard is not None:
        return False
    if not weighed.questions or not may_ask:
        # One whose answer is still under way is waited for.
        return any(row.answered_at is None and row.due_at > at for row in rounds)
    inquiries.open_one(
        about=complaint.pk,
        questions=sorted(weighed.questions, key=inquiries.vars_of),
        round_=rounds.count() + 1,
        due_at=due_at,
        at=at,
    )
    return True


def _needed(facts: Facts, fired: list[Judged]) -> list[Judged]:
    """Return of what fires only what sets a claimed field."""
    return [
        outcome
        for outcome in fired
        if any(judging.claim_of(edit) in facts.claims for edit in outcome.edits)
    ]


def _worth_asking(facts: Facts, said: list[Judged]) -> set[Question]:
    """Return the questions whose answers could settle every claim, or nothing."""
    hopeful = [o for o in said if o.state in (State.ASKS, State.FIRES)]
    settable = {field for o in hopeful for field in RULES[o.rule].writes}
    if not all(place.rpartition(":")[2] in settable for place in facts.claims):
        return set()
    return {o.question for o in hopeful if o.question is not None}


def _apply(
    complaint: Complaint,
    outcomes: Sequence[Judged],
    person_id: int,
    province: int | None,
    *,
    answers: Mapping[Question, Said | None],
    waits: bool,
    at: datetime,
) -> bool:
    """Correct the record by all of them and resolve the report."""
    needed = [outcome.rule for outcome in outcomes]
    if not switches.keep_to_caps(needed, waits=waits):
        return False
    # Asked anew: caps are kept to, and a switch counts at once.
    _on, off = switches.in_force(
        needed, province=province, use=RuleSwitch.Use.REPORT, at=at
    )
    if off:
        return False
    written: dict[str, SelfCorrection] = {}
    try:
        with transaction.atomic():
            for outcome in outcomes:
                for row in selfcorrection.apply(
                    person_id,
                    outcome,
                    province=province,
                    complaint=complaint,
                    answers=answers,
                    at=at,
                ):
                    written[row.place] = row
    except selfcorrection.Held as held:
        # Nothing of this report was kept: it is one matter.
        logger.info("complaint.not_self_corrected", extra={"reason": str(held)})
        return False
    claims = list(complaint.claims.order_by("pk"))
    for claim in claims:
        claim.verdict = Verdict.UPHELD
        place = place_of(complaint.kind, complaint.dose_id, claim.field)
        row = written.get(place) or written["alias"]
        claim.correction = row.correction
        claim.save(update_fields=["verdict", "correction"])
    rules = ",".join(sorted({outcome.rule for outcome in outcomes}))
    moving.move(
        complaint,
        Move.RESOLVE,
        actor=Actor.SYSTEM,
        at=at,
        data={
            "outcome": Outcome.CORRECTED.value,
            "fields": [claim.field for claim in claims],
            "rule": rules,
        },
        outcome=Outcome.CORRECTED,
        routed_at=at,
    )
    logger.info("complaint.self_corrected", extra={"reason": rules})
    return True
