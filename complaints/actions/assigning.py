"""Giving a case to a colleague, or freeing it again: what a lead does."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import locked
from complaints.choices import Move, Status
from complaints.models import Complaint
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.registry.models import Organization


def colleagues(holder: Organization, *, at: datetime) -> QuerySet[User]:
    """Return who decides cases at an organization now, by name."""
    deciding = [r for r, moves in permissions.ALLOWED.items() if Move.RESOLVE in moves]
    posted = Posting.objects.current(at=at).filter(
        organization=holder, role__in=deciding
    )
    found = User.objects.filter(pk__in=posted.values("user"), is_active=True)
    return found.order_by("full_name", "pk")


def may_sign(case: Complaint, *, at: datetime) -> bool:
    """Tell whether somebody at the holder can sign what another one proposed there.

    True where nothing is proposed. Who proposed stays the case's assignee.
    """
    if case.status != Status.AWAITING_SECOND:
        return True
    others = colleagues(case.holder, at=at)
    if case.assignee_id is not None:
        others = others.exclude(pk=case.assignee_id)
    return others.exists()


def assign(
    *,
    complaint_id: int,
    to: User | None,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Let a colleague of the holder have a case; None: nobody, it is given out anew.

    The status stays: whoever gets it takes it on. Raise Refused for somebody who does
    not decide there, or not this very case, and for whoever has it already.
    """
    with locked.turn(
        complaint_id, Move.ASSIGN, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        case = turn.case
        if case.assignee_id == (to.pk if to else None):
            raise Refused(
                _("That colleague has the case already.")
                if to
                else _("Nobody has the case already.")
            )
        if to is not None:
            if not colleagues(case.holder, at=at).filter(pk=to.pk).exists():
                raise Refused(_("Choose a colleague who decides cases there now."))
            _require_may_decide(to, case, at=at)
        turn.move(note=to.full_name if to else "", assignee=to)
    return case


def _require_may_decide(to: User, case: Complaint, *, at: datetime) -> None:
    try:
        permissions.require(to, Move.RESOLVE, case, at=at)
    except Refused as refused:
        # Why is between that colleague and the case.
        raise Refused(
            _("That colleague may not decide this case. Choose somebody else.")
        ) from refused
