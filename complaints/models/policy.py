"""Policies as dated data, and the figures kept from events."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from complaints.choices import Kind
from portal.registry.models import Organization


class Policy(models.Model):
    """How long an answer may take, from one day to another, and who said so.

    ``kind`` empty: for every kind without a policy of its own.
    """

    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    repair_hours = models.PositiveIntegerField()
    first_answer_hours = models.PositiveIntegerField()
    pause_days = models.PositiveSmallIntegerField()
    disagree_days = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="policy_once_per_kind_and_day", fields=["kind", "valid_from"]
            ),
            models.CheckConstraint(
                name="policy_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind or 'all'} {self.repair_hours} h"


class QuietHours(models.Model):
    """Hours of the night in which no message goes out but one-time codes.

    ``begins`` after ``ends``: they run past midnight. Equal: there are none.
    """

    begins = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField(unique=True)
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="quiethours_end_after_they_begin",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins} to {self.ends}"


class Counted(models.Model):
    """What is counted of a month and kind; times in seconds of wall time, no pauses.

    ``kind`` empty: all kinds together. ``cohort``: by the month in which complaints
    were sent (opened) or ended (closed). ``buckets`` and ``counts`` are the sketch of
    the times (see ``rollups.RATIO``), the other two that of the first answers.
    """

    class Cohort(models.TextChoices):
        OPENED = "opened"
        CLOSED = "closed"

    month = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    cohort = models.CharField(max_length=6, choices=Cohort)
    received = models.PositiveIntegerField()
    resolved = models.PositiveIntegerField()
    on_time = models.PositiveIntegerField()
    open = models.PositiveIntegerField()
    open_overdue = models.PositiveIntegerField()
    untouched = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    median = models.PositiveIntegerField(null=True)
    p75 = models.PositiveIntegerField(null=True)
    p90 = models.PositiveIntegerField(null=True)
    first_answer_median = models.PositiveIntegerField(null=True)
    buckets = ArrayField(models.SmallIntegerField(), default=list)
    counts = ArrayField(models.IntegerField(), default=list)
    answer_buckets = ArrayField(models.SmallIntegerField(), default=list)
    answer_counts = ArrayField(models.IntegerField(), default=list)
    computed_at = models.DateTimeField()

    class Meta:
        abstract = True


class Figure(Counted):
    """Resolution times of what one organization itself holds; replaced, never added to.

    The percentiles are exact.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="figures"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="figure_once",
                fields=["organization", "cohort", "month", "kind"],
            ),
            models.CheckConstraint(
                name="figure_month_begins_on_the_first", condition=Q(month__day=1)
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m} {self.kind}"


class SubtreeFigure(Counted):
    """The same of an organization and all below it, merged from its parts.

    Kept where something below holds complaints; elsewhere ``Figure`` says it all. The
    percentiles come from the merged sketches, at most 1 % off.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="subtree_figures"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="subtree_figure_once",
                fields=["organization", "cohort", "month", "kind"],
            ),
            models.CheckConstraint(
                name="subtree_figure_month_begins_on_the_first",
                condition=Q(month__day=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization_id} and below {self.month:%Y-%m} {self.kind}"


class Watermark(models.Model):
    """How far a reader of events has come."""

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
