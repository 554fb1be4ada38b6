"""Giving out cases one by one: fair, and never one case to two people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    TextField,
)
from django.utils.translation import gettext as _

from complaints import permissions, presence, worklist
from complaints.choices import Move, Status
from complaints.models import Complaint, Lease, Presence, Skip
from complaints.rules import turns
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit.together import together_with
from portal.common import scope

# A page that is used renews it; who leaves it keeps the case from others no longer.
LEASE: Final = timedelta(minutes=5)
# What was passed by is offered again after that, save what concerns oneself.
SKIPPED: Final = timedelta(hours=12)
# As many of those due first are put into order.
CANDIDATES: Final = 100


def take_next(
    *,
    postings: Sequence[Posting],
    by: User,
    at: datetime,
    among: worklist.ComplaintQuerySet | None = None,
) -> Complaint | None:
    """Give out the case that is next for somebody; None where nothing is left.

    First what their own organizations hold, then what is overdue below them; where they
    chose a list, ``among`` its cases only, then also the rest of these. What one
    was given already and has not ended comes back first. Cases of a colleague who is at
    work, those that somebody looks at or was given, and those one may not decide are
    left out.
    """
    mine = [p for p in postings if Move.RESOLVE in permissions.ALLOWED[p.role]]
    if not mine:
        return None
    with scope.system():
        free = _free(by, at=at)
        own = Q(holder__in=[posting.organization_id for posting in mine])
        below = worklist.below([posting.organization.path for posting in mine])
        reaches = [own, below & Q(overdue_at__isnull=False, due_at__lt=at)]
        if among is not None:
            free = free.filter(pk__in=among.order_by().values("pk"))
            reaches.append(below)
        for reach in reaches:
            given = _give(free.filter(reach), by=by, at=at)
            if given:
                return given
    return None


def renew(complaint: Complaint, *, by: User, at: datetime) -> None:
    """Let somebody keep the case that they were given, as long as they look at it."""
    with scope.system():
        Lease.objects.filter(complaint=complaint, user=by).update(until=at + LEASE)


def skip(*, complaint_id: int, reason: str, by: User, at: datetime) -> None:
    """Pass the case by that one was given, saying why; raise Refused without a reason.

    Colleagues get it instead, and see the reason.
    """
    if reason not in Skip.Reason.values:
        raise Refused(_("Say why you pass it by."))
    with scope.system():
        given, _rows = Lease.objects.filter(complaint=complaint_id, user=by).delete()
        if not given:
            raise Refused(_("This case was not given to you, or no longer is."))
        Skip.objects.update_or_create(
            complaint_id=complaint_id, user=by, defaults={"reason": reason, "at": at}
        )
        Presence.objects.filter(complaint=complaint_id, user=by).delete()


def lease_of(complaint: Complaint, *, at: datetime) -> Lease | None:
    """Return to whom a case was given, or None."""
    lease: Lease | None = (
        Lease.objects.filter(complaint=complaint, until__gt=at)
        .select_related("user")
        .first()
    )
    return lease


def _free(by: User, *, at: datetime) -> worklist.ComplaintQuerySet:
    """Return the open cases that may be given to somebody."""
    others = Presence.objects.filter(
        complaint=OuterRef("pk"), seen_at__gt=at - presence.SEEN
    ).exclude(user=by)
    leased = Lease.objects.filter(complaint=OuterRef("pk"), until__gt=at)
    passed_by = Skip.objects.filter(complaint=OuterRef("pk"), user=by).filter(
        Q(reason=Skip.Reason.CONFLICT) | Q(at__gt=at - SKIPPED)
    )
    together = [by.pk, *together_with(by.pk, at=at)]
    signing = Q(status=Status.AWAITING_SECOND) & ~Q(assignee__in=together)
    nobodys = Q(assignee=None) | ~_at_work(at=at)
    deciding = ~Q(status=Status.AWAITING_SECOND) & (nobodys | Q(assignee=by))
    return (
        Complaint.objects.open()
        .exclude(status__in=(Status.WAITING_CITIZEN, Status.WAITING_AUTHORITY))
        .filter(signing | deciding)
        .exclude(Exists(permissions.parts_in(by)))
        .exclude(_of_own(by))
        .exclude(Exists(others))
        .exclude(Exists(leased.exclude(user=by)))
        .exclude(Exists(passed_by))
        .annotate(is_mine=Exists(leased.filter(user=by)))
    )


def _of_own(by: User) -> Q:
    """Return the condition that a report bears the telephone or number of somebody."""
    own = Q(pk__in=[])
    if by.phone_digest is not None:
        own |= Q(submission__phone_digest=by.phone_digest)
    if by.number_digest is not None:
        own |= Q(submission__national_id_digest=by.number_digest)
    return own


def _at_work(*, at: datetime) -> Exists:
    """Return the condition that whoever has an outer case can decide it now.

    Not by a posting for whose time of leave somebody else is posted as deputy.
    """
    current = Posting.objects.current(at=at)
    deciding = [r for r, moves in permissions.ALLOWED.items() if Move.RESOLVE in moves]
    works = (
        current.alias(held_by=ExpressionWrapper(OuterRef("holder_path"), TextField()))
        .filter(
            user=OuterRef("assignee"),
            user__is_active=True,
            role__in=deciding,
            held_by__startswith=F("organization__path"),
        )
        .exclude(Exists(current.filter(deputy_for=OuterRef("pk"))))
    )
    return Exists(works)


def _give(
    free: worklist.ComplaintQuerySet, *, by: User, at: datetime
) -> Complaint | None:
    """Lease the first of these cases that nobody takes in the same moment."""
    due_first = list(free.order_by("queue_at", "pk")[:CANDIDATES])
    due_first.sort(
        key=lambda case: (
            not case.is_mine,  # type: ignore[attr-defined]  # annotated
            turns.place(case.queue_at, reported_again=case.reported_again),
            case.pk,
        )
    )
    for case in due_first:
        locked = Complaint.objects.select_for_update(skip_locked=True, of=("self",))
        fresh = (
            locked.filter(pk=case.pk, version=case.version)
            .select_related("submission")
            .first()
        )
        if fresh is None:
            continue
        # The rest of what stands against it is read of this one case.
        allowed = permissions.moves_for(by, fresh, at=at)
        if set(allowed).isdisjoint(permissions.DECIDING):
            continue
        if _lease(fresh.pk, by=by, at=at):
            return fresh
    return None


def _lease(complaint_id: int, *, by: User, at: datetime) -> bool:
    """Write the lease unless somebody else's is still running; tell whether it is."""
    with connection.cursor() as cursor:
        # The lock alone would not do: who looked before it may have lost meanwhile.
        cursor.execute(
            """INSERT INTO complaints_lease AS l (complaint_id, user_id, until)
               VALUES (%(case)s, %(user)s, %(until)s)
               ON CONFLICT (complaint_id) DO UPDATE
               SET user_id = excluded.user_id, until = excluded.until
               WHERE l.user_id = excluded.user_id OR l.until <= %(at)s""",
            {"case": complaint_id, "user": by.pk, "until": at + LEASE, "at": at},
        )
        return cursor.rowcount == 1
