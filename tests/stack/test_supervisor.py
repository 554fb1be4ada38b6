"""Children that die come back, ever more slowly; all stop in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portal.stack.supervisor import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Child,
    Command,
    Supervisor,
)

pytestmark = pytest.mark.stack

Make = Callable[..., Child]


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def supervisor(lines: list[str]) -> Iterator[Supervisor]:
    held = Supervisor(report=lines.append)
    yield held
    held.stop()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make_child(name: str, script: str = "sleep 600", grace: float = 10) -> Child:
        return Child(
            Command(
                name=name,
                words=["sh", "-c", script],
                environment={"PATH": os.environ["PATH"]},
                log=tmp_path / f"{name}.log",
                folder=tmp_path,
                grace=grace,
            )
        )

    return make_child


def wait_for_end(child: Child) -> None:
    assert child.process is not None
    child.process.wait(10)


def test_a_killed_child_is_started_again_and_a_line_says_so(
    supervisor: Supervisor, make: Make, lines: list[str]
) -> None:
    child = supervisor.add(make("worker"))
    first = child.pid
    os.kill(first, signal.SIGKILL)
    wait_for_end(child)

    at = time.monotonic()
    supervisor.tick(at)
    assert not child.is_alive()
    supervisor.tick(at + FIRST_PAUSE)

    assert child.is_alive()
    assert child.pid != first
    assert "worker ended (signal SIGKILL)" in lines[0]
    assert lines[1] == "worker runs again"


def test_a_child_that_keeps_dying_waits_longer_each_time(
    supervisor: Supervisor, make: Make
) -> None:
    child = supervisor.add(make("broken", "exit 3"))
    at = time.monotonic()
    pauses = []
    for _ in range(9):
        wait_for_end(child)
        supervisor.tick(at)
        member = supervisor.members[0]
        assert member.due is not None
        pauses.append(member.due - at)
        # Told times only: nobody waits here for the pause itself.
        supervisor.tick(member.due)

    assert pauses[0] == pytest.approx(FIRST_PAUSE)
    assert pauses[1] == pytest.approx(2 * FIRST_PAUSE)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE)


def test_a_child_that_had_recovered_comes_back_soon(
    supervisor: Supervisor, make: Make
) -> None:
    child = supervisor.add(make("web", "exit 3"))
    supervisor.members[0].pause = LONGEST_PAUSE
    wait_for_end(child)

    at = child.started + 31
    supervisor.tick(at)

    assert supervisor.members[0].due == pytest.approx(at + FIRST_PAUSE)


def test_the_last_started_stops_first(
    supervisor: Supervisor, make: Make, tmp_path: Path
) -> None:
    for name in ("database", "worker", "web"):
        ready = tmp_path / f"{name}.ready"
        child = supervisor.add(
            make(
                name,
                f"trap 'echo {name} >> order; exit 0' TERM; touch {ready}; "
                "while :; do sleep 0.02; done",
            )
        )
        while not ready.exists():
            assert child.is_alive()

    supervisor.stop()

    order = (tmp_path / "order").read_text(encoding="utf-8").split()
    assert order == ["web", "worker", "database"]


def test_what_a_child_started_ends_with_it(
    supervisor: Supervisor, make: Make, tmp_path: Path
) -> None:
    child = supervisor.add(
        make("pool", "sleep 600 & echo $! > part; mv part pid; wait")
    )
    while not (tmp_path / "pid").exists():
        assert child.is_alive()
    member = psutil.Process(int((tmp_path / "pid").read_text(encoding="utf-8")))

    supervisor.stop()

    gone, _ = psutil.wait_procs([member], timeout=30)
    assert gone or member.status() == psutil.STATUS_ZOMBIE


def test_a_child_that_will_not_stop_is_ended_after_its_grace(make: Make) -> None:
    child = make("stubborn", "trap '' TERM; while :; do sleep 0.05; done", 0.3)
    child.start()

    child.stop()

    assert not child.is_alive()


@pytest.fixture
def watcher(tmp_path: Path) -> list[str]:
    """Return the words that run a supervisor of one child, until it is told to stop.

    It touches `up` when it watches. At a terminal it makes that its own, as a shell
    does for what it starts.
    """
    script = tmp_path / "watch.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from portal.stack.supervisor import Child, Command, Supervisor\n"
        "here = Path(sys.argv[1])\n"
        "if os.isatty(0):\n"
        "    import fcntl, termios\n"
        "    fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "held = Supervisor()\n"
        "held.watch_signals()\n"
        "command = Command('one', ['sleep', '600'], {}, here / 'one.log', here)\n"
        "child = held.add(Child(command))\n"
        "(here / 'up').write_text(str(child.pid))\n"
        "held.run()\n"
        "held.stop()\n",
        encoding="utf-8",
    )
    return [sys.executable, str(script), str(tmp_path)]


def test_a_signal_ends_the_watch_and_the_stop_is_in_order(
    tmp_path: Path, watcher: list[str]
) -> None:
    child = Child(
        Command(
            name="watcher",
            words=watcher,
            environment={**os.environ, "PYTHONPATH": os.getcwd()},
            log=tmp_path / "watcher.log",
            folder=tmp_path,
        )
    )
    child.start()
    while not (tmp_path / "up").exists():
        assert child.is_alive()
    process = child.process
    assert process is not None

    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
    said = child.command.log.read_text(encoding="utf-8")
    assert "stopping one" in said
    assert "Traceback" not in said


def test_a_terminal_that_is_closed_leaves_nobody_behind(
    tmp_path: Path, watcher: list[str]
) -> None:
    master, slave = os.openpty()
    process = subprocess.Popen(
        watcher,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    up = tmp_path / "up"
    while not (up.exists() and up.read_text()):
        assert process.poll() is None
    child = psutil.Process(int(up.read_text()))

    os.close(master)

    assert process.wait(60) == 0
    gone, _ = psutil.wait_procs([child], timeout=30)
    assert gone or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_under_what_is_said_stops_nothing() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from portal.stack.console import say; say('x')"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 0
    assert done.stderr == b""
