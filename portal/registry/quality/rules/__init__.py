"""The rules by what they look at; importing this enters them all."""

from portal.registry.quality.rule import ALL, Rule
from portal.registry.quality.rules import (
    dates,
    lots,
    matters,
    people,
    series,
    sessions,
    sites,
)

__all__ = [
    "RULES",
    "dates",
    "lots",
    "matters",
    "people",
    "series",
    "sessions",
    "sites",
]

RULES: dict[str, Rule] = dict(sorted(ALL.items()))
