"""What happened to a complaint, and who was told."""

import uuid

from django.db import models

from complaints.choices import Actor, Move, Status
from complaints.models.complaint import Complaint
from portal.accounts.models import User
from portal.registry.models import Organization


class Event(models.Model):
    """A move that was made. Append-only; ``hash`` chains it to the one before.

    The database fills ``seq`` and ``hash`` and refuses changes, save that a note may be
    erased: the chain holds the salted digest of it. ``data`` never holds personal data.
    """

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField(default=0)
    move = models.CharField(max_length=12, choices=Move)
    at = models.DateTimeField()
    actor = models.CharField(max_length=8, choices=Actor)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=17, choices=Status)
    round = models.PositiveSmallIntegerField()
    holder = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)
    note = models.TextField(blank=True, max_length=4000)
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

    ``recipient`` is 'citizen' or an organization's code; address and text are sealed.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    event = models.ForeignKey(Event, models.PROTECT, related_name="messages")
    recipient = models.CharField(max_length=32)
    channel = models.CharField(max_length=10)
    to_sealed = models.BinaryField()
    text_sealed = models.BinaryField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="message_once_per_event_recipient_and_channel",
                fields=["event", "recipient", "channel"],
            ),
            models.CheckConstraint(
                name="message_sent_iff_it_has_a_time",
                condition=models.Q(state="sent", sent_at__isnull=False)
                | ~models.Q(state="sent") & models.Q(sent_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} of {self.event_id}"
