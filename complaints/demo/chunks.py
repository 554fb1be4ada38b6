"""A thousand people at a time: generated, and written in one transaction.

A chunk depends on the seed and its number only, so chunks can be made by several
processes in any order, and one that is there already is passed over.
"""

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from random import Random

import django
from django.db import connections, transaction

from complaints.demo import people, records
from complaints.demo.copying import Rows, new_ref, text
from complaints.demo.doses import Dose
from complaints.demo.filing import Filed, Office, complain
from complaints.demo.people import Human
from complaints.demo.records import Record
from complaints.demo.world import World
from portal.common import crypto, scope
from portal.registry import corrections
from portal.registry.models import Person

SIZE = 1000
# A household may begin before the chunk is full and is then cut.
_SERIALS = SIZE
# Below this, starting processes costs more than it saves.
_WORTH_PROCESSES = 5000
# Every so many-th submission of a chunk is named in the demo's file.
_NAMED = 4


@dataclass
class Written:
    """How much a chunk wrote."""

    people: int = 0
    doses: int = 0
    complaints: int = 0
    filed: list[Filed] = field(default_factory=list)

    def add(self, other: "Written") -> None:
        """Add what another chunk wrote."""
        self.people += other.people
        self.doses += other.doses
        self.complaints += other.complaints
        self.filed += other.filed


def write_all(world: World, *, processes: int) -> Iterator[Written]:
    """Write all chunks of the world, yielding what each one wrote.

    With several processes each has a connection of its own; without, all is written by
    this one, inside the caller's transaction if there is one.
    """
    numbers = range(-(-world.people // SIZE))
    if processes < 2 or world.people < _WORTH_PROCESSES:
        for number in numbers:
            yield write(world, number)
        return
    connections.close_all()
    way = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context(way),
        initializer=_begin,
        initargs=(world,),
    ) as pool:
        yield from pool.map(_write_here, numbers)


_shared: list[World] = []


def _begin(world: World) -> None:
    django.setup()
    _shared[:] = [world]


def _write_here(number: int) -> Written:
    return write(_shared[0], number)


def first_ref(world: World, number: int) -> str:
    """Return the reference of the first person of a chunk."""
    return new_ref(_chance(world, number))


def write(world: World, number: int) -> Written:
    """Write one chunk unless it is there; all of it or nothing."""
    with transaction.atomic():
        if Person.objects.filter(ref=first_ref(world, number)).exists():
            return Written()
        with scope.system(), corrections.writing("imports"):
            return _write(world, number)


def _chance(world: World, number: int) -> Random:
    return Random(f"{world.seed}:{world.people}:{number}")


def _write(world: World, number: int) -> Written:
    chance = _chance(world, number)
    ref = new_ref(chance)
    rows = Rows()
    scribe = Scribe(rows, chance, world, serial=number * SIZE)
    for human in _humans(chance, world, number):
        for nth, record in enumerate(records.write_down(chance, human, world)):
            scribe.write(record, ref=ref, is_second=nth > 0)
            ref = new_ref(chance)
    counts = rows.write()
    return Written(
        min(SIZE, world.people - number * SIZE),
        counts["registry_dose"],
        counts["complaints_complaint"],
        scribe.office.filed[::_NAMED],
    )


def _humans(chance: Random, world: World, number: int) -> list[Human]:
    provinces = sorted(world.by_province)
    province = provinces[number % len(provinces)]
    # How many people the chunks before this one put into the same province.
    serial = number // len(provinces) * _SERIALS
    communes = world.by_province[province]
    wanted = min(SIZE, world.people - number * SIZE)
    humans: list[Human] = []
    while len(humans) < wanted:
        humans += people.family(
            chance,
            province=province,
            commune=communes[int(chance.random() * len(communes))],
            serial=serial + len(humans),
        )
    return humans[:wanted]


class Scribe:
    """Turns records into rows; complaints among them as chance has it."""

    def __init__(
        self, rows: Rows, chance: Random, world: World, *, serial: int
    ) -> None:
        self.rows, self.chance, self.world = rows, chance, world
        self.office = Office(rows, chance, world)
        self._serial = serial
        self._compared_at = text(world.at)

    def write(
        self,
        record: Record,
        *,
        ref: str,
        is_second: bool = False,
        may_complain: bool = True,
    ) -> int:
        """Add a person with numbers, telephones and doses; return the key.

        ``is_second``: another record of somebody who is in the population already.
        """
        rows = self.rows
        person = rows.new_id("registry_person")
        dose_ids = {id(dose): rows.new_id("registry_dose") for dose in record.doses}
        complaint = complain(self.chance, record, self.world) if may_complain else None
        if complaint:
            begins, matters = complaint
            self.office.file(record, person, dose_ids, begins, matters, self._serial)
            self._serial += 1
        self._person(record, person, ref)
        for dose in record.doses:
            self.dose(dose, dose_ids[id(dose)], None if dose.is_orphan else person)
        if not is_second:
            self._truth(record.human)
        return person

    def _person(self, record: Record, person: int, ref: str) -> None:
        lines, bound = self.rows.lines, f"person:{person}"
        spelled = people.spell(record.full_name)
        compared = "\\N" if record.population == "not_sent" else self._compared_at
        lines("registry_person").append(
            f"{person}\t{ref}\t{spelled.full_name}\t{spelled.key}\t{spelled.folded}\t"
            f"{spelled.sort_key}\t{record.born_on}\t{record.precision}\t{record.sex}\t"
            f"{record.commune.unit}\t{record.population}\t{compared}\tf\t"
            f"{record.version}\n"
        )
        for number in record.numbers:
            sealed = crypto.seal(number.text, bound_to=bound).hex()
            digest = crypto.digest("national_id", number.text).hex()
            lines("registry_identitydocument").append(
                f"{person}\t{number.kind}\t\\\\x{sealed}\t\\\\x{digest}\t"
                f"{number.source}\t{'t' if number.is_current else 'f'}\n"
            )
        for phone in record.phones:
            sealed = crypto.seal(phone, bound_to=bound).hex()
            digest = _phone_digest(phone).hex()
            lines("registry_telephone").append(
                f"{person}\t\\\\x{sealed}\t\\\\x{digest}\tt\n"
            )

    def dose(self, dose: Dose, pk: int, person: int | None) -> None:
        """Add a dose of somebody, or one whose owner is unknown."""
        ref = new_ref(self.chance)
        self.rows.lines("registry_dose").append(
            f"{pk}\t{ref}\t{_or_null(person)}\t{dose.given_on}\t"
            f"{self.world.products[dose.product]}\t{dose.lot_number}\t"
            f"{_or_null(dose.lot)}\t{dose.site}\t{dose.number}\t"
            f"{dose.status}\t{dose.source}\t{dose.name}\t{dose.recorded_at}\t"
            f"{dose.version}\n"
        )

    def _truth(self, human: Human) -> None:
        digest = crypto.digest("population", human.number).hex()
        self.rows.lines("registry_populationentry").append(
            f"\\\\x{digest}\t{people.spell(human.full_name).key}\t{human.born_on}\t"
            f"{human.sex}\n"
        )


# Families share a telephone, and come one after the other.
@lru_cache(16)
def _phone_digest(phone: str) -> bytes:
    return crypto.digest("phone", phone)


def _or_null(key: int | None) -> str:
    return "\\N" if key is None else str(key)


def begun(world: World) -> bool:
    """Tell whether people of this very world are in the registry."""
    return Person.objects.filter(ref=first_ref(world, 0)).exists()


def as_of(moment: datetime) -> datetime:
    """Return an instant without fractions, so that it can be given again."""
    return moment.replace(microsecond=0)
