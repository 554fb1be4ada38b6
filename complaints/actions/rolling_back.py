"""Ending a dated row that two people put in force: one is enough to go back."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Delegation, Wording
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit

Row = TypeVar("Row", Delegation, Wording)


def roll_back(
    model: type[Row], pk: int, *, subject: str, by: User, at: datetime
) -> Row:
    """End a row at once, or before it begins; what was done under it stays.

    ``subject`` names it in the audit. Raise Refused where it is over, DoesNotExist of
    the model where there is none.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        row = model.objects.select_for_update(of=("self",)).get(pk=pk)
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
            subject=subject,
            subject_id=row.pk,
            detail="rolled back",
        )
    return row
