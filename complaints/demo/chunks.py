"""A thousand people at a time, made by several processes.

A chunk depends on the seed and its number only. Into an empty registry that is ours all
chunks go in one transaction, over tables without indexes (``bare``), while the next
ones are being made; else each is a transaction of its own, and one that is there
already is passed over.
"""

import gc
import multiprocessing
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random
from typing import NamedTuple

import django
from django.db import connections, transaction

from complaints.demo import bare, people, records
from complaints.demo.copying import Keys, Packed, Rows, copier, new_ref
from complaints.demo.people import Human
from complaints.demo.scribe import Scribe
from complaints.demo.world import World
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Person

SIZE = 1000
# A household may begin before the chunk is full and is then cut.
_SERIALS = SIZE
# Below this, starting processes costs more than it saves.
_WORTH_PROCESSES = 5000
# Chunks made before they are asked for, per process: more would only fill memory.
_AHEAD = 2
_TOGETHER = 8


@dataclass
class Written:
    """How much a chunk wrote."""

    people: int = 0
    doses: int = 0
    complaints: int = 0

    def add(self, other: "Written") -> None:
        """Add what another chunk wrote."""
        self.people += other.people
        self.doses += other.doses
        self.complaints += other.complaints


class Chunk(NamedTuple):
    """Rows of some thousand people that wait to be written, and how many they are."""

    written: Written
    rows: list[Packed]


def write_all(
    world: World, *, processes: int, first: Sequence[Packed] = ()
) -> Iterator[Written]:
    """Write all chunks of the world, yielding what each one wrote.

    ``first`` are rows to write before them. With one process, or few people, all is
    made by this one, inside the caller's transaction if there is one.
    """
    write_chunks = _write_together if bare.can_be_bared() else _write_each
    if processes > 1 and world.people >= _WORTH_PROCESSES:
        # Nobody may share a connection with a process that is forked.
        connections.close_all()
        pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context(
                "fork" if sys.platform == "linux" else "spawn"
            ),
            initializer=_begin,
            initargs=(world,),
        )
    else:
        pool = None
    with pool or nullcontext():
        yield from write_chunks(world, pool, processes, first)


def _write_together(
    world: World,
    pool: ProcessPoolExecutor | None,
    processes: int,
    first: Sequence[Packed],
) -> Iterator[Written]:
    numbers = _numbers(world)
    # A COPY of its own for each of ten tables is dear for a thousand people only.
    size = min(_TOGETHER, max(1, len(numbers) // (processes * 8)))
    parts = (numbers[at : at + size] for at in range(0, len(numbers), size))
    made: Iterator[Chunk]
    if pool is None:
        keys = Keys()
        made = (compose(world, part, keys) for part in parts)
    else:
        made = _made_ahead(pool, parts, processes * _AHEAD)
    with (
        scope.system(),
        corrections.writing("imports"),
        bare.bared(),
        copier(frozen=bare.TABLES) as out,
    ):
        out.write(first)
        for chunk in made:
            out.write(chunk.rows)
            # While the next ones are being made; at the end it would be all alone.
            out.finish()
            yield chunk.written


def _made_ahead(
    pool: ProcessPoolExecutor, parts: Iterator[range], count: int
) -> Iterator[Chunk]:
    """Start the processes at once, so that they inherit no open transaction."""
    waiting: deque[Future[Chunk]] = deque(
        pool.submit(_compose_here, part) for part in islice(parts, count)
    )

    def made() -> Iterator[Chunk]:
        while waiting:
            chunk = waiting.popleft().result()
            waiting.extend(
                pool.submit(_compose_here, part) for part in islice(parts, 1)
            )
            yield chunk

    return made()


def _write_each(
    world: World,
    pool: ProcessPoolExecutor | None,
    processes: int,
    first: Sequence[Packed],
) -> Iterator[Written]:
    with transaction.atomic(), copier() as out:
        out.write(first)
    if pool is None:
        keys = Keys()
        for number in _numbers(world):
            yield write(world, number, keys)
    else:
        # They are forked now.
        connections.close_all()
        yield from pool.map(_write_here, _numbers(world))


def _numbers(world: World) -> range:
    return range(-(-world.people // SIZE))


_shared: list[tuple[World, Keys]] = []


def _begin(world: World) -> None:
    django.setup()
    _shared[:] = [(world, Keys())]
    # Rows hold no cycles; looking for them takes a twentieth of the time.
    gc.freeze()
    gc.set_threshold(1_000_000)


def _write_here(number: int) -> Written:
    world, keys = _shared[0]
    return write(world, number, keys)


def _compose_here(numbers: range) -> Chunk:
    world, keys = _shared[0]
    return compose(world, numbers, keys)


def first_ref(world: World, number: int) -> str:
    """Return the reference of the first person of a chunk."""
    return new_ref(_chance(world, number))


def write(world: World, number: int, keys: Keys) -> Written:
    """Write one chunk unless it is there; all of it or nothing."""
    with transaction.atomic():
        if Person.objects.filter(ref=first_ref(world, number)).exists():
            return Written()
        with scope.system(), corrections.writing("imports"), copier() as out:
            chunk = compose(world, range(number, number + 1), keys)
            out.write(chunk.rows)
    return chunk.written


def compose(world: World, numbers: range, keys: Keys) -> Chunk:
    """Make the rows of some chunks; only keys are taken from the database."""
    rows = Rows(keys)
    for number in numbers:
        chance = _chance(world, number)
        ref = new_ref(chance)
        scribe = Scribe(rows, chance, world, serial=number * SIZE)
        for human in _humans(chance, world, number):
            for nth, record in enumerate(records.write_down(chance, human, world)):
                scribe.write(record, ref=ref, is_second=nth > 0)
                ref = new_ref(chance)
    packed = rows.packed()
    counts = {table: count for table, count, _ in packed}
    first, end = numbers.start * SIZE, numbers.stop * SIZE
    written = Written(
        min(end, world.people) - first,
        counts["registry_dose"],
        counts.get("complaints_complaint", 0),
    )
    return Chunk(written, packed)


def _chance(world: World, number: int) -> Random:
    return Random(f"{world.seed}:{world.people}:{number}")


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


def begun(world: World) -> bool:
    """Tell whether people of this very world are in the registry."""
    return Person.objects.filter(ref=first_ref(world, 0)).exists()


def as_of(moment: datetime) -> datetime:
    """Return an instant without fractions, so that it can be given again."""
    return moment.replace(microsecond=0)
