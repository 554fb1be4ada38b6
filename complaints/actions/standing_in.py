"""Organizations where nobody answers: the level above has their cases meanwhile.

Nobody answers where nobody who decides has an account, where none of them logged in
for some working days, or where more is open than an organization can have; how many is
data (``Ladder``), and where no ladder says so, nobody is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from complaints import policies
from complaints.actions import moving
from complaints.choices import OPEN, Actor, Move, Status
from complaints.models import Complaint, Event, Ladder, StandIn
from complaints.rules.office import Calendar
from portal.accounts.models import Posting
from portal.common import dated, scope
from portal.registry.models import Organization

Reason = StandIn.Reason
DECIDING: Final = (Posting.Role.STAFF, Posting.Role.LEAD)
# Cases that one run moves at most; the next goes on.
MOST: Final = 500


def watch(*, at: datetime, limit: int = MOST) -> int:
    """Pass on what lies where nobody answers, give back what can be; count the cases.

    Only what waits untouched is moved: whoever has taken a case on keeps it. Safe to
    repeat; what did not fit into ``limit`` follows.
    """
    with scope.system():
        ladder = dated.in_force(Ladder.objects.all(), day=timezone.localdate(at))
        moved = _give_back(ladder, at=at, limit=limit)
        if ladder is None or (ladder.idle_days is None and ladder.capacity is None):
            return moved
        for one in _silent(ladder, at=at):
            if moved >= limit:
                break
            moved += _pass_on(one, ladder, at=at, limit=limit - moved)
        return moved


def silent(ladder: Ladder, *, at: datetime) -> int:
    """Return at how many holders of open cases nobody would answer under a ladder."""
    if ladder.idle_days is None and ladder.capacity is None:
        return 0
    with scope.system():
        return len(_silent(ladder, at=at))


@dataclass(frozen=True)
class _Seen:
    """When who decides somewhere was last there, and the office hours, by body."""

    logins: dict[int, datetime]
    offices: dict[int | None, Calendar]


@dataclass(frozen=True)
class _Silent:
    """A holder of waiting cases where nobody answers, why, and how much is open."""

    body: Organization
    reason: str
    open: int


def _silent(ladder: Ladder, *, at: datetime) -> list[_Silent]:
    waiting = Complaint.objects.filter(status=Status.RECEIVED).exclude(routed_at=None)
    holders = Organization.objects.filter(
        pk__in=waiting.values("holder"), parent__isnull=False
    )
    bodies = list(holders.select_related("parent__parent").order_by("pk"))
    seen = _seen(bodies, at=at)
    counts = _open_cases()
    found = []
    for body in bodies:
        n = counts.get(body.pk, 0)
        reason = _reason(body, n, ladder, seen, at=at)
        if reason:
            found.append(_Silent(body, reason, n))
    return found


def _open_cases() -> dict[int, int]:
    """Return how many cases are open, by holder."""
    rows = Complaint.objects.filter(status__in=OPEN).order_by().values("holder")
    return {row["holder"]: row["n"] for row in rows.annotate(n=Count("pk"))}


def _seen(bodies: Iterable[Organization], *, at: datetime) -> _Seen:
    return _Seen(_last_logins(at=at), policies.calendars(bodies, at=at))


def _last_logins(*, at: datetime) -> dict[int, datetime]:
    """Return by organization when somebody who decides there was last logged in.

    Nobody counts as away from before the posting there, whether they never logged in or
    did so elsewhere. Without an entry: nobody has an account.
    """
    rows = (
        Posting.objects.current(at=at)
        .filter(role__in=DECIDING, user__is_active=True)
        .values("organization")
        # The database's greatest of null and something is something.
        .annotate(seen=Max(Greatest("user__last_login", "valid_from")))
    )
    return {row["organization"]: row["seen"] for row in rows}


def _reason(
    body: Organization,
    n_open: int,
    ladder: Ladder,
    seen: _Seen,
    *,
    at: datetime,
) -> str:
    """Return why nobody answers there; '' where somebody does."""
    if ladder.idle_days is not None:
        if body.pk not in seen.logins:
            return Reason.NO_ACCOUNT
        since, office = seen.logins[body.pk], seen.offices[body.pk]
        if _is_idle(since, office, ladder.idle_days, at=at):
            return Reason.NO_LOGIN
    if ladder.capacity is not None and n_open > ladder.capacity:
        return Reason.TOO_MANY
    return ""


def _is_idle(since: datetime, office: Calendar, days: int, *, at: datetime) -> bool:
    """Tell whether nobody came on so many whole working days; today does not count."""
    if at - since < timedelta(days=1):
        return days == 0
    day, count = timezone.localdate(since) + timedelta(days=1), 0
    # More than a month away is away, however long.
    day = max(day, timezone.localdate(at) - timedelta(days=60))
    while count < days and day < timezone.localdate(at):
        count += bool(office.spans(day))
        day += timedelta(days=1)
    return count >= days


def _pass_on(one: _Silent, ladder: Ladder, *, at: datetime, limit: int) -> int:
    """Give the waiting cases of a body to the one above; return how many."""
    body, reason = one.body, one.reason
    to = moving.above(body, at=at)
    waiting = (
        Complaint.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(holder=body, status=Status.RECEIVED)
        .exclude(routed_at=None)
        .select_related("submission", "holder", "policy__organization")
    )
    if reason == Reason.TOO_MANY:
        assert ladder.capacity is not None
        # What came last goes first; what is due soonest stays where it is known.
        limit = min(limit, one.open - ladder.capacity)
        cases = waiting.order_by("-due_at", "-pk")[:limit]
    else:
        cases = waiting.order_by("due_at", "pk")[:limit]
    row, _new = StandIn.objects.get_or_create(
        organization=body,
        until=None,
        defaults={"by": to, "reason": reason, "since": at},
    )
    count = 0
    for case in cases:
        moving.move(
            case,
            Move.ESCALATE,
            actor=Actor.SYSTEM,
            at=at,
            data={"from": body.name, "to": to.name, "why": reason, "stand_in": row.pk},
            holder=to,
            assignee=None,
            escalated_at=at,
        )
        count += 1
    return count


def _give_back(ladder: Ladder | None, *, at: datetime, limit: int) -> int:
    """End what is over: the body answers again, or nobody asks any more.

    Where a ladder says how much a body can have, no more comes back than there is room.
    """
    moved = 0
    rows = (
        StandIn.objects.filter(until=None)
        .select_related("organization__parent__parent", "by")
        .order_by("pk")
    )
    if not rows:
        return moved
    seen = _seen([row.organization for row in rows], at=at)
    counts = _open_cases()
    for row in rows:
        body = row.organization
        n_open = counts.get(body.pk, 0)
        asked = ladder is not None and (ladder.idle_days or ladder.capacity)
        if asked and ladder and _still_away(row, n_open, ladder, seen, at=at):
            continue
        room = limit - moved
        if ladder is not None and ladder.capacity is not None:
            # Whatever is beyond would only go up again.
            room = min(room, ladder.capacity - n_open)
        lent = list(_lent(row)[: max(room, 0)])
        for case in lent:
            moving.move(
                case,
                Move.GIVE_BACK,
                actor=Actor.SYSTEM,
                at=at,
                data={"from": row.by.name, "to": body.name},
                holder=body,
            )
        moved += len(lent)
        if not _lent(row).exists():
            row.until = at
            row.save(update_fields=["until"])
    return moved


def _still_away(
    row: StandIn,
    n_open: int,
    ladder: Ladder,
    seen: _Seen,
    *,
    at: datetime,
) -> bool:
    """Tell whether a body does not answer yet; a full one is to be half empty first."""
    reason = _reason(row.organization, n_open, ladder, seen, at=at)
    if row.reason != Reason.TOO_MANY or ladder.capacity is None or reason:
        return bool(reason)
    return n_open > ladder.capacity / 2


def _lent(row: StandIn) -> QuerySet[Complaint]:
    """Return the cases still lying where they were passed to, untouched since."""
    newest = Event.objects.filter(complaint=OuterRef("pk")).order_by("-seq")
    return (
        Complaint.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(holder=row.by, status=Status.RECEIVED)
        .annotate(
            last_move=Subquery(
                newest.exclude(
                    move__in=(Move.OVERDUE, Move.HAND_UP, Move.NOTE, Move.JOIN)
                ).values("move")[:1]
            ),
            lent_by=Subquery(
                newest.filter(move=Move.ESCALATE, actor=Actor.SYSTEM).values(
                    "data__stand_in"
                )[:1]
            ),
        )
        .filter(last_move=Move.ESCALATE, lent_by=row.pk)
        .select_related("submission", "holder", "policy__organization")
        .order_by("due_at", "pk")
    )
