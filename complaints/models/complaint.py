"""A complaint, its claims, and the reads that have names."""

from datetime import datetime
from typing import Final, Self

from django.db import models
from django.db.models import Case, F, Func, Lookup, Q, When

from complaints.choices import (
    CHANGING,
    ENDED,
    OPEN,
    Check,
    Field,
    Ground,
    Kind,
    Outcome,
    Status,
    Urgency,
    Verdict,
)
from complaints.models.submission import Submission
from portal.accounts.models import User
from portal.common import codes, crypto
from portal.common.fields import SealedTextField
from portal.registry.models import Correction, Dose, Organization


class Below(Lookup):
    """``path__below=prefix``: whether a path begins with another, which ends in "/".

    LIKE would say the same, but PostgreSQL keeps it from the index of a table with row
    policies, as it might leak rows. These operators cannot leak, and compare bytes
    whatever the database's collation, as text_pattern_ops does.
    """

    lookup_name = "below"

    def as_sql(self, compiler, connection):
        path, params = self.process_lhs(compiler, connection)
        # "0" is the sign after "/".
        first, end = self.rhs, f"{self.rhs.removesuffix('/')}0"
        return (
            f"({path}::text ~>=~ %s::text AND {path}::text ~<~ %s::text)",
            [*params, first, *params, end],
        )


models.CharField.register_lookup(Below)


# What is urgent leads its due day in Vietnam, whatever the hour at which it is due.
DAY_BEGINS: Final = (
    "date_trunc('day', %(expressions)s AT TIME ZONE 'Asia/Ho_Chi_Minh')"
    " AT TIME ZONE 'Asia/Ho_Chi_Minh'"
)


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    """Complaints, by who may see them and by what a page needs."""

    def visible_to(self, user: User, *, at: datetime) -> Self:
        """Return the complaints held at and below the user's current postings.

        Deny by default: no posting, no rows. The prefixes are OR-ed, not joined, so
        that the text_pattern_ops index on the holder's path serves them.
        """
        scope = Q(pk__in=[])
        for path in user.current_postings(at=at).values_list(
            "organization__path", flat=True
        ):
            scope |= Q(holder_path__below=path)
        return self.filter(scope)

    def open(self) -> Self:
        """Return the complaints that still wait for an outcome."""
        return self.filter(status__in=OPEN)

    def lock(self, pk: int) -> "Complaint":
        """Return the complaint, locked until the transaction ends."""
        rows = self.select_for_update(of=("self",)).select_related(
            "submission", "holder", "dose"
        )
        try:
            locked: Complaint = rows.get(pk=pk)
        except self.model.DoesNotExist:
            # Handed on while this waited, it no longer fits the holder it was joined
            # with, and the database drops it. Asked again, it is found as it is now.
            locked = rows.all().get(pk=pk)
        return locked


class Complaint(models.Model):
    """One thing that a citizen says is wrong, with one competent organization.

    ``due_at`` is what ``rules.clock`` says of its events, kept for the queue's index;
    ``queue_at`` is its place there: what is urgent comes first within its due day.
    ``holder_path`` repeats the holder's path for the same reason (a trigger keeps it).
    ``policy``: what counts for this round where whoever got it first has a policy of
    its own or of its level; null: the general one of the day the round began.
    ``co_holder``: who above the holder answers for it as well since it fell due.
    ``given_on``, ``site`` and ``lot`` are those claimed, else those of the dose: what
    the queue is narrowed by. What is claimed of a month alone stands as its first day.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="complaints", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    status = models.CharField(max_length=17, choices=Status, default=Status.RECEIVED)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="complaints")
    subject_key = models.BinaryField(max_length=32)
    given_on = models.DateField(null=True)
    site = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    site_text = models.CharField(max_length=200, blank=True)
    lot = models.CharField(max_length=30, blank=True, default="", db_default="")
    story = SealedTextField(blank=True, max_length=2000, bound_to="complaint:story")
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="complaints", db_index=False
    )
    holder_path = models.CharField(max_length=120)
    co_holder = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+"
    )
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="complaints"
    )
    submitted_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True)
    round_started_at = models.DateTimeField()
    policy = models.ForeignKey(
        "complaints.Policy", models.PROTECT, null=True, related_name="+"
    )
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    urgent_on = models.DateField(null=True)
    urgent_reason = models.CharField(
        max_length=6, choices=Urgency, blank=True, default="", db_default=""
    )
    queue_at = models.GeneratedField(
        expression=Case(
            When(urgent_on__isnull=True, then=F("due_at")),
            default=Func(
                F("due_at"), template=DAY_BEGINS, output_field=models.DateTimeField()
            ),
        ),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    confirmed_at = models.DateTimeField(null=True)
    confirmed_upstream_at = models.DateTimeField(null=True)
    reported_again = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="complaint_number_once_per_submission",
                fields=["submission", "number"],
            ),
            models.CheckConstraint(
                name="complaint_ended_iff_it_is_not_open",
                condition=Q(status__in=OPEN, ended_at=None)
                | Q(status__in=ENDED, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="complaint_outcome_iff_resolved",
                condition=Q(status=Status.RESOLVED) & ~Q(outcome="")
                | ~Q(status=Status.RESOLVED) & Q(outcome=""),
            ),
            models.CheckConstraint(
                name="complaint_paused_iff_waiting_for_the_citizen",
                condition=Q(status=Status.WAITING_CITIZEN, paused_at__isnull=False)
                | ~Q(status=Status.WAITING_CITIZEN) & Q(paused_at=None),
            ),
            models.CheckConstraint(
                name="complaint_due_after_it_was_sent",
                condition=Q(due_at__gte=F("submitted_at")),
            ),
            models.CheckConstraint(
                name="complaint_co_holder_is_another_while_it_is_open",
                condition=Q(co_holder=None)
                | Q(status__in=OPEN) & ~Q(co_holder=F("holder")),
            ),
            models.CheckConstraint(
                name="complaint_urgent_reason_only_with_a_date",
                condition=Q(urgent_reason="") | Q(urgent_on__isnull=False),
            ),
            models.UniqueConstraint(
                name="complaint_one_open_per_subject",
                fields=["subject_key"],
                condition=Q(status__in=OPEN),
            ),
        )
        indexes = (
            models.Index(
                name="complaint_not_upstream",
                fields=["ended_at", "id"],
                condition=Q(
                    outcome__in=("corrected", "partly_corrected"),
                    confirmed_upstream_at=None,
                ),
            ),
            models.Index(
                name="complaint_open_by_holder",
                fields=["holder", "due_at", "id"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(
                name="complaint_open_by_path",
                fields=["holder_path", "queue_at"],
                opclasses=["text_pattern_ops", "timestamptz_ops"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(
                name="complaint_open_by_queue",
                fields=["queue_at", "id"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(
                name="complaint_open_by_due",
                fields=["due_at", "id"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(name="complaint_ended", fields=["holder", "ended_at"]),
            models.Index(
                name="complaint_open_by_status",
                fields=["status", "queue_at"],
                condition=Q(status__in=OPEN),
            ),
            # What the queue is narrowed to by filters that few cases fit.
            models.Index(
                name="complaint_open_by_kind",
                fields=["kind", "queue_at", "id"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(
                name="complaint_open_by_day",
                fields=["given_on", "queue_at"],
                condition=Q(status__in=OPEN),
            ),
            models.Index(
                name="complaint_open_by_lot",
                fields=["lot", "queue_at"],
                condition=Q(status__in=OPEN) & ~Q(lot=""),
            ),
            models.Index(
                name="complaint_open_urgent",
                fields=["queue_at", "id"],
                condition=Q(status__in=OPEN, urgent_on__isnull=False),
            ),
            models.Index(
                name="complaint_open_again",
                fields=["queue_at", "id"],
                condition=Q(status__in=OPEN, reported_again__gt=0),
            ),
            models.Index(
                name="complaint_figures",
                fields=["holder", "submitted_at"],
            ),
            # Whether the same was reported again after it had ended.
            models.Index(
                name="complaint_by_subject", fields=["subject_key", "submitted_at"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.submission_id}-{self.number}"

    @property
    def reference(self) -> str:
        """Return the matter's public name: the submission's code and its number."""
        return f"{self.submission.code}-{self.number}"

    @property
    def pretty_reference(self) -> str:
        """Return the reference as people read it aloud."""
        return f"{codes.pretty(self.submission.code)}-{self.number}"

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for an outcome."""
        return self.status in OPEN


class Claim(models.Model):
    """One field: what is recorded, what is claimed, and what was decided.

    All sides are sealed, as they may be identity numbers. A missing dose claims
    each fact of the dose, with nothing recorded. ``decided`` is what staff found where
    the citizen was vague, mistaken or said nothing: a day for a month, a site for a
    place in words; ``claimed`` is empty where staff alone say it.
    """

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="claims", db_index=False
    )
    field = models.CharField(max_length=12, choices=Field)
    recorded_sealed = models.BinaryField()
    claimed_sealed = models.BinaryField()
    decided_sealed = models.BinaryField(null=True)
    verdict = models.CharField(max_length=15, choices=Verdict, blank=True)
    ground = models.CharField(max_length=20, choices=Ground, blank=True)
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, related_name="claims"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="claim_one_per_field", fields=["complaint", "field"]
            ),
            models.CheckConstraint(
                name="claim_ground_iff_kept",
                condition=Q(verdict=Verdict.KEPT) & ~Q(ground="")
                | ~Q(verdict=Verdict.KEPT) & Q(ground=""),
            ),
            models.CheckConstraint(
                name="claim_correction_only_if_upheld",
                condition=Q(correction=None) | Q(verdict__in=CHANGING),
            ),
            models.CheckConstraint(
                name="claim_other_has_its_value",
                condition=~Q(verdict=Verdict.OTHER) | Q(decided_sealed__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.field} of {self.complaint_id}"

    @property
    def recorded(self) -> str:
        """Return the recorded value in clear; empty where nothing is recorded."""
        return crypto.unseal(
            self.recorded_sealed, bound_to=f"recorded:{self.complaint_id}:{self.field}"
        )

    @property
    def claimed(self) -> str:
        """Return the claimed value in clear."""
        return crypto.unseal(
            self.claimed_sealed, bound_to=f"claimed:{self.complaint_id}:{self.field}"
        )

    @property
    def is_vague(self) -> bool:
        """Tell whether it names a month or a year where a dose needs a day."""
        return self.field == Field.GIVEN_ON and len(self.claimed) < len("2021-09-14")

    @property
    def decided(self) -> str:
        """Return what goes on record: what staff found, else what was said."""
        if self.decided_sealed is None:
            return self.claimed
        return crypto.unseal(
            self.decided_sealed, bound_to=f"decided:{self.complaint_id}:{self.field}"
        )


class Caveat(models.Model):
    """What the citizen was asked about before sending, and sent nevertheless.

    ``said``: what the paper says instead, where it was compared; ``reason``: why the
    citizen holds to it. For staff, who look there first.
    """

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="caveats", db_index=False
    )
    check_name = models.CharField(max_length=17, choices=Check)
    said_sealed = models.BinaryField(null=True)
    reason = models.TextField(blank=True, max_length=500)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="caveat_once_per_complaint", fields=["complaint", "check_name"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.check_name} of {self.complaint_id}"

    @property
    def said(self) -> str:
        """Return what the paper says instead, in clear; empty where nothing does."""
        if self.said_sealed is None:
            return ""
        bound = f"caveat:{self.complaint_id}:{self.check_name}"
        return crypto.unseal(self.said_sealed, bound_to=bound)
