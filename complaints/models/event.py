"""What happened to a complaint, and who was told."""

import uuid

from django.db import models

from complaints.choices import Actor, Move, Status
from complaints.models.complaint import Complaint
from portal.accounts.models import User
from portal.common.fields import SealedTextField
from portal.registry.models import Organization


class Event(models.Model):
    """A move that was made. Append-only; ``hash`` chains it to the one before.

    The database fills ``seq`` and ``hash`` and refuses changes, save that a note may be
    erased: the chain holds the salted digest of it. ``data`` never holds personal data.
    """

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="events", db_index=False
    )
    seq = models.PositiveIntegerField(default=0)
    move = models.CharField(max_length=12, choices=Move)
    at = models.DateTimeField()
    actor = models.CharField(max_length=8, choices=Actor)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=17, choices=Status)
    round = models.PositiveSmallIntegerField()
    holder = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)
    note = SealedTextField(blank=True, max_length=4000, bound_to="event:note")
    note_salt = models.UUIDField(default=uuid.uuid4)
    note_digest = models.BinaryField(max_length=32, null=True)
    hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="event_sequence_without_repeats",
                fields=["complaint", "seq"],
                include=["move", "status", "at", "round"],
            ),
        )
        indexes = (models.Index(name="event_at", fields=["at"]),)

    def __str__(self) -> str:
        return f"{self.move} of {self.complaint_id}"


class Message(models.Model):
    """One notice of an event to one recipient by one channel, sent at most once.

    ``recipient`` is 'citizen' (who filed it) or 'joined:' with the number of a later
    submission; address and text are sealed. ``provider_id`` is the carrier's own name
    of it, ``trouble`` the reason of the last try that failed, in a word. ``sent``: a
    carrier took it; ``delivered``: it says that the telephone has it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DELIVERED = "delivered"
        FAILED = "failed"

    event = models.ForeignKey(
        Event, models.PROTECT, related_name="messages", db_index=False
    )
    recipient = models.CharField(max_length=32)
    channel = models.CharField(max_length=10)
    to_sealed = models.BinaryField()
    text_sealed = models.BinaryField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    provider_id = models.CharField(max_length=64, blank=True, db_default="")
    trouble = models.CharField(max_length=40, blank=True, db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="message_once_per_event_recipient_and_channel",
                fields=["event", "recipient", "channel"],
            ),
            models.CheckConstraint(
                name="message_has_a_time_once_it_was_sent",
                condition=models.Q(state="waiting", sent_at=None)
                | models.Q(state__in=("sent", "delivered"), sent_at__isnull=False)
                | models.Q(state="failed"),
            ),
            models.CheckConstraint(
                name="message_delivered_iff_it_has_a_time",
                condition=models.Q(state="delivered", delivered_at__isnull=False)
                | ~models.Q(state="delivered") & models.Q(delivered_at=None),
            ),
        )
        indexes = (
            models.Index(
                name="message_provider_id",
                fields=["provider_id"],
                condition=~models.Q(provider_id=""),
            ),
            # Few rows: what the page about stuck messages looks for.
            models.Index(
                name="message_not_sent",
                fields=["state", "id"],
                condition=models.Q(state__in=("waiting", "failed")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} of {self.event_id}"
