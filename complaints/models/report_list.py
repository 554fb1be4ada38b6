"""Reports that a unit noted in a spreadsheet: staged row by row, then filed.

Nothing here is a complaint. A row becomes one by ``actions.report_lists`` only, through
the same ``intake.submit`` as every other report; the file and its rows stay until the
list is forgotten.
"""

import uuid

from django.db import models
from django.db.models import Q

from complaints.choices import Kind
from complaints.models.submission import Submission
from portal.accounts.models import User
from portal.common import crypto
from portal.registry.models import Organization, Person


class ReportList(models.Model):
    """One file of reports that an organization sent, and how far it has come.

    ``columns`` is how its columns are read (None: as guessed), ``site`` where doses
    were given whose row names no place. The file lies sealed in the storage under its
    ``ref`` until ``expires_at``. ``language``: of the messages to those who are named.
    """

    class State(models.TextChoices):
        READING = "reading"
        JUDGING = "judging"
        CHECKED = "checked"
        FILING = "filing"
        FILED = "filed"
        REFUSED = "refused"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False
    )
    site = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", null=True, db_index=False
    )
    name_sealed = models.BinaryField()
    file_digest = models.BinaryField(max_length=32)
    columns = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.READING)
    refusal = models.CharField(max_length=30, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_judged = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=2)
    progress_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    filed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="reportlist_refused_iff_it_says_why",
                condition=Q(state="refused") & ~Q(refusal="")
                | ~Q(state="refused") & Q(refusal=""),
            ),
            models.CheckConstraint(
                name="reportlist_filed_by_somebody",
                condition=Q(
                    state__in=("filing", "filed"),
                    filed_by__isnull=False,
                    filed_at__isnull=False,
                )
                | ~Q(state__in=("filing", "filed")) & Q(filed_by=None, filed_at=None),
            ),
        )
        indexes = (models.Index(name="reportlist_of", fields=["organization", "-id"]),)

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def name(self) -> str:
        """Return the name of the file as it was sent; '' once it is forgotten."""
        if self.forgotten_at:
            return ""
        return crypto.unseal(self.name_sealed, bound_to=f"reports:{self.ref}:name")

    @property
    def is_at_work(self) -> bool:
        """Tell whether a worker has it, or should have."""
        return self.state in (
            ReportList.State.READING,
            ReportList.State.JUDGING,
            ReportList.State.FILING,
        )


class ReportRow(models.Model):
    """One report of a list: what it says (sealed), what was found, what was filed.

    ``said`` is "error" where the cells alone stop the row. ``kind`` is what is asked,
    read from the row's words or (``is_fixed``) chosen by staff; ``person`` whose it is,
    found or chosen (``is_chosen``; without a person: nobody on record). Once
    ``done_at`` is set, ``submission`` is what the row became.
    """

    class Verdict(models.TextChoices):
        NEW = "new"
        REPORTED = "reported"
        NOT_FOUND = "not_found"
        SEVERAL = "several"
        UNCLEAR = "unclear"
        EXCLUDED = "excluded"
        ERROR = "error"

    report_list = models.ForeignKey(
        ReportList, models.CASCADE, related_name="rows", db_index=False
    )
    place = models.PositiveIntegerField()
    content_sealed = models.BinaryField()
    findings_sealed = models.BinaryField(null=True)
    said = models.CharField(max_length=9, choices=Verdict, blank=True)
    verdict = models.CharField(max_length=9, choices=Verdict, blank=True)
    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    is_excluded = models.BooleanField(default=False)
    is_fixed = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="reportrow_one_per_place", fields=["report_list", "place"]
            ),
            models.CheckConstraint(
                name="reportrow_done_iff_it_was_sent",
                condition=Q(done_at=None, submission=None)
                | Q(done_at__isnull=False, submission__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="reportrow_verdict", fields=["report_list", "verdict", "place"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_list_id}:{self.place}"


class ReportJob(models.Model):
    """A slice of work that a list still needs; the subject of its outbox row."""

    class Work(models.TextChoices):
        READ = "read"
        JUDGE = "judge"
        FILE = "file"

    report_list = models.ForeignKey(ReportList, models.CASCADE, related_name="jobs")
    work = models.CharField(max_length=5, choices=Work)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.work} {self.report_list_id}"
