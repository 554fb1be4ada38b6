"""The right of reply: a unit flags a case, who oversees it decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions, predecessors, replies, rollups
from complaints.models import Complaint, FigureReview
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit import record as audit
from portal.common import scope
from portal.registry.models import Organization

Role, State = Posting.Role, FigureReview.State
DECIDING: Final = (Role.OVERSEER, Role.ADMINISTRATOR)


def may_flag(postings: Sequence[Posting], path: str) -> bool:
    """Tell whether one leads the unit with this path, or one above it."""
    return any(
        posting.role == Role.LEAD and path.startswith(posting.organization.path)
        for posting in postings
    )


def may_decide(postings: Sequence[Posting], path: str) -> bool:
    """Tell whether one oversees the unit with this path from above it."""
    return any(
        posting.role in DECIDING
        and path.startswith(posting.organization.path)
        and path != posting.organization.path
        for posting in postings
    )


def seen(postings: Sequence[Posting], *, at: datetime) -> QuerySet[FigureReview]:
    """Return what is said of units at or below these, or closed with these after them.

    It stays with the unit that said it, whoever holds the cases by now. Needs the
    system's scope; of the cases no more may be shown than their codes.
    """
    own = {posting.organization_id for posting in postings}
    reach = Q(holder__in=predecessors.answered_for(own, at=at))
    for posting in postings:
        reach |= Q(holder__path__below=posting.organization.path)
    return FigureReview.objects.filter(reach).select_related(
        "holder", "complaint__submission", "flagged_by", "decided_by"
    )


def flag(
    case: Complaint,
    *,
    reason: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> FigureReview:
    """Ask that a case be left out of the unit's figures, with the reason.

    Raise Refused for somebody else's case and for one that was flagged already.
    """
    if not may_flag(postings, case.holder_path):
        raise Refused(_("Only who leads the unit can say so."))
    if not reason.strip():
        raise Refused(_("Say why the case counts wrongly."))
    try:
        with scope.system():
            row = FigureReview.objects.create(
                complaint=case,
                holder=case.holder,
                reason=reason.strip(),
                flagged_by=by,
                flagged_at=at,
                month=timezone.localdate(case.submitted_at).replace(day=1),
            )
            _note(row, "flagged", by=by, at=at)
    except IntegrityError as error:
        raise Refused(_("This case was flagged already.")) from error
    return row


def decide(
    ref: UUID,
    *,
    accept: bool,
    answer: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> FigureReview:
    """Accept or refuse, with an answer; an accepted one is the next version.

    The figures stay as they are counted. Raise Refused for who does not oversee the
    unit, or flagged it, FigureReview.DoesNotExist where there is none.
    """
    with scope.system(), transaction.atomic():
        row = FigureReview.objects.select_for_update().get(ref=ref)
        # One at a time for each unit, which new reports may name all the while.
        row.holder = Organization.objects.select_for_update(no_key=True).get(
            pk=row.holder_id
        )
        if not may_decide(postings, row.holder.path):
            raise Refused(_("Who oversees the unit from above decides."))
        if row.state != State.WAITING:
            raise Refused(_("It was decided already."))
        if row.flagged_by_id == by.pk:
            raise Refused(_("Somebody else decides what you flagged."))
        permissions.require_two(row.flagged_by_id, by, at=at)
        if not answer.strip():
            raise Refused(_("Say why you decide so. The unit reads it."))
        row.state = State.ACCEPTED if accept else State.REFUSED
        row.answer, row.decided_by, row.decided_at = answer.strip(), by, at
        if accept:
            if rollups.age(at=at) is None:
                raise Refused(
                    _(
                        "The figures are being counted anew, and are not whole yet:"
                        " come back in some minutes."
                    )
                )
            _correct(row, at=at)
        row.save()
        _note(row, row.state, by=by, at=at)
    return row


def _correct(row: FigureReview, *, at: datetime) -> None:
    """Keep what the unit's figures of the month were and are without such cases."""
    earlier = FigureReview.objects.filter(
        holder=row.holder, month=row.month, state=State.ACCEPTED
    )
    left_out = list(earlier.values_list("complaint", flat=True))
    row.version = len(left_out) + 1
    row.before = replies.of_unit(row.holder, row.month, but=left_out, at=at)
    with_this = [*left_out, row.complaint_id]
    row.after = replies.of_unit(row.holder, row.month, but=with_this, at=at)


def _note(row: FigureReview, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="complaints.reply",
        subject_id=row.complaint_id,
        detail=what,
    )
