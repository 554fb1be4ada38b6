"""What may befall a running portal: parts of it killed without a warning."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from portal.stack.supervisor import end_group

# Name -> how its command line is known among those of the supervisor's children.
PARTS: dict[str, Callable[[list[str]], bool]] = {
    "web": lambda words: "granian" in words,
    "worker": lambda words: "worker" in words and "-n" not in words,
    "asker": lambda words: "worker" in words and "-n" in words,
    "beat": lambda words: "beat" in words,
    "poller": lambda words: "--poll" in words,
    "neighbour": lambda words: "population_simulator" in words,
    "redis": lambda words: "redis" in words[0],
    "postgres": lambda words: Path(words[0]).name == "postgres",
}
KINDS = (*PARTS, "a child of web", "a child of worker")
# The supervisor waits ten seconds at most before it starts what died; PostgreSQL
# then reads its log, and a web process loads the portal.
LASTS = 40.0


class Trouble:
    """Kills parts of one portal and remembers when."""

    def __init__(self, pid: int) -> None:
        self.supervisor = psutil.Process(pid)
        self.done: list[str] = []
        self._until = 0.0

    @property
    def is_near(self) -> bool:
        """Tell whether something may still be down because of what was done here."""
        return time.monotonic() < self._until

    def strike(self, kind: str) -> None:
        """Kill a part, with all that it started; one that is down already is left."""
        self._until = time.monotonic() + LASTS
        self.done.append(kind)
        part = self._find(kind.removeprefix("a child of "))
        if part is None:
            return
        if kind.startswith("a child of "):
            for child in part.children()[:1]:
                child.kill()
        elif kind == "postgres":
            # A crash: no checkpoint, every session cut.
            os.kill(part.pid, signal.SIGQUIT)
        else:
            end_group(part.pid)

    def _find(self, name: str) -> psutil.Process | None:
        for child in self.supervisor.children():
            try:
                words = child.cmdline()
            except psutil.Error:
                continue
            if words and PARTS[name](words):
                return child
        return None
