"""Session lists as sites send them: staged row by row beside the registry.

Nothing here is the registry itself. A list becomes doses by ``imports.committing``
only; what it said, what was found and what was done with each row stays until the
list is forgotten (``imports.staging.RETENTION``).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.common import crypto
from portal.registry.models.correction import Correction
from portal.registry.models.dose import Dose
from portal.registry.models.person import Person
from portal.registry.models.site import Organization


class SessionList(models.Model):
    """One file of people vaccinated at a site, and how far it has come.

    ``columns`` is how its columns are read (None: as guessed), ``facts`` what staff
    said once for all rows whose cells and titles are silent. The file itself lies
    sealed in the storage under its ``ref`` until ``expires_at``. ``asked_by``: who
    asked to write it or to take it back (``asked_for``) where that takes two people.
    ``committed_at``: when it was written first; rows that waited may be written later.
    ``revision``
    counts what staff changed in its rows, so that who signed can know them unchanged.
    ``report_of``: which state of the list its report tells, in which language; that was
    asked for in ``report_language``.
    """

    class State(models.TextChoices):
        READING = "reading"
        JUDGING = "judging"
        CHECKED = "checked"
        COMMITTING = "committing"
        COMMITTED = "committed"
        UNDOING = "undoing"
        UNDONE = "undone"
        REFUSED = "refused"

    class Asked(models.TextChoices):
        COMMIT = "commit"
        UNDO = "undo"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    site = models.ForeignKey(
        Organization, models.PROTECT, related_name="lists", db_index=False
    )
    name_sealed = models.BinaryField()
    file_digest = models.BinaryField(max_length=32)
    bytes = models.PositiveIntegerField()
    columns = models.JSONField(null=True)
    facts = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    refusal = models.CharField(max_length=30, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_judged = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0, db_default=0)
    progress_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField()
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    committed_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    report_language = models.CharField(max_length=2, blank=True, db_default="")
    report_of = models.CharField(max_length=60, blank=True, db_default="")
    asked_for = models.CharField(max_length=6, choices=Asked, blank=True, db_default="")
    expires_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="sessionlist_refused_iff_it_says_why",
                condition=Q(state="refused") & ~Q(refusal="")
                | ~Q(state="refused") & Q(refusal=""),
            ),
        )
        indexes = (
            models.Index(name="sessionlist_site", fields=["site", "-uploaded_at"]),
            models.Index(name="sessionlist_file", fields=["file_digest"]),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def name(self) -> str:
        """Return the name of the file as it was sent; '' once it is forgotten."""
        if self.forgotten_at:
            return ""
        return crypto.unseal(self.name_sealed, bound_to=f"list:{self.ref}:name")

    @property
    def is_at_work(self) -> bool:
        """Tell whether a worker has it, or should have."""
        return self.state in WORKING


WORKING = frozenset(
    {
        SessionList.State.READING,
        SessionList.State.JUDGING,
        SessionList.State.COMMITTING,
        SessionList.State.UNDOING,
    }
)


class StagedRow(models.Model):
    """One person of a list: what it said (sealed), what was found, what was done.

    ``place`` counts the rows of the list, ``line`` is the row's number in its sheet.
    ``said`` is what the list alone tells, ``verdict`` what the comparison with the
    registry found. ``person`` is whose it is, found or chosen by staff
    (``is_chosen``; without a person: somebody of whom nothing is recorded). Once
    ``done_at`` is set the row is part of the registry, and ``correction`` proves it.
    ``is_kept``: the dose was changed since, so that taking the list back left it.
    ``against`` is the place of an earlier row that it repeated or contradicted when it
    was read; 0 for none.
    """

    class Verdict(models.TextChoices):
        NEW = "new"
        SAME = "same"
        DIFFERS = "differs"
        AMBIGUOUS = "ambiguous"
        POSTPONED = "postponed"
        DUPLICATE = "duplicate"
        EXCLUDED = "excluded"
        ERROR = "error"

    class Taken(models.TextChoices):
        """What staff chose: the list's values, the orphan dose, or a dose apart.

        Or, the dose being what it is, what the list knows more of the person.
        """

        LIST = "list"
        ORPHAN = "orphan"
        APART = "apart"
        PERSON = "person"

    session_list = models.ForeignKey(
        SessionList, models.CASCADE, related_name="staged", db_index=False
    )
    place = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    against = models.PositiveIntegerField(default=0, db_default=0)
    content_sealed = models.BinaryField()
    findings_sealed = models.BinaryField(null=True)
    said = models.CharField(max_length=9, choices=Verdict, blank=True)
    verdict = models.CharField(max_length=9, choices=Verdict, blank=True)
    is_excluded = models.BooleanField(default=False)
    is_fixed = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    taken = models.CharField(max_length=6, choices=Taken, blank=True, db_default="")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    newcomer_digest = models.BinaryField(max_length=32, null=True)
    dose_digest = models.BinaryField(max_length=32, null=True)
    dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="+")
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    is_kept = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="stagedrow_one_per_place", fields=["session_list", "place"]
            ),
            models.CheckConstraint(
                name="stagedrow_done_iff_corrected",
                condition=Q(done_at=None, correction=None)
                | Q(done_at__isnull=False, correction__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="stagedrow_verdict", fields=["session_list", "verdict", "place"]
            ),
            models.Index(
                name="stagedrow_newcomer", fields=["session_list", "newcomer_digest"]
            ),
            models.Index(name="stagedrow_dose", fields=["session_list", "dose_digest"]),
        )

    def __str__(self) -> str:
        return f"{self.session_list_id}:{self.place}"


class ListColumns(models.Model):
    """What the headings of a site's lists mean, saved by somebody who looked at one.

    ``columns`` maps a heading (``imports.meanings.key_of``) to a role.
    """

    site = models.OneToOneField(Organization, models.CASCADE, related_name="+")
    columns = models.JSONField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"columns of {self.site_id}"


class ListJob(models.Model):
    """A slice of work that a list still needs; the subject of its outbox row."""

    class Work(models.TextChoices):
        READ = "read"
        JUDGE = "judge"
        COMMIT = "commit"
        UNDO = "undo"
        REPORT = "report"

    session_list = models.ForeignKey(SessionList, models.CASCADE, related_name="jobs")
    work = models.CharField(max_length=6, choices=Work)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.work} {self.session_list_id}"
