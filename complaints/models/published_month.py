"""What was told the public of a month, edition by edition."""

import uuid

from django.db import models
from django.db.models import F, Q

from portal.accounts.models import User


class PublishedMonth(models.Model):
    """The public figures of a month as they were told; never changed, nor deleted.

    ``rows`` and ``country``: see ``open_figures.Row``, small counts left out already. A
    correction is a whole new edition, with why, who proposed and who confirmed it.
    ``counted_at``: as of when the figures were counted.
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
    confirmed_by = models.ForeignKey(
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
                name="publishedmonth_corrected_by_two_for_a_reason",
                condition=Q(edition=1, reason="", by=None, confirmed_by=None)
                | Q(edition__gt=1, by__isnull=False, confirmed_by__isnull=False)
                & ~Q(reason="")
                & ~Q(confirmed_by=F("by")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} ({self.edition})"


class MonthCorrection(models.Model):
    """A published month to be told anew: proposed by one, confirmed by another person.

    ``edition``: which one it becomes, or became.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    month = models.DateField()
    edition = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="monthcorrection_one_waits_per_month",
                fields=["month"],
                condition=Q(confirmed_at=None, dropped_at=None),
            ),
            models.CheckConstraint(
                name="monthcorrection_confirmed_by_another_person",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="monthcorrection_decided_once_by_somebody",
                condition=Q(
                    confirmed_by=None,
                    confirmed_at=None,
                    dropped_by=None,
                    dropped_at=None,
                )
                | Q(
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    dropped_by=None,
                    dropped_at=None,
                )
                | Q(
                    confirmed_by=None,
                    confirmed_at=None,
                    dropped_by__isnull=False,
                    dropped_at__isnull=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} to edition {self.edition}"

    @property
    def is_waiting(self) -> bool:
        """Tell whether nobody confirmed it or put it aside yet."""
        return self.confirmed_at is None and self.dropped_at is None
