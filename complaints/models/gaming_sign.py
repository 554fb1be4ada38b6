"""Signs of gaming, as they were found when a matter was measured; replaced with it."""

from django.db import models

from complaints.choices import Gaming
from complaints.models.complaint import Complaint
from portal.registry.models import Organization


class GamingSign(models.Model):
    """What ``rules.gaming`` found of one matter: which unit did what, when.

    ``day`` is the Vietnamese day of ``at``.
    """

    complaint = models.ForeignKey(
        Complaint, models.CASCADE, related_name="gaming_signs", db_index=False
    )
    sign = models.CharField(max_length=9, choices=Gaming)
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    day = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="gamingsign_once", fields=["complaint", "sign", "at"]
            ),
        )
        indexes = (
            models.Index(
                name="gamingsign_by_holder",
                fields=["holder", "day"],
                include=["sign", "complaint"],
            ),
        )

    def __str__(self) -> str:
        return f"{self.sign} of {self.complaint_id}"
