"""When a case's clock reaches a rung, and which rungs are still to be told. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from complaints.rules import clock
from complaints.rules.clock import Terms


class Rung(Protocol):
    """A rung, as far as it matters when and to whom."""

    @property
    def clock(self) -> str:
        """Which clock."""

    @property
    def share(self) -> int:
        """Percent of the allowed time."""

    @property
    def levels(self) -> int:
        """How far above the holder."""


R = TypeVar("R", bound=Rung)


def reached_at(
    share: int,
    *,
    begins: datetime,
    due_at: datetime,
    allowed: timedelta,
    terms: Terms,
) -> datetime:
    """Return when a clock that is due at ``due_at`` reaches a share (100: then).

    What lies between begin and due time beyond what is allowed was paused: it counts
    before every rung, so a pause never brings one nearer.
    """
    paused = clock.passed(begins, due_at, terms=terms) - allowed
    return clock.later(begins, allowed * share / 100 + paused, terms=terms)


def to_tell(reached: Iterable[R]) -> list[R]:
    """Return of one case's rungs found together those that somebody is told of.

    Where the portal stood still, or a case came late, the highest rung of each clock
    says it all to each receiver.
    """
    highest: dict[tuple[str, int], R] = {}
    for rung in reached:
        key = rung.clock, rung.levels
        if key not in highest or rung.share > highest[key].share:
            highest[key] = rung
    return list(highest.values())
