"""A1 and A2: how a name is written. A7: contact. B4: birth date. B7: split person."""

from collections.abc import Iterator
from typing import Final

from complaints.rules import records
from complaints.rules.selfcorrection import identity
from complaints.rules.selfcorrection.facts import Double, Facts
from complaints.rules.selfcorrection.rule import (
    Asks,
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


def spelling(facts: Facts) -> Iterator[Found]:
    """A1: letters composed, spaces single, the tone mark where it belongs.

    The name stays the same name: its tone key does not change. It waits for A2, so
    that a name is touched once.
    """
    recorded, claimed = facts.person.full_name, facts.claims.get("full_name")
    tidy = names.tidy(recorded)
    if tidy == recorded:
        raise Silent("name_is_tidy")
    if names.tone_key(tidy) != names.tone_key(recorded):
        raise Silent("another_name")
    if claimed and names.tone_key(claimed) != names.tone_key(recorded):
        raise Silent("claim_says_otherwise")
    if identity.accented_name(facts) and _may_get_accents(facts):
        raise Silent("accents_first")
    yield (
        (Edit(Operation.PERSON, "full_name", recorded, tidy),),
        (Proof(Kind.SPELLING, "spelling"),),
    )


def _may_get_accents(facts: Facts) -> bool:
    try:
        (_edits, proofs), *_rest = accents(facts)
    except Silent:
        return False
    except Asks:
        return True
    return all(proof.speaks_for for proof in proofs)


def accents(facts: Facts) -> Iterator[Found]:
    """A2: a name without accents gets them, where number and birth date agree.

    Who says so is a verified identity, or the population database asked about the
    spelling that the citizen or the lists of the doses give.
    """
    recorded, claimed = facts.person.full_name, facts.claims.get("full_name")
    name = identity.accented_name(facts)
    if not name:
        raise Silent("claim_is_another_name" if claimed else "no_spelling_given")
    _refuse_shared_number(facts)
    question = identity.whole_question(facts)
    yield (
        (Edit(Operation.PERSON, "full_name", recorded, name),),
        identity.proofs_of(facts, question),
    )


def contact(facts: Facts) -> Iterator[Found]:
    """A7: another telephone, proved by a code sent to it and one to the old number.

    A verified identity takes the place of the old number. It never reaches back: no
    dose is corrected by itself for 72 hours after it (``guard``).
    """
    claimed, recorded = facts.claims.get("phone"), facts.person.phone
    if not claimed:
        raise Silent("nothing_claimed")
    if claimed == recorded:
        raise Silent("nothing_wrong")
    if claimed not in facts.proved_phones:
        raise Silent("phone_not_proved")
    proofs = [Proof(Kind.CODE, "new_telephone", facts.at)]
    told = identity.verified(facts, identity.whole_question(facts))
    if recorded and recorded in facts.proved_phones:
        proofs.append(Proof(Kind.CODE, "old_telephone", facts.at))
    elif told is not None:
        proofs.append(told)
    yield (Edit(Operation.PERSON, "phone", recorded, claimed),), tuple(proofs)


def swapped_birth(facts: Facts) -> Iterator[Found]:
    """B4: day and month of birth changed places, as the population database says.

    It must refuse the recorded date and confirm the swapped one: most dates can be
    swapped and are right, so that one answer given in error would propose a mistake.
    """
    recorded, claimed = facts.person.born_on, facts.claims.get("born_on")
    if len(recorded) != _DAY:
        raise Silent("birth_day_not_recorded")
    year, month, day = recorded.split("-")
    if int(day) > 12 or day == month:
        raise Silent("cannot_be_swapped")
    swapped = f"{year}-{day}-{month}"
    if claimed and claimed != swapped:
        raise Silent("claim_says_otherwise")
    _refuse_shared_number(facts)
    if "born_on" not in identity.answer(facts, identity.whole_question(facts)).wrong:
        raise Silent("population_agrees")
    question = identity.whole_question(facts, born=swapped)
    yield (
        (Edit(Operation.PERSON, "born_on", recorded, swapped),),
        (identity.confirmation(facts, question),),
    )


def split_record(facts: Facts) -> Iterator[Found]:
    """B7: another record that is certainly the same person's, and the only one.

    Where somebody said what stands on it, number or name, it has to be that one.
    """
    if not facts.doubles:
        raise Silent("no_other_record")
    if len(facts.doubles) > 1:
        raise Silent("several_records")
    (other,) = facts.doubles
    if other.grade != "certain":
        raise Silent("not_certain")
    if not _is_the_one_meant(other, facts.claims.get("record", "")):
        raise Silent("claim_says_otherwise")
    yield (
        (Edit(Operation.MERGE, "record", "", str(other.key), other.key),),
        (Proof(Kind.MATCH, "matching"),),
    )


def _is_the_one_meant(other: Double, claimed: str) -> bool:
    """Tell whether a record is the one that a report names: by its number, else name.

    The name may lack its accents, as people type it.
    """
    full_name, number = records.read(claimed)
    if number:
        return national_id.read(number).canonical in other.numbers
    return not full_name or names.fold(full_name) == names.fold(other.full_name)


def _refuse_shared_number(facts: Facts) -> None:
    number = identity.restored_number(facts) or facts.person.national_id
    if number in facts.used:
        raise Silent("number_used_by_another")
