"""Many cases that get the same move: chosen once, moved one by one by workers."""

import uuid

from django.db import models
from django.db.models import Q

from complaints.models.complaint import Complaint
from complaints.models.event import Event
from portal.accounts.models import User
from portal.common import crypto


class Bulk(models.Model):
    """A set of cases that somebody chose, and the move that they are to get.

    The set is frozen when it is chosen: ``BulkItem`` holds each case with the version
    that it had. ``facts_sealed`` is what the move takes (note, reasons, receiver).
    ``is_part``: more would have fitted than a set holds. ``language``: in which words
    refusals are kept.
    """

    class State(models.TextChoices):
        CHOSEN = "chosen"
        RUNNING = "running"
        STOPPED = "stopped"
        FINISHED = "finished"
        UNDOING = "undoing"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    language = models.CharField(max_length=2)
    chosen_at = models.DateTimeField()
    total = models.PositiveIntegerField()
    is_part = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=8, choices=State, default=State.CHOSEN)
    # A ``Move``; named by no list of choices, which grows by itself.
    move = models.CharField(max_length=12, blank=True)
    facts_sealed = models.BinaryField(null=True)
    started_at = models.DateTimeField(null=True)
    progress_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="bulk_begun_iff_it_has_a_move",
                condition=Q(state="chosen", move="", facts_sealed=None, started_at=None)
                | ~Q(state="chosen")
                & ~Q(move="")
                & Q(facts_sealed__isnull=False, started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="bulk_ended_iff_it_does_not_run",
                condition=Q(state__in=("chosen", "running", "undoing"), ended_at=None)
                | Q(state__in=("stopped", "finished"), ended_at__isnull=False),
            ),
        )
        indexes = (models.Index(name="bulk_by", fields=["by", "-id"]),)

    def __str__(self) -> str:
        return f"{self.move or 'chosen'} {self.total}"

    @property
    def facts(self) -> dict:
        """Return what the move takes, in clear."""
        assert self.facts_sealed is not None  # it was begun
        return crypto.unseal_json(self.facts_sealed, bound_to=f"bulk:{self.ref}")

    @facts.setter
    def facts(self, facts: dict) -> None:
        self.facts_sealed = crypto.seal_json(facts, bound_to=f"bulk:{self.ref}")


class BulkItem(models.Model):
    """One case of a set: the version it was chosen at, and what became of it.

    ``event`` is the move that was made, so that each case gets it once at most.
    ``words``: why it was refused, or why what was done stays although its chooser took
    it back, as the chooser reads it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"
        CHANGED = "changed"
        UNDONE = "undone"

    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="items", db_index=False)
    place = models.PositiveIntegerField()
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    words = models.CharField(max_length=300, blank=True)
    event = models.OneToOneField(Event, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="bulkitem_one_per_place", fields=["bulk", "place"]
            ),
            models.UniqueConstraint(
                name="bulkitem_one_per_case", fields=["bulk", "complaint"]
            ),
            models.CheckConstraint(
                name="bulkitem_done_iff_it_was_moved",
                condition=Q(state__in=("done", "undone"), event__isnull=False)
                | ~Q(state__in=("done", "undone")) & Q(event=None),
            ),
            models.CheckConstraint(
                name="bulkitem_refused_iff_it_says_why",
                condition=Q(state="refused") & ~Q(words="")
                | Q(state="done")
                | ~Q(state__in=("refused", "done")) & Q(words=""),
            ),
        )
        indexes = (
            models.Index(name="bulkitem_state", fields=["bulk", "state", "place"]),
        )

    def __str__(self) -> str:
        return f"{self.bulk_id}:{self.place}"


class BulkRun(models.Model):
    """A slice of work that a set still needs; the subject of its outbox row."""

    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="runs")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"run of {self.bulk_id}"
