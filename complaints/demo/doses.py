"""Who got what, when: the campaign from 8 March 2021 on, and what was written down.

The months' weights follow the published national totals: a peak from August to December
2021, boosters from December 2021 to May 2022.
"""

from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import ceil
from random import Random
from typing import Final

from complaints.demo.people import Human
from complaints.demo.world import FIRST_DAY, LAST_DAY, Commune, World, month_of
from portal.common.names import fold

# First doses of adults per month, in tenths of a percent.
_ADULTS = {
    (2021, 3): 1, (2021, 4): 5, (2021, 5): 8, (2021, 6): 30, (2021, 7): 36,
    (2021, 8): 178, (2021, 9): 205, (2021, 10): 246, (2021, 11): 164,
    (2021, 12): 60, (2022, 1): 27, (2022, 2): 16, (2022, 3): 14, (2022, 4): 10,
}  # fmt: skip
_TEENS = {(2021, 11): 65, (2021, 12): 35}
_SMALL = {(2022, 4): 40, (2022, 5): 35, (2022, 6): 25}
# What an adult's first dose was, by the month from which on it held.
_FIRST = (
    (date(2021, 3, 8), (("vaxzevria", 100),)),
    (date(2021, 7, 1), (
        ("vaxzevria", 70), ("vero-cell", 10), ("comirnaty", 10), ("spikevax", 10),
    )),
    (date(2021, 8, 1), (
        ("vaxzevria", 45), ("vero-cell", 30), ("spikevax", 15), ("comirnaty", 10),
    )),
    (date(2021, 10, 1), (
        ("vero-cell", 35), ("vaxzevria", 32), ("comirnaty", 28), ("abdala", 5),
    )),
    (date(2021, 12, 1), (("comirnaty", 70), ("vaxzevria", 30))),
)  # fmt: skip
_BOOSTER = (("comirnaty", 55), ("vaxzevria", 25), ("spikevax", 20))
_GAPS = {"vaxzevria": (28, 70), "abdala": (14, 18)}
_USUAL_GAP = (21, 35)
_SECOND, _THIRD, _FOURTH, _MIXED = 0.97, 0.62, 0.14, 0.15
_AT_MOBILE_POINT = 0.25
_FIRST_BOOSTER = (date(2021, 12, 1) - FIRST_DAY).days

# Shares of doses, after the sources: 7.6 of 212.6 million never entered; 3.4 million
# that fit nobody; the rest are our own small guesses, as nobody counted them.
NEVER_ENTERED, ORPHAN = 0.036, 0.016
_FLAWS = (("product", 6), ("given_on", 5), ("lot", 5), ("site", 3), ("doubled", 5))
SPOILED = NEVER_ENTERED + ORPHAN + sum(share for _, share in _FLAWS) / 1000


# Millions of doses share the few days of the campaign: days are counted from its first
# one, and each date is made once.
DAYS: Final = tuple(
    FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days)
) + (LAST_DAY,)
_MONTHS: Final = tuple(month_of(day) for day in DAYS)
_BEGINS: Final = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
DAY: Final = 86_400
_NOON: Final = 5 * 3600
_TYPED_WITHIN: Final = 30 * 3600


@dataclass(slots=True)
class Dose:
    """A dose, given or recorded; ``product`` is a code, ``lot`` and ``site`` ids.

    ``typed_in``: when it was recorded, in seconds from the campaign's first midnight
    in Greenwich (``moment`` and ``seconds``); midnight of its day until it is.
    """

    given_on: date
    product: str
    lot: int | None
    lot_number: str
    site: int
    number: int
    status: str = "completed"
    source: str = "service"
    name: str = ""
    typed_in: int = 0
    version: int = 1
    is_orphan: bool = False

    def copy(self) -> "Dose":
        """Return another dose with the same facts."""
        return Dose(
            self.given_on, self.product, self.lot, self.lot_number, self.site,
            self.number, self.status, self.source, self.name, self.typed_in,
        )  # fmt: skip


def _calendar(months: dict[tuple[int, int], int]) -> tuple[list[int], list[float]]:
    days, weights = [], []
    for (year, month), weight in months.items():
        first = max(date(year, month, 1), FIRST_DAY)
        after = date(year + month // 12, month % 12 + 1, 1)
        count = (after - first).days
        for n in range(count):
            days.append((first - FIRST_DAY).days + n)
            weights.append(weight / count)
    return days, list(accumulate(weights))


_CALENDARS = {
    "adult": _calendar(_ADULTS),
    "teen": _calendar(_TEENS),
    "small": _calendar(_SMALL),
}
_FIRST_DAYS = [(day - FIRST_DAY).days for day, _ in _FIRST]


def _choose(chance: Random, table: tuple[tuple[str, int], ...]) -> str:
    left = chance.random() * 100
    for word, weight in table:
        left -= weight
        if left < 0:
            return word
    return table[-1][0]


def given(chance: Random, human: Human, commune: Commune, world: World) -> list[Dose]:
    """Return the doses that somebody truly had, in order."""
    draw = chance.random
    age = 2021 - human.born_on.year
    group = "adult" if age >= 18 else "teen" if age >= 12 else "small"
    days, weights = _CALENDARS[group]
    day = days[bisect(weights, draw() * weights[-1])]
    product = (
        _choose(chance, _FIRST[bisect(_FIRST_DAYS, day) - 1][1])
        if group == "adult"
        else "comirnaty"
    )
    plan = [(day, product)]
    primary = 3 if product == "abdala" else 2
    while len(plan) < primary and draw() < _SECOND:
        least, most = _GAPS.get(product, _USUAL_GAP)
        day += least + int(draw() * (most - least))
        if product == "vaxzevria" and draw() < _MIXED:
            product = "comirnaty"
        plan.append((day, product))
    if len(plan) == primary and group != "small":
        for share in (_THIRD if group == "adult" else 0.3, _FOURTH):
            if draw() >= share:
                break
            day = max(day + 90 + int(draw() * 70), _FIRST_BOOSTER)
            plan.append((day, _choose(chance, _BOOSTER)))
    return [
        _dose(chance, day, product, number, commune, world)
        for number, (day, product) in enumerate(plan, 1)
        if day < len(DAYS)
    ]


def _dose(
    chance: Random, nth: int, product: str, number: int, commune: Commune, world: World
) -> Dose:
    day, site = DAYS[nth], commune.station
    if commune.points and chance.random() < _AT_MOBILE_POINT:
        point = commune.points[int(chance.random() * len(commune.points))]
        if point.opened_on <= day < point.closed_on:
            site = point.id
    lot, lot_number = world.lots[commune.district, product, _MONTHS[nth]]
    return Dose(day, product, lot, lot_number, site, number, typed_in=nth * DAY)


def after_noon(chance: Random) -> int:
    """Return when in its day a dose was typed in, in seconds from midnight in
    Greenwich: in the afternoon, or on the next day."""
    return _NOON + int(chance.random() * _TYPED_WITHIN)


def seconds(at: datetime) -> int:
    """Return an instant as ``Dose.typed_in`` counts it, to the second begun."""
    return ceil((at - _BEGINS).total_seconds())


def moment(typed_in: int) -> str:
    """Return such an instant as COPY reads it."""
    number, second = divmod(typed_in, DAY)
    return f"{_day(number)}{_MINUTES[second // 60]}{_SECONDS[second % 60]}"


_MINUTES: Final = [f" {n // 60:02}:{n % 60:02}:" for n in range(DAY // 60)]
_SECONDS: Final = [f"{n:02}+00" for n in range(60)]


@lru_cache(4096)
def _day(number: int) -> str:
    return (FIRST_DAY + timedelta(days=number)).isoformat()


def spoil(
    chance: Random, fate: float, dose: Dose, commune: Commune, world: World
) -> tuple[str, list[Dose]]:
    """Return what went wrong in writing a dose down, and the doses then on record.

    ``fate``, from 0 to 1, decides it; nothing is wrong from SPOILED on. ``dose`` is
    altered in place. "" means that nothing went wrong.
    """
    if fate < NEVER_ENTERED:
        return "never_entered", []
    fate -= NEVER_ENTERED
    if fate < ORPHAN:
        dose.is_orphan, dose.name = True, fold(dose.name).upper()
        return "orphan", [dose]
    left = (fate - ORPHAN) * 1000
    flaw = next(n for n, w in _FLAWS if (left := left - w) < 0 or n == "doubled")
    if flaw == "doubled":
        again = dose.copy()
        again.typed_in += DAY * (20 + int(chance.random() * 60))
        again.source = "upload"
        return flaw, [dose, again]
    if flaw == "product":
        # The lot stays right and contradicts the product, which is how it is noticed.
        others = [
            p for p in ("vaxzevria", "comirnaty", "spikevax") if p != dose.product
        ]
        dose.product = others[int(chance.random() * len(others))]
    elif flaw == "given_on":
        dose.given_on = max(
            FIRST_DAY, dose.given_on - timedelta(days=10 + int(chance.random() * 20))
        )
    elif flaw == "lot":
        dose.lot, dose.lot_number = (
            (None, "")
            if dose.given_on < date(2021, 10, 20)
            else world.stray_lots[dose.product]
        )
    else:
        stations = world.by_province[commune.province]
        other = world.communes[stations[int(chance.random() * len(stations))]].station
        if other == dose.site:
            return "", [dose]
        dose.site = other
    return flaw, [dose]
