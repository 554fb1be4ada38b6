"""The right of reply: a unit says that a case counts wrongly in its figures."""

import uuid

from django.db import models
from django.db.models import F, Q

from complaints.models.complaint import Complaint
from portal.accounts.models import User
from portal.registry.models import Organization


class FigureReview(models.Model):
    """A case that a unit asks to be left out of its figures, and what was decided.

    The figures themselves stay as they are counted; what was accepted is told beside
    them. ``version``: of the corrections of this unit's figures of the month in which
    the case was sent, ``before`` and ``after``: these figures without the cases
    accepted earlier, and without this one, too.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ACCEPTED = "accepted"
        REFUSED = "refused"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="figure_reviews", db_index=False
    )
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="figure_reviews"
    )
    reason = models.TextField(max_length=500)
    flagged_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False
    )
    flagged_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    answer = models.TextField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    month = models.DateField()
    version = models.PositiveIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="figurereview_one_that_counts_per_case",
                fields=["complaint"],
                condition=Q(state__in=("waiting", "accepted")),
            ),
            models.UniqueConstraint(
                name="figurereview_versions_without_repeats",
                fields=["holder", "month", "version"],
                condition=Q(version__isnull=False),
            ),
            models.CheckConstraint(
                name="figurereview_decided_by_another_with_an_answer",
                condition=Q(
                    state="waiting", decided_by=None, decided_at=None, answer=""
                )
                | Q(
                    state__in=("accepted", "refused"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                & ~Q(answer="")
                & ~Q(decided_by=F("flagged_by")),
            ),
            models.CheckConstraint(
                name="figurereview_corrects_iff_accepted",
                condition=Q(
                    state="accepted",
                    version__isnull=False,
                    before__isnull=False,
                    after__isnull=False,
                )
                | ~Q(state="accepted") & Q(version=None, before=None, after=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.complaint_id}"
