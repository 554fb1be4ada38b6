"""The servers that are measured: ours and the floor, on the same program."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.client import ask, request
from portal.env import BASE_DIR
from portal.stack import addresses

WORKERS: Final = 2
_UP_WITHIN = 60.0
_DOWN_WITHIN = 15.0
OURS: Final = "portal.wsgi:application"
FLOOR: Final = "bench.floor.wsgi:application"


@contextmanager
def web(
    application: str,
    *,
    log: Path,
    settings: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Hold a web server of an application on a free port of loopback; yield the port.

    Raises TimeoutError when it does not answer, naming its log.
    """
    port = addresses.free_port()
    words = (
        f"granian --interface wsgi --workers {WORKERS} --blocking-threads 1 --no-ws"
        f" --host 127.0.0.1 --port {port} {application}"
    )
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words.split()],
            cwd=BASE_DIR,
            env={**os.environ, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(_DOWN_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def frozen_redis() -> Iterator[str]:
    """Hold the address of a broker that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if ask(connection, request("/livez"))[0] == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the server did not answer within {_UP_WITHIN:.0f} s: {log}")
