"""The share still open after so many days, and how long a backlog lasts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

# Days of the question "how many are still open after ...".
AFTER: Final = (1, 2, 7, 14, 30, 60, 90)
# The days whose arrivals and endings tell how fast a backlog goes.
WINDOW: Final = 28
# Of the normal distribution: between these many standard deviations lie four of five.
_FOUR_OF_FIVE: Final = 1.2816


def still_open(
    resolved: Mapping[int, int], unfinished: Mapping[int, int], *, days: Sequence[int]
) -> dict[int, float | None]:
    """Return the share still open after so many days: Kaplan and Meier's estimate.

    ``resolved``: how many were resolved on which day of their life (0: within the first
    24 hours); ``unfinished``: how many were open, or left unresolved, on which day. Of
    these it is known only that they lasted so long: they count up to that day, where
    leaving them out would flatter. None where nobody has lived as long.
    """
    at_risk = sum(resolved.values()) + sum(unfinished.values())
    wanted, share = set(days), 1.0
    shares: dict[int, float | None] = {}
    for day in range(max(days, default=-1) + 1):
        if day in wanted:
            shares[day] = share if at_risk or not share else None
        if at_risk:
            share *= 1 - resolved.get(day, 0) / at_risk
        at_risk -= resolved.get(day, 0) + unfinished.get(day, 0)
    return shares


@dataclass(frozen=True)
class Forecast:
    """In how many days a backlog is gone at the pace of late.

    ``days`` None: never, as more comes than ends. Four of five times it takes from
    ``soonest`` to ``latest`` (None: perhaps never).
    """

    days: float | None
    soonest: float | None
    latest: float | None


def to_clear(backlog: int, *, arrived: int, ended: int, window: int) -> Forecast | None:
    """Return when a backlog is cleared if it goes on as in the last days.

    Arrivals and endings in the window are taken as counts of chance (Poisson), so that
    few of them give a wide interval. None without a backlog, or where nothing happened.
    """
    if not backlog or not (arrived or ended):
        return None
    pace = (ended - arrived) / window
    doubt = _FOUR_OF_FIVE * sqrt(ended + arrived) / window

    def days(pace: float) -> float | None:
        return backlog / pace if pace > 0 else None

    return Forecast(days(pace), days(pace + doubt), days(pace - doubt))


@dataclass(frozen=True)
class Expected:
    """How much is open on a day to come; four of five times between both bounds."""

    count: float
    least: float
    most: float


def expected(
    backlog: int, *, arrived: int, ended: int, window: int, days: int
) -> Expected:
    """Return what is open in so many days if it goes on as in the last ``window``.

    Arrivals and endings are counts of chance (Poisson), in the window, which makes the
    pace doubtful, and on the days to come. Never below nothing.
    """
    pace = (ended - arrived) / window
    each = (ended + arrived) / window
    doubt = _FOUR_OF_FIVE * sqrt(each / window * days**2 + each * days)
    middle = backlog - pace * days
    return Expected(*(max(n, 0.0) for n in (middle, middle - doubt, middle + doubt)))


def needed(begun: int, *, begins: date, due: date, on: date) -> float:
    """Return what may be open on a day on the straight line from ``begun`` to nothing.

    ``due`` lies after ``begins``; before both ends the line is level.
    """
    left = (due - min(max(on, begins), due)).days
    return begun * left / (due - begins).days
