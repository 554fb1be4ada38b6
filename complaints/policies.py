"""Which policy and which office hours count for a case: rows read, rules asked."""

import copy
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from django.db.models import Q
from django.utils import timezone

from complaints import timeline
from complaints.choices import Move, Status
from complaints.models import Complaint, Event, OfficeHours, Policy
from complaints.rules import clock, terms
from complaints.rules.clock import Reckoning, Terms
from complaints.rules.office import HORIZON, Calendar
from portal.common import dated
from portal.registry import workdays
from portal.registry.models import Organization

# Steps by which a round comes to whoever answers first: its office hours count.
GIVEN: Final = (Move.ROUTE, Move.DISAGREE, Move.REOPEN, Move.PUT_BACK)
# Days before an instant that a calendar reaches back: a round lasts no longer.
_BACK: Final = timedelta(days=HORIZON)


def policy_for(kind: str, *, at: datetime, body: Organization | None = None) -> Policy:
    """Return the policy in force for a kind at an instant and who has it first.

    Raise LookupError where there is none.
    """
    rows = Policy.objects.select_related("organization")
    return terms.in_force(rows, kind=kind, day=timezone.localdate(at), body=body)


def usual(kind: str, *, path: str, day: date) -> Policy:
    """Return the policy that holds on a day at a path and below, of whatever level.

    ``kind`` empty: of all kinds. Days before any rule have the first one. Raise
    LookupError where there is none.
    """
    rows = Policy.objects.select_related("organization").filter(level="")
    near = [row for row in rows if path.startswith(row.reach)]
    general = (r.valid_from for r in near if terms.is_general(r) and not r.kind)
    return terms.nearest(near, kind=kind, day=max(day, min(general, default=day)))


def of_case(case: Complaint) -> Policy:
    """Return the policy that counts for a case's round, as it began."""
    if case.policy is not None:
        return case.policy
    return policy_for(case.kind, at=case.round_started_at)


def answer_by(case: Complaint) -> datetime | None:
    """Return until when the citizen may answer; None where nothing is asked.

    After it ``escalation.lapse`` ends the case.
    """
    if case.status != Status.WAITING_CITIZEN or case.paused_at is None:
        return None
    return case.paused_at + timedelta(days=of_case(case).pause_days)


def of_round(
    kind: str, *, begins: datetime, body: Organization | None
) -> tuple[Policy | None, datetime]:
    """Return a new round's own policy (None: the general one) and when it is due."""
    policy = policy_for(kind, at=begins, body=body)
    allowed = terms_of(policy, body=body, at=begins)
    due_at = clock.later(begins, allowed.repair, terms=allowed)
    return (None if terms.is_general(policy) else policy), due_at


def of_rounds(
    cases: Sequence[Complaint],
) -> dict[int, tuple[Policy | None, datetime]]:
    """Return by key what ``of_round`` says of the rounds of cases that were just given.

    Their holders, selected with them, have them first. The same few statements however
    many. Raise LookupError where no policy applies.
    """
    rows = list(Policy.objects.select_related("organization"))
    reading = Reading([day_of(case.round_started_at) for case in cases])
    found = {}
    for case in cases:
        day = day_of(case.round_started_at)
        policy = terms.in_force(rows, kind=case.kind, day=day, body=case.holder)
        allowed = reading.terms(policy, path=case.holder.path, day=day)
        due_at = clock.later(case.round_started_at, allowed.repair, terms=allowed)
        found[case.pk] = (None if terms.is_general(policy) else policy, due_at)
    return found


def terms_of(policy: Policy, *, body: Organization | None, at: datetime) -> Terms:
    """Return a policy as the clock takes it; with a calendar where it counts by one."""
    office = calendar_of(body, at=at) if policy.in_office else None
    return terms.terms(policy, office=office)


def calendar_of(body: Organization | None, *, at: datetime) -> Calendar:
    """Return the office hours that an organization keeps about an instant.

    Its own or those of the nearest above it; else the country's.
    """
    return calendars([body] if body else [], at=at)[body.pk if body else None]


def calendars(
    bodies: Iterable[Organization], *, at: datetime
) -> dict[int | None, Calendar]:
    """Return the office hours of many organizations; under None the country's."""
    day = timezone.localdate(at)
    rows, days_off = _hours(day, day)
    found: dict[int | None, Calendar] = {
        None: Calendar(_nearest(rows, "", day), days_off)
    }
    for body in bodies:
        found[body.pk] = Calendar(_nearest(rows, body.path, day), days_off)
    return found


def latest_after(since: datetime, amount: timedelta) -> datetime:
    """Return when so much office time has passed wherever that takes longest."""
    day = day_of(since)
    rows, days_off = _hours(day, day)
    names = ("weekdays", "begins", "break_begins", "break_ends", "ends")
    distinct = {tuple(str(getattr(row, name)) for name in names): row for row in rows}
    ever = {"valid_from": date.min}
    return max(
        Calendar(
            [OfficeHours(**{n: getattr(row, n) for n in names}, **ever)], days_off
        ).after(since, amount)
        for row in distinct.values()
    )


def day_of(at: datetime) -> date:
    """Return the country's own day of an instant: rules begin with a day."""
    return timezone.localdate(at)


def depend_on_body(*, day: date) -> bool:
    """Tell whether what counts by a day may depend on who gets a case.

    So where a level or an organization has a policy of its own, and where office hours
    are counted: these are the receiver's.
    """
    theirs = ~Q(level="") | Q(organization__isnull=False) | Q(in_office=True)
    return Policy.objects.filter(theirs, valid_from__lte=day).exists()


def reckon(case: Complaint, *, at: datetime) -> Reckoning:
    """Return what the clock says of a case, from its events."""
    return clock.reckon(
        timeline.moments(timeline.read(case)), terms=terms_of_case(case), at=at
    )


def reckon_all(cases: Sequence[Complaint], *, at: datetime) -> dict[int, Reckoning]:
    """Return by key what the clock says of many cases, in the same few statements.

    Their ``policy`` is to be selected with them.
    """
    allowed = terms_of_cases(cases)
    events: dict[int, list[Event]] = {case.pk: [] for case in cases}
    for event in Event.objects.filter(complaint__in=events).order_by("seq"):
        events[event.complaint_id].append(event)
    return {
        pk: clock.reckon(timeline.moments(own), terms=allowed[pk], at=at)
        for pk, own in events.items()
    }


def terms_of_case(case: Complaint) -> Terms:
    """Return what a case's policy allows, as the clock takes it."""
    policy = of_case(case)
    body = _first_body(case) if policy.in_office else None
    return terms_of(policy, body=body, at=case.round_started_at)


def terms_of_cases(cases: Sequence[Complaint]) -> dict[int, Terms]:
    """Return by key what ``terms_of_case`` says of many cases.

    Reads the same few statements however many cases; their ``policy`` is to be
    selected with them. Raise LookupError where no policy applies.
    """
    own = {case.pk: case.policy for case in cases}
    general = (
        list(Policy.objects.select_related("organization"))
        if None in own.values()
        else []
    )
    begun = {case.pk: timezone.localdate(case.round_started_at) for case in cases}
    policy_of = {
        case.pk: own[case.pk]
        or terms.in_force(general, kind=case.kind, day=begun[case.pk])
        for case in cases
    }
    timed = [case for case in cases if policy_of[case.pk].in_office]
    firsts = _first_bodies(timed)
    reading = Reading([begun[case.pk] for case in timed])
    return {
        pk: reading.terms(
            policy, path=firsts[pk].path if pk in firsts else "", day=begun[pk]
        )
        for pk, policy in policy_of.items()
    }


class Reading:
    """Office hours and days off, read once for rounds begun on some days.

    They are read only where a policy asks for them; equal terms are made once.
    """

    def __init__(self, days: Sequence[date]) -> None:
        self._days = days
        self._made: dict[tuple[int, str, date], Terms] = {}

    @cached_property
    def _rows(self) -> tuple[list[OfficeHours], dict[date, bool]]:
        return _hours(min(self._days), max(self._days))

    def terms(self, policy: Policy, *, path: str, day: date) -> Terms:
        """Return a policy as the clock takes it for a round that began then.

        ``path``: whose office hours count; '' the country's.
        """
        key = (policy.pk, path if policy.in_office else "", day)
        if key not in self._made:
            office = None
            if policy.in_office:
                rows, days_off = self._rows
                office = Calendar(_nearest(rows, path, day), days_off)
            self._made[key] = terms.terms(policy, office=office)
        return self._made[key]


def _first_body(case: Complaint) -> Organization | None:
    """Return who got this round first: its office hours count, whoever has it now."""
    return _first_bodies([case]).get(case.pk)


def _first_bodies(cases: Sequence[Complaint]) -> dict[int, Organization]:
    """Return by case who got its round first; without an entry: nobody did yet."""
    if not cases:
        return {}
    rounds = {case.pk: case.round for case in cases}
    events = (
        Event.objects.filter(
            complaint__in=rounds,
            round__in=set(rounds.values()),
            move__in=GIVEN,
        )
        .select_related("holder")
        .order_by("complaint_id", "-seq")
    )
    # The first of a round comes last and stays.
    return {
        event.complaint_id: event.holder
        for event in events
        if event.round == rounds[event.complaint_id]
    }


def _hours(first: date, last: date) -> tuple[list[OfficeHours], dict[date, bool]]:
    """Return all office hours, and the days off that rounds begun then may meet."""
    days_off = workdays.exceptions(first - _BACK, last + timedelta(days=HORIZON))
    return list(OfficeHours.objects.select_related("organization")), days_off


def _nearest(rows: Sequence[OfficeHours], path: str, day: date) -> list[OfficeHours]:
    """Return the rows of the nearest organization whose hours hold on a day.

    With those before it, and none that begins later or without the end of its own: a
    round keeps the hours of the day on which it began.
    """
    begun = [r for r in rows if path.startswith(r.reach) and r.valid_from <= day]
    now = dated.in_force(begun, day=day, closeness=lambda row: len(row.reach))
    if now is None:
        return []
    kept = copy.copy(now)
    kept.valid_to = None
    return [kept, *(row for row in begun if row.reach == now.reach and row != now)]
