"""Asking the rules about a record, and applying what they answer, in memory."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from complaints.rules.selfcorrection import guard
from complaints.rules.selfcorrection.facts import (
    Dose,
    Double,
    Facts,
    Orphan,
    Person,
)
from complaints.rules.selfcorrection.rule import (
    Edit,
    Operation,
    Outcome,
    State,
    Tier,
)
from complaints.rules.selfcorrection.table import RULES
from portal.registry import national_id


def judge(facts: Facts, *, rules: Iterable[str] = RULES) -> list[Outcome]:
    """Return what each rule says of a record, in the order given.

    What tier A would change is held where a guardrail forbids it.
    """
    return [
        _held(outcome, facts) for code in rules for outcome in RULES[code].ask(facts)
    ]


def unasked(facts: Facts, *, rules: Iterable[str]) -> tuple[Facts, list[Outcome]]:
    """Return what rules say where nobody can be asked: that counts as not answered.

    With the facts as they were told then.
    """
    rules = tuple(rules)
    while True:
        said = judge(facts, rules=rules)
        wanted = {o.question for o in said if o.state == State.ASKS and o.question}
        if not wanted:
            return facts, said
        facts = replace(facts, answers={**facts.answers, **dict.fromkeys(wanted)})


def fired(outcomes: Iterable[Outcome], *tiers: Tier) -> list[Outcome]:
    """Return what fires and would change something, of these tiers (all if none)."""
    return [
        outcome
        for outcome in outcomes
        if outcome.state == State.FIRES
        and (not tiers or RULES[outcome.rule].tier in tiers)
        and any(edit.operation != Operation.EXPLAIN for edit in outcome.edits)
    ]


def proves(outcomes: Iterable[Outcome], facts: Facts) -> bool:
    """Tell whether what fires sets every claim of a record to what is claimed."""
    set_to = {
        claim_of(edit): edit.after for outcome in outcomes for edit in outcome.edits
    }
    return bool(facts.claims) and all(
        place in set_to and set_to[place] == claimed
        for place, claimed in facts.claims.items()
    )


def claim_of(edit: Edit) -> str:
    """Return the place of the claim that an edit answers."""
    return "national_id" if edit.operation == Operation.ALIAS else edit.place


def applied(facts: Facts, edits: Iterable[Edit]) -> Facts:
    """Return the facts after edits, as the registry would be."""
    for edit in edits:
        facts = _set(facts, edit, edit.after)
    return facts


def taken_back(facts: Facts, edits: Iterable[Edit]) -> Facts:
    """Return the facts as they were before edits."""
    for edit in reversed(list(edits)):
        facts = _set(facts, edit, edit.before)
    return facts


def _held(outcome: Outcome, facts: Facts) -> Outcome:
    if outcome.state != State.FIRES or RULES[outcome.rule].tier != Tier.A:
        return outcome
    reason = guard.reason_against(facts, outcome.edits)
    return replace(outcome, state=State.HELD, reason=reason) if reason else outcome


def _set(facts: Facts, edit: Edit, value: str) -> Facts:
    if edit.operation == Operation.PERSON:
        return replace(facts, person=_person(facts.person, edit, value))
    if edit.operation == Operation.ALIAS:
        others = set(facts.person.other_numbers) - {edit.after}
        others |= {value} - {""}
        person = replace(facts.person, other_numbers=tuple(sorted(others)))
        return replace(facts, person=person)
    if edit.operation in (Operation.DOSE, Operation.VOID):
        doses = tuple(
            _dose(dose, edit.field, value) if dose.key == edit.target else dose
            for dose in facts.doses
        )
        return replace(facts, doses=doses)
    if edit.operation == Operation.ATTACH:
        return _attached(facts, edit.target, is_given=value == edit.after)
    if edit.operation == Operation.MERGE:
        return _merged(facts, edit.target, is_joined=value == edit.after)
    return facts


def _attached(facts: Facts, key: int, *, is_given: bool) -> Facts:
    """Return the facts with an orphan on the record, or off it again."""
    if is_given:
        (orphan,) = (one for one in facts.orphans if one.key == key)
        return replace(
            facts,
            orphans=tuple(one for one in facts.orphans if one.key != key),
            doses=(*facts.doses, orphan.as_dose()),
        )
    (dose,) = (one for one in facts.doses if one.key == key)
    return replace(
        facts,
        orphans=tuple(sorted([*facts.orphans, dose.as_orphan()], key=_key)),
        doses=tuple(one for one in facts.doses if one.key != key),
    )


def _merged(facts: Facts, key: int, *, is_joined: bool) -> Facts:
    """Return the facts with another record joined to this one, or apart again."""
    source, other = ("doubles", "joined") if is_joined else ("joined", "doubles")
    (moved,) = (one for one in getattr(facts, source) if one.key == key)
    whole: dict[str, Any] = {
        source: tuple(one for one in getattr(facts, source) if one.key != key),
        other: tuple(sorted([*getattr(facts, other), moved], key=_key)),
    }
    return replace(facts, **whole)


def _key(one: Orphan | Double) -> int:
    return one.key


def _person(person: Person, edit: Edit, value: str) -> Person:
    whole: dict[str, Any] = {edit.field: value}
    changed = replace(person, **whole)
    if edit.field != "national_id":
        return changed
    # The number before stays beside the current one, and goes when it is put back.
    others = set(person.other_numbers) - {value}
    if value == edit.after and national_id.read(edit.before).canonical:
        others |= {edit.before}
    return replace(changed, other_numbers=tuple(sorted(others)))


def _dose(dose: Dose, field: str, value: str) -> Dose:
    if field == "status":
        return replace(dose, is_void=value == "entered_in_error")
    if field == "dose_number":
        return replace(dose, number=int(value) if value else None)
    if field == "given_on":
        return replace(dose, given_on=type(dose.given_on).fromisoformat(value))
    whole: dict[str, Any] = {field: value}
    return replace(dose, **whole)
