"""Policies as dated data, and the figures kept from events."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from complaints.choices import Kind
from portal.registry.models import Organization


class Policy(models.Model):
    """How long an answer may take, from one day to another, and who said so.

    ``kind`` and ``level`` empty, ``organization`` null: for every kind, kind of
    organization, organization. An organization's row holds for all below it, too; which
    of several rows counts is said by ``rules.terms``. With ``in_office`` the hours are
    those of the office (eight to a working day), else wall time.
    """

    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    level = models.CharField(
        max_length=20, choices=Organization.Kind, blank=True, db_default=""
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+"
    )
    in_office = models.BooleanField(default=False, db_default=False)
    repair_hours = models.PositiveIntegerField()
    first_answer_hours = models.PositiveIntegerField()
    extension_hours = models.PositiveIntegerField(default=0, db_default=0)
    pause_days = models.PositiveSmallIntegerField()
    disagree_days = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="policy_once_per_reach_and_day",
                fields=["kind", "level", "organization", "valid_from"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="policy_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="policy_answers_before_it_repairs",
                condition=Q(repair_hours__gt=0)
                & Q(first_answer_hours__lte=F("repair_hours")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind or 'all'} {self.repair_hours} h"

    @property
    def reach(self) -> str:
        """Return the path at and below which it holds; '' everywhere."""
        return self.organization.path if self.organization else ""


class OfficeHours(models.Model):
    """When an organization, and all below it, can be reached; null: the country.

    ``weekdays``: Monday is 0. The midday break is optional. The nearest row counts.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+"
    )
    weekdays = ArrayField(models.SmallIntegerField())
    begins = models.TimeField()
    ends = models.TimeField()
    break_begins = models.TimeField(null=True)
    break_ends = models.TimeField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="officehours_once_per_organization_and_day",
                fields=["organization", "valid_from"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="officehours_valid_to_after_from",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="officehours_close_after_they_open",
                condition=Q(begins__lt=F("ends"), break_begins=None, break_ends=None)
                | Q(
                    begins__lt=F("break_begins"),
                    break_begins__lt=F("break_ends"),
                    break_ends__lt=F("ends"),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins} to {self.ends}"

    @property
    def reach(self) -> str:
        """Return the path at and below which they hold; '' everywhere."""
        return self.organization.path if self.organization else ""


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
