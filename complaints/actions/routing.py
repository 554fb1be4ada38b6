"""Giving complaints to the organization that answers for them: whole sets at a time."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from complaints import policies
from complaints.choices import Actor, Field, Move, Status
from complaints.models import Complaint
from complaints.rules import terms
from complaints.rules.responsibility import (
    IDENTITY,
    Answer,
    Atlas,
    Body,
    Facts,
    responsible_for,
)
from portal.common import names, outbox, scope
from portal.registry import places
from portal.registry.models import (
    AdministrativeUnit,
    Organization,
    OrganizationSuccession,
    UnitSuccession,
)

logger = logging.getLogger("complaints.routing")


@dataclass(frozen=True)
class Waiting:
    """A complaint that waits for its organization, as far as routing needs it."""

    pk: int
    kind: str
    site: int | None
    site_text: str
    given_on: date | None
    residence: str | None


def route(ids: Iterable[int], *, at: datetime) -> int:
    """Give each complaint that waits for it to its organization; return how many.

    A few statements whatever the size of the set, and harmless to repeat: one that is
    routed already is skipped. The way and its certainty are kept with the event.
    """
    with scope.system():
        waiting = _lock_waiting(ids)
        if not waiting:
            return 0
        answers, _atlas = _answers_for(waiting, at=at)
        _write([(one.pk, answer) for one, answer in answers.items()], at=at)
        _set_terms([one.pk for one in waiting], day=timezone.localdate(at))
    logger.info("complaints.routed", extra={"rows": len(waiting)})
    return len(waiting)


def foresee(
    waiting: Sequence[Waiting], *, at: datetime
) -> dict[int, tuple[Body, bool]]:
    """Return by key who would answer for each if it were sent now; writes nothing.

    Beside the body stands whether that is certain.
    """
    answers, atlas = _answers_for(waiting, at=at)
    return {
        one.pk: (atlas.bodies[answer.body], answer.is_certain)
        for one, answer in answers.items()
    }


@dataclass(frozen=True)
class Suggested:
    """Who answers by the rule, and the way there as it is kept with a route."""

    body: Body
    path: list[list[str]]


def suggest(case: Complaint, *, at: datetime) -> list[Suggested]:
    """Return who else answers for a case by the rule, as its facts stand now.

    By its own facts first; then by the site that is claimed, or that staff found, where
    that is another one. Never the organization that has it.
    """
    person = case.submission.person
    home = person.residence if person else None
    known = Waiting(
        case.pk,
        case.kind,
        case.site_id,
        case.site_text,
        case.given_on,
        home.code if home else None,
    )
    asked = [known]
    claim = case.claims.filter(field=Field.SITE).first()
    claimed = claim and Organization.objects.filter(code=claim.decided).first()
    if claimed and claimed.pk != case.site_id:
        asked.append(replace(known, site=claimed.pk))
    answers, atlas = _answers_for(asked, at=at)
    found: dict[int, Suggested] = {}
    for one in asked:
        answer = answers[one]
        way = [[reason.step, *reason.names] for reason in answer.path]
        found.setdefault(answer.body, Suggested(atlas.bodies[answer.body], way))
    found.pop(case.holder_id, None)
    return list(found.values())


def _answers_for(
    waiting: Sequence[Waiting], *, at: datetime
) -> tuple[dict[Waiting, Answer], Atlas]:
    """Return who answers for each, and what that was looked up in."""
    described = {_described(complaint) for complaint in waiting}
    found = {words: find_place(*words) for words in described if words}
    facts = {complaint: facts_of(complaint, found) for complaint in waiting}
    distinct = set(facts.values())
    atlas = read_atlas(distinct)
    day = timezone.localdate(at)
    answers = {fact: responsible_for(fact, atlas=atlas, day=day) for fact in distinct}
    return {complaint: answers[fact] for complaint, fact in facts.items()}, atlas


def _lock_waiting(ids: Iterable[int]) -> list[Waiting]:
    rows = (
        Complaint.objects.select_for_update(of=("self",))
        .filter(pk__in=list(ids), routed_at=None, status=Status.RECEIVED)
        .order_by("pk")
        .values_list(
            "pk",
            "kind",
            "site_id",
            "site_text",
            "given_on",
            "submission__person__residence__code",
        )
    )
    return [Waiting(*row) for row in rows]


def _write(answers: list[tuple[int, Answer]], *, at: datetime) -> None:
    """Set holders, write the events and owe their follow-ups, in one statement.

    ``timeline.record_many`` does the same for few; here a set of a thousand is usual.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH answer AS (
              SELECT * FROM unnest(%(ids)s::bigint[], %(holders)s::bigint[],
                                   %(data)s::jsonb[]) AS a(id, holder, data)
            ), moved AS (
              UPDATE complaints_complaint c
              SET holder_id = answer.holder, routed_at = %(at)s, version = version + 1
              FROM answer WHERE c.id = answer.id
              RETURNING c.id, c.status, c.round, c.holder_id, answer.data
            ), told AS (
              INSERT INTO complaints_event
                (complaint_id, seq, move, at, actor, status, round, holder_id, data,
                 note, note_salt)
              SELECT id, 0, %(move)s, %(at)s, %(actor)s, status, round, holder_id, data,
                     '', gen_random_uuid()
              FROM moved ORDER BY id
              RETURNING id
            )
            INSERT INTO common_outbox (kind, subject, next_at, attempts, last_error)
            SELECT 'event', id, %(at)s, 0, '' FROM told
            """,
            {
                "ids": [pk for pk, _ in answers],
                "holders": [answer.body for _, answer in answers],
                "data": [_way(answer) for _, answer in answers],
                "at": at,
                "move": Move.ROUTE,
                "actor": Actor.SYSTEM,
            },
        )
    transaction.on_commit(partial(outbox.wake_up, "route"), robust=True)


def _set_terms(ids: list[int], *, day: date) -> None:
    """Let a policy of whoever got the case count, where there is one, from its sending.

    One statement where no level and no organization has a policy of its own.
    """
    narrow = policies.special(day=day)
    if not narrow:
        return
    routed = Complaint.objects.filter(pk__in=ids).select_related("holder")
    changed = []
    for case in routed.order_by("pk"):
        if not any(terms.holds_for(row, case.holder) for row in narrow):
            continue
        case.policy, case.due_at = policies.of_round(
            case.kind, begins=case.round_started_at, body=case.holder
        )
        changed.append(case)
    Complaint.objects.bulk_update(changed, ["policy", "due_at"])


def _way(answer: Answer) -> str:
    return json.dumps(
        {
            "path": [[reason.step, *reason.names] for reason in answer.path],
            "certain": answer.is_certain,
        },
        ensure_ascii=False,
    )


Described = tuple[str, date | None]
Found = tuple[int | None, tuple[str, ...]]


def _described(complaint: Waiting) -> Described | None:
    """Return the place in words that has to be looked up, or None."""
    if complaint.kind in IDENTITY or complaint.site is not None:
        return None
    return (complaint.site_text, complaint.given_on) if complaint.site_text else None


def facts_of(complaint: Waiting, found: Mapping[Described, Found]) -> Facts:
    """Return what is known about where a complaint belongs.

    ``found`` holds the places that were described, each looked up once. When several
    places fit, all of them are kept, so that the rule never guesses.
    """
    words = _described(complaint)
    site, units = found[words] if words else (complaint.site, ())
    return Facts(complaint.kind, site=site, units=units, residence=complaint.residence)


def find_place(text: str, given_on: date | None) -> Found:
    """Return the one organization that a text names, or the units that it may mean."""
    wanted = names.fold(text)
    # Only one called exactly so counts, so one probe of the index on names suffices.
    exact = [
        organization
        for organization in Organization.objects.filter(folded=wanted).order_by("pk")
        if given_on is None or organization.is_open_on(given_on)
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
