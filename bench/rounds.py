"""Measures that take turns, and the line that comes of them."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """One figure: ours and the floor's in the same rounds, and their ratio.

    ``ratio`` is how many times better than the floor ours is (rates: ours / floor;
    times: floor / ours). ``must`` is the target as speed.md 7 puts it.
    """

    name: str
    unit: str
    ours: float
    floor: float | None = None
    ratio: float | None = None
    ratio_range: tuple[float, float] | None = None
    floor_name: str = ""
    must: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the line as JSON types."""
        return asdict(self)


def in_turn(
    ways: Mapping[str, Callable[[int], float]], *, rounds: int
) -> dict[str, list[float]]:
    """Run each way once a round, one after another; return its figures by round.

    A way is called with the number of the round. The first way of a round changes,
    so that none always follows the same neighbour.
    """
    figures: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            figures[name].append(ways[name](number))
    return figures


def line(
    name: str,
    unit: str,
    ours: list[float],
    floor: list[float],
    *,
    floor_name: str,
    must: str = "",
    is_time: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Line:
    """Return the medians of both and of the ratios round by round."""
    pairs = zip(ours, floor, strict=True)
    ratios = [f / o if is_time else o / f for o, f in pairs if o and f]
    return Line(
        name=name,
        unit=unit,
        ours=statistics.median(ours),
        floor=statistics.median(floor),
        ratio=statistics.median(ratios),
        ratio_range=(min(ratios), max(ratios)),
        floor_name=floor_name,
        must=must,
        more=more or {},
    )
