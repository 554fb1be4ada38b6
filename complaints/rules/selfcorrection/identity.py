"""What a record could be once put right, and who confirms it.

Several details of one person are often wrong at once: a number without its zeros and a
name without its accents came from one spreadsheet. So a question to the population
database carries all repairs that are in sight, and each rule takes its own part; in
whatever order they act, they ask the same and end at the same record.
"""

from typing import Final

from complaints.rules.selfcorrection.facts import Facts, Said
from complaints.rules.selfcorrection.rule import WORTH, Asks, Kind, Proof, Silent
from portal.common import names
from portal.registry import national_id
from portal.registry.population.protocol import Question

_KEEPS: Final = WORTH[Kind.POPULATION].most_age


def restored_number(facts: Facts) -> str:
    """Return the recorded number with its lost zeros, or "" where none are lost."""
    person = facts.person
    return (
        national_id.restore_zeros(
            person.national_id,
            born_year=int(person.born_on[:4]),
            sex=person.sex or None,
        )
        or ""
    )


def accented_name(facts: Facts) -> str:
    """Return the one spelling with accents that somebody gave, or "".

    The citizen's claim first, then the verified identity, then the names of the lists
    from which the doses were recorded: these must all say the same.
    """
    recorded = facts.person.full_name
    claimed = facts.claims.get("full_name", "")
    if claimed:
        return names.tidy(claimed) if adds_accents(recorded, claimed) else ""
    told = facts.identity.full_name if facts.identity else ""
    if told and adds_accents(recorded, told):
        return names.tidy(told)
    listed = {
        names.tone_key(dose.name): names.tidy(dose.name)
        for dose in facts.counting
        if adds_accents(recorded, dose.name)
    }
    return next(iter(listed.values())) if len(listed) == 1 else ""


def adds_accents(recorded: str, other: str) -> bool:
    """Tell whether another spelling only puts marks on syllables that have none.

    Tùng for Tứng is another name; Tùng for Tung may be the same.
    """
    left = names.compose(recorded).split()
    right = names.compose(other).split()
    if len(left) != len(right):
        return False
    adds = False
    for one, full in zip(left, right, strict=True):
        difference = names.difference(one, full)
        if difference == "same":
            continue
        is_bare = names.fold(one) == one.lower()
        if difference == "different" or not is_bare:
            return False
        adds = True
    return adds


def whole_question(facts: Facts, **instead: str) -> Question:
    """Return the question with every repair in sight; ``instead`` replaces a part."""
    person = facts.person
    parts = {
        "number": restored_number(facts) or person.national_id,
        "full_name": accented_name(facts) or person.full_name,
        "born": person.born_on,
        "sex": person.sex,
        **instead,
    }
    # Asked about as it will be written, so that the answer holds before and after.
    return Question(**parts | {"full_name": names.tidy(parts["full_name"])})


def is_askable(number: str) -> bool:
    """Tell whether the population database could know a number of this form."""
    read = national_id.read(number)
    return read.kind in ("pin12", "cmnd9") and not read.problems


def answer(facts: Facts, question: Question) -> Said:
    """Return the population database's fresh word.

    Raise Asks where it was not asked yet, Silent where it was in vain.
    """
    if not is_askable(question.number):
        raise Silent("number_not_askable")
    if question not in facts.answers:
        raise Asks(question)
    said = facts.answers[question]
    if said is None or (_KEEPS is not None and facts.at - said.at > _KEEPS):
        raise Silent("population_silent")
    return said


def confirmation(facts: Facts, question: Question) -> Proof:
    """Return the population database's word on a question, for it or against it."""
    said = answer(facts, question)
    return Proof(Kind.POPULATION, said.source, said.at, speaks_for=not said.wrong)


def verified(facts: Facts, question: Question) -> Proof | None:
    """Return what the verified identity says of a question; None without one."""
    told = facts.identity
    if told is None:
        return None
    numbers = {question.number}
    if question.number in (facts.person.national_id, restored_number(facts)):
        # One may sign in by the number that stands beside an old card's on record.
        numbers |= set(facts.person.other_numbers)
    agrees = (
        bool(numbers & set(told.numbers))
        and names.tone_key(question.full_name) == names.tone_key(told.full_name)
        and told.born_on.startswith(question.born)
        and question.sex in ("", told.sex)
    )
    return Proof(Kind.EID, "eid", told.at, speaks_for=agrees)


def proofs_of(facts: Facts, question: Question) -> tuple[Proof, ...]:
    """Return all that confirms or contradicts a question.

    The population database is heard beside a verified identity too, as the two may
    disagree; where it is silent the identity stands alone. Raise Asks, and Silent where
    nobody says anything.
    """
    told = verified(facts, question)
    if told is None:
        return (confirmation(facts, question),)
    try:
        return (told, confirmation(facts, question))
    except Silent:
        return (told,)
