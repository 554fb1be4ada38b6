"""A population database that is sometimes wrong, late or silent, at stated rates."""

from collections.abc import Callable
from random import Random

from portal.common import names
from portal.registry.matching.labelled.families import Human
from portal.registry.population.protocol import Question, Reply


def neighbour(
    humans: list[Human], *, wrong: float, late: float, silent: float, seed: int
) -> Callable[[list[Question]], list[Reply | None]]:
    """Return somebody to ask who knows these people.

    ``wrong`` is the share of answers turned into their contrary, ``late`` the share of
    people whom it still knows under a former name and birth year, ``silent`` the share
    of questions without any answer (None).
    """
    chance = Random(seed)
    known = {human.number: human for human in humans}
    outdated = {number for number in known if chance.random() < late}

    def answer(question: Question) -> Reply | None:
        if chance.random() < silent:
            return None
        is_wrong = chance.random() < wrong
        human = known.get(question.number)
        if human is None:
            return Reply(("national_id",))
        fields = []
        key = names.tone_key(question.full_name)
        if names.tone_key(human.full_name) != key or human.number in outdated:
            fields.append("full_name")
        if not human.born_on.isoformat().startswith(question.born):
            fields.append("born_on")
        if question.sex and question.sex != human.sex:
            fields.append("sex")
        if is_wrong:
            fields = [] if fields else ["full_name", "born_on"]
        return Reply(tuple(fields))

    return lambda questions: [answer(question) for question in questions]
