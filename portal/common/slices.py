"""A stretch of work that must end before its worker is ended."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Slice:
    """Work that begins at an instant and has so many seconds.

    What is done in it happens at ``now``, not all at the instant at which it began: a
    due time, or the half minute in which a step can be taken back, runs from there.
    """

    begins: datetime
    seconds: float
    _begun: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """Return the instant that it is by now."""
        return self.begins + timedelta(seconds=time.monotonic() - self._begun)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more may be begun."""
        return time.monotonic() - self._begun >= self.seconds
