"""Going back to the words of before."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Wording
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit


def roll_back(pk: int, *, by: User, at: datetime) -> Wording:
    """End words at once, or before they count; one person is enough to go back.

    Raise Refused where they ended already, Wording.DoesNotExist where there are none.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        row = Wording.objects.select_for_update(of=("self",)).get(pk=pk)
        if row.ended_at is not None:
            raise Refused(_("It is not in force any more."))
        row.valid_to = max(today, row.valid_from)
        row.ended_by, row.ended_at = by, at
        row.save(update_fields=["valid_to", "ended_by", "ended_at"])
        audit.change(
            at=at,
            actor="staff",
            actor_id=by.pk,
            person_id=None,
            subject="complaints.wording",
            subject_id=row.pk,
            detail=f"{row.key} rolled back",
        )
    return row
