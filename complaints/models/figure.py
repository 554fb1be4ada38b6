"""What was measured of each matter, and the figures that are counted from it."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from complaints.choices import Channel, Kind, Outcome
from complaints.models.complaint import Complaint
from complaints.models.rating import Rating
from portal.registry.models import Organization

# What a cell of figures counts of a matter; an index that holds them all spares the
# recount of a cell the table.
_COUNTED: Final = (
    "kind",
    "channel",
    "is_open",
    "is_resolved",
    "is_on_time",
    "is_lapsed",
    "is_left_late",
    "is_untouched",
    "late_from",
    "spent",
    "first_answer",
    "answer_late_from",
    "bucket",
    "answer_bucket",
    "left_bucket",
    "rounds",
    "outcome",
    "asks",
    "hops",
    "is_disagreed",
    "is_reversed",
    "is_self_corrected",
    "is_kept_unseen",
    "is_refiled",
    "rating",
    "waited",
    "checked",
    "paused",
    "elsewhere",
    "seconded",
)


class Measure(models.Model):
    """What one matter took so far, as its events say; replaced, never added to.

    Times are seconds. ``spent`` is wall time without pauses, summed over the rounds,
    up to the newest event: an open matter goes on from ``runs_from``, and is overdue
    after ``late_from``. ``answer_late_from``: since when a first answer of staff was
    late, or will be while none came. ``outcome``: of the last decision.
    ``is_left_late``: it ended without a decision after its time was over.
    ``first_answer``: until staff told the citizen something. ``bucket``,
    ``answer_bucket``, ``left_bucket``: where the times to the resolution, to the first
    answer and to withdrawing lie on the scale of ``rollups.sketches``; what lapsed
    left at its far end. ``waited`` to ``seconded``: how long it stood in each
    state (received, in review, waiting for the citizen, for another body, for a second
    person); ``held_by``: how long whom, where more than one had it. ``rating``: the
    citizen's newest word on how it was handled; empty without one. ``sent_on`` and
    ``ended_on`` are Vietnamese days; ``event`` is the newest event that was read.
    """

    complaint = models.OneToOneField(
        Complaint, models.CASCADE, primary_key=True, related_name="measure"
    )
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=7, choices=Channel, db_default=Channel.SELF)
    sent_on = models.DateField()
    ended_on = models.DateField(null=True)
    is_open = models.BooleanField()
    is_resolved = models.BooleanField()
    is_on_time = models.BooleanField()
    is_lapsed = models.BooleanField(db_default=False)
    is_left_late = models.BooleanField(db_default=False)
    is_untouched = models.BooleanField()
    late_from = models.DateTimeField(null=True)
    runs_from = models.DateTimeField(null=True)
    spent = models.PositiveIntegerField()
    first_answer = models.PositiveIntegerField(null=True)
    answer_late_from = models.DateTimeField(null=True)
    bucket = models.PositiveSmallIntegerField(null=True)
    answer_bucket = models.PositiveSmallIntegerField(null=True)
    left_bucket = models.PositiveSmallIntegerField(null=True)
    rounds = models.PositiveSmallIntegerField()
    outcome = models.CharField(
        max_length=16, choices=Outcome, blank=True, db_default=""
    )
    asks = models.PositiveSmallIntegerField()
    hops = models.PositiveSmallIntegerField()
    is_disagreed = models.BooleanField()
    is_reversed = models.BooleanField()
    is_self_corrected = models.BooleanField()
    is_kept_unseen = models.BooleanField()
    is_refiled = models.BooleanField()
    rating = models.CharField(
        max_length=4, choices=Rating.Word, blank=True, db_default=""
    )
    waited = models.PositiveIntegerField()
    checked = models.PositiveIntegerField()
    paused = models.PositiveIntegerField()
    elsewhere = models.PositiveIntegerField()
    seconded = models.PositiveIntegerField()
    held_by = models.JSONField(null=True)
    event = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="measure_open_iff_the_clock_goes_on",
                condition=Q(is_open=True, ended_on=None)
                & Q(late_from__isnull=False, runs_from__isnull=False)
                | Q(is_open=False, ended_on__isnull=False)
                & Q(late_from=None, runs_from=None),
            ),
            models.CheckConstraint(
                name="measure_bucket_iff_resolved",
                condition=Q(is_resolved=True, is_open=False, bucket__isnull=False)
                | Q(is_resolved=False, bucket=None, is_on_time=False),
            ),
            models.CheckConstraint(
                name="measure_answer_late_while_open_or_answered",
                condition=Q(answer_late_from=None)
                | Q(is_open=True)
                | Q(first_answer__isnull=False),
            ),
            models.CheckConstraint(
                name="measure_left_iff_ended_unresolved",
                condition=Q(is_lapsed=False, is_left_late=False)
                | Q(is_open=False, is_resolved=False),
            ),
        )
        indexes = (
            models.Index(
                name="measure_by_sending",
                fields=["holder", "sent_on"],
                include=_COUNTED,
            ),
            models.Index(
                name="measure_by_ending",
                fields=["holder", "ended_on"],
                include=_COUNTED,
                condition=Q(ended_on__isnull=False),
            ),
            # Of the whole country, of the last weeks: not by 12,000 holders. With the
            # complaint they give the cases behind a figure page by page.
            models.Index(name="measure_sent", fields=["sent_on", "complaint"]),
            models.Index(
                name="measure_ended",
                fields=["ended_on", "complaint"],
                condition=Q(ended_on__isnull=False),
            ),
            models.Index(
                name="measure_slowest",
                fields=["spent", "complaint"],
                condition=Q(is_resolved=True),
            ),
            models.Index(
                name="measure_answered",
                fields=["first_answer", "complaint"],
                condition=Q(first_answer__isnull=False),
            ),
            models.Index(
                name="measure_open",
                fields=["holder", "sent_on"],
                include=["kind", "channel", "spent", "runs_from", "is_untouched"],
                condition=Q(is_open=True),
            ),
            models.Index(
                name="measure_handed",
                fields=["holder", "ended_on"],
                condition=Q(held_by__isnull=False),
            ),
            models.Index(
                name="measure_awaits_answer",
                fields=["answer_late_from"],
                condition=Q(answer_late_from__isnull=False, first_answer=None),
            ),
            models.Index(
                name="measure_falls_due",
                fields=["late_from"],
                condition=Q(is_open=True),
            ),
        )

    def __str__(self) -> str:
        return f"of {self.complaint_id}"


class Counted(models.Model):
    """What is counted of a month and kind; times in seconds of wall time, no pauses.

    ``kind`` empty: all kinds together. ``cohort``: by the month in which complaints
    were sent (opened) or ended (closed). ``waited`` to ``seconded`` sum the seconds
    that ended matters stood in each state.
    """

    class Cohort(models.TextChoices):
        OPENED = "opened"
        CLOSED = "closed"

    month = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    cohort = models.CharField(max_length=6, choices=Cohort)
    received = models.PositiveIntegerField()
    resolved = models.PositiveIntegerField()
    on_time = models.PositiveIntegerField()
    open = models.PositiveIntegerField()
    open_overdue = models.PositiveIntegerField()
    lapsed = models.PositiveIntegerField(db_default=0)
    withdrawn = models.PositiveIntegerField(db_default=0)
    left_late = models.PositiveIntegerField(db_default=0)
    answered = models.PositiveIntegerField(db_default=0)
    unanswered = models.PositiveIntegerField(db_default=0)
    answered_in_time = models.PositiveIntegerField(db_default=0)
    answer_overdue = models.PositiveIntegerField(db_default=0)
    untouched = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    corrected = models.PositiveIntegerField(db_default=0)
    partly_corrected = models.PositiveIntegerField(db_default=0)
    kept = models.PositiveIntegerField(db_default=0)
    already_correct = models.PositiveIntegerField(db_default=0)
    asked = models.PositiveIntegerField()
    questions = models.PositiveIntegerField(db_default=0)
    handed = models.PositiveIntegerField()
    hand_overs = models.PositiveIntegerField(db_default=0)
    disagreed = models.PositiveIntegerField()
    reversed = models.PositiveIntegerField()
    self_corrected = models.PositiveIntegerField()
    kept_unseen = models.PositiveIntegerField()
    refiled = models.PositiveIntegerField()
    rated = models.PositiveIntegerField(db_default=0)
    good = models.PositiveIntegerField(db_default=0)
    poor = models.PositiveIntegerField(db_default=0)
    waited = models.PositiveBigIntegerField()
    checked = models.PositiveBigIntegerField()
    paused = models.PositiveBigIntegerField()
    elsewhere = models.PositiveBigIntegerField()
    seconded = models.PositiveBigIntegerField()
    median = models.PositiveIntegerField(null=True)
    p75 = models.PositiveIntegerField(null=True)
    p90 = models.PositiveIntegerField(null=True)
    first_answer_median = models.PositiveIntegerField(null=True)

    class Meta:
        abstract = True


class Figure(Counted):
    """Resolution times of what one organization itself holds; replaced, never added to.

    The percentiles are exact.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="figures", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="figure_once",
                fields=["organization", "cohort", "month", "kind"],
            ),
            models.CheckConstraint(
                name="figure_month_begins_on_the_first", condition=Q(month__day=1)
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m} {self.kind}"


class SubtreeFigure(Counted):
    """The same of the nation, or of what stands directly below it, with all below.

    ``channel`` empty: all channels together. The percentiles come from sketches (see
    ``rollups.sketches``), at most 1 % off: how many resolutions (``buckets``,
    ``counts``), first answers and leavings lie in which bucket.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="subtree_figures", db_index=False
    )
    channel = models.CharField(max_length=7, choices=Channel, blank=True, db_default="")
    buckets = ArrayField(models.SmallIntegerField(), default=list)
    counts = ArrayField(models.IntegerField(), default=list)
    answer_buckets = ArrayField(models.SmallIntegerField(), default=list)
    answer_counts = ArrayField(models.IntegerField(), default=list)
    left_buckets = ArrayField(models.SmallIntegerField(), default=list)
    left_counts = ArrayField(models.IntegerField(), default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="subtree_figure_once",
                fields=["organization", "cohort", "month", "kind", "channel"],
            ),
            models.CheckConstraint(
                name="subtree_figure_month_begins_on_the_first",
                condition=Q(month__day=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization_id} and below {self.month:%Y-%m} {self.kind}"


class Watermark(models.Model):
    """How far a reader of events has come, and when it last read."""

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
