"""Files of a unit's doses that are made in the background for who asked."""

import uuid

from django.conf import settings
from django.db import models

from portal.registry.models.site import Organization


class DoseFile(models.Model):
    """A file that was asked for; its content lies in the storage for a day."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FORGOTTEN = "forgotten"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    first = models.DateField()
    last = models.DateField()
    form = models.CharField(max_length=4)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="dosefile_ready_iff_it_has_a_size",
                condition=models.Q(state="waiting", size=None)
                | ~models.Q(state="waiting") & models.Q(size__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)
