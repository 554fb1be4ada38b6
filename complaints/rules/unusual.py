"""Which looks at people's data are unusual: facts of a day in, signs with reasons out.

A sign says that somebody should ask, never that somebody did wrong. The limits are the
portal's own choice, as no published norm names any; ``docs/audit.md`` says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from complaints.choices import Tie, Unusual
from complaints.rules.office import Calendar

# So many people in an hour are never unusual: two minutes for each.
MANY_FLOOR: Final = 30
# Else unusual is more than three times what nineteen of twenty hours of the peers hold.
MANY_TIMES: Final = 3
MANY_SHARE: Final = 0.95
# With fewer hours of peers than these, the floor alone counts.
MANY_HOURS: Final = 10
# An hour before opening and after closing is overtime, not unusual.
MARGIN: Final = timedelta(hours=1)
# So many different people a day outside the hours: one may be an emergency.
NIGHT_PEOPLE: Final = 3
# So many a day without a reason that the portal knows of: people move and travel.
STRAY_PEOPLE: Final = 3
# So many accounts a day at one person's record; a case passes two or three hands.
SOUGHT_ACCOUNTS: Final = 5

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Kin:
    """An account looked at somebody who hangs together with it."""

    user: int
    organization: int
    person: int
    tie: Tie
    day: datetime
    ends: datetime
    looks: int


@dataclass(frozen=True)
class Hour:
    """At whom an account looked within one hour of the clock, each once.

    ``peers`` names its peer group: same role at the same kind of organization.
    """

    user: int
    organization: int
    peers: str
    begins: datetime
    who: frozenset[int]

    @property
    def people(self) -> int:
        """Return how many different people these are."""
        return len(self.who)


@dataclass(frozen=True)
class Stray:
    """How many people an account looked at with whom its unit has nothing to do."""

    user: int
    organization: int
    day: datetime
    ends: datetime
    people: int


@dataclass(frozen=True)
class Sought:
    """How many accounts looked at one person; ``organization`` is above all of them."""

    person: int
    organization: int
    day: datetime
    ends: datetime
    accounts: int


@dataclass(frozen=True)
class Facts:
    """What happened on one day."""

    kin: Sequence[Kin] = ()
    hours: Sequence[Hour] = ()
    strays: Sequence[Stray] = ()
    sought: Sequence[Sought] = ()


@dataclass(frozen=True)
class Sign:
    """An unusual look or row of looks. ``usual``: what ``count`` is compared with."""

    rule: Unusual
    user: int | None
    person: int | None
    organization: int
    begins: datetime
    ends: datetime
    count: int
    usual: int | None = None
    tie: str = ""


def signs(facts: Facts, *, offices: Mapping[int, Calendar]) -> list[Sign]:
    """Return the signs of a day; ``offices``: the hours of each organization in it.

    Raise KeyError for an organization without hours.
    """
    return [
        *(_own(one) for one in facts.kin),
        *_many(facts.hours),
        *_at_night(facts.hours, offices),
        *(_stray(one) for one in facts.strays if one.people >= STRAY_PEOPLE),
        *(_sought(one) for one in facts.sought if one.accounts >= SOUGHT_ACCOUNTS),
    ]


def most_usual(hours: Iterable[Hour], peers: str) -> int:
    """Return how many people an hour of a peer group holds at most, by these hours."""
    counts = sorted(one.people for one in hours if one.peers == peers)
    if len(counts) < MANY_HOURS:
        return MANY_FLOOR
    bound = counts[ceil(MANY_SHARE * len(counts)) - 1]
    return max(MANY_FLOOR, MANY_TIMES * bound)


def is_outside(hour: datetime, office: Calendar) -> bool:
    """Tell whether an hour lies outside of office hours, and their margin, wholly."""
    around = (hour - MARGIN, hour + HOUR + MARGIN)
    return not office.worked(*around)


def _own(one: Kin) -> Sign:
    return Sign(
        Unusual.OWN,
        one.user,
        one.person,
        one.organization,
        one.day,
        one.ends,
        one.looks,
        tie=one.tie,
    )


def _many(hours: Sequence[Hour]) -> Iterator[Sign]:
    limits: dict[tuple[str, int], int] = {}
    for one in hours:
        if one.people <= MANY_FLOOR:
            continue
        key = (one.peers, one.user)
        if key not in limits:
            # Who is compared is no peer of their own.
            others = [h for h in hours if h.user != one.user]
            limits[key] = most_usual(others, one.peers)
        if one.people > limits[key]:
            yield Sign(
                Unusual.MANY,
                one.user,
                None,
                one.organization,
                one.begins,
                one.begins + HOUR,
                one.people,
                usual=limits[key],
            )


def _at_night(hours: Sequence[Hour], offices: Mapping[int, Calendar]) -> Iterator[Sign]:
    outside: dict[tuple[int, int], list[Hour]] = defaultdict(list)
    for one in hours:
        if is_outside(one.begins, offices[one.organization]):
            outside[one.user, one.organization].append(one)
    for (user, organization), rows in outside.items():
        people = len(frozenset().union(*(one.who for one in rows)))
        if people >= NIGHT_PEOPLE:
            yield Sign(
                Unusual.AT_NIGHT,
                user,
                None,
                organization,
                min(one.begins for one in rows),
                max(one.begins for one in rows) + HOUR,
                people,
            )


def _stray(one: Stray) -> Sign:
    return Sign(
        Unusual.NO_CASE,
        one.user,
        None,
        one.organization,
        one.day,
        one.ends,
        one.people,
    )


def _sought(one: Sought) -> Sign:
    return Sign(
        Unusual.SOUGHT,
        None,
        one.person,
        one.organization,
        one.day,
        one.ends,
        one.accounts,
    )
