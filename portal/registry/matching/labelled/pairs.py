"""Pairs of records with the truth known: everybody with themselves, and with everybody
whom the blocks of the candidate search would put beside them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Final

from portal.common.names import fold
from portal.registry.matching.facts import Facts
from portal.registry.matching.labelled.families import Human, Maker
from portal.registry.matching.labelled.slips import Clerk
from portal.registry.population.protocol import Question, Reply

Ask = Callable[[list[Question]], list[Reply | None]]

# A block with more records than this on a side is passed over, as in the search.
_MOST_IN_A_BLOCK: Final = 60


@dataclass(frozen=True)
class Labelled:
    """Two records and whether they are of the same person."""

    one: Facts
    other: Facts
    is_same: bool


@dataclass(frozen=True)
class World:
    """People as they are, and two records of each: one careful, one in haste."""

    humans: list[Human]
    recorded: list[Facts]
    listed: list[Facts]


def world(*, people: int, seed: int) -> World:
    """Make so many people and their records; the same again for the same seed."""
    chance = Random(seed)
    maker = Maker(chance)
    humans = maker.people(people)
    houses: dict[int, list[Human]] = defaultdict(list)
    for human in humans:
        houses[human.house].append(human)
    careful = Clerk(chance, maker, haste=0.6)
    hasty = Clerk(chance, maker, haste=1.0)
    return World(
        humans,
        [careful.record(human, houses[human.house]) for human in humans],
        [hasty.record(human, houses[human.house]) for human in humans],
    )


def asked(made: World, ask: Ask) -> World:
    """Return the same records with what a population database said of each."""
    return replace(
        made,
        recorded=_checked(made.recorded, ask),
        listed=_checked(made.listed, ask),
    )


def _checked(records: list[Facts], ask: Ask) -> list[Facts]:
    asking = [
        (n, Question(r.numbers[0], r.full_name, str(r.born), r.sex))
        for n, r in enumerate(records)
        if r.numbers and r.born
    ]
    found = list(records)
    replies = ask([question for _, question in asking])
    for (n, _), reply in zip(asking, replies, strict=True):
        if reply is not None:
            found[n] = replace(records[n], checked=tuple(reply.wrong))
    return found


def pairs(made: World) -> Iterator[Labelled]:
    """Yield the pairs that ``places_of_pairs`` names."""
    for one, other in places_of_pairs(made):
        yield Labelled(made.recorded[one], made.listed[other], one == other)


def places_of_pairs(made: World) -> Iterator[tuple[int, int]]:
    """Yield each person's two records, then the other pairs that share a block, by
    their places in the world's two lists."""
    yield from ((n, n) for n in range(len(made.humans)))
    seen: set[tuple[int, int]] = set()
    left, right = _blocks(made.recorded), _blocks(made.listed)
    for key in left.keys() & right.keys():
        if max(len(left[key]), len(right[key])) > _MOST_IN_A_BLOCK:
            continue
        for pair in product(left[key], right[key]):
            if pair[0] != pair[1] and pair not in seen:
                seen.add(pair)
                yield pair


def _blocks(records: list[Facts]) -> dict[tuple, list[int]]:
    """Return the records by the keys of the candidate search (see ``blocks``)."""
    found: dict[tuple, list[int]] = defaultdict(list)
    for n, record in enumerate(records):
        keys: list[tuple] = [("number", number) for number in record.numbers]
        keys += [("phone", phone) for phone in record.phones]
        if record.born:
            keys.append(("name", fold(record.full_name), record.born.year))
            day = record.born.as_date()
            keys += [("home", day, c) for c in record.place.communes if day]
        for key in keys:
            found[key].append(n)
    return found


def is_usable(pair: Labelled) -> bool:
    """Tell whether there is anything to go by: both names, and either both numbers, or
    both birth dates to the day with both telephones or both communes."""
    one, other = pair.one, pair.other
    if not (one.full_name and other.full_name):
        return False
    if one.numbers and other.numbers:
        return True
    if not all(side.born and side.born.as_date() for side in (one, other)):
        return False
    return bool(
        (one.phones and other.phones) or (one.place.communes and other.place.communes)
    )
