"""Reminders and hand-ups as dated data, what became due, and who was told of it."""

import uuid
from typing import Final

from django.db import models
from django.db.models import F, Q

from complaints.models.complaint import Complaint
from complaints.models.policy import ENDED_BY_SOMEBODY, Ending
from portal.accounts.models import Posting, User
from portal.registry.models import Organization

# Who is told at the organization that holds a case, and who where it looks from above.
AT_WORK: Final = (Posting.Role.STAFF, Posting.Role.LEAD)
ABOVE: Final = (Posting.Role.LEAD, Posting.Role.OVERSEER)


class Clock(models.TextChoices):
    """The two clocks of a round."""

    REPAIR = "repair"
    ANSWER = "answer"


class Ladder(Ending):
    """The rungs that hold for rounds begun from a day on, and who counts as there.

    ``idle_days``: working days without a log-in after which an organization does not
    answer any more; ``capacity``: open cases that one can have. Null: not asked about.
    """

    idle_days = models.PositiveSmallIntegerField(null=True)
    capacity = models.PositiveIntegerField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="ladder_once_per_day",
                fields=["valid_from"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="ladder_does_not_end_before_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="ladder_ended_by_somebody", condition=ENDED_BY_SOMEBODY
            ),
        )

    def __str__(self) -> str:
        return f"from {self.valid_from}"


class Rung(models.Model):
    """At which share of the allowed time, in percent, who is told.

    ``levels``: 0 whoever holds the case, 1 the organization above, 2 the one above
    that. ``hands_up``: that one becomes co-holder; past the due time only, as the level
    above becomes it when a case falls due.
    """

    ladder = models.ForeignKey(
        Ladder, models.PROTECT, related_name="rungs", db_index=False
    )
    clock = models.CharField(max_length=6, choices=Clock)
    share = models.PositiveSmallIntegerField()
    levels = models.PositiveSmallIntegerField()
    hands_up = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="rung_once_per_ladder",
                fields=["ladder", "clock", "share", "levels"],
            ),
            models.CheckConstraint(
                name="rung_share_and_levels_within_reason",
                condition=Q(share__gte=1, share__lte=500, levels__lte=2),
            ),
            models.CheckConstraint(
                name="rung_hands_up_only_what_is_overdue",
                condition=Q(hands_up=False)
                | Q(clock="repair", share__gt=100, levels__gte=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.clock} {self.share} % to {self.levels}"


class Reached(models.Model):
    """A rung that a case's clock reached: once per case, round and clock.

    ``at``: the true instant; ``told_at``: when people were told, in their office hours,
    ``told``: how many (0: it had ended or moved on by then, a higher rung said it too,
    nobody has an address, or no server took the letters). ``organization``: whose
    people they are.
    """

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="reached", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    clock = models.CharField(max_length=6, choices=Clock)
    share = models.PositiveSmallIntegerField()
    levels = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    found_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told = models.PositiveSmallIntegerField(default=0)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="reached_once_per_case_and_clock",
                fields=["complaint", "round", "clock", "share", "levels"],
            ),
            models.CheckConstraint(
                name="reached_found_after_it_was_so",
                condition=Q(found_at__gte=F("at")),
            ),
        )
        indexes = (
            models.Index(
                name="reached_to_tell", fields=["id"], condition=Q(told_at=None)
            ),
            models.Index(name="reached_told", fields=["organization", "told_at"]),
            models.Index(
                name="reached_nobody",
                fields=["told_at"],
                condition=Q(told=0, organization__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.clock} {self.share} % of {self.complaint_id}"


class StandIn(models.Model):
    """A time in which an organization does not answer and the one above has its cases.

    ``told_at``, ``told_back_at``: when the people of both were told.
    """

    class Reason(models.TextChoices):
        NO_ACCOUNT = "no_account"
        NO_LOGIN = "no_login"
        TOO_MANY = "too_many"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="stood_in_for"
    )
    by = models.ForeignKey(Organization, models.PROTECT, related_name="stands_in")
    reason = models.CharField(max_length=10, choices=Reason)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="standin_one_at_a_time",
                fields=["organization"],
                condition=Q(until=None),
            ),
            models.CheckConstraint(
                name="standin_by_another_until_after_since",
                condition=~Q(organization=F("by"))
                & (Q(until=None) | Q(until__gte=F("since"))),
            ),
        )

    def __str__(self) -> str:
        return f"{self.by_id} for {self.organization_id}"


class Digest(models.Model):
    """One e-mail to one member of staff about all that is due, at most one an hour.

    ``counts``: how many cases at which rung; nothing about any of them. It is sent in
    the office hours of ``organization``, where the receiver works. ``since``: the hour
    of the first letter that was still waiting then, and is in this one. ``refused_at``:
    no server will take it, or it came back.
    """

    user = models.ForeignKey(
        User, models.PROTECT, related_name="digests", db_index=False
    )
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    counts = models.JSONField()
    sent_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="digest_one_per_person_and_hour", fields=["user", "hour"]
            ),
        )
        indexes = (
            models.Index(
                name="digest_refused",
                fields=["refused_at"],
                condition=Q(refused_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"to {self.user_id} at {self.hour:%Y-%m-%d %H}"


class RuleDraft(models.Model):
    """A rule or text to come: proposed by one, confirmed by another person.

    ``content``: the facts of the row to come; nothing personal.
    """

    class Subject(models.TextChoices):
        POLICY = "policy"
        LADDER = "ladder"
        OFFICE = "office"
        DAYS = "days"
        ROUTE = "route"
        TEXT = "text"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    subject = models.CharField(max_length=6, choices=Subject)
    content = models.JSONField()
    valid_from = models.DateField()
    source = models.CharField(max_length=120)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="ruledraft_confirmed_by_another_person",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="ruledraft_who_and_when_together",
                condition=(
                    Q(confirmed_by=None, confirmed_at=None)
                    | Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                )
                & (
                    Q(dropped_by=None, dropped_at=None)
                    | Q(dropped_by__isnull=False, dropped_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="ruledraft_confirmed_or_dropped",
                condition=Q(confirmed_at=None) | Q(dropped_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} from {self.valid_from}"

    @property
    def is_waiting(self) -> bool:
        """Tell whether nobody confirmed it or put it aside yet."""
        return self.confirmed_at is None and self.dropped_at is None
