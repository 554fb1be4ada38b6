"""A3: zeros that a number lost. A4: the number of an old card beside the new one."""

from collections.abc import Iterator
from typing import Final

from complaints.rules.selfcorrection import identity
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import (
    Edit,
    Found,
    Kind,
    Operation,
    Proof,
    Silent,
)
from portal.common import names
from portal.registry import national_id

_DAY: Final = len("1958-03-08")


def lost_zeros(facts: Facts) -> Iterator[Found]:
    """A3: the number was taken for an amount; its leading zeros are put back.

    The result is well formed, agrees with birth year and sex, is nobody else's, and
    the population database or a verified identity knows it as this person's. A birth
    date that is known to the year only proves too little beside a number.
    """
    recorded, claimed = facts.person.national_id, facts.claims.get("national_id")
    restored = identity.restored_number(facts)
    if not restored:
        raise Silent("no_zeros_lost")
    if claimed and claimed != restored:
        raise Silent("claim_says_otherwise")
    if len(facts.person.born_on) != _DAY:
        raise Silent("birth_day_not_recorded")
    # Short or whole: who else has it may be whose it is.
    if {recorded, restored} & facts.used:
        raise Silent("number_used_by_another")
    question = identity.whole_question(facts)
    proofs = identity.proofs_of(facts, question)
    if _only_the_spelling_is_wrong(facts, proofs):
        question = identity.whole_question(facts, full_name=facts.person.full_name)
        proofs = identity.proofs_of(facts, question)
    yield (
        (Edit(Operation.PERSON, "national_id", recorded, restored),),
        (Proof(Kind.STRUCTURE, "number"), *proofs),
    )


def _only_the_spelling_is_wrong(facts: Facts, proofs: tuple[Proof, ...]) -> bool:
    """Tell whether the spelling in sight was refused where the recorded one may do."""
    question = identity.whole_question(facts)
    said = facts.answers.get(question)
    recorded = facts.person.full_name
    return (
        not all(proof.speaks_for for proof in proofs)
        and said is not None
        and said.wrong == ("full_name",)
        and names.tone_key(question.full_name) != names.tone_key(recorded)
    )


def old_card(facts: Facts) -> Iterator[Found]:
    """A4: a card's nine digits and the personal number are one person's.

    The Identity Law keeps old numbers on papers valid, so nothing is wrong: the new
    one becomes current, the old one finds the record too. One verified source must
    name both (domain paper c, 4b): asked about each alone, the population database
    confirms a namesake of the same birth date just as well.
    """
    recorded, claimed = facts.person.national_id, facts.claims.get("national_id", "")
    if not claimed:
        raise Silent("nothing_claimed")
    kinds = national_id.read(recorded).kind, national_id.read(claimed).kind
    if kinds not in (("cmnd9", "pin12"), ("pin12", "cmnd9")):
        raise Silent("no_old_and_new_card")
    if claimed in facts.person.other_numbers:
        raise Silent("nothing_wrong")
    if {claimed, recorded} & facts.used:
        raise Silent("number_used_by_another")
    if len(facts.person.born_on) != _DAY:
        raise Silent("birth_day_not_recorded")
    told = facts.identity
    if told is None or not {recorded, claimed} <= set(told.numbers):
        raise Silent("no_source_names_both")
    question = identity.whole_question(facts, number=claimed)
    proofs = identity.proofs_of(facts, question)
    if kinds[0] == "cmnd9":
        edit = Edit(Operation.PERSON, "national_id", recorded, claimed)
    else:
        edit = Edit(Operation.ALIAS, "alias", "", claimed)
    yield (edit,), proofs
