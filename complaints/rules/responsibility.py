"""Which organization answers today for a dose given then, and why. Pure.

The seven steps of the domain paper ("Who is responsible today for a dose given in
2021"); the fallbacks are those of dispatch 9458/BYT-CNTT. The facts are read once for
a whole set (``actions.routing``) and handed over as an ``Atlas``. At last a delegation
that is in force may name another body, as 9458 lets a province name a district centre.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from complaints.choices import Kind

MAX_HOPS: Final = 5
# Facts of the person go to where they live, facts of the dose to who gave it.
IDENTITY: Final = frozenset({Kind.WRONG_PERSON, Kind.SPLIT_RECORD})


@dataclass(frozen=True)
class Body:
    """An organization as the rule sees it."""

    id: int
    code: str
    name: str
    kind: str
    parent: int | None
    commune: str | None
    province: str | None
    opened_on: date
    closed_on: date | None

    def is_open(self, day: date) -> bool:
        """Tell whether it answers on that day."""
        return self.closed_on is None or day < self.closed_on


@dataclass(frozen=True)
class Reason:
    """One step of the way, as a code with names for the words around it."""

    step: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The organization that answers, how it was found, and whether that is certain."""

    body: int
    path: tuple[Reason, ...]
    is_certain: bool = True


@dataclass(frozen=True)
class Delegated:
    """A row that lets another body answer: for a kind or all (empty), perhaps below."""

    body: int
    to: int
    kind: str = ""
    with_below: bool = False


@dataclass
class Atlas:
    """What the rule looks things up in: bodies, successors, units, stations.

    ``successors``: body -> successors with their first day. ``today``: old or new
    commune code -> codes of the communes in force. ``station``: commune code in force
    -> its health station. ``centre``: the same -> regional health centre.
    ``department``: code of a province in force -> the body that answers for it.
    ``province_of``: any unit's code -> code of the province in force.
    ``delegations``: rows in force that let another body answer.
    """

    root: int
    bodies: Mapping[int, Body] = field(default_factory=dict)
    successors: Mapping[int, list[tuple[int, date]]] = field(default_factory=dict)
    today: Mapping[str, list[str]] = field(default_factory=dict)
    station: Mapping[str, int] = field(default_factory=dict)
    department: Mapping[str, int] = field(default_factory=dict)
    province_of: Mapping[str, str] = field(default_factory=dict)
    delegations: Sequence[Delegated] = ()


@dataclass(frozen=True)
class Facts:
    """What is known of a complaint: the site, or units where it lay, or residence.

    ``is_sure``: the units are what the words mean, and nothing else fits.
    """

    kind: str
    site: int | None = None
    units: tuple[str, ...] = ()
    residence: str | None = None
    is_sure: bool = True


def responsible_for(facts: Facts, *, atlas: Atlas, day: date) -> Answer:
    """Return who answers on ``day``. There is always somebody: at last the ministry."""
    answer = _by_steps(facts, atlas, day)
    return _delegated(answer, facts.kind, atlas, day) if atlas.delegations else answer


def _delegated(answer: Answer, kind: str, atlas: Atlas, day: date) -> Answer:
    """Let whoever was named answer instead: the nearest row, one hop, never a loop."""
    for above in _line(answer.body, atlas):
        rows = [
            row
            for row in atlas.delegations
            if row.body == above
            and row.kind in ("", kind)
            and (row.with_below or above == answer.body)
            and row.to in atlas.bodies
            and atlas.bodies[row.to].is_open(day)
        ]
        if not rows:
            continue
        to = max(rows, key=lambda row: row.kind).to
        if to == answer.body:
            return answer
        names = (atlas.bodies[answer.body].name, atlas.bodies[to].name)
        path = (*answer.path, Reason("delegated", names))
        return Answer(to, path, answer.is_certain)
    return answer


def _by_steps(facts: Facts, atlas: Atlas, day: date) -> Answer:
    if facts.kind == Kind.FOREIGN_DOSE:
        return _abroad(facts, atlas, day)
    # Without a known residence the giving site knows the person best.
    if facts.kind in IDENTITY and facts.residence:
        start = Reason("identity_by_residence")
        return _by_units((facts.residence,), atlas, day, (start,))
    if facts.site is not None and facts.site in atlas.bodies:
        return _by_site(facts.site, atlas, day)
    if facts.units:
        return _by_place(facts, atlas, day)
    if facts.residence:
        start = Reason("site_unknown_residence")
        return _by_province((facts.residence,), atlas, day, (start,))
    return Answer(atlas.root, (Reason("nothing_known"),), is_certain=False)


def _abroad(facts: Facts, atlas: Atlas, day: date) -> Answer:
    """Step 7, given abroad: the department of the province where the person lives."""
    home = facts.units or ((facts.residence,) if facts.residence else ())
    answer = _by_province(home, atlas, day, (Reason("given_abroad"),))
    # The sender named the province, so nothing is guessed.
    is_certain = answer.path[-1].step == "department_of_province"
    return replace(answer, is_certain=is_certain)


def _by_place(facts: Facts, atlas: Atlas, day: date) -> Answer:
    """Answer for a place in words; where it may lie in several provinces, stay at home.

    Most doses are given where people live, and the department there can hand over.
    """
    path: tuple[Reason, ...] = (Reason("place_as_described"),)
    provinces = {atlas.province_of.get(unit) for unit in facts.units}
    if len(provinces) > 1 and facts.residence:
        home = atlas.province_of.get(facts.residence)
        near = tuple(u for u in facts.units if atlas.province_of.get(u) == home)
        path = (*path, Reason("place_nearest_residence"))
        if not near:
            return _by_province((facts.residence,), atlas, day, path)
        return replace(_by_units(near, atlas, day, path), is_certain=False)
    answer = _by_units(facts.units, atlas, day, path)
    return answer if facts.is_sure else replace(answer, is_certain=False)


def _by_site(site: int, atlas: Atlas, day: date) -> Answer:
    path: list[Reason] = []
    body, seen = atlas.bodies[site], {site}
    for _ in range(MAX_HOPS + 1):
        if body.kind == "mobile_point" and body.parent is not None:
            # Step 3: who ran it answers, not the address where it stood.
            parent = atlas.bodies.get(body.parent)
            if parent is None or parent.id in seen:
                break
            path.append(Reason("run_by", (body.name, parent.name)))
            body = parent
        elif body.is_open(day):
            path.append(Reason("gave_the_dose" if not path else "open", (body.name,)))
            return Answer(body.id, tuple(path))
        else:
            following = [
                new for new, since in atlas.successors.get(body.id, []) if since <= day
            ]
            if len(following) > 1:
                return _common_parent(following, atlas, day, path, body)
            if not following or following[0] in seen:
                break
            after = atlas.bodies[following[0]]
            path.append(Reason("succeeded_by", (body.name, after.name)))
            body = after
        if body.id in seen:
            break
        seen.add(body.id)
    else:
        path.append(Reason("too_many_hops", (body.name,)))
    path.append(Reason("closed_without_successor", (body.name,)))
    if body.commune:
        return _by_units((body.commune,), atlas, day, tuple(path))
    if body.province:
        return _by_province((body.province,), atlas, day, tuple(path))
    return Answer(atlas.root, tuple(path), is_certain=False)


def _by_units(
    units: Iterable[str], atlas: Atlas, day: date, path: tuple[Reason, ...]
) -> Answer:
    """Step 4: the station of the commune in force; of several, their common parent."""
    units = tuple(units)
    communes = sorted({new for unit in units for new in atlas.today.get(unit, [])})
    stations = [
        atlas.station[commune]
        for commune in communes
        if commune in atlas.station
        and atlas.bodies[atlas.station[commune]].is_open(day)
    ]
    if len(stations) == 1 and len(communes) == 1:
        name = atlas.bodies[stations[0]].name
        return Answer(stations[0], (*path, Reason("station_of_commune", (name,))))
    if len(stations) > 1:
        return _common_parent(stations, atlas, day, list(path), None)
    return _by_province(units, atlas, day, path)


def _common_parent(
    bodies: list[int],
    atlas: Atlas,
    day: date,
    path: list[Reason],
    before: Body | None,
) -> Answer:
    """Return the lowest open body that lies above all candidates of a split."""
    lines = [_line(body, atlas) for body in bodies]
    shared = [b for b in lines[0] if all(b in line for line in lines[1:])]
    above = next(
        (b for b in shared if b not in bodies and atlas.bodies[b].is_open(day)),
        atlas.root,
    )
    names = (before.name if before else "", atlas.bodies[above].name)
    return Answer(above, (*path, Reason("split_common_parent", names)), False)


def _line(body: int, atlas: Atlas) -> list[int]:
    """Return a body and all above it, nearest first."""
    line: list[int] = []
    current: int | None = body
    while current is not None and current not in line:
        line.append(current)
        current = atlas.bodies[current].parent
    return line


def _by_province(
    units: Iterable[str], atlas: Atlas, day: date, path: tuple[Reason, ...]
) -> Answer:
    """Step 5: the department of the one province in force; else the ministry."""
    provinces = {atlas.province_of[u] for u in units if u in atlas.province_of}
    if len(provinces) == 1:
        department = atlas.department.get(provinces.pop())
        if department is not None and atlas.bodies[department].is_open(day):
            name = atlas.bodies[department].name
            return Answer(
                department, (*path, Reason("department_of_province", (name,))), False
            )
    return Answer(atlas.root, (*path, Reason("ministry")), is_certain=False)
