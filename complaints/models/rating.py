"""What citizens think of how their case was handled."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from portal.common import crypto


class Rating(models.Model):
    """What the citizen thinks of how a round was handled: a word, perhaps a few more.

    ``note_sealed`` may be empty. A later word about the same round takes its place.
    """

    class Word(models.TextChoices):
        GOOD = "good", _("Good")
        FAIR = "fair", _("Fair")
        POOR = "poor", _("Poor")

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="ratings", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    word = models.CharField(max_length=4, choices=Word)
    note_sealed = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="rating_one_a_round", fields=["complaint", "round"]
            ),
        )
        indexes = (models.Index(name="rating_newest", fields=["at"]),)

    def __str__(self) -> str:
        return f"{self.word} for {self.complaint_id}"

    @property
    def note(self) -> str:
        """Return what was said besides, in clear; empty where nothing was."""
        if self.note_sealed is None:
            return ""
        bound = f"rating:{self.complaint_id}:{self.round}"
        return crypto.unseal(self.note_sealed, bound_to=bound)
