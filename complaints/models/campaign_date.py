"""Days by which organizations want nothing open any more."""

import uuid

from django.db import models
from django.db.models import F, Q

from portal.accounts.models import User
from portal.registry.models import Organization


class CampaignDate(models.Model):
    """A day by which an organization, with all below it, wants nothing open any more.

    Such as 1 November 2021 and 1 June 2022, when the country's doses were to be
    complete. From ``begins_on`` on what is open is held against a straight line to
    nothing on ``due_on``. A row is never changed; it ends, and another one is set.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    begins_on = models.DateField()
    due_on = models.DateField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="campaigndate_is_due_after_it_begins",
                condition=Q(due_on__gt=F("begins_on")),
            ),
            models.CheckConstraint(
                name="campaigndate_ended_by_somebody",
                condition=Q(ended_by=None, ended_at=None)
                | Q(ended_by__isnull=False, ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="campaigndate_once_a_day",
                fields=["organization", "due_on"],
                condition=Q(ended_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.due_on}"
