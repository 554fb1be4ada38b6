"""Samples of closed cases that somebody else checks once more, and what they found."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.choices import Outcome
from complaints.models.complaint import Complaint
from complaints.models.event import Event
from portal.accounts.models import User
from portal.registry.models import Organization


class Sample(models.Model):
    """Cases drawn out of those that staff closed at and below an organization.

    Of each unit and outcome ``per_stratum`` at most, ``most`` altogether, by the order
    of sha256(seed:event): whoever knows the seed draws the same. ``closed``: how many
    decisions there were to draw from. ``first`` and ``last`` are Vietnamese days.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    first = models.DateField()
    last = models.DateField()
    per_stratum = models.PositiveSmallIntegerField()
    most = models.PositiveIntegerField()
    seed = models.CharField(max_length=32)
    closed = models.PositiveIntegerField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="sample_ends_after_it_begins", condition=Q(last__gte=F("first"))
            ),
            models.CheckConstraint(
                name="sample_draws_something",
                condition=Q(per_stratum__gte=1, most__gte=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.first}..{self.last} {self.ref}"


class Recheck(models.Model):
    """One drawn decision, its second opinion, and what the unit says to it.

    ``organization`` decided, by ``event``; ``of_stratum`` such decisions were there to
    draw from. Whoever takes it has two days. The unit answers a disagreement; where it
    accepts it the case is opened again (``reopened_at``), if it rests still.
    """

    class Verdict(models.TextChoices):
        AGREE = "agree", _("I decide the same")
        DISAGREE = "disagree", _("I decide otherwise")

    class Reason(models.TextChoices):
        PROOF = "proof", _("The proof says something else")
        NO_PROOF = "no_proof", _("There was not proof enough")
        GROUND = "ground", _("The ground given does not fit")
        RECORD = "record", _("The record was changed wrongly")
        UNSEEN = "unseen", _("What was claimed was not looked at")
        OTHER = "other", _("Something else")

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("The check is right")
        HELD = "held", _("Our decision was right")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="rechecks")
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    stratum = models.CharField(max_length=16, choices=Outcome)
    of_stratum = models.PositiveIntegerField()
    checker = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    reason = models.CharField(max_length=8, choices=Reason, blank=True)
    note = models.TextField(blank=True, max_length=1000)
    checked_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    answer_note = models.TextField(blank=True, max_length=1000)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(name="recheck_once_per_event", fields=["event"]),
            models.CheckConstraint(
                name="recheck_taken_iff_it_has_a_checker",
                condition=Q(checker=None, taken_at=None)
                | Q(checker__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="recheck_verdict_by_its_checker",
                condition=Q(verdict="", checked_at=None)
                | ~Q(verdict="") & Q(checker__isnull=False, checked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="recheck_disagrees_for_a_reason",
                condition=Q(verdict="disagree") & ~Q(reason="") & ~Q(note="")
                | ~Q(verdict="disagree") & Q(reason=""),
            ),
            models.CheckConstraint(
                name="recheck_answered_where_it_disagrees",
                condition=Q(
                    answer="", answer_note="", answered_by=None, answered_at=None
                )
                | ~Q(answer="")
                & ~Q(answer_note="")
                & Q(
                    verdict="disagree",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="recheck_reopens_what_was_accepted",
                condition=Q(reopened_at=None) | Q(answer="accepted"),
            ),
            models.CheckConstraint(
                name="recheck_answered_by_another",
                condition=Q(answered_by=None) | ~Q(answered_by=F("checker")),
            ),
        )
        indexes = (
            models.Index(
                name="recheck_to_check",
                fields=["path", "id"],
                opclasses=["text_pattern_ops", "int8_ops"],
                condition=Q(verdict=""),
            ),
            models.Index(
                name="recheck_checked",
                fields=["path", "checked_at"],
                opclasses=["text_pattern_ops", "timestamptz_ops"],
                condition=~Q(verdict=""),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)
