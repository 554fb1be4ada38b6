"""What another body was asked to confirm about a case, and what it said."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.choices import Reply
from complaints.models.complaint import Complaint
from complaints.models.event import Event
from portal.accounts.models import User
from portal.common import codes
from portal.registry.models import Organization


class Referral(models.Model):
    """A sheet that was sent to another body, by a number of its own.

    ``event`` is the move that began the wait; its note is the question. ``authority``
    is null for a body that is not in the registry, as the police of most communes.
    ``points`` names the claims to be confirmed. What they said in words stands in the
    note of the event by which it came back. ``ended_at``: when the wait ended, by an
    answer or without one; an answer may still come after that.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("They are asked")
        ANSWERED = "answered", _("They answered")
        EXPIRED = "expired", _("No answer in time")
        OVERTAKEN = "overtaken", _("Went on without an answer")
        TAKEN_BACK = "taken_back", _("The question was taken back")

    number = models.CharField(max_length=10, unique=True, default=codes.new_code)
    event = models.OneToOneField(Event, models.PROTECT, related_name="referral")
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="referrals")
    authority = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+"
    )
    authority_name = models.CharField(max_length=160)
    points = models.JSONField()
    expected_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ended_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=8, choices=Reply, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    # Where an answer can be entered: the case may have gone on meanwhile.
    UNANSWERED: Final = (State.WAITING, State.EXPIRED, State.OVERTAKEN)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="referral_one_waiting_per_complaint",
                fields=["complaint"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                name="referral_ended_iff_it_does_not_wait",
                condition=Q(state="waiting", ended_at=None)
                | ~Q(state="waiting") & Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_answered_iff_by_somebody",
                condition=Q(
                    state="answered",
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                )
                & ~Q(reply="")
                | ~Q(state="answered")
                & Q(answered_at=None, answered_by=None, reply=""),
            ),
        )
        indexes = (
            # Few rows: those that wait, longest due first.
            models.Index(
                name="referral_waiting",
                fields=["expected_at", "id"],
                condition=Q(state="waiting"),
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def pretty_number(self) -> str:
        """Return the number as people read it aloud."""
        return codes.pretty(self.number)
