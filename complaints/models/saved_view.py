"""A way to narrow the queue that somebody keeps, for oneself or for colleagues."""

import uuid

from django.db import models
from django.db.models import Q

from portal.accounts.models import User
from portal.registry.models import Organization


class SavedView(models.Model):
    """A named set of filters of the queue; it holds no cases and no words of a search.

    ``query``: the filters as an address holds them. ``organization``: whose people see
    it beside its maker; null: nobody else. ``unit``: the part below to which it is
    narrowed, which stands in the query, too; kept for its path.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+"
    )
    unit = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="savedview_has_a_name_and_filters",
                condition=~Q(name="") & ~Q(query=""),
            ),
            models.UniqueConstraint(
                name="savedview_own_name_once",
                fields=["by", "name"],
                condition=Q(organization=None),
            ),
            models.UniqueConstraint(
                name="savedview_shared_name_once",
                fields=["organization", "name"],
                condition=Q(organization__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)
