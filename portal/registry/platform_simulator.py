"""The national platform as the demo has it: follows the feed, then confirms.

It keeps its cursor in a file and confirms what it read ``late`` seconds ago, as a
platform would that takes over corrections in batches of its own.
"""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

_PAGE: Final = 500
_PATIENCE: Final = urllib3.Timeout(connect=2, read=20)


class Refused(Exception):
    """The feed answered otherwise than with a page. Its text is the status."""


@dataclass
class Follower:
    """Reads on behind a cursor and confirms; ``base_url`` is the portal's.

    ``late``: seconds from reading to confirming.
    """

    base_url: str
    token: str
    cursor: Path
    late: float = 0.0
    _read: deque[tuple[float, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager(timeout=_PATIENCE, retries=False)
        self._headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def follow(self, *, now: float) -> int:
        """Read what is new and confirm what is old enough; return how many were read.

        ``now``: seconds of a clock that never goes back. Raise Refused, or an error of
        urllib3 where the portal does not answer; nothing is lost by either.
        """
        count, after = 0, self._after()
        while True:
            query = urlencode({"after": after, "limit": _PAGE})
            page = self._answer("GET", f"/api/corrections/?{query}")
            if not page["corrections"]:
                break
            count += len(page["corrections"])
            after = page["after"]
            self._read.append((now, after))
            self.cursor.write_text(str(after), encoding="ascii")
        due = [
            position for read_at, position in self._read if read_at + self.late <= now
        ]
        if due:
            self._answer("POST", "/api/corrections/confirmed/", {"up_to": str(due[-1])})
            for _ in due:
                self._read.popleft()
        return count

    def _after(self) -> int:
        """Return the position that was read last, before this start perhaps."""
        try:
            after = int(self.cursor.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        if not self._read and after:
            # Read before a stop, perhaps not confirmed; twice is harmless.
            self._read.append((float("-inf"), after))
        return after

    def _answer(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> Any:
        response = self._http.request(
            method,
            self.base_url + path,
            body=urlencode(fields) if fields else None,
            headers=self._headers,
        )
        if response.status != 200:
            raise Refused(str(response.status))
        return json.loads(response.data)


def run(follower: Follower, *, every: float, stopped: threading.Event) -> None:
    """Follow until stopped; a portal that is away is tried again later."""
    while not stopped.wait(every):
        try:
            follower.follow(now=time.monotonic())
        except (Refused, urllib3.exceptions.HTTPError):
            # Nothing is lost: the cursor stays where it is until a page was read.
            continue
