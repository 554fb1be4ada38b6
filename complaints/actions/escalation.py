"""What time alone brings about: overdue cases, questions that nobody answered."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet

from complaints import policies, timeline
from complaints.actions import moving
from complaints.choices import OPEN, Actor, Move, Status
from complaints.models import Complaint, Event, Policy
from portal.common import scope
from portal.registry.models import Organization

# When the citizen is reminded of a question: shares of the time that they have.
REMINDERS: Final = (0.4, 0.8)


def mark_overdue(*, at: datetime, limit: int = 5000) -> int:
    """Mark open complaints past their due time, once a round; return how many.

    Dated at the true instant, the due time, whenever it is noticed. A paused clock
    does not run out; it runs on where earlier questions of the round used the pause up,
    though the citizen may still answer. The level above is named with the event and
    becomes co-holder: it sees the case in its own queue and may decide it, while the
    holder stays the holder.
    """
    with scope.system():
        late = list(
            Complaint.objects.select_for_update(skip_locked=True)
            .filter(status__in=OPEN, due_at__lt=at, overdue_at=None, paused_at=None)
            .order_by("due_at", "pk")[:limit]
        )
        late += _late_while_asked(at=at, limit=limit - len(late))
        if not late:
            return 0
        above = _above({complaint.holder_id for complaint in late}, at=at)
        for holder, joins in above.items():
            held = [c.pk for c in late if c.holder_id == holder]
            Complaint.objects.filter(pk__in=held).update(
                overdue_at=F("due_at"),
                escalated_at=at,
                # The root has nobody above it.
                co_holder=joins.pk if joins.pk != holder else None,
                version=F("version") + 1,
            )
        timeline.record_many(
            [
                Event(
                    complaint=complaint,
                    move=Move.OVERDUE,
                    at=complaint.due_at,
                    actor=Actor.SYSTEM,
                    status=complaint.status,
                    round=complaint.round,
                    holder_id=complaint.holder_id,
                    data=_named(above[complaint.holder_id], complaint.holder_id),
                )
                for complaint in late
            ],
            at=at,
        )
        return len(late)


def _late_while_asked(*, at: datetime, limit: int) -> list[Complaint]:
    """Return, locked, what fell due while the citizen is asked once too often.

    Their due time is moved by the pause that they had.
    """
    asked_before = Event.objects.filter(
        complaint=OuterRef("pk"),
        round=OuterRef("round"),
        status=Status.WAITING_CITIZEN,
        at__lt=OuterRef("paused_at"),
    )
    asked = list(
        Complaint.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            Exists(asked_before),
            status=Status.WAITING_CITIZEN,
            due_at__lt=at,
            overdue_at=None,
        )
        .select_related("policy__organization")
        .order_by("due_at", "pk")[:limit]
    )
    reckoned = policies.reckon_all(asked, at=at) if asked else {}
    late = [case for case in asked if reckoned[case.pk].is_overdue]
    for case in late:
        case.due_at = reckoned[case.pk].due_at
    Complaint.objects.bulk_update(late, ["due_at"])
    return late


def _above(holders: set[int], *, at: datetime) -> dict[int, Organization]:
    """Return for each organization the nearest open one above it."""
    found = Organization.objects.filter(pk__in=holders).select_related("parent__parent")
    return {o.pk: moving.above(o, at=at) for o in found}


def _named(above: Organization, holder_id: int) -> dict[str, str]:
    """Return who joins in, as the event keeps it; nothing at the root."""
    return {"above": above.name} if above.pk != holder_id else {}


def remind_citizens(*, at: datetime, limit: int = 500) -> int:
    """Remind citizens of a question that waits for them, twice; return how many.

    After four and eight tenths of the time that their case's policy gives them. Where
    the portal stood still meanwhile, one reminder does for both.
    """
    with scope.system():
        pauses = _Pauses()
        count = 0
        for number in range(len(REMINDERS), 0, -1):
            share = REMINDERS[number - 1]
            told = Event.objects.filter(
                complaint=OuterRef("pk"),
                move=Move.REMIND,
                at__gte=OuterRef("paused_at"),
                data__number__gte=number,
            )
            for case in pauses.waiting(before=at - pauses.shortest * share).filter(
                ~Exists(told), paused_at__gt=at - pauses.longest
            )[: limit - count]:
                cap = pauses.of(case)
                if (
                    case.paused_at is None
                    or not cap * share <= at - case.paused_at < cap
                ):
                    continue
                data = {"number": number}
                moving.move(case, Move.REMIND, actor=Actor.SYSTEM, at=at, data=data)
                count += 1
        return count


def lapse(*, at: datetime, limit: int = 500) -> int:
    """End what has waited for the citizen beyond the cap; it can be reopened."""
    with scope.system():
        pauses = _Pauses()
        count = 0
        for case in pauses.waiting(before=at - pauses.shortest)[:limit]:
            if case.paused_at is not None and at - case.paused_at > pauses.of(case):
                moving.move(case, Move.LAPSE, actor=Actor.SYSTEM, at=at)
                count += 1
        return count


class _Pauses:
    """How long questions may wait, by the policy of each case; read once."""

    def __init__(self) -> None:
        days = list(Policy.objects.values_list("pause_days", flat=True))
        self.shortest = timedelta(days=min(days))
        self.longest = timedelta(days=max(days))
        self._known: dict[tuple[object, ...], timedelta] = {}

    def of(self, case: Complaint) -> timedelta:
        """Return how long the question of a case may wait for the citizen."""
        day = policies.day_of(case.round_started_at)
        key = (case.policy_id, case.kind, day)
        if key not in self._known:
            days = policies.of_case(case).pause_days
            self._known[key] = timedelta(days=days)
        return self._known[key]

    def waiting(self, *, before: datetime) -> QuerySet[Complaint]:
        """Return, locked, the cases that wait since then or longer, longest first."""
        return (
            Complaint.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(status=Status.WAITING_CITIZEN, paused_at__lte=before)
            .select_related("submission", "holder", "policy__organization")
            .order_by("paused_at", "pk")
        )
