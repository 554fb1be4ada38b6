"""Who answers instead of whom, as dated rows; what a draft would have changed."""

import uuid

from django.db import models
from django.db.models import F, Q

from complaints.choices import Kind
from complaints.models.ladder import RuleDraft
from portal.accounts.models import User
from portal.registry.models import Organization


class Delegation(models.Model):
    """Cases that ``organization`` would answer go to ``to``, from one day to another.

    ``kind`` empty: of every kind. ``with_below``: also what any unit below it would
    answer. The nearest row counts, and one for the kind before one for all; it is not
    followed further (``rules.responsibility``). ``ended_by``: who rolled it back.
    """

    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="delegations"
    )
    with_below = models.BooleanField(default=False)
    to = models.ForeignKey(Organization, models.PROTECT, related_name="delegated")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="delegation_once_per_reach_and_day",
                fields=["organization", "kind", "valid_from"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="delegation_does_not_end_before_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="delegation_to_another_or_from_below",
                condition=Q(with_below=True) | ~Q(organization=F("to")),
            ),
            models.CheckConstraint(
                name="delegation_rolled_back_by_somebody",
                condition=Q(ended_by=None, ended_at=None)
                | Q(
                    ended_by__isnull=False,
                    ended_at__isnull=False,
                    valid_to__isnull=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization_id} -> {self.to_id}"


class Replay(models.Model):
    """Last month's reports routed again under a draft: how far it is, what it found.

    ``after``: the key up to which it looked. ``pairs``: how many would go from which
    unit to which other one; ``examples``: some of their codes. Nothing personal.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    draft = models.ForeignKey(RuleDraft, models.CASCADE, related_name="replays")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    total = models.PositiveIntegerField()
    looked = models.PositiveIntegerField(default=0)
    after = models.BigIntegerField(default=0)
    pairs = models.JSONField(default=list)
    examples = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="replay_done_iff_it_has_a_time",
                condition=Q(state="running", done_at=None)
                | ~Q(state="running") & Q(done_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.looked} of {self.total}"
