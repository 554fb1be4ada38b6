"""What a citizen waits for: the record page and sending a report."""

import os
import statistics
from contextlib import ExitStack
from pathlib import Path

import psycopg
from django.utils import timezone

from bench import citizens, servers
from bench.client import Load, drive
from bench.rounds import Line, in_turn, line
from bench.sizes import Sizes
from portal.stack.addresses import free_port


class Failed(Exception):
    """A page did not answer as it should, so its speed means nothing."""


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure both pages beside the floor's. Raise Failed on a wrong answer."""
    at = timezone.now()
    persons = citizens.people(sizes.signed_in)
    reports = citizens.Reports(persons, proof=citizens.prove(at=at))
    look_ups = citizens.look_ups(persons, at=at)
    statements = citizens.statements(
        citizens.path_of("citizen:record"),
        *citizens.sessions([citizens.proved(persons[0], at)], at=at),
    )
    log = folder / "bench-web.log"
    with ExitStack() as stack:
        ours = stack.enter_context(servers.web(servers.OURS, log=log))
        floor = stack.enter_context(servers.web(servers.FLOOR, log=log))
        loads: dict[str, list[Load]] = {}

        def look_up(_round: int) -> float:
            wanted = _repeated(look_ups, sizes.look_ups)
            return _kept(loads, "look_up", drive(ours, wanted, expect=200))

        def bare_look_up(_round: int) -> float:
            wanted = citizens.bare_look_ups(sizes.people, sizes.look_ups)
            return _kept(loads, "bare_look_up", drive(floor, wanted, expect=200))

        def submit(_round: int) -> float:
            wanted = reports.make(sizes.reports, at=timezone.now())
            return _kept(loads, "submit", drive(ours, wanted, expect=303))

        def bare_submit(_round: int) -> float:
            wanted = citizens.bare_reports(sizes.people, sizes.reports)
            return _kept(loads, "bare_submit", drive(floor, wanted, expect=201))

        # Both sides load their code with the first request.
        for warm in (look_up, bare_look_up, submit, bare_submit):
            warm(0)
        loads.clear()
        first = in_turn({"look_up": look_up, "bare": bare_look_up}, rounds=sizes.rounds)
        second = in_turn({"submit": submit, "bare": bare_submit}, rounds=sizes.rounds)
    lines = [
        line(
            "record page, 8 clients",
            "pages/s",
            first["look_up"],
            first["bare"],
            floor_name="bare ORM page",
            must="0.52x (0.75x of gunicorn sync)",
            more={"statements": statements} | _times(loads, "look_up", "bare_look_up"),
        ),
        line(
            "send a report, 8 clients",
            "reports/s",
            second["submit"],
            second["bare"],
            floor_name="bare ORM inserts",
            must="0.48x (half of the ceiling)",
            more=_times(loads, "submit", "bare_submit"),
        ),
    ]
    return lines + _without_broker(sizes, reports, look_ups, folder)


def _without_broker(
    sizes: Sizes, reports: citizens.Reports, look_ups: list[bytes], folder: Path
) -> list[Line]:
    """Measure the slowest answers to a report while the broker is in trouble.

    The server with a running broker is the floor here: all of them take turns.
    """
    log = folder / "bench-web.log"
    with ExitStack() as stack:
        brokers = {
            "running": os.environ["REDIS_URL"],
            "refused": f"redis://127.0.0.1:{free_port()}/0",
            "frozen": stack.enter_context(servers.frozen_redis()),
            "absent": "",
        }
        loads: dict[str, list[Load]] = {name: [] for name in brokers}
        ports = {}
        for name, url in brokers.items():
            server = servers.web(servers.OURS, log=log, settings={"REDIS_URL": url})
            ports[name] = stack.enter_context(server)
            # Warm but for the broker, which no record page asks.
            warm = _repeated(look_ups, 10 * servers.WORKERS)
            drive(ports[name], warm, expect=200)

        def slowest(name: str) -> float:
            wanted = reports.make(sizes.reports, at=timezone.now())
            _kept(loads, name, drive(ports[name], wanted, expect=303))
            return loads[name][-1].p99

        figures = in_turn(
            {name: lambda _, name=name: slowest(name) for name in brokers},
            rounds=sizes.rounds,
        )
    return [
        line(
            f"send a report, slowest 1 %, Redis {name}",
            "ms",
            figures[name],
            figures["running"],
            floor_name="Redis running",
            must="800 ms",
            is_time=True,
            more={"p50_ms": statistics.median(load.p50 for load in loads[name])},
        )
        for name in brokers
    ]


def _repeated(requests: list[bytes], count: int) -> list[bytes]:
    return [requests[number % len(requests)] for number in range(count)]


def _kept(loads: dict[str, list[Load]], name: str, load: Load) -> float:
    _check(load)
    loads.setdefault(name, []).append(load)
    return load.rate


def _check(load: Load) -> None:
    if load.failed:
        raise Failed(f"{load.failed} of {load.done} wrong: {load.first_failure}")


def _times(loads: dict[str, list[Load]], ours: str, floor: str) -> dict[str, float]:
    """Return the medians of p50 and p99 over the rounds, of both sides."""

    def middle(name: str, which: str) -> float:
        values = sorted(getattr(load, which) for load in loads[name])
        return round(values[len(values) // 2], 1)

    return {
        "p50_ms": middle(ours, "p50"),
        "p99_ms": middle(ours, "p99"),
        "floor_p50_ms": middle(floor, "p50"),
        "floor_p99_ms": middle(floor, "p99"),
    }
