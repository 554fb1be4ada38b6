"""A small load generator: some clients, each with one connection, in one process.

Plain sockets, so that it takes little of the machine that it measures (about 50 us a
request). Loopback only.
"""

import re
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """What came of some requests; times in milliseconds."""

    done: int
    failed: int
    rate: float
    p50: float
    p95: float
    p99: float
    first_failure: str = ""


def request(
    path: str,
    *,
    cookies: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a GET, or of a POST where there is a form."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [
        f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
        "Host: localhost",
        "Accept-Language: vi",
    ]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in cookies.items()))
    if form is not None:
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(connection: socket.socket, sent: bytes) -> tuple[int, bytes]:
    """Send one request and return the status and the whole answer."""
    connection.sendall(sent)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    length = int(found[1]) if found else 0
    while len(body) < length:
        body += _receive(connection)
    return int(head[9:12]), head + b"\r\n\r\n" + body


def drive(
    port: int, requests: Iterable[bytes], *, expect: int, clients: int = 8
) -> Load:
    """Send all requests, each once, from so many clients at a time."""
    waiting = _Shared(iter(requests))
    times: list[float] = []
    failures: list[str] = []

    def client() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (sent := waiting.next()) is not None:
                begun = time.perf_counter()
                status, answer = ask(connection, sent)
                times.append((time.perf_counter() - begun) * 1e3)
                if status != expect:
                    failures.append(f"{status}: {answer[:300].decode('latin-1')}")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if not times:
        return Load(0, 1, 0.0, 0.0, 0.0, 0.0, "no answer at all")
    ordered = sorted(times)
    return Load(
        done=len(times),
        failed=len(failures),
        rate=len(times) / seconds,
        p50=ordered[len(ordered) // 2],
        p95=_part_of(ordered, 95),
        p99=_part_of(ordered, 99),
        first_failure=failures[0] if failures else "",
    )


def _part_of(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(65_536)
    if not part:
        raise ConnectionError("the server closed the connection")
    return part


class _Shared:
    """Hands out requests to several threads, each once."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._lock = threading.Lock()

    def next(self) -> bytes | None:
        """Return the next request, or None when there is none left."""
        with self._lock:
            return next(self._requests, None)
