"""Kill, freeze and empty parts of a running portal; then count what was promised.

    python -m tests.faults.chaos --seed 7 --seconds 60 --calm 0 --design outbox|naive

Real processes in a fresh folder, with the reference data and a small demo. Citizens
and staff use their own pages over HTTP, repeat what was cut off with its key, and write
each acknowledged code to a ledger on disk; staff correct records, and sign what takes
two. Afterwards the portal has two minutes to settle. Exit 0 if every promise holds,
else 1 with the findings.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from portal.env import BASE_DIR
from portal.stack.addresses import free_port
from portal.stack.embedded import Running, running_services
from portal.stack.supervisor import Child, Supervisor, end_group
from portal.stack.up import portal_children
from tests.faults import watching
from tests.faults.clients import (
    CITIZENS,
    NURSES,
    PASSWORD,
    STORY,
    WORDS,
    Citizen,
    Client,
    Ledger,
    Nurse,
)

# A lease of a minute and the half minute in which a decision can be taken back.
SETTLE_SECONDS = 120
# The naive design knows neither: once its queues are empty nothing comes to its rescue.
IDLE_SECONDS = 10
QUEUES = ("route", "notify", "import", "report", "population")
SETTINGS = {"outbox": "portal.settings", "naive": "tests.faults.naive_settings"}
PEOPLE = 300
FEWEST = {"sent": 25, "upheld": 3, "signed": 1}
# On a slow machine these would otherwise follow each other so closely that nobody
# could send anything, and there would be nothing to lose.
SHUT = re.compile("web|postgres")
# What may keep a page from being answered. Nothing else may: neither a broker nor a
# worker, poller or beat is needed for one.
EXCUSES = re.compile("web|postgres|sessions")


class Faults:
    """What may befall a portal, by name; one at a time, chosen by the seed."""

    def __init__(
        self,
        running: Running,
        children: dict[str, Child],
        outages: watching.Outages,
        only: str,
    ) -> None:
        self.running, self.children, self.outages = running, children, outages
        self.only = re.compile(only)
        self.done: list[str] = []

    def choices(self) -> dict[str, Callable[[], Any]]:
        some = {
            f"kill {name}": lambda name=name: end_group(_pid(self.children[name]))
            for name in self.children
        }
        some |= {
            f"kill a child of {name}": lambda name=name: self._kill_child(name)
            for name in ("web", "worker")
            if name in self.children
        }
        some |= {
            "kill redis": lambda: end_group(_pid(self.running.redis)),
            "empty redis": lambda: self._redis().flushall(),
            "freeze redis": lambda: self._freeze(self.running.redis),
            "end database sessions": self._end_sessions,
            "crash postgres": lambda: os.kill(
                _pid(self.running.postgres), signal.SIGQUIT
            ),
        }
        if "worker" in self.children:
            some["freeze worker"] = lambda: self._freeze(self.children["worker"])
        return some

    def strike(self, chance: random.Random) -> None:
        """Do one of them; what shuts the door is left while it is shut."""
        choices = self.choices()
        choices = {n: act for n, act in choices.items() if self.only.search(n)}
        if not self.outages.look():
            choices = {n: act for n, act in choices.items() if not SHUT.search(n)}
        if not choices:
            return
        name = chance.choice(sorted(choices))
        self.done.append(name)
        if EXCUSES.search(name):
            self.outages.begin()
        try:
            choices[name]()
        except (OSError, psutil.Error, psycopg.Error, redis.RedisError) as error:
            # What was to be hit is down already.
            self.done[-1] += f" ({type(error).__name__})"

    def _redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.running.redis_url, socket_timeout=2)

    def _kill_child(self, name: str) -> None:
        psutil.Process(_pid(self.children[name])).children()[-1].kill()

    def _freeze(self, child: Child | None) -> None:
        pid = _pid(child)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(5)
        finally:
            os.kill(pid, signal.SIGCONT)

    def _end_sessions(self) -> None:
        with psycopg.connect(self.running.superuser_url, connect_timeout=3) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )


def _pid(child: Child | None) -> int:
    """Return the id of a running process; raise ProcessLookupError where it is down.

    A child that is down has the id 0, which to the system means all of us here.
    """
    if child is None or not child.pid:
        raise ProcessLookupError
    return child.pid


def main(words: list[str]) -> int:
    """Run once; return the exit code."""
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--design", choices=["outbox", "naive"], default="outbox")
    parser.add_argument("--only", default="", help="faults whose names fit this")
    parser.add_argument(
        "--calm", type=float, default=0, help="seconds without any fault before"
    )
    chosen = parser.parse_args(words)
    with tempfile.TemporaryDirectory(
        prefix="dumui-chaos-", ignore_cleanup_errors=True
    ) as name:
        os.chmod(name, 0o711)
        report = run(Path(name), chosen)
    sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 1 if report["findings"] or report["calm"] else 0


def run(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Start everything, let it suffer, count."""
    port = free_port()
    settings = {
        "DEMO": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": SETTINGS[chosen.design],
    }
    given = {
        key: os.environ[key]
        for key in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
        if key in os.environ
    }
    supervisor = Supervisor(report=lambda line: None)
    with running_services(folder, given, settings) as running:
        if running.redis is None or running.postgres is None:
            raise SystemExit("chaos needs its own PostgreSQL and Redis")
        _prepare(running)
        children = {c.command.name: c for c in portal_children(folder, running)}
        for child in (*running.children, *children.values()):
            supervisor.add(child)
        stop = threading.Event()
        watch = threading.Thread(target=_watch, args=(supervisor, stop))
        watch.start()
        try:
            return _suffer(running, children, settings["BASE_URL"], folder, chosen)
        finally:
            stop.set()
            watch.join(20)
            supervisor.stop()


def _suffer(
    running: Running,
    children: dict[str, Child],
    base: str,
    folder: Path,
    chosen: argparse.Namespace,
) -> dict[str, Any]:
    _wait_until_ready(f"{base}/readyz")
    ledger = Ledger(folder / "ledger.txt")
    ground = json.loads(_count(running, "ground"))
    outages = watching.Outages(lambda: _is_ready(f"{base}/readyz"))
    faults = Faults(running, children, outages, chosen.only)
    chance = random.Random(chosen.seed)
    is_kept = chosen.design == "outbox"
    calm: dict[str, Any] = {}
    if chosen.calm:
        clients = _begun(base, ledger, chosen.seed + 1, ground)
        time.sleep(chosen.calm)
        _end(clients)
        calm = _settle(running, ledger, outages, ground, is_kept=is_kept)["findings"]
    clients = _begun(base, ledger, chosen.seed, ground)
    began = time.monotonic()
    # A busy machine is slow, not wrong: it goes on until there is something to count.
    while (took := time.monotonic() - began) < chosen.seconds or (
        chosen.seconds and not _is_enough(ledger) and took < 4 * chosen.seconds
    ):
        time.sleep(chance.uniform(2, 5))
        faults.strike(chance)
    _end(clients)
    outages.look()
    report = _settle(running, ledger, outages, ground, is_kept=is_kept)
    if found := watching.told(folder / "log", _secrets(ledger, ground)):
        report["findings"]["nothing_typed_is_in_a_log"] = found
    return report | {
        "calm": calm,
        "design": chosen.design,
        "seed": chosen.seed,
        "acknowledged": len(ledger.codes),
        "done": dict(sorted(ledger.counts.items())),
        "faults": faults.done,
    }


def _is_enough(ledger: Ledger) -> bool:
    return all(ledger.counts.get(what, 0) >= n for what, n in FEWEST.items())


def _begun(base: str, ledger: Ledger, seed: int, ground: dict) -> list[Client]:
    """Let people in, undisturbed: nobody can lose what nobody could send."""
    before = ledger.counts.get("looked up", 0)
    clients = _clients(base, ledger, seed, ground)
    for client in clients:
        client.start()
    _wait(90, lambda: ledger.counts.get("looked up", 0) >= before + CITIZENS)
    return clients


def _end(clients: list[Client]) -> None:
    for client in clients:
        client.over.set()
    for client in clients:
        client.finish()


def _secrets(ledger: Ledger, ground: dict) -> dict[str, list[str]]:
    """Return what was typed, or given out, by kind: no log may hold any of it."""
    people = ground["people"]
    return {
        "names": [person["full_name"] for person in people],
        "numbers": [person["national_id"] for person in people],
        # With the zero in front, and as the world outside writes it.
        "telephones": [person["phone"][-9:] for person in people],
        "codes": list(ledger.codes.values()),
        "words": [STORY, WORDS],
        "passwords": [PASSWORD],
    }


def _clients(base: str, ledger: Ledger, seed: int, ground: dict) -> list[Client]:
    """Return citizens, each with people of their own to be, and staff."""
    people, sites, staff = ground["people"], ground["sites"], ground["staff"]
    citizens = [
        Citizen(base, ledger, seed * 100 + n, people[n::CITIZENS], sites)
        for n in range(CITIZENS)
    ]
    nurses = [
        Nurse(base, ledger, seed * 100 + 50 + n, staff[n::NURSES])
        for n in range(NURSES)
    ]
    return [*citizens, *nurses]


def _settle(
    running: Running,
    ledger: Ledger,
    outages: watching.Outages,
    ground: dict[str, Any],
    *,
    is_kept: bool,
) -> dict[str, Any]:
    """Count until nothing is wanting, or nothing more can come.

    What the database keeps comes within the time to settle; of what it does not keep
    nothing comes once the queues have been empty for a while.
    """
    began = idle_since = time.monotonic()
    given = {"codes": ledger.codes, "since": ground["since"], "seen": ledger.seen}
    while True:
        found = json.loads(_count(running, "findings", given=json.dumps(given)))
        now = time.monotonic()
        if is_kept or _waiting(running):
            idle_since = now
        if not found or now - began > SETTLE_SECONDS or now - idle_since > IDLE_SECONDS:
            break
        time.sleep(1)
    if ledger.contradictions:
        found["one_key_had_two_answers"] = ledger.contradictions
    if failures := outages.outside(ledger.failures):
        found["only_a_shut_door_answers_5xx"] = failures
    return {"findings": found, "settled_after": round(now - began, 1)}


def _waiting(running: Running) -> int:
    """Return how many tasks lie in the broker."""
    with redis.Redis.from_url(running.redis_url, socket_timeout=2) as client:
        return sum(client.llen(queue) for queue in QUEUES)


def _prepare(running: Running) -> None:
    """Do as the owner what a first start does, with a small demo."""
    for words in (
        ("migrate", "--verbosity", "0"),
        ("load_reference", "--json"),
        ("seed_demo", "--people", str(PEOPLE), "--json"),
        ("collectstatic", "--no-input", "--verbosity", "0"),
    ):
        subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=BASE_DIR,
            env={**running.environment, "DATABASE_URL": running.owner_url},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def _count(running: Running, *words: str, given: str = "") -> str:
    """Run one of the counter's commands as the portal would, in its surroundings."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.count", *words],
        cwd=BASE_DIR,
        env=dict(running.environment),
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return ended.stdout


def _watch(supervisor: Supervisor, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        supervisor.tick(time.monotonic())


def _wait_until_ready(url: str) -> None:
    if not _wait(90, lambda: _is_ready(url)):
        raise SystemExit("the portal did not become ready")


def _wait(seconds: float, look: Callable[[], bool]) -> bool:
    """Look again and again; return whether it came about in time."""
    ends = time.monotonic() + seconds
    while not look():
        if time.monotonic() > ends:
            return False
        time.sleep(0.2)  # other processes are at work
    return True


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
