"""Giving complaints to the organization that answers for them: whole sets at a time."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from complaints import policies
from complaints.actions import atlas
from complaints.choices import Actor, Field, Move, Status
from complaints.models import Complaint
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
    OrganizationName,
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
    answers, looked_up = _answers_for(waiting, at=at)
    return {
        one.pk: (looked_up.bodies[answer.body], answer.is_certain)
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
    answers, looked_up = _answers_for(asked, at=at)
    found: dict[int, Suggested] = {}
    for one in asked:
        answer = answers[one]
        way = [[reason.step, *reason.names] for reason in answer.path]
        found.setdefault(answer.body, Suggested(looked_up.bodies[answer.body], way))
    found.pop(case.holder_id, None)
    return list(found.values())


def _answers_for(
    waiting: Sequence[Waiting], *, at: datetime
) -> tuple[dict[Waiting, Answer], Atlas]:
    """Return who answers for each, and what that was looked up in."""
    facts = facts_for(waiting)
    distinct = set(facts.values())
    day = timezone.localdate(at)
    known = atlas.read(distinct, day=day)
    answers = {fact: responsible_for(fact, atlas=known, day=day) for fact in distinct}
    return {complaint: answers[fact] for complaint, fact in facts.items()}, known


def facts_for(waiting: Sequence[Waiting]) -> dict[Waiting, Facts]:
    """Return what is known of each; every place in words is looked up once."""
    described = {_described(complaint) for complaint in waiting}
    found = {words: find_place(*words) for words in described if words}
    return {complaint: facts_of(complaint, found) for complaint in waiting}


def _lock_waiting(ids: Iterable[int]) -> list[Waiting]:
    return read(
        Complaint.objects.select_for_update(of=("self",))
        .filter(pk__in=list(ids), routed_at=None, status=Status.RECEIVED)
        .order_by("pk")
    )


def read(cases: QuerySet[Complaint]) -> list[Waiting]:
    """Return cases as far as routing needs them."""
    rows = cases.values_list(
        "pk",
        "kind",
        "site_id",
        "site_text",
        "given_on",
        "submission__person__residence__code",
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
    """Let the policy and office hours of whoever got a case count, from its sending.

    One statement where both are the same for everybody.
    """
    if not policies.depend_on_body(day=day):
        return
    cases = list(
        Complaint.objects.filter(pk__in=ids).select_related("holder").order_by("pk")
    )
    terms = policies.of_rounds(cases)
    changed = []
    for case in cases:
        policy, due_at = terms[case.pk]
        if (case.policy_id, case.due_at) != (policy and policy.pk, due_at):
            case.policy, case.due_at = policy, due_at
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


class Found(NamedTuple):
    """What words for a place mean: a site, or units; whether nothing else fits."""

    site: int | None = None
    units: tuple[str, ...] = ()
    is_sure: bool = True


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
    place = found[words] if words else Found(complaint.site)
    return Facts(complaint.kind, residence=complaint.residence, **place._asdict())


def find_place(text: str, given_on: date | None) -> Found:
    """Return the one organization that a text names, or the units that it may mean."""
    wanted = names.fold(text)
    # Only one called exactly so counts, so one probe of the index on names suffices.
    called, before = Q(folded=wanted), _named_before(wanted, given_on)
    if before:
        called |= Q(pk__in=before)
    exact = [
        organization
        for organization in Organization.objects.filter(called).order_by("pk")
        if given_on is None or organization.is_open_on(given_on)
    ]
    if len(exact) == 1:
        return Found(exact[0].pk)
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
    return Found(
        units=tuple(candidate.unit.code for candidate in candidates),
        is_sure=all(candidate.certain for candidate in candidates),
    )


def _named_before(folded: str, given_on: date | None) -> list[int]:
    """Return the keys of those that bore a name until they were renamed, on a day."""
    names_then = OrganizationName.objects.filter(folded=folded)
    if given_on is not None:
        names_then = names_then.filter(valid_from__lte=given_on, valid_to__gt=given_on)
    return list(names_then.values_list("organization", flat=True))
