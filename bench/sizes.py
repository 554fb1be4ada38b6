"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of rows, requests and rounds."""

    people: int = 20_000
    rounds: int = 5
    signed_in: int = 200
    look_ups: int = 600
    reports: int = 200
    open_few: int = 10_000
    open_many: int = 300_000
    waiting: int = 100_000
    closed: int = 1_000_000
    holders: int = 3_300
    days: int = 180
    changed: int = 500
    pages: int = 25
    load_rows: int = 200_000


FULL = Sizes()
QUICK = Sizes(
    people=6_000,
    rounds=3,
    look_ups=300,
    reports=120,
    open_few=1_000,
    open_many=15_000,
    waiting=12_000,
    closed=50_000,
    holders=1_000,
    changed=100,
    pages=12,
    load_rows=30_000,
)
