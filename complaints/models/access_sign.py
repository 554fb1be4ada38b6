"""Unusual looks at people's data, and what came of asking about them."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.choices import Tie, Unusual
from complaints.models.event import Event
from portal.accounts.models import User
from portal.registry.models import Organization, Person


class AccessSign(models.Model):
    """One unusual look, or row of looks, that ``rules.unusual`` names.

    ``user`` looked; without one many did, at ``person``. ``organization`` is where, or
    what lies above all who looked. ``count`` and ``usual`` are what the rule counted
    and compared with. It is found again each hour of its day until it is reviewed.

    A case opened in an emergency (``actions.glass``) is one, too: ``event`` holds the
    reason, ``ends`` is until when it stays open, ``told_at`` when the leads of the unit
    in charge were told.
    """

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", _("There was a reason")
        UNJUSTIFIED = "unjustified", _("There was no reason")
        UNCLEAR = "unclear", _("It cannot be told")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    rule = models.CharField(max_length=8, choices=Unusual)
    tie = models.CharField(max_length=6, choices=Tie, blank=True)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    day = models.DateField()
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    count = models.PositiveIntegerField()
    usual = models.PositiveIntegerField(null=True)
    found_at = models.DateTimeField()
    event = models.OneToOneField(Event, models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True)
    note = models.TextField(blank=True, max_length=1000)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="accesssign_once",
                fields=["rule", "user", "person", "begins"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="accesssign_about_somebody",
                condition=Q(user__isnull=False) | Q(person__isnull=False),
            ),
            models.CheckConstraint(
                name="accesssign_reviewed_by_somebody_who_says_why",
                condition=Q(outcome="", note="", reviewed_by=None, reviewed_at=None)
                | ~Q(outcome="")
                & ~Q(note="")
                & Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="accesssign_of_an_emergency_iff_it_has_an_event",
                condition=Q(rule="glass", event__isnull=False, user__isnull=False)
                | ~Q(rule="glass") & Q(event=None, told_at=None),
            ),
            models.CheckConstraint(
                name="accesssign_reviewed_by_another",
                condition=Q(user=None)
                | Q(reviewed_by=None)
                | ~Q(reviewed_by=F("user")),
            ),
        )
        indexes = (
            models.Index(
                name="accesssign_to_review",
                fields=["path", "begins"],
                opclasses=["text_pattern_ops", "timestamptz_ops"],
                condition=Q(outcome=""),
            ),
            models.Index(
                name="accesssign_to_tell",
                fields=["id"],
                condition=Q(rule="glass", told_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.ref}"
