"""Due times anew where the calendar changed: of what is open and due from a day on."""

from datetime import date, datetime, time
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from complaints import policies, rollups
from complaints.choices import OPEN
from complaints.models import Complaint, Policy
from portal.common import scope

_CHUNK: Final = 1000


def recount(*, since: date, at: datetime) -> int:
    """Count the due times of open cases in office time anew; return how many moved.

    ``since``: the first day that is another one now. What is due before it stays; where
    the citizen is asked it is counted once that wait ends. Their figures follow. Needs
    its caller's transaction.
    """
    timed = Policy.objects.filter(in_office=True)
    # By keys: a case whose round begins meanwhile would not fit a joined policy.
    whose = Q(policy__in=list(timed.values_list("pk", flat=True)))
    if timed.filter(level="", organization=None).exists():
        whose |= Q(policy=None)
    moved, last = 0, 0
    seen: list[int] = []
    with scope.system():
        rollups.take_turn()
        cases = _concerned(since).filter(whose)
        while page := list(cases.filter(pk__gt=last)[:_CHUNK]):
            last = page[-1].pk
            moved += _count_anew([c for c in page if c.paused_at is None], at=at)
            seen += [case.pk for case in page]
        rollups.measure_anew(seen, at=at)
    return moved


def _concerned(since: date) -> QuerySet[Complaint]:
    """Return, to be locked, what is open and not due before a day."""
    begins = timezone.make_aware(datetime.combine(since, time()))
    return (
        Complaint.objects.select_for_update()
        .filter(
            Q(due_at__gte=begins) | Q(paused_at__isnull=False),
            status__in=OPEN,
        )
        .prefetch_related("policy__organization")
        .order_by("pk")
    )


def _count_anew(cases: list[Complaint], *, at: datetime) -> int:
    reckoned = policies.reckon_all(cases, at=at)
    moved = [case for case in cases if case.due_at != reckoned[case.pk].due_at]
    for case in moved:
        case.due_at = reckoned[case.pk].due_at
    Complaint.objects.bulk_update(moved, ["due_at"])
    # Whoever read such a case meanwhile reads it again.
    changed = Complaint.objects.filter(pk__in=[case.pk for case in moved])
    return changed.update(version=F("version") + 1)
