"""Giving complaints to the organization that answers for them: whole sets at a time."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from complaints import timeline
from complaints.choices import Actor, Kind, Move, Status
from complaints.models import Complaint, Event
from complaints.rules.responsibility import (
    Answer,
    Atlas,
    Body,
    Facts,
    responsible_for,
)
from portal.common import names, scope
from portal.registry import places
from portal.registry.models import (
    AdministrativeUnit,
    Organization,
    OrganizationSuccession,
    UnitSuccession,
)

logger = logging.getLogger("complaints.routing")


@transaction.atomic
def route(ids: Iterable[int], *, at: datetime) -> int:
    """Give each complaint that waits for it to its organization; return how many.

    Five statements whatever the size of the set, and harmless to repeat: one that is
    routed already is skipped. The way and its certainty are kept with the event.
    """
    with scope.system():
        waiting = list(
            Complaint.objects.select_for_update(of=("self",))
            .filter(pk__in=list(ids), routed_at=None, status=Status.RECEIVED)
            .select_related("submission__person__residence")
            .order_by("pk")
        )
        if not waiting:
            return 0
        facts = {complaint.pk: facts_of(complaint) for complaint in waiting}
        atlas = read_atlas(facts.values())
        day = timezone.localdate(at)
        events = []
        for complaint in waiting:
            answer = responsible_for(facts[complaint.pk], atlas=atlas, day=day)
            complaint.holder_id = answer.body
            complaint.routed_at = at
            complaint.version += 1
            events.append(_event(complaint, answer, at=at))
        Complaint.objects.bulk_update(
            waiting, ["holder", "routed_at", "version"], batch_size=1000
        )
        timeline.record_many(events, at=at)
    logger.info("complaints.routed", extra={"rows": len(waiting)})
    return len(waiting)


def _event(complaint: Complaint, answer: Answer, *, at: datetime) -> Event:
    return Event(
        complaint=complaint,
        move=Move.ROUTE,
        at=at,
        actor=Actor.SYSTEM,
        status=complaint.status,
        round=complaint.round,
        holder_id=answer.body,
        data={
            "path": [[reason.step, *reason.names] for reason in answer.path],
            "certain": answer.is_certain,
        },
    )


def facts_of(complaint: Complaint) -> Facts:
    """Return what is known about where a complaint belongs.

    A typed place is looked up; when several places fit, all of them are kept, so that
    the rule goes to their common parent and never guesses.
    """
    person = complaint.submission.person
    residence = person.residence.code if person and person.residence else None
    site, units = complaint.site_id, ()
    if complaint.kind != Kind.WRONG_PERSON and site is None and complaint.site_text:
        site, units = find_place(complaint.site_text, complaint.given_on)
    return Facts(complaint.kind, site=site, units=units, residence=residence)


def find_place(text: str, given_on: date | None) -> tuple[int | None, tuple[str, ...]]:
    """Return the one organization that a text names, or the units that it may mean."""
    wanted = names.fold(text)
    exact = [
        organization
        for organization in places.find_organizations(text, on=given_on, limit=10)
        if organization.folded == wanted
    ]
    if len(exact) == 1:
        return exact[0].pk, ()
    candidates = places.find_units(text)
    # A bare "Hải Dương" is the province, though a town and two communes share its name.
    named = [
        candidate
        for candidate in candidates
        if candidate.unit.level == AdministrativeUnit.Level.PROVINCE
        and candidate.unit.folded.endswith(f" {wanted}")
    ]
    if len(named) == 1:
        candidates = named
    return None, tuple(candidate.unit.code for candidate in candidates)


def read_atlas(facts: Iterable[Facts]) -> Atlas:
    """Read what the rule needs to know for these facts: a few statements in all."""
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
    station, department, more = _read_stations(communes, provinces)
    bodies |= more
    bodies |= _read_above(bodies)
    root = next(b.id for b in bodies.values() if b.parent is None)
    return Atlas(root, bodies, successors, today, station, department, province_of)


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


def _bodies(query) -> dict[int, Body]:
    return {row[0]: Body(*row) for row in query.values_list(*_COLUMNS)}


def _read_bodies(
    sites: set[int],
) -> tuple[dict[int, Body], dict[int, list[tuple[int, object]]]]:
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
    communes: set[str], provinces: set[str]
) -> tuple[dict[str, int], dict[str, int], dict[int, Body]]:
    kinds = Organization.Kind
    stations = _bodies(
        Organization.objects.filter(
            commune__code__in=communes, kind=kinds.HEALTH_STATION, closed_on=None
        )
    )
    departments = _bodies(
        Organization.objects.filter(
            province__code__in=provinces,
            kind=kinds.HEALTH_DEPARTMENT,
            closed_on=None,
        )
    )
    return (
        {b.commune: b.id for b in stations.values() if b.commune},
        {b.province: b.id for b in departments.values() if b.province},
        stations | departments,
    )
