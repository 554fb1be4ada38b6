"""What staff and overseers wait for: the queue, the figures, and their refresh."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils import timezone

from bench import citizens, servers, volume
from bench.client import Load, drive, request
from bench.floor import schema
from bench.rounds import Line, in_turn, line
from bench.sizes import Sizes
from complaints import figures, rollups
from complaints.views.figures_asked import MOST_MONTHS
from portal.accounts.models import Posting
from portal.registry.models import Organization

BACKEND: Final = "portal.accounts.backends.Staff"
# Pages of figures: what is measured, route, filters, target. Pages offer up to two
# years; the longest stretch is asked for as well.
_LONG: Final = "two years"
_FIGURES: Final = (
    ("figures", "oversight:times", {}, "15x; 300 ms"),
    ("figures by channel", "oversight:times", {"channel": "counter"}, "300 ms"),
    ("figures of a kind", "oversight:times", {"kind": "wrong_dose"}, "300 ms"),
    (
        "figures of a kind by channel",
        "oversight:times",
        {"kind": "wrong_dose", "channel": "counter"},
        "300 ms",
    ),
    ("figures of those ended", "oversight:times", {"cohort": "closed"}, "300 ms"),
    (f"figures of {_LONG}", "oversight:times", {"from": _LONG}, "300 ms"),
    (
        f"figures of a kind, {_LONG}",
        "oversight:times",
        {"kind": "wrong_dose", "from": _LONG},
        "300 ms",
    ),
    ("second page of figures", "oversight:detail", {}, "300 ms"),
    (f"second page, {_LONG}", "oversight:detail", {"from": _LONG}, "300 ms"),
    ("signs of gaming", "oversight:gaming", {}, "300 ms"),
    (f"signs of {_LONG}", "oversight:gaming", {"from": _LONG}, "300 ms"),
    ("cases received", "oversight:cases", {}, "300 ms"),
    ("cases that were late", "oversight:cases", {"group": "late"}, "300 ms"),
    (
        f"cases by time, {_LONG}",
        "oversight:cases",
        {"group": "resolved", "order": "time", "from": _LONG},
        "300 ms",
    ),
    ("cases of a sign", "oversight:gaming_cases", {"sign": "passed_on"}, "300 ms"),
)
# The queue's times with few open complaints, to reckon its growth from.
_few: dict[str, float] = {}


def measure_few(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure the queue with few open complaints; the growth is reckoned from it."""
    volume.held(owner, count=sizes.open_few, holders=sizes.holders)
    schema.wait(owner, complaints=sizes.open_few, people=sizes.people)
    return [
        _queue(name, sizes, key, sizes.open_few, folder)
        for name, key in _readers(at=timezone.now()).items()
    ]


def measure_many(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure the queue with all that the other parts have left open."""
    count = opened(owner)
    schema.wait(owner, complaints=count, people=sizes.people)
    return [
        _queue(name, sizes, key, count, folder)
        for name, key in _readers(at=timezone.now()).items()
    ]


def measure_figures(
    sizes: Sizes, owner: psycopg.Connection, folder: Path
) -> list[Line]:
    """Measure the figures of many complaints, a fifth open, and their refresh."""
    readers = _readers(at=timezone.now())
    volume.lives(owner, count=sizes.closed, holders=sizes.holders, days=sizes.days)
    schema.copy_closed(owner)
    begun = time.perf_counter()
    rollups.rebuild_all(at=timezone.now())
    seconds = time.perf_counter() - begun
    volume.tidy(owner)
    among = f"{sizes.closed:,} complaints, {opened(owner):,} open"
    lines = [Line(f"recount of all, {among}", "s", seconds)]
    lines += _oversight(sizes, owner, readers, folder, among=among)
    lines += _refresh(sizes, owner)
    return lines


def _queue(name: str, sizes: Sizes, key: str, count: int, folder: Path) -> Line:
    path = citizens.path_of("casework:queue")
    log = folder / "bench-web.log"
    with ExitStack() as stack:
        ours = stack.enter_context(servers.web(servers.OURS, log=log))
        floor = stack.enter_context(servers.web(servers.FLOOR, log=log))
        sent = request(path, cookies={settings.SESSION_COOKIE_NAME: key})
        loads: list[Load] = []

        def queue(_round: int) -> float:
            loads.append(_one_by_one(ours, sent, sizes))
            return loads[-1].p50

        def bare(_round: int) -> float:
            return _one_by_one(floor, request("/work"), sizes).p50

        queue(0)
        bare(0)
        loads.clear()
        found = in_turn({"queue": queue, "bare": bare}, rounds=sizes.rounds)
    p50 = statistics.median(found["queue"])
    more = {
        "statements": citizens.statements(path, key),
        "p99_ms": statistics.median(load.p99 for load in loads),
    }
    if name in _few:
        more["growth"] = p50 / _few[name]
    _few.setdefault(name, p50)
    return line(
        f"queue of {name}, {count:,} open",
        "ms",
        found["queue"],
        found["bare"],
        floor_name="bare ORM list",
        must="22 ms; growth 1.3x; 8 statements",
        is_time=True,
        more=more,
    )


def _oversight(
    sizes: Sizes,
    owner: psycopg.Connection,
    readers: dict[str, str],
    folder: Path,
    *,
    among: str,
) -> list[Line]:
    lines = []
    first = figures.month_after(timezone.localdate().replace(day=1), 1 - MOST_MONTHS)
    with servers.web(servers.OURS, log=folder / "bench-web.log") as port:
        slow: list[Load] = []

        def look(sent: bytes) -> float:
            slow.append(_one_by_one(port, sent, sizes))
            return slow[-1].p50

        for (title, page, query, must), (name, key) in product(
            _FIGURES, readers.items()
        ):
            if query.get("from") == _LONG:
                query = query | {"from": f"{first:%Y-%m}"}
            path = f"{citizens.path_of(page)}?{urlencode(query)}"
            sent = request(path, cookies={settings.SESSION_COOKIE_NAME: key})
            look(sent)
            slow.clear()
            found = in_turn(
                {
                    "page": lambda _, sent=sent: look(sent),
                    "raw": lambda _: schema.ask_all(owner),
                },
                rounds=sizes.rounds,
            )
            lines.append(
                line(
                    f"{title} of {name}, {among}",
                    "ms",
                    found["page"],
                    found["raw"],
                    floor_name="raw question, indexed",
                    must=must,
                    is_time=True,
                    more={
                        "statements": citizens.statements(path, key),
                        "p95_ms": statistics.median(load.p95 for load in slow),
                        "p99_ms": statistics.median(load.p99 for load in slow),
                    },
                )
            )
    return lines


def _refresh(sizes: Sizes, owner: psycopg.Connection) -> Iterator[Line]:
    """Yield the whole refresh, and the part of it that wholes do not take.

    The second line is of the changed organizations' own figures: those of the provinces
    and the nation above them are put together in the same transaction.
    """
    changed = 0
    own: list[float] = []

    def refresh(_round: int) -> float:
        nonlocal changed
        changed = volume.reopen(owner, count=sizes.changed)
        wholes = 0.0

        def timed(
            execute: Callable[..., Any], sql: str, *words: Any, **names: Any
        ) -> Any:
            nonlocal wholes
            began = time.perf_counter()
            try:
                return execute(sql, *words, **names)
            finally:
                if "complaints_subtreefigure" in sql:
                    wholes += time.perf_counter() - began

        begun = time.perf_counter()
        with connection.execute_wrapper(timed):
            rollups.rebuild_changed(at=timezone.now())
        seconds = time.perf_counter() - begun
        own.append((seconds - wholes) * 1e3)
        return seconds * 1e3

    # The first reads statistics and code that nobody needed before.
    refresh(0)
    own.clear()
    times = in_turn(
        {"refresh": refresh, "raw": lambda _: schema.ask_all(owner)},
        rounds=sizes.rounds,
    )
    for name, found in (
        (
            f"refresh after a move at each of {changed} organizations",
            times["refresh"],
        ),
        ("of these their own figures, without the wholes above", own),
    ):
        yield line(
            name,
            "ms",
            found,
            times["raw"],
            floor_name="raw question, indexed",
            must="10x",
            is_time=True,
            more={"complaints": sizes.closed},
        )


def _one_by_one(port: int, sent: bytes, sizes: Sizes) -> Load:
    """Ask for one page again and again from one client; refuse a wrong answer."""
    load = drive(port, [sent] * sizes.pages, expect=200, clients=1)
    if load.failed:
        raise RuntimeError(f"{load.failed} wrong answers: {load.first_failure}")
    return load


def _readers(*, at: datetime) -> dict[str, str]:
    """Return session keys of who leads the nation, a busy province and a station."""
    return dict(_signed_in(at))


def _signed_in(at: datetime) -> Iterator[tuple[str, str]]:
    for name, posting in leads():
        content = {
            SESSION_KEY: str(posting.user.pk),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: posting.user.get_session_auth_hash(),
            "seen_at": at.isoformat(),
        }
        yield name, citizens.sessions([content], at=at)[0]


def leads() -> Iterator[tuple[str, Posting]]:
    """Yield who leads the nation, a busy province and a station, each with a name."""
    kinds = Organization.Kind
    known = (
        Posting.objects.filter(role=Posting.Role.LEAD)
        .select_related("user", "organization")
        .order_by("organization__code")
    )
    for name, kind in (
        ("the ministry", kinds.MINISTRY),
        ("a province", kinds.HEALTH_DEPARTMENT),
        ("a station", kinds.HEALTH_STATION),
    ):
        posting = known.filter(organization__kind=kind).first()
        if posting is not None:
            yield name, posting


def opened(owner: psycopg.Connection) -> int:
    """Return how many cases are open."""
    with owner.transaction():
        owner.execute("SET LOCAL app.scope = 'system'")
        row = owner.execute(
            "SELECT count(*) FROM complaints_complaint WHERE ended_at IS NULL"
        ).fetchone()
    return row[0] if row else 0
