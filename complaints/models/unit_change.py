"""Units that open, are renamed or close: what was decided, and what became of it."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from complaints.models.complaint import Complaint
from complaints.models.event import Event
from portal.accounts.models import User
from portal.registry.models import Organization


class UnitChange(models.Model):
    """A unit that opens, is renamed, moved or closed from a day on, and who said so.

    A change of a day to come waits (``planned``); ``running``: a worker moves cases.
    ``staff``: whether the postings of a unit that closes go to the successor or end.
    ``facts``: what went along, for taking it back. ``cases``: how many were moved.
    ``trouble``: why a change could not be carried out on its day.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        RENAMED = "renamed"
        CLOSED = "closed"
        MOVED = "moved"

    class State(models.TextChoices):
        PLANNED = "planned"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        UNDONE = "undone"

    class Staff(models.TextChoices):
        MOVE = "move"
        END = "end"

    WAITING = (State.PLANNED, State.RUNNING)

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="changes"
    )
    kind = models.CharField(max_length=7, choices=Kind)
    day = models.DateField()
    name_before = models.CharField(max_length=160, blank=True)
    name_after = models.CharField(max_length=160, blank=True)
    successor = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="takes_over"
    )
    parent_before = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", db_index=False
    )
    parent_after = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", db_index=False
    )
    staff = models.CharField(max_length=4, choices=Staff, blank=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State)
    trouble = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    cases = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="unitchange_one_waits_per_unit",
                fields=["organization"],
                condition=Q(state__in=("planned", "running")),
            ),
            models.CheckConstraint(
                name="unitchange_done_has_a_time",
                condition=Q(state__in=("done", "undone"), done_at__isnull=False)
                | ~Q(state__in=("done", "undone")) & Q(done_at=None),
            ),
            models.CheckConstraint(
                name="unitchange_taken_back_by_somebody",
                condition=Q(
                    state__in=("withdrawn", "undone"),
                    ended_by__isnull=False,
                    ended_at__isnull=False,
                )
                | ~Q(state__in=("withdrawn", "undone"))
                & Q(ended_by=None, ended_at=None),
            ),
            models.CheckConstraint(
                name="unitchange_refused_iff_it_says_why",
                condition=Q(state="refused") & ~Q(trouble="")
                | ~Q(state="refused") & Q(trouble=""),
            ),
            models.CheckConstraint(
                name="unitchange_succeeds_another",
                condition=Q(successor=None)
                | Q(kind="closed") & ~Q(successor=F("organization")),
            ),
            models.CheckConstraint(
                name="unitchange_renamed_iff_it_has_a_new_name",
                condition=Q(kind="renamed") & ~Q(name_after="")
                | ~Q(kind="renamed") & Q(name_after=""),
            ),
            models.CheckConstraint(
                name="unitchange_moved_iff_it_has_a_new_place",
                condition=Q(
                    kind="moved",
                    parent_before__isnull=False,
                    parent_after__isnull=False,
                )
                | ~Q(kind="moved") & Q(parent_before=None, parent_after=None),
            ),
        )
        indexes = (models.Index(name="unitchange_newest", fields=["-id"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.organization_id}"


class UnitChangeCase(models.Model):
    """A case that went to the successor of a unit that closed.

    ``before``: status, assignee, co-holder and time as they were, for taking it back.
    """

    change = models.ForeignKey(
        UnitChange, models.PROTECT, related_name="moved", db_index=False
    )
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    before = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="unitchangecase_once_per_event", fields=["change", "event"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.complaint_id} by {self.change_id}"
