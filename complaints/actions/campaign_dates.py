"""Setting the day by which nothing is to be open any more, and ending that."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import CampaignDate
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit import record as audit
from portal.registry.models import Organization

# The longest way to a day: counting what was open on each day reads as many days.
LONGEST: Final = timedelta(days=366)
_SETTERS: Final = (Posting.Role.OVERSEER, Posting.Role.ADMINISTRATOR)


def may_set(postings: Sequence[Posting], organization: Organization) -> bool:
    """Tell whether one may set days for an organization: who oversees it."""
    return any(
        posting.role in _SETTERS
        and organization.path.startswith(posting.organization.path)
        for posting in postings
    )


def set_day(
    organization: Organization,
    *,
    name: str,
    begins_on: date,
    due_on: date,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> CampaignDate:
    """Set a day for an organization with all below it. Raise Refused, with words.

    It may begin in the past, not in the future, and at most a year before the day.
    """
    today = timezone.localdate(at)
    if not may_set(postings, organization):
        raise Refused(_("Only who oversees this unit sets a day for it."))
    if begins_on > today:
        raise Refused(_("What is open is known up to today. Begin today or before."))
    if due_on <= today:
        raise Refused(_("Choose a day to come."))
    if due_on - begins_on > LONGEST:
        raise Refused(_("Between both days lies more than a year."))
    try:
        with transaction.atomic():
            row = CampaignDate.objects.create(
                organization=organization,
                name=name,
                begins_on=begins_on,
                due_on=due_on,
                by=by,
                at=at,
            )
    except IntegrityError as error:
        raise Refused(_("This day is set for this unit already.")) from error
    _note(row, "set", by=by, at=at)
    return row


def end(
    ref: UUID, *, by: User, postings: Sequence[Posting], at: datetime
) -> CampaignDate:
    """Let a day count no longer. Raise Refused where it is not one's to end."""
    row: CampaignDate = (
        CampaignDate.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(ref=ref)
    )
    if not may_set(postings, row.organization):
        raise Refused(_("Only who oversees this unit ends it."))
    if row.ended_at is not None:
        raise Refused(_("It was ended already."))
    row.ended_by, row.ended_at = by, at
    row.save(update_fields=["ended_by", "ended_at"])
    _note(row, "ended", by=by, at=at)
    return row


def _note(row: CampaignDate, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="campaign_date",
        subject_id=row.pk,
        detail=f"{what} {row.begins_on}..{row.due_on}",
    )
