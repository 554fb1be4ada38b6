"""The circuit breaker: a neighbour that fails is left alone for a while.

Closed, everybody may ask. After some failures in a row it opens: nobody asks for a
pause. Then one probe is let through; its success closes the breaker, its failure opens
it again for twice as long, up to a limit. One is shared by all threads of a process.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

FAILURES: Final = 5
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 120.0
# A probe that never came back (its process was killed in between) counts as failed.
PROBE_WITHIN: Final = 60.0


@dataclass
class Breaker:
    """Counts failures in a row; all instants are seconds of a monotonic clock."""

    failures: int = 0
    pause: float = FIRST_PAUSE
    opened_at: float | None = None
    probe_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, now: float) -> float:
        """Return 0 to who may ask now, else the seconds until it is worth trying.

        After the pause one caller gets 0, as the probe; the others wait for its end.
        """
        with self._lock:
            if self.opened_at is None:
                return 0.0
            left = self.opened_at + self.pause - now
            if left > 0:
                return left
            if self.probe_at is not None and now - self.probe_at < PROBE_WITHIN:
                return FIRST_PAUSE
            self.probe_at = now
            return 0.0

    def succeeded(self) -> None:
        """Note an answer: the breaker closes."""
        with self._lock:
            self.failures, self.pause = 0, FIRST_PAUSE
            self.opened_at = self.probe_at = None

    def failed(self, now: float) -> None:
        """Note a failure: the fifth in a row opens it, a failed probe opens it longer.

        One that began before the breaker opened and ends afterwards changes nothing.
        """
        with self._lock:
            self.failures += 1
            if self.opened_at is None:
                if self.failures >= FAILURES:
                    self.opened_at = now
            elif self.probe_at is not None:
                self.opened_at, self.probe_at = now, None
                self.pause = min(self.pause * 2, LONGEST_PAUSE)

    @property
    def is_open(self) -> bool:
        """Tell whether callers are held back."""
        return self.opened_at is not None
