"""The dated table of weights: how often each kind of agreement is seen, and among whom.

``reference/match_weights.csv`` says for each level how often it is seen between two
records of the same person, of strangers, of relatives and of twins, with the source.
The newest row of a level that is in force on a day counts. Levels of names give for
strangers only a factor on the shares of the syllables that both names have.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

FILE: Final = Path(__file__).parent.parent / "reference" / "match_weights.csv"
# Rows of these hold one number each.
_SINGLE: Final = ("grade", "people")


class Chances(NamedTuple):
    """How often something is seen, by who stands behind the two records."""

    same: float
    stranger: float
    relative: float
    twin: float


@dataclass(frozen=True)
class Weights:
    """The weights in force.

    ``lead`` is by how many points the best candidate must be ahead of the next; the
    grades' marks are points too (ten points: ten to one). A name is never taken for
    rarer than ``least_share`` in the country and ``local_share`` among the
    ``neighbours`` of a commune.
    """

    prior: Chances
    levels: Mapping[tuple[str, str], Chances]
    certain: float
    probable: float
    possible: float
    lead: float
    neighbours: float
    local_share: float
    least_share: float


@lru_cache(16)
def in_force(on: date) -> Weights:
    """Return the weights of a day. Raises LookupError before the first of them."""
    newest: dict[tuple[str, str], tuple[str, ...]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["valid_from"])
    for row in rows:
        if row["valid_from"] <= on.isoformat():
            newest[row["field"], row["level"]] = tuple(
                row[column] for column in Chances._fields
            )
    if not newest:
        raise LookupError(f"no weights are in force on {on}")
    marks = {k[1]: float(v[0]) for k, v in newest.items() if k[0] in _SINGLE}
    levels = {
        key: Chances(*map(float, values))
        for key, values in newest.items()
        if key[0] not in _SINGLE
    }
    prior = levels.pop(("prior", ""))
    return Weights(prior=prior, levels=MappingProxyType(levels), **marks)
