"""Reading what the rule of responsibility looks things up in: a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import QuerySet

from complaints.actions import delegating
from complaints.rules.responsibility import Atlas, Body, Delegated, Facts
from portal.registry.models import (
    AdministrativeUnit,
    Organization,
    OrganizationSuccession,
    UnitSuccession,
)


def read(facts: Iterable[Facts], *, day: date, more: Sequence[Delegated] = ()) -> Atlas:
    """Read what the rule needs to know for these facts: a few statements in all.

    ``day``: the day on which somebody is to answer. ``more``: rows that are not in
    force, whose bodies are read as well.
    """
    in_force = delegating.in_force(day=day)
    facts = list(facts)
    units = {u for f in facts for u in f.units} | {
        f.residence for f in facts if f.residence
    }
    bodies, successors = _read_bodies({f.site for f in facts if f.site is not None})
    units |= {b.commune for b in bodies.values() if b.commune}
    today, province_of = _read_units(units)
    communes = {code for codes in today.values() for code in codes}
    provinces = set(province_of.values()) | {
        b.province for b in bodies.values() if b.province
    }
    station, department, more_bodies = _read_stations(communes, provinces, day)
    bodies |= more_bodies
    named = {row.to for row in (*in_force, *more)} - bodies.keys()
    if named:
        bodies |= _bodies(Organization.objects.filter(pk__in=named))
    bodies |= _read_above(bodies)
    root = next(b.id for b in bodies.values() if b.parent is None)
    return Atlas(
        root, bodies, successors, today, station, department, province_of, in_force
    )


_COLUMNS = (
    "pk",
    "code",
    "name",
    "kind",
    "parent_id",
    "commune__code",
    "province__code",
    "opened_on",
    "closed_on",
)


def _bodies(query: QuerySet[Organization]) -> dict[int, Body]:
    return {row[0]: Body(*row) for row in query.values_list(*_COLUMNS)}


def _read_bodies(
    sites: set[int],
) -> tuple[dict[int, Body], dict[int, list[tuple[int, date]]]]:
    """Read the sites and all that they lead to by succession or parent."""
    bodies: dict[int, Body] = {}
    successors: dict[int, list] = defaultdict(list)
    wanted = set(sites)
    while wanted:
        found = _bodies(Organization.objects.filter(pk__in=wanted))
        bodies |= found
        for old, new, since in OrganizationSuccession.objects.filter(
            old__in=wanted
        ).values_list("old_id", "new_id", "valid_from"):
            successors[old].append((new, since))
        reached = {new for old in wanted for new, _ in successors[old]}
        reached |= {b.parent for b in found.values() if b.parent is not None}
        wanted = reached - bodies.keys()
    return bodies, dict(successors)


def _read_above(bodies: dict[int, Body]) -> dict[int, Body]:
    """Read the parents up to the root, and the root where there was nothing yet."""
    more: dict[int, Body] = {}
    wanted = {b.parent for b in bodies.values() if b.parent is not None} - bodies.keys()
    while wanted:
        found = _bodies(Organization.objects.filter(pk__in=wanted))
        more |= found
        wanted = {b.parent for b in found.values() if b.parent is not None}
        wanted -= bodies.keys() | more.keys()
    return more | _bodies(Organization.objects.filter(parent=None))


def _read_units(units: set[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the communes in force for each unit's code, and each one's province."""
    today: dict[str, list[str]] = defaultdict(list)
    province_of: dict[str, str] = {}
    new = AdministrativeUnit.Epoch.NEW
    rows = AdministrativeUnit.objects.filter(code__in=units, epoch=new).values_list(
        "code", "level", "path"
    )
    heirs = UnitSuccession.objects.filter(old__code__in=units).values_list(
        "old__code", "new__code", "new__level", "new__path"
    )
    for code, heir, level, path in [(c, c, lv, p) for c, lv, p in rows] + list(heirs):
        if level == AdministrativeUnit.Level.COMMUNE:
            today[code].append(heir)
        province_of[code] = path.strip("/").split("/")[0]
        province_of[heir] = province_of[code]
    return dict(today), province_of


def _read_stations(
    communes: set[str], provinces: set[str], day: date
) -> tuple[dict[str, int], dict[str, int], dict[int, Body]]:
    kinds = Organization.Kind
    # Of two in one place the older answers until it closes, so it comes last.
    there = Organization.objects.filter(closed_on=None, opened_on__lte=day).order_by(
        "-opened_on", "-pk"
    )
    stations = _bodies(
        there.filter(commune__code__in=communes, kind=kinds.HEALTH_STATION)
    )
    departments = _bodies(
        there.filter(province__code__in=provinces, kind=kinds.HEALTH_DEPARTMENT)
    )
    return (
        {b.commune: b.id for b in stations.values() if b.commune},
        {b.province: b.id for b in departments.values() if b.province},
        stations | departments,
    )
