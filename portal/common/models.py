"""Rows without domain words: waiting work, the limiter's counters, demo messages."""

from django.db import models
from django.db.models import Q


class Outbox(models.Model):
    """A piece of work that a committed transaction owes; the queue of truth.

    ``kind`` picks the handler (``settings.OUTBOX``), ``subject`` is the primary key
    that the handler takes. ``attempts`` is raised before the work is tried, so that a
    crash counts; after five the row is parked (``dead_at``) and shown to operators.
    """

    kind = models.CharField(max_length=20)
    subject = models.BigIntegerField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="outbox_one_row_per_kind_and_subject", fields=["kind", "subject"]
            ),
            models.CheckConstraint(
                name="outbox_is_done_or_dead_not_both",
                condition=Q(done_at=None) | Q(dead_at=None),
            ),
        )
        indexes = (
            models.Index(
                name="outbox_waiting",
                fields=["kind", "next_at"],
                condition=Q(done_at=None, dead_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Tally(models.Model):
    """A counter of the limiter while Redis is away: one a limit, subject, window."""

    key = models.CharField(max_length=140, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class DemoMessage(models.Model):
    """What the demo's provider "sent", shown on a page instead of a telephone."""

    provider_key = models.CharField(max_length=60, unique=True)
    channel = models.CharField(max_length=10)
    to_digest = models.BinaryField(max_length=32)
    to_sealed = models.BinaryField()
    text_sealed = models.BinaryField()
    code_sealed = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(name="demomessage_to", fields=["to_digest", "-at"]),)

    def __str__(self) -> str:
        return self.provider_key
