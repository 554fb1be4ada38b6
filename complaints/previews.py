"""What would have been under other rules: last month's cases, by the clock itself."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Mod

from complaints import policies, timeline
from complaints.choices import Move
from complaints.models import Complaint, Event, Policy, Rung
from complaints.models.ladder import Clock
from complaints.rules import clock, terms
from complaints.rules.clock import Moment, Reckoning, Terms
from complaints.rules.office import Calendar
from portal.common import scope
from portal.registry.models import Organization

LAST: Final = timedelta(days=30)
# Of more cases an even sample is read: every n-th by its key.
MOST: Final = 2000


@dataclass(frozen=True)
class Preview:
    """Cases sent in the last 30 days of which a policy speaks.

    ``looked`` of ``sent`` were read; it would have been for ``counted`` of these, for
    the others a nearer row counts. ``late_now`` of them were overdue under the
    policy of their day, ``late_then`` would have been under the draft.
    """

    sent: int
    looked: int
    counted: int
    late_now: int
    late_then: int


@dataclass(frozen=True)
class RungPreview:
    """How many of last month's cases would have reached each rung, in their order."""

    sent: int
    counted: int
    reached: list[int]


def of_policy(draft: Policy, *, at: datetime) -> Preview:
    """Return what a policy that is not in force yet would have made of last month.

    The first round of each case, from its events, under the office hours of whoever got
    it first; nothing is written.
    """
    with scope.system():
        histories = _read(_cases(draft, at=at), at=at)
        asked = [one for one in histories.cases if one.would_be_under(draft)]
        late_now = late_then = 0
        for one in asked:
            late_now += one.reckon(one.present, at=at).is_overdue
            late_then += one.reckon(draft, at=at).is_overdue
    return Preview(
        histories.sent, len(histories.cases), len(asked), late_now, late_then
    )


def of_rungs(rungs: Sequence[Rung], *, at: datetime) -> RungPreview:
    """Return how often rungs that are not in force yet would have been reached."""
    with scope.system():
        recent = Complaint.objects.filter(
            submitted_at__gt=at - LAST, submitted_at__lte=at
        )
        histories = _read(recent, at=at)
        reached = [0] * len(rungs)
        for one in histories.cases:
            now, allowed = one.reckon(one.present, at=at), one.terms(one.present)
            for place, rung in enumerate(rungs):
                reached[place] += _has_reached(now, allowed, rung, at=at)
    return RungPreview(histories.sent, len(histories.cases), reached)


@dataclass(frozen=True)
class _History:
    """A case's first round: its moments, the policies of its day, who got it first."""

    kind: str
    day: date
    first: Organization | None
    moments: list[Moment]
    rows: Sequence[Policy]
    office: Calendar

    @property
    def present(self) -> Policy:
        """Return the policy that counts."""
        return terms.in_force(self.rows, kind=self.kind, day=self.day, body=self.first)

    def would_be_under(self, draft: Policy) -> bool:
        """Tell whether a draft would count, were it in force as the newest row."""
        then = copy.copy(draft)
        then.valid_from, then.valid_to = self.day, None
        # Of equals the newest counts: the draft comes instead of one of the same day.
        rows = [then, *self.rows]
        found = terms.in_force(rows, kind=self.kind, day=self.day, body=self.first)
        return found is then

    def terms(self, policy: Policy) -> Terms:
        """Return a policy as this case's clock takes it."""
        return terms.terms(policy, office=self.office)

    def reckon(self, policy: Policy, *, at: datetime) -> Reckoning:
        """Return what the clock says under a policy."""
        return clock.reckon(self.moments, terms=self.terms(policy), at=at)


@dataclass(frozen=True)
class _Histories:
    sent: int
    cases: list[_History]


def _has_reached(now: Reckoning, allowed: Terms, rung: Rung, *, at: datetime) -> bool:
    if rung.clock == Clock.REPAIR:
        return now.spent >= now.allowed * rung.share / 100
    if allowed.first_answer is None:
        return False
    share = allowed.first_answer * rung.share / 100
    return clock.later(now.begins, share, terms=allowed) <= (now.answered_at or at)


def _read(wanted: QuerySet[Complaint], *, at: datetime) -> _Histories:
    """Read an even sample of cases with their events; a handful of statements."""
    sent = wanted.count()
    step = max(1, -(-sent // MOST))
    cases = list(
        wanted.annotate(place=Mod("pk", step)).filter(place=0).order_by("pk")[:MOST]
    )
    moments, firsts = _histories(cases)
    rows = list(Policy.objects.select_related("organization"))
    offices = policies.calendars({b.pk: b for b in firsts.values()}.values(), at=at)
    found = []
    for case in cases:
        first = firsts.get(case.pk)
        day = policies.day_of(case.submitted_at)
        office = offices[first.pk if first else None]
        own = moments[case.pk]
        found.append(_History(case.kind, day, first, own, rows, office))
    return _Histories(sent, found)


def _cases(draft: Policy, *, at: datetime) -> QuerySet[Complaint]:
    """Return the cases that a policy speaks of, by whoever got them first."""
    wanted = Q(submitted_at__gt=at - LAST, submitted_at__lte=at)
    if draft.kind:
        wanted &= Q(kind=draft.kind)
    given = Q()
    if draft.level:
        given &= Q(holder__kind=draft.level)
    if draft.organization:
        given &= Q(holder__path__below=draft.organization.path)
    if given:
        routed = Event.objects.filter(
            given, complaint=OuterRef("pk"), round=1, move=Move.ROUTE
        )
        return Complaint.objects.filter(wanted, Exists(routed))
    return Complaint.objects.filter(wanted)


def _histories(
    cases: Sequence[Complaint],
) -> tuple[dict[int, list[Moment]], dict[int, Organization]]:
    """Return each case's first round as the clock sees it, and who got it first."""
    events: dict[int, list[Event]] = {case.pk: [] for case in cases}
    firsts: dict[int, Organization] = {}
    rows = Event.objects.filter(complaint__in=events, round=1).select_related("holder")
    for event in rows.order_by("complaint_id", "seq"):
        events[event.complaint_id].append(event)
        if event.move == Move.ROUTE:
            firsts.setdefault(event.complaint_id, event.holder)
    return {pk: timeline.moments(own) for pk, own in events.items()}, firsts
