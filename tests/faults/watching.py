"""What is watched beside a chaos run: when the door was shut, and what the logs say."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

# After the door is open again: persistent connections of before are found out.
GRACE_SECONDS = 5.0


class Outages:
    """When the portal may say that it cannot: only while its door is shut."""

    def __init__(self, is_open: Callable[[], bool]) -> None:
        self._is_open = is_open
        self._spans: list[tuple[float, float]] = []
        self._since: float | None = None

    def begin(self) -> None:
        """Note that something was hit without which no page is answered."""
        if self._since is None:
            self._since = time.monotonic()

    def look(self) -> bool:
        """Note whether the door is open again, and return it."""
        is_open = self._is_open()
        if self._since is not None and is_open:
            self._spans.append((self._since, time.monotonic() + GRACE_SECONDS))
            self._since = None
        return is_open

    def outside(self, failures: Iterable[tuple[float, float, str]]) -> list[str]:
        """Return the failures (begun, ended, what) that no outage explains."""
        spans = list(self._spans)
        if self._since is not None:
            spans.append((self._since, float("inf")))
        return [
            what
            for begun, ended, what in failures
            if not any(begun <= last and ended >= first for first, last in spans)
        ]


def told(folder: Path, secret: Mapping[str, Iterable[str]]) -> list[str]:
    """Return which log holds what kind of thing that no log may hold, never the thing.

    The logs are those of all processes, as an operator finds them. That there are none
    is a finding too: nothing would have been looked at.
    """
    texts = {
        path.name: path.read_text(encoding="utf-8", errors="replace").casefold()
        for path in sorted(folder.glob("*.log*"))
    }
    if '"event": "request"' not in texts.get("web.log", ""):
        return ["web.log holds no request"]
    return [
        f"{name}: {kind}"
        for name, text in texts.items()
        for kind, words in secret.items()
        if any(word.casefold() in text for word in words)
    ]
