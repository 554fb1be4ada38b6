"""What was told the public of a month, edition by edition."""

from django.db import models
from django.db.models import Q

from portal.accounts.models import User


class PublishedMonth(models.Model):
    """The public figures of a month as they were told; never changed, nor deleted.

    ``rows`` and ``country``: see ``open_figures.Row``, small counts left out already. A
    correction is a whole new edition, with who made it and why. ``counted_at``: as of
    when the figures were counted.
    """

    month = models.DateField()
    edition = models.PositiveSmallIntegerField()
    rows = models.JSONField()
    country = models.JSONField()
    counted_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="publishedmonth_once_per_edition", fields=["month", "edition"]
            ),
            models.CheckConstraint(
                name="publishedmonth_begins_on_the_first", condition=Q(month__day=1)
            ),
            models.CheckConstraint(
                name="publishedmonth_corrected_by_somebody_for_a_reason",
                condition=Q(edition=1, reason="", by=None)
                | Q(edition__gt=1, by__isnull=False) & ~Q(reason=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} ({self.edition})"
