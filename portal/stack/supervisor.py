"""A small supervisor: children that are restarted when they die, stopped in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from portal.stack import files
from portal.stack.console import Refused, say

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
# A child that ran this long had recovered: the next pause is the first again.
HEALTHY_AFTER: Final = 30.0
_TICK = 0.05
_LOG_LIMIT = 5_000_000


@dataclass(frozen=True)
class Command:
    """What to run: its words, surroundings, OS user and the way it likes to stop."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    # Seconds between the polite signal and the end of the whole process group.
    grace: float = 25.0
    user: int | None = None
    group: int | None = None


@dataclass
class Child:
    """One running command with its own process group."""

    command: Command
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    @property
    def pid(self) -> int:
        """Return the id of the running process; 0 where it does not run."""
        return self.process.pid if self.process and self.is_alive() else 0

    def is_alive(self) -> bool:
        """Return whether the process runs; a dead one is reaped here."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the command; raises Refused where it cannot be run at all."""
        command = self.command
        try:
            command.log.parent.mkdir(parents=True, exist_ok=True)
            if command.log.exists() and command.log.stat().st_size > _LOG_LIMIT:
                command.log.replace(command.log.with_suffix(".log.1"))
            with command.log.open("ab") as log:
                self.process = subprocess.Popen(
                    command.words,
                    env=dict(command.environment),
                    cwd=command.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Its own session: Ctrl-C reaches the supervisor only, which
                    # then stops the children in order.
                    start_new_session=True,
                    user=command.user,
                    group=command.group,
                    extra_groups=None if command.user is None else [],
                )
        except OSError as error:
            remedy = "Run `make clean` and start again to set the environment up anew."
            raise Refused(
                f"{command.name} cannot be started: {error.strerror}, "
                f"{error.filename}.",
                "Make room on its disk." if files.is_full(error) else remedy,
            ) from error
        self.started = time.monotonic()

    def ask_to_stop(self) -> None:
        """Send the signal that ends the command in its own good order."""
        if self.process and self.is_alive():
            self.process.send_signal(self.command.stop_signal)

    def stop(self) -> None:
        """Stop and wait; after the grace, kill the whole group."""
        self.ask_to_stop()
        if self.process:
            try:
                self.process.wait(self.command.grace)
            except subprocess.TimeoutExpired:
                say(f"{self.command.name} did not stop in time and was ended.")
        self.kill()

    def kill(self) -> None:
        """End the process and whatever it left behind in its group."""
        if self.process is None:
            return
        end_group(self.process.pid)
        self.process.wait()
        self.process = None


def end_group(pid: int) -> None:
    """Kill the process group `pid`; one that is gone already is fine."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS answers PermissionError for a group of which only zombies are left.
        return


@dataclass
class Supervised:
    """A child with the state of its restarts."""

    child: Child
    pause: float = FIRST_PAUSE
    due: float | None = None
    restarts: int = 0


@dataclass
class Supervisor:
    """Keeps children alive; stops them in the reverse order of their start."""

    report: Callable[[str], None] = say
    changed: Callable[[list[Child]], None] = lambda children: None
    members: list[Supervised] = field(default_factory=list)
    stopping: bool = False
    stopped_by: signal.Signals | None = None

    def add(self, child: Child) -> Child:
        """Start the child (unless it runs) and watch it from now on."""
        if not child.is_alive():
            child.start()
        self.members.append(Supervised(child))
        self._tell()
        return child

    def watch_signals(self) -> None:
        """Let SIGINT, SIGTERM and SIGHUP end `run`; a second one changes nothing."""

        def note(number: int, frame: object) -> None:
            if not self.stopping:
                self.stopped_by = signal.Signals(number)
                self.report(f"{self.stopped_by.name}: stopping")
            self.stopping = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, note)

    def tick(self, at: float) -> None:
        """Look at every child once; restart those whose pause is over.

        `at` is seconds of the monotonic clock.
        """
        for member in self.members:
            if member.due is not None:
                if at >= member.due:
                    self._restart(member)
            elif not member.child.is_alive():
                self._note_death(member, at)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Watch the children until a signal comes or `until()` is true."""
        while not (self.stopping or until()):
            self.tick(time.monotonic())
            time.sleep(_TICK)

    def stop(self) -> None:
        """Stop all children, the last started first."""
        for member in reversed(self.members):
            if member.child.process is not None:
                self.report(f"stopping {member.child.command.name}")
            member.child.stop()
        self.members.clear()
        self._tell()

    def _note_death(self, member: Supervised, at: float) -> None:
        child = member.child
        process = child.process
        code = process.returncode if process else None
        if at - child.started > HEALTHY_AFTER:
            member.pause = FIRST_PAUSE
        # A dead leader may leave members of its group behind, which would fight its
        # successor over ports and work.
        child.kill()
        self.report(
            f"{child.command.name} ended ({_ending(code)}); again in "
            f"{member.pause:.1f} s. Its log: {child.command.log}"
        )
        member.due = at + member.pause
        member.pause = min(member.pause * 2, LONGEST_PAUSE)

    def _restart(self, member: Supervised) -> None:
        member.due = None
        member.restarts += 1
        try:
            member.child.start()
        except Refused as refused:
            self.report(refused.problem)
            return
        self.report(f"{member.child.command.name} runs again")
        self._tell()

    def _tell(self) -> None:
        self.changed([member.child for member in self.members])


def _ending(code: int | None) -> str:
    if code is None:
        return "could not be started"
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
