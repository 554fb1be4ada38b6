"""Whom a campaign asked for a word that would settle what is wrong, and when."""

from django.db import models
from django.db.models import Q

from complaints.models.selfcorrection import CampaignBatch
from portal.registry.models import Person


class Invitation(models.Model):
    """A message that asks somebody to look and say a word: once a quarter at most.

    ``quarter``: 2026Q4. ``rule``: which could act upon that word.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    quarter = models.CharField(max_length=6)
    rule = models.CharField(max_length=3)
    batch = models.ForeignKey(CampaignBatch, models.PROTECT, related_name="invitations")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="invitation_once_a_quarter", fields=["person", "quarter"]
            ),
            models.CheckConstraint(
                name="invitation_names_a_quarter",
                condition=Q(quarter__regex=r"^20[0-9]{2}Q[1-4]$"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.quarter} {self.rule}"
