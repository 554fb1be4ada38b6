"""The ladder at work: which rungs open cases reached, and who is told in an hour.

``find`` notes each rung once, at its true instant, at any hour. ``tell`` makes one
digest a person and hour of what was found, in the receivers' office hours only. Both
may stop anywhere and run again: what was written is not written twice.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from complaints import policies, timeline
from complaints.actions import moving
from complaints.choices import OPEN, Actor, Kind, Move
from complaints.models import Complaint, Event, Ladder, Policy, Reached, Rung
from complaints.models.ladder import Clock
from complaints.rules import clock, ladder, terms
from complaints.rules.clock import ANSWERS, Terms
from portal.common import dated, scope
from portal.registry.models import Organization

# Not paused; or it fell due while the citizen is asked, as the pause was used up.
RUNS: Final = Q(paused_at=None) | Q(overdue_at__gt=F("paused_at"))


def find(*, at: datetime, limit: int = 5000) -> int:
    """Note which rungs open cases have reached; return how many.

    A rung of the ladder in force when the round began, once per case, round and clock
    (the database sees to it). Of several that one case reached meanwhile only the
    highest is told to each receiver. A paused clock reaches nothing; one that ran out
    while the citizen is asked runs on. Only cases that reached one are locked; what
    somebody has in hand follows with the next search, as does the rest once ``limit``
    cases were found.
    """
    with scope.system():
        found: dict[int, list[Reached]] = defaultdict(list)
        cases: dict[int, Complaint] = {}
        reading = _Reading(at)
        for one in reading.ladders:
            for rung in one.rungs.order_by("share", "levels"):
                for near in _pages(reading.candidates(one, rung), limit):
                    if len(cases) >= limit:
                        break
                    reading.read_terms(near)
                    for case in near:
                        reached = reading.reached(case, rung)
                        if reached is not None:
                            found[case.pk].append(reached)
                            cases.setdefault(case.pk, case)
        mine = _lock(cases)
        found = {pk: rungs for pk, rungs in found.items() if pk in mine}
        for rungs in found.values():
            told = ladder.to_tell(rungs)
            for reached in rungs:
                reached.told_at = None if reached in told else at
        rows = [reached for rungs in found.values() for reached in rungs]
        _hand_up(cases, found, reading.handing_up, at=at)
        Reached.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)


class _Reading:
    """What one search has read: ladders, policies, terms; each once."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.ladders = list(
            Ladder.objects.filter(valid_from__lte=timezone.localdate(at)).order_by("pk")
        )
        self.handing_up = {
            (rung.clock, rung.share, rung.levels)
            for rung in Rung.objects.filter(hands_up=True)
        }
        rows = list(Policy.objects.select_related("organization"))
        self._reach = _reach(rows)
        self._ahead: dict[timedelta, datetime] = {}
        self._terms: dict[tuple[int, int], Terms] = {}

    def candidates(self, one: Ladder, rung: Rung) -> QuerySet[Complaint]:
        """Return the open cases that may have reached a rung, due first; not locked.

        None that has moved to another round since.
        """
        noted = Reached.objects.filter(
            complaint=OuterRef("pk"),
            round=OuterRef("round"),
            clock=rung.clock,
            share=rung.share,
            levels=rung.levels,
        )
        cases = Complaint.objects.filter(
            self._near(rung),
            RUNS,
            self._held(one),
            ~Exists(noted),
            status__in=OPEN,
        )
        return cases.select_related("holder", "policy__organization").order_by(
            "due_at", "pk"
        )

    def _held(self, one: Ladder) -> Q:
        """Return which rounds began while a ladder was in force."""
        rows = self.ladders
        marks = {day for row in rows for day in (row.valid_from, row.valid_to) if day}
        held = Q(pk=None)
        for begins, ends in pairwise([*sorted(marks), None]):
            assert begins is not None
            if dated.in_force(rows, day=begins) == one:
                during = Q(round_started_at__gte=_midnight(begins))
                if ends is not None:
                    during &= Q(round_started_at__lt=_midnight(ends))
                held |= during
        return held

    def read_terms(self, cases: Sequence[Complaint]) -> None:
        """Read what cases are allowed, all at once; ``reached`` asks for it."""
        new = [case for case in cases if (case.pk, case.version) not in self._terms]
        allowed = policies.terms_of_cases(new) if new else {}
        self._terms |= {(case.pk, case.version): allowed[case.pk] for case in new}

    def reached(self, case: Complaint, rung: Rung) -> Reached | None:
        """Return the rung as reached by a case, or None where it is not so yet."""
        begins = case.round_started_at
        in_force = dated.in_force(self.ladders, day=timezone.localdate(begins))
        if in_force is None or in_force.pk != rung.ladder_id:
            return None
        allowed = self._terms[case.pk, case.version]
        if rung.clock == Clock.ANSWER:
            assert allowed.first_answer is not None
            share = allowed.first_answer * rung.share / 100
            instant = clock.later(begins, share, terms=allowed)
        else:
            extra = allowed.extension if case.extended_at else timedelta(0)
            instant = ladder.reached_at(
                rung.share,
                begins=begins,
                due_at=case.due_at,
                allowed=allowed.repair + extra,
                terms=allowed,
            )
        if instant > self.at:
            return None
        return Reached(
            complaint=case,
            round=case.round,
            clock=rung.clock,
            share=rung.share,
            levels=rung.levels,
            at=instant,
            found_at=self.at,
        )

    def _near(self, rung: Rung) -> Q:
        """Return which cases may have reached a rung, by what the index knows.

        Exactly those in wall time; in office time few besides.
        """
        if rung.clock == Clock.ANSWER:
            answered = Event.objects.filter(
                complaint=OuterRef("pk"), round=OuterRef("round"), move__in=ANSWERS
            )
            begun = Q(pk__in=[])
            for row, cases in self._reach:
                allowed = timedelta(hours=row.first_answer_hours) * rung.share / 100
                begun |= cases & Q(round_started_at__lte=self.at - allowed)
            return begun & Q(~Exists(answered))
        near, latest = Q(pk__in=[]), []
        for row, cases in self._reach:
            repair = timedelta(hours=row.repair_hours)
            longer = repair + timedelta(hours=row.extension_hours)
            usual, extended = (self._due_by(t, rung, row) for t in (repair, longer))
            near |= cases & Q(extended_at=None, due_at__lte=usual)
            near |= cases & Q(extended_at__isnull=False, due_at__lte=extended)
            latest += [usual, extended]
        # The index knows no policies: one bound for all of them serves it.
        return near & Q(due_at__lte=max(latest, default=self.at))

    def _due_by(self, allowed: timedelta, rung: Rung, row: Policy) -> datetime:
        """Return when a case is due at most that has reached a rung by now."""
        left = allowed * (100 - rung.share) / 100
        if not row.in_office or left <= timedelta(0):
            return self.at + left
        if left not in self._ahead:
            self._ahead[left] = policies.latest_after(self.at, left)
        return self._ahead[left]


def _reach(rows: Sequence[Policy]) -> list[tuple[Policy, Q]]:
    """Return the policies, each with the cases whose rounds go by it.

    Those for everybody by kind and the days on which they are in force; the others
    stand with their cases.
    """
    found = [(row, Q(policy=row)) for row in rows if not terms.is_general(row)]
    general = [row for row in rows if terms.is_general(row)]
    marks = {day for row in general for day in (row.valid_from, row.valid_to) if day}
    for begins, ends in pairwise([*sorted(marks), None]):
        assert begins is not None
        during = Q(policy=None, round_started_at__gte=_midnight(begins))
        if ends is not None:
            during &= Q(round_started_at__lt=_midnight(ends))
        for row in general:
            kinds = [k for k in Kind if _in_force(general, k, begins) == row]
            if kinds:
                found.append((row, during & Q(kind__in=kinds)))
    return found


def _in_force(rows: Sequence[Policy], kind: Kind, day: date) -> Policy | None:
    try:
        return terms.in_force(rows, kind=kind, day=day)
    except LookupError:
        return None


def _pages(cases: QuerySet[Complaint], size: int) -> Iterator[list[Complaint]]:
    """Yield cases that are ordered by due time and key, so many at a time."""
    page = list(cases[:size])
    while page:
        yield page
        if len(page) < size:
            return
        after = page[-1]
        further = Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, pk__gt=after.pk)
        page = list(cases.filter(further)[:size])


def _lock(cases: dict[int, Complaint]) -> set[int]:
    """Lock cases; return those that nobody has in hand or changed since they were read.

    Every change counts a case's version on.
    """
    rows = Complaint.objects.filter(pk__in=cases).select_for_update(skip_locked=True)
    locked = rows.order_by("pk").values_list("pk", "version")
    return {pk for pk, version in locked if cases[pk].version == version}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _hand_up(
    cases: dict[int, Complaint],
    found: dict[int, list[Reached]],
    handing_up: set[tuple[str, int, int]],
    *,
    at: datetime,
) -> None:
    """Let the levels join in that rungs past the due time name, the highest reached."""
    joining: dict[int, list[Event]] = defaultdict(list)
    for pk, rungs in found.items():
        up = [r for r in rungs if (r.clock, r.share, r.levels) in handing_up]
        if not up:
            continue
        case, highest = cases[pk], max(up, key=lambda r: (r.levels, r.share))
        joins = climb(case.holder, highest.levels, at=at)
        if joins.pk in (case.holder_id, case.co_holder_id):
            continue
        joining[joins.pk].append(
            Event(
                complaint=case,
                move=Move.HAND_UP,
                at=at,
                actor=Actor.SYSTEM,
                status=case.status,
                round=case.round,
                holder_id=case.holder_id,
                data={"above": joins.name, "share": highest.share},
            )
        )
    for joins_pk, events in joining.items():
        Complaint.objects.filter(pk__in=[e.complaint_id for e in events]).update(
            co_holder=joins_pk, escalated_at=at, version=F("version") + 1
        )
        timeline.record_many(events, at=at)


def climb(organization: Organization, levels: int, *, at: datetime) -> Organization:
    """Return the open organization so many levels above; the root at most."""
    for _ in range(levels):
        organization = moving.above(organization, at=at)
    return organization
