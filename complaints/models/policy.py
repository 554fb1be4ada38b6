"""Policies as dated data."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from complaints.choices import Kind
from portal.accounts.models import User
from portal.registry.models import Organization


class Ending(models.Model):
    """A dated row that somebody can end, or withdraw before its first day.

    Withdrawn, it ends on the day on which it would have begun: it never holds.
    """

    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


# For the constraints of such rows.
ENDED_BY_SOMEBODY = Q(ended_by=None, ended_at=None) | Q(
    ended_by__isnull=False, ended_at__isnull=False, valid_to__isnull=False
)


class Policy(Ending):
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
                condition=Q(ended_at=None),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="policy_does_not_end_before_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="policy_ended_by_somebody", condition=ENDED_BY_SOMEBODY
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


class OfficeHours(Ending):
    """When an organization, and all below it, can be reached; null: the country.

    ``weekdays``: Monday is 0. The midday break is optional. The nearest row counts.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", db_index=False
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
                condition=Q(ended_at=None),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="officehours_do_not_end_before_they_begin",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="officehours_ended_by_somebody", condition=ENDED_BY_SOMEBODY
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
