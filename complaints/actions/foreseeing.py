"""What a report would come to if it were sent now, while the citizen still looks.

Put right at once where rules of tier A prove every claim of a matter; otherwise who
would answer for it. Nothing is written but questions to the population database, which
belong to the draft. Whoever asks has proved to be the person on record.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from complaints.actions import (
    certified,
    claimed,
    drafts,
    routing,
    selfcorrection,
    selfservice,
    signs_of_fraud,
    switches,
)
from complaints.actions.reported import Matter
from complaints.choices import ADDING
from complaints.models import Draft, RuleSwitch
from complaints.rules.responsibility import Body
from complaints.rules.selfcorrection.facts import Facts, Said
from complaints.rules.selfcorrection.rule import Edit
from portal.common import scope
from portal.registry.models import Dose, Person, PopulationInquiry
from portal.registry.population import inquiries, neighbour
from portal.registry.population.protocol import Question

# What a draft may ask: three rounds for what is claimed first, and some for a claim
# that is corrected after a look at what would change.
MOST_ROUNDS: Final = 6

Purpose = PopulationInquiry.Purpose


class State(StrEnum):
    """How a matter stands before it is sent."""

    NOW = "now"
    ASKING = "asking"
    PERSON = "person"


@dataclass(frozen=True)
class Foreseen:
    """What would come of a matter: all that would be changed, or who answers for it.

    ``body`` is None where nobody can be named for certain.
    """

    state: State
    edits: tuple[Edit, ...] = ()
    body: Body | None = None


def ask(draft: Draft, answers: dict[str, Any], *, at: datetime) -> None:
    """Owe the questions whose answers could settle matters of a draft at once.

    Asked already, or nothing to ask: nothing happens. What is asked is forgotten with
    the draft.
    """
    person_id = _person_of(answers)
    if person_id is None or not neighbour.is_set_up():
        return
    with scope.system():
        asked = _asked(draft)
        if len(asked) >= MOST_ROUNDS or _is_under_way(asked, at=at):
            return
        heard = selfservice.said_in(asked)
        rules = _rules(person_id, at=at)
        questions: set[Question] = set()
        for matter in drafts.matters_of(_done(answers)):
            facts = _facts(draft, answers, person_id, matter, at=at)
            if facts is None:
                continue
            weighed = selfservice.weigh(
                replace(facts, answers=heard), rules=rules, may_ask=True
            )
            questions |= weighed.questions - heard.keys()
        if questions:
            inquiries.open_one(
                about=draft.pk,
                purpose=Purpose.DRAFT,
                round_=len(asked) + 1,
                questions=sorted(questions, key=inquiries.vars_of),
                due_at=at + inquiries.PATIENCE,
                at=at,
            )


def foresee(draft: Draft, answers: dict[str, Any], *, at: datetime) -> list[Foreseen]:
    """Return what would come of each matter of a draft, in its order.

    Of other people nothing is told: why something needs a person stays unsaid.
    """
    matters = drafts.matters_of(answers)
    with scope.system():
        person_id = _person_of(answers)
        bodies = _bodies(matters, person_id, at=at)
        if person_id is None:
            return [Foreseen(State.PERSON, body=body) for body in bodies]
        asked = _asked(draft)
        heard = selfservice.said_in(asked)
        rules = _rules(person_id, at=at)
        may_ask = neighbour.is_set_up() and len(asked) < MOST_ROUNDS
        waits = _is_under_way(asked, at=at)
        found = []
        for matter, body in zip(matters, bodies, strict=True):
            facts = _facts(draft, answers, person_id, matter, at=at)
            state = State.PERSON
            edits: tuple[Edit, ...] = ()
            if facts is not None:
                weighed = selfservice.weigh(
                    replace(facts, answers=heard), rules=rules, may_ask=may_ask
                )
                if weighed.needed:
                    state = State.NOW
                    edits = tuple(e for one in weighed.needed for e in one.edits)
                elif waits or (weighed.questions - heard.keys()):
                    state = State.ASKING
            found.append(Foreseen(state, edits, body))
        return found


def heard_for(draft: Draft) -> dict[Question, Said | None]:
    """Return what the population database said while a draft was written."""
    return selfservice.said_in(_asked(draft))


def _person_of(answers: dict[str, Any]) -> int | None:
    """Return the record that was opened, as it stands today; None where none was."""
    if answers["person"] is None:
        return None
    return Person.objects.get(pk=answers["person"]).surviving_id


def _done(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the draft with only those matters whose facts were given."""
    return answers | {"matters": list(filter(drafts.is_complete, answers["matters"]))}


def _asked(draft: Draft) -> list[PopulationInquiry]:
    return list(
        PopulationInquiry.objects.filter(
            about=draft.pk, purpose=Purpose.DRAFT
        ).order_by("round")
    )


def _is_under_way(asked: Sequence[PopulationInquiry], *, at: datetime) -> bool:
    return any(row.answered_at is None and row.due_at > at for row in asked)


def _rules(person_id: int, *, at: datetime) -> list[str]:
    rules, _off = switches.in_force(
        selfservice.ACTING,
        province=selfcorrection.province_of(person_id),
        use=RuleSwitch.Use.REPORT,
        at=at,
    )
    return rules


def _facts(
    draft: Draft,
    answers: dict[str, Any],
    person_id: int,
    matter: Matter,
    *,
    at: datetime,
) -> Facts | None:
    """Return what rules are told of a matter; None where they cannot settle it."""
    if not selfservice.may_settle(matter.claims.keys()):
        return None
    fraud = signs_of_fraud.of_draft(
        person_id,
        draft.evidence.all(),
        drafts.traces_of(answers),
        sites=_sites(matter),
        is_doubted=bool(matter.held),
        at=at,
    )
    vouched = drafts.vouched_of(answers)
    facts = claimed.of_matter(
        person_id,
        matter.kind,
        matter.claims,
        dose_id=matter.dose_id,
        fraud=fraud,
        identity=claimed.identity_of(asdict(vouched) if vouched else None),
        at=at,
    )
    if facts is None or not facts.claims:
        return None
    others = [drafted.kind for drafted in drafts.matters_of(_done(answers))]
    if any(kind in ADDING for kind in others):
        # Sent together, it is an open report beside this one.
        facts = replace(facts, before=replace(facts.before, missing_reported=True))
    return certified.heard(facts, matter.kind, draft.evidence.all())


def _sites(matter: Matter) -> set[int]:
    """Return the sites that a matter names, or whose dose it is about."""
    named = [matter.dose_id] if matter.dose_id is not None else []
    doses = Dose.objects.filter(pk__in=named).values_list("site", flat=True)
    return signs_of_fraud.sites_of([(matter.site_id, doses.first())])


def _bodies(
    matters: Sequence[Matter], person_id: int | None, *, at: datetime
) -> list[Body | None]:
    """Return who would answer for each matter."""
    residence = (
        Person.objects.values_list("residence__code", flat=True).get(pk=person_id)
        if person_id is not None
        else None
    )
    doses = [matter.dose_id for matter in matters if matter.dose_id is not None]
    sites: dict[int | None, int] = dict(
        Dose.objects.filter(pk__in=doses).values_list("pk", "site_id")
    )
    waiting = [
        routing.Waiting(
            place,
            matter.kind,
            matter.site_id or sites.get(matter.dose_id),
            matter.site_text,
            matter.given_on,
            residence,
        )
        for place, matter in enumerate(matters)
    ]
    found = routing.foresee(waiting, at=at)
    # Nobody is told of a body that it may not be.
    return [body if is_certain else None for body, is_certain in found.values()]
