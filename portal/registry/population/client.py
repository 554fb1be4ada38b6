"""Asking over HTTP: real time limits, retries, a breaker, a rate, signatures.

Nothing that is asked or answered goes into a log or an exception's text.
"""

import hmac
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import urllib3

from portal.common import throttle
from portal.common.breaker import Breaker
from portal.registry.population import deadline, protocol
from portal.registry.population.protocol import Answers, Malformed, Question

logger = logging.getLogger("registry.population")

# An answer about 1,000 people has some 60 KB.
MOST_BYTES: Final = 1_000_000
_CHUNK: Final = 65_536


class Unavailable(Exception):
    """No answer now. ``reason`` is a word for logs, ``retry_after`` in seconds."""

    def __init__(self, reason: str, *, retry_after: float = 5.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Rejected(Unavailable):
    """The neighbour refuses what we send: keys, clock or version need a person."""


class Conflict(Exception):
    """The batch number was used before with other content: ask under a new one."""


@dataclass(frozen=True)
class Policy:
    """Time limits in seconds, tries, back-off, and how often a second may be asked."""

    connect: float = 1.0
    read: float = 8.0
    # Of one try as a whole: a neighbour that sends a byte a second is cut off too.
    total: float = 12.0
    tries: int = 3
    back_off: float = 0.25
    longest_back_off: float = 4.0
    per_second: int = 20


@dataclass(frozen=True)
class _Said:
    """What came back over the wire, before anything in it is believed."""

    status: int
    body: bytes
    signature: str
    retry_after: float


@dataclass
class Client:
    """One neighbour's address and keys; shared by all threads of a process."""

    url: str
    keys: Mapping[int, bytes]
    policy: Policy = field(default_factory=Policy)
    breaker: Breaker = field(default_factory=Breaker)
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    chance: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self._pool = deadline.pools(maxsize=4, retries=False)

    def ask(
        self, batch: UUID, questions: Sequence[Question], *, at: datetime
    ) -> Answers:
        """Ask about 1 to 1,000 people under a batch number; call it outside
        transactions, since it may wait for the neighbour.

        A failure that may pass is tried again, after a random pause that doubles in
        length. Raise Unavailable, Rejected or Conflict.
        """
        body = protocol.encode_questions(questions)
        for attempt in range(1, self.policy.tries + 1):
            self._admit(at)
            try:
                answers = self._once(batch, body, asked=len(questions), at=at)
            except (Rejected, Conflict):
                # It answers; that it refuses is no reason to leave it alone.
                self.breaker.succeeded()
                raise
            except Unavailable as trouble:
                self.breaker.failed(self.clock())
                logger.info("population.failed", extra={"reason": trouble.reason})
                if attempt == self.policy.tries:
                    raise
                self.pause(self._back_off(attempt, trouble))
            else:
                self.breaker.succeeded()
                return answers
        raise AssertionError("a loop of at least one try ends above")

    def _admit(self, at: datetime) -> None:
        """Hold back what breaker or rate do not let through."""
        limit = throttle.Limit(
            "population", self.policy.per_second, timedelta(seconds=1)
        )
        verdict = throttle.take(limit, self.url, at=at)
        if not verdict.allowed:
            raise Unavailable("busy", retry_after=float(verdict.retry_after))
        # Last, since it may hand out the one probe, which must then be made.
        if left := self.breaker.wait(self.clock()):
            raise Unavailable("open", retry_after=left)

    def _back_off(self, attempt: int, trouble: Unavailable) -> float:
        longest = min(self.policy.back_off * 2.0**attempt, self.policy.longest_back_off)
        asked = min(trouble.retry_after, self.policy.longest_back_off)
        drawn = self.chance.uniform(0, longest)
        return max(drawn, asked) if trouble.reason == "status_429" else drawn

    def _once(self, batch: UUID, body: bytes, *, asked: int, at: datetime) -> Answers:
        version = max(self.keys)
        moment = at.isoformat()
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            protocol.BATCH: str(batch),
            protocol.TIME: moment,
            protocol.KEY: str(version),
            protocol.SIGNATURE: protocol.sign_request(
                self.keys[version], batch=batch, time=moment, body=body
            ),
        }
        said = self._exchange(body, headers)
        status = said.status
        expected = protocol.sign_answer(
            self.keys[version], status=status, batch=batch, time=moment, body=said.body
        )
        is_signed = hmac.compare_digest(said.signature.encode(), expected.encode())
        if status == 200 and not is_signed:
            raise Unavailable("unsigned")
        if status == 200:
            try:
                return protocol.decode_answers(said.body, asked=asked)
            except Malformed:
                raise Unavailable("malformed") from None
        if status == 409 and is_signed:
            raise Conflict
        if status in (408, 429) or status >= 500:
            raise Unavailable(f"status_{status}", retry_after=said.retry_after)
        logger.error("population.rejected", extra={"status": status})
        raise Rejected(f"status_{status}", retry_after=300)

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> "_Said":
        """Send and receive within the time limits. Raise Unavailable."""
        with deadline.Deadline(self.policy.total) as limit:
            try:
                said = self._send(body, headers)
            except Unavailable:
                if limit.is_over:
                    raise Unavailable("timeout") from None
                raise
        if limit.is_over:
            # What was cut off may look like a whole answer that was short.
            raise Unavailable("timeout")
        return said

    def _send(self, body: bytes, headers: Mapping[str, str]) -> "_Said":
        timeout = urllib3.Timeout(connect=self.policy.connect, read=self.policy.read)
        response = None
        try:
            response = self._pool.request(
                "POST",
                f"{self.url.rstrip('/')}{protocol.ASK}",
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            received = self._read(response)
        except urllib3.exceptions.NewConnectionError as error:
            # Nobody listens there; to the library this is a kind of time-out.
            raise Unavailable("connection") from error
        except urllib3.exceptions.TimeoutError as error:
            raise Unavailable("timeout") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable("connection") from error
        finally:
            if response is not None:
                response.close()
        return _Said(
            status=response.status,
            body=received,
            signature=response.headers.get(protocol.SIGNATURE, ""),
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        parts, size = [], 0
        while chunk := response.read1(_CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise Unavailable("too_long")
        return b"".join(parts)


def _seconds(text: str) -> float:
    """Return a Retry-After in seconds, between 1 and 300; 5 where it says nothing."""
    return min(max(float(text), 1.0), 300.0) if text.isdecimal() else 5.0
