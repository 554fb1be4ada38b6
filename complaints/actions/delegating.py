"""Rows that let another unit answer: which are in force, and rolling one back."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Delegation
from complaints.rules.refused import Refused
from complaints.rules.responsibility import Delegated
from portal.accounts.models import User
from portal.audit import record as audit


def in_force(*, day: date) -> list[Delegated]:
    """Return the rows in force on a day; of several for the same the newest one."""
    rows = Delegation.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day
    ).order_by("valid_from", "pk")
    newest = {(row.organization_id, row.kind): as_delegated(row) for row in rows}
    return list(newest.values())


def as_delegated(row: Delegation) -> Delegated:
    """Return a row as the rule takes it."""
    return Delegated(row.organization_id, row.to_id, row.kind, row.with_below)


def roll_back(pk: int, *, by: User, at: datetime) -> Delegation:
    """End a row at once, or before it begins; one person is enough to go back.

    What was sent to another unit under it stays there. Raise Refused where it is over,
    Delegation.DoesNotExist where there is none.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        row = Delegation.objects.select_for_update(of=("self",)).get(pk=pk)
        is_over = row.valid_to is not None and row.valid_to <= today
        if is_over or row.ended_at is not None:
            raise Refused(_("It is not in force any more."))
        row.valid_to = max(today, row.valid_from)
        row.ended_by, row.ended_at = by, at
        row.save(update_fields=["valid_to", "ended_by", "ended_at"])
        audit.change(
            at=at,
            actor="staff",
            actor_id=by.pk,
            person_id=None,
            subject="complaints.routing",
            subject_id=row.pk,
            detail="rolled back",
        )
    return row
