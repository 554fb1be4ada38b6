"""Who truly had what: families, stations that hold sessions, lots that were open.

Families come from the generator of matching (twins, namesakes, fathers and sons of one
name, one telephone for all); some namesakes of one birth date live in one commune. A
station serves four communes on some twenty days; on most of them one lot a vaccine is
open, on some two. The list of a session was loaded, or its doses were typed in by hand.
Some people stand on no record, though the population database knows them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count, islice
from random import Random
from typing import Final

from complaints.rules.selfcorrection.facts import Dose, Stock
from portal.registry.matching.labelled.families import Human, Maker

FIRST: Final = date(2021, 7, 5)
_SESSIONS: Final = 22
_COMMUNES_A_STATION: Final = 4
_TWO_LOTS: Final = 0.15
_PRODUCTS: Final = ("vaxzevria", "vero-cell", "comirnaty", "spikevax")
_GAP: Final = timedelta(days=21)
# Shares: namesakes of one birth date who live near each other, sessions whose list was
# loaded, people without a record. Our own guesses.
_NEAR, _LOADED, _WITHOUT_RECORD = 0.25, 0.5, 0.05


@dataclass(frozen=True)
class Station:
    """A site: its days, and on each the lots in use by vaccine."""

    code: str
    days: tuple[date, ...]
    open_lots: dict[date, dict[str, tuple[str, ...]]]
    entries: dict[date, str]


@dataclass
class World:
    """People, what each truly had (doses with their true numbers), and the ledger.

    ``absent``: the places of those who stand on no record. ``namesakes``: people by
    name, birth date and sex.
    """

    humans: list[Human]
    given: list[tuple[Dose, ...]]
    absent: set[int] = field(default_factory=set)
    namesakes: dict[tuple[str, date, str], list[Human]] = field(
        default_factory=lambda: defaultdict(list)
    )
    stations: dict[str, Station] = field(default_factory=dict)
    lots: dict[str, Stock] = field(default_factory=dict)
    houses: dict[int, list[Human]] = field(default_factory=lambda: defaultdict(list))


def make(*, people: int, seed: int) -> World:
    """Return a world of so many people; the same seed makes the same one."""
    chance = Random(seed)
    humans = _people(people, chance)
    world = World(humans, [])
    for place, human in enumerate(humans):
        world.houses[human.house].append(human)
        world.namesakes[_known_as(human)].append(human)
        if chance.random() < _WITHOUT_RECORD:
            world.absent.add(place)
    for name in sorted({station_of(human) for human in humans}):
        _build(world, name, chance)
    keys = count(1)
    for human in humans:
        world.given.append(_doses(world.stations[station_of(human)], chance, keys))
    return world


def _people(count: int, chance: Random) -> list[Human]:
    """Return so many people of whole families and their namesakes, in any order."""
    everybody = Maker(chance).people(count)
    first: dict[tuple[str, date, str], Human] = {}
    for place, human in enumerate(everybody):
        other = first.setdefault(_known_as(human), human)
        if other.house != human.house and chance.random() < _NEAR:
            everybody[place] = replace(human, commune=other.commune)
    chance.shuffle(everybody)
    return everybody[:count]


def _known_as(human: Human) -> tuple[str, date, str]:
    return human.full_name, human.born_on, human.sex


def namesakes_of(world: World, human: Human) -> list[Human]:
    """Return other people of somebody's name, birth date and sex."""
    return [
        other
        for other in world.namesakes[_known_as(human)]
        if other.number != human.number
    ]


def station_of(human: Human) -> str:
    """Return the station that serves somebody's commune, and three others."""
    province, commune = human.commune.split(".c")
    return f"{province}.{int(commune) // _COMMUNES_A_STATION}"


def _build(world: World, code: str, chance: Random) -> None:
    days: list[date] = []
    day = FIRST + timedelta(days=chance.randrange(7))
    for _ in range(_SESSIONS):
        days.append(day)
        day += timedelta(days=chance.randrange(5, 19))
    open_lots: dict[date, dict[str, tuple[str, ...]]] = {}
    arrived: dict[str, list[str]] = defaultdict(list)
    for day in days:
        offered = chance.sample(_PRODUCTS, k=2)
        open_lots[day] = {}
        for product in offered:
            if not arrived[product] or chance.random() < 0.5:
                arrived[product].append(_new_lot(world, chance, code, product, day))
            lots = arrived[product][-2:]
            if len(lots) < 2 or chance.random() > _TWO_LOTS:
                lots = lots[-1:]
            open_lots[day][product] = tuple(lots)
    entries = {
        day: f"load:{code}:{n}" if chance.random() < _LOADED else "service"
        for n, day in enumerate(days)
    }
    world.stations[code] = Station(code, tuple(days), open_lots, entries)


def _new_lot(world: World, chance: Random, site: str, product: str, day: date) -> str:
    """Return a lot that comes to a site; most come to several sites."""
    came = day - timedelta(days=chance.randrange(2, 12))
    if chance.random() < 0.6:
        # A lot that other sites of the country have too.
        for lot in islice(reversed(world.lots), 100):
            stock = world.lots[lot]
            if stock.product == product and site not in stock.sites:
                world.lots[lot] = Stock(product, {**stock.sites, site: came})
                return lot
    letters = "".join(chance.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=2))
    lot = f"{letters}{chance.randrange(1000, 9999)}"
    if lot in world.lots:
        return _new_lot(world, chance, site, product, day)
    world.lots[lot] = Stock(product, {site: came})
    return lot


def _doses(station: Station, chance: Random, keys: Iterator[int]) -> tuple[Dose, ...]:
    """Return what somebody had: two or three doses, three weeks apart at least."""
    most = chance.choices((1, 2, 3), weights=(5, 50, 45))[0]
    doses: list[Dose] = []
    days = list(station.days)
    place = chance.randrange(len(days) // 2)
    product = chance.choice(list(station.open_lots[days[place]]))
    while place < len(days) and len(doses) < most:
        offered = station.open_lots[days[place]]
        if product not in offered and len(doses) == 1:
            place += 1
            continue
        chosen = product if product in offered else chance.choice(list(offered))
        doses.append(
            Dose(
                key=next(keys),
                given_on=days[place],
                product=chosen,
                lot=chance.choice(offered[chosen]),
                site=station.code,
                number=len(doses) + 1,
                entry=station.entries[days[place]],
            )
        )
        earliest = days[place] + _GAP
        while place < len(days) and days[place] < earliest:
            place += 1
    return tuple(doses)
