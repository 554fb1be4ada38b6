"""A population database for demo and tests: the same protocol, faults on demand.

It answers from ``PopulationEntry`` and keeps what it said to each batch number. Faults
are rates between 0 and 1, drawn by a seed; POST /control, signed like a question,
changes them while it runs.
"""

import hashlib
import hmac
import json
import logging
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from portal.registry.models import PopulationAnswer
from portal.registry.population import protocol, register
from portal.registry.population.protocol import Malformed, Question

logger = logging.getLogger("registry.population.simulator")

CONTROL: Final = "/control"
MOST_BYTES: Final = 2_000_000


@dataclass(frozen=True)
class Faults:
    """What goes wrong, and how often."""

    # Seconds before each answer.
    latency: float = 0.0
    # Share of requests that get 503, get no answer for `hang` seconds, are cut off in
    # the middle, get text that is no answer, are signed wrongly.
    errors: float = 0.0
    timeouts: float = 0.0
    hang: float = 30.0
    cuts: float = 0.0
    malformed: float = 0.0
    forged: float = 0.0
    # So many of the next requests get 503.
    errors_next: int = 0
    # Share of batches of which only the first half is answered.
    half: float = 0.0
    # Shares of people about whom it lies, or says nothing.
    wrong: float = 0.0
    silent: float = 0.0
    seed: int = 1

    def changed(self, wanted: Mapping[str, Any]) -> "Faults":
        """Return these faults with changes. Raise ValueError for what is no fault."""
        kinds = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        if not wanted.keys() <= kinds.keys():
            raise ValueError("no such fault")
        return replace(
            self, **{name: kinds[name](value) for name, value in wanted.items()}
        )


@dataclass
class State:
    """What the threads of a simulator share."""

    keys: Mapping[int, bytes]
    faults: Faults = field(default_factory=Faults)
    requests: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> tuple[Faults, Random]:
        """Return the faults of the next request, and its dice."""
        with self.lock:
            self.requests += 1
            faults = self.faults
            if faults.errors_next:
                self.faults = replace(faults, errors_next=faults.errors_next - 1)
            return faults, Random(f"{faults.seed}:{self.requests}")


class Server(ThreadingHTTPServer):
    """The simulator at an address; ``url`` says which, also where port 0 was asked."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], state: State) -> None:
        super().__init__(address, _Handler)
        self.state = state

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what broke an exchange; most often a caller that waited no longer."""
        error = sys.exc_info()[0]
        logger.warning(
            "simulator.broken_off", extra={"reason": error.__name__ if error else ""}
        )

    @property
    def url(self) -> str:
        """Return the base address."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def stop(self) -> None:
        """End ``serve_forever`` and all that waits; call it from another thread."""
        self.state.stopping.set()
        self.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    # Without it head and body leave as two packets, and each answer waits 40 ms.
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer a question or change the faults."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            return self._send(413, b"")
        body = self.rfile.read(int(length))
        request = self._signed(body)
        if request is None:
            return self._send(401, b"")
        if self.path == CONTROL:
            return self._control(body, *request)
        if self.path != protocol.ASK:
            return self._send(404, b"")
        return self._answer(body, *request)

    def finish(self) -> None:
        """Give this thread's database connection back with the caller's."""
        try:
            super().finish()
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the outcome is logged by name where it is known."""

    def _signed(self, body: bytes) -> tuple[bytes, UUID] | None:
        """Return key and batch number of a request that bears a right signature."""
        version = self.headers.get(protocol.KEY, "")
        key = self.server.state.keys.get(int(version) if version.isdecimal() else 0)
        time = self.headers.get(protocol.TIME, "")
        try:
            batch = UUID(self.headers.get(protocol.BATCH, ""))
        except ValueError:
            return None
        if key is None or not protocol.is_fresh(time, at=timezone.now()):
            return None
        expected = protocol.sign_request(key, batch=batch, time=time, body=body)
        given = self.headers.get(protocol.SIGNATURE, "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return None
        return key, batch

    def _control(self, body: bytes, key: bytes, batch: UUID) -> None:
        state = self.server.state
        try:
            with state.lock:
                state.faults = state.faults.changed(json.loads(body))
        except (ValueError, TypeError, AttributeError):
            return self._send(400, b"")
        return self._send(200, json.dumps(asdict(state.faults)).encode())

    def _answer(self, body: bytes, key: bytes, batch: UUID) -> None:
        faults, dice = self.server.state.draw()
        trouble = _trouble(faults, dice)
        logger.info("simulator.asked", extra={"status": trouble or "ok"})
        if trouble == "errors":
            return self._send(503, b"", {"Retry-After": "1"})
        try:
            status, said = _say(body, batch, faults=faults, at=timezone.now())
        except Malformed:
            return self._send(400, b"")
        # It has answered for itself; what the caller sees of it is another matter.
        wait = faults.hang if trouble == "timeouts" else faults.latency
        if wait and self.server.state.stopping.wait(wait):
            self.close_connection = True
            return None
        if trouble in ("cuts", "timeouts"):
            self.close_connection = True
            if trouble == "cuts":
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said[: len(said) // 2])
            return None
        if trouble == "malformed":
            said = b'{"answers": [{"n": 0, "number": "per'
        time = self.headers.get(protocol.TIME, "")
        signature = protocol.sign_answer(
            key, status=status, batch=batch, time=time, body=said
        )
        if trouble == "forged":
            signature = signature[::-1]
        return self._send(status, said, {protocol.SIGNATURE: signature})

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _trouble(faults: Faults, dice: Random) -> str:
    """Return the one fault of this request, or an empty string."""
    if faults.errors_next:
        return "errors"
    for name in ("errors", "timeouts", "cuts", "malformed", "forged"):
        if dice.random() < getattr(faults, name):
            return name
    return ""


def _say(
    body: bytes, batch: UUID, *, faults: Faults, at: datetime
) -> tuple[int, bytes]:
    """Return status and body for a batch number: what was said before, if anything."""
    digest = hashlib.sha256(body).digest()
    held = PopulationAnswer.objects.filter(batch=batch).first()
    if held is None:
        questions = protocol.decode_questions(body)
        said = _answers(questions, batch, faults=faults, at=at)
        # Two copies of one request may be under way: the first one kept counts.
        PopulationAnswer.objects.bulk_create(
            [
                PopulationAnswer(
                    batch=batch,
                    body_digest=digest,
                    questions=len(questions),
                    body=said,
                    at=at,
                )
            ],
            ignore_conflicts=True,
        )
        held = PopulationAnswer.objects.get(batch=batch)
    if bytes(held.body_digest) != digest:
        return 409, b"{}"
    return 200, bytes(held.body)


def _answers(
    questions: list[Question], batch: UUID, *, faults: Faults, at: datetime
) -> bytes:
    replies: dict[int, Mapping[str, bool | None]] = {}
    is_half = Random(f"{faults.seed}:{batch}").random() < faults.half
    for n, said in enumerate(register.compare(questions)):
        if is_half and n >= (len(questions) + 1) // 2:
            break
        # Of a person it lies, or is silent, whatever the batch.
        dice = Random(f"{faults.seed}:{questions[n].number}")
        if dice.random() < faults.silent:
            continue
        if dice.random() < faults.wrong:
            said = _lie(said, dice)
        replies[n] = said
    return protocol.encode_answers(replies, source=register.SOURCE, at=at)


def _lie(said: dict[str, bool | None], dice: Random) -> dict[str, bool | None]:
    """Return an answer that is wrong in one field, for a number that is known."""
    if not said["number"]:
        return {"number": True, "name": True, "born": True, "sex": True}
    name = dice.choice(("name", "born", "sex"))
    return said | {name: not said[name]}
