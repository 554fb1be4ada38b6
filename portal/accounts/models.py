"""Staff, where they are posted, and how citizens prove who they are and are reached."""

import uuid
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.account_change import AccountChange
from portal.common import crypto
from portal.registry.models import Correction, Organization, Person


class User(AbstractUser):
    """A member of staff; a personal account, never shared."""

    ref = models.UUIDField(unique=True, default=uuid.uuid4, db_default=RandomUUID())
    full_name = models.CharField(max_length=120)
    must_change_password = models.BooleanField(default=False)
    # What a case is compared with, so that nobody decides the own one; digests only.
    phone_digest = models.BinaryField(max_length=32, null=True)
    number_digest = models.BinaryField(max_length=32, null=True)
    # Version of the index key that they are made under; null: of the first one.
    digests_key = models.PositiveSmallIntegerField(null=True)
    # What changed last about signing in, until its owner says that it was them.
    unseen_change = models.ForeignKey(
        AccountChange, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # The key of the posting chosen for this request; None: all that are in force.
    working_as: int | None = None
    # The postings in force when the account was read for this request, if they were.
    postings_read: "list[Posting] | None" = None

    class Meta:
        constraints = ()

    def __str__(self) -> str:
        return self.username

    def current_postings(self, *, at: datetime) -> "PostingQuerySet":
        """Return the postings in force as which somebody works just now."""
        rows = Posting.objects.filter(user=self).current(at=at)
        return rows if self.working_as is None else rows.filter(pk=self.working_as)


class PostingQuerySet(models.QuerySet):
    """Postings, by time."""

    def current(self, *, at: datetime) -> "PostingQuerySet":
        """Return the postings in force at an instant."""
        return self.not_over(at=at).filter(valid_from__lte=at)

    def not_over(self, *, at: datetime) -> "PostingQuerySet":
        """Return the postings in force at an instant, and those still to begin."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at))


class Posting(models.Model):
    """A role of a member of staff at an organization, from one instant to another."""

    class Role(models.TextChoices):
        CLERK = "clerk"
        STAFF = "staff"
        LEAD = "lead"
        OVERSEER = "overseer"
        ADMINISTRATOR = "administrator"

    user = models.ForeignKey(User, models.PROTECT, related_name="postings")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="postings"
    )
    role = models.CharField(max_length=13, choices=Role)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    deputy_for = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="deputies"
    )

    objects = PostingQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="posting_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="posting_one_current_per_user_and_organization",
                fields=["user", "organization"],
                condition=Q(valid_to=None),
            ),
            models.CheckConstraint(
                name="posting_of_a_deputy_ends",
                condition=Q(deputy_for=None) | Q(valid_to__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} at {self.organization_id}"


class Invitation(models.Model):
    """A link by which somebody chooses the password of an account, once.

    Only a keyed digest of its token stays. The token itself lies sealed until it was
    sent by e-mail or handed over on paper.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    token_digest = models.BinaryField(max_length=32, unique=True)
    token_sealed = models.BinaryField(null=True)
    language = models.CharField(max_length=2, default="vi")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="invitation_ends_after_it_begins",
                condition=Q(expires_at__gt=F("created_at")),
            ),
            models.CheckConstraint(
                name="invitation_used_keeps_no_token",
                condition=Q(used_at=None) | Q(token_sealed=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"


class SignIn(models.Model):
    """A session of a member of staff, for its owner to see and to end.

    The key of the session is sealed for this row: whoever reads the table cannot take
    the session over. When it was last used stands in the session itself.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    key_sealed = models.BinaryField()
    device = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()

    class Meta:
        constraints = ()

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"

    @property
    def key(self) -> str:
        """Return the key of the session in clear."""
        return crypto.unseal(self.key_sealed, bound_to=f"sign_in:{self.ref}")


class OneTimeCode(models.Model):
    """Six digits sent to a telephone; kept as a keyed digest only.

    A decoy (``telephone_sealed`` empty) answers a look-up that matched nobody, so that
    both take the same way.
    """

    class Purpose(models.TextChoices):
        LOOK_UP = "look_up"
        TELEPHONE = "telephone"

    purpose = models.CharField(max_length=9, choices=Purpose)
    subject_digest = models.BinaryField(max_length=32)
    person = models.BigIntegerField(null=True)
    telephone_sealed = models.BinaryField(null=True)
    telephone_digest = models.BinaryField(max_length=32, null=True)
    code_sealed = models.BinaryField(null=True)
    code_mac = models.BinaryField(max_length=32)
    language = models.CharField(max_length=2, default="vi")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                name="onetimecode_subject", fields=["subject_digest", "-created_at"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class Deadline(models.Model):
    """How long something of a citizen's own data takes, from one day to another.

    Rows are data, since the law that sets them changes (Decree 13/2023 to 356/2025).
    """

    class Code(models.TextChoices):
        CONTACT_WAIT = "contact_wait"
        CONTACT_HOLD = "contact_hold"
        REQUEST_ANSWER = "request_answer"
        REQUEST_DONE = "request_done"
        REQUEST_EXTENSION = "request_extension"

    class Unit(models.TextChoices):
        HOURS = "hours"
        DAYS = "days"
        WORKING_DAYS = "working_days"

    code = models.CharField(max_length=17, choices=Code)
    amount = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=12, choices=Unit)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="deadline_once_per_code_and_day", fields=["code", "valid_from"]
            ),
            models.CheckConstraint(
                name="deadline_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.amount} {self.unit}"


class ContactChange(models.Model):
    """A telephone to take the place of the one on record, and what became of it.

    Both numbers are sealed for this row. ``code`` is what the old contact types, or
    opens as a link, to say that it was not them.
    """

    class Way(models.TextChoices):
        """What it rests on; see ``assurance``."""

        EID = "eid"
        BOTH_PHONES = "both_phones"
        COUNTER = "counter"
        PAPER = "paper"

    class State(models.TextChoices):
        WAITING = "waiting"
        APPLIED = "applied"
        STOPPED = "stopped"
        FAILED = "failed"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    code = models.CharField(max_length=10, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="contact_changes")
    way = models.CharField(max_length=11, choices=Way)
    document = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    new_sealed = models.BinaryField()
    old_sealed = models.BinaryField(null=True)
    language = models.CharField(max_length=2)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stoppable_until = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    correction = models.OneToOneField(
        Correction, models.PROTECT, null=True, related_name="contact_change"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="contactchange_one_waiting_per_person",
                fields=["person"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                name="contactchange_applied_iff_it_was_written",
                condition=Q(applied_at=None, correction=None) & ~Q(state="applied")
                | Q(applied_at__isnull=False, correction__isnull=False)
                & Q(state__in=["applied", "stopped"]),
            ),
            models.CheckConstraint(
                name="contactchange_stopped_iff_it_has_a_time",
                condition=Q(state="stopped", stopped_at__isnull=False)
                | ~Q(state="stopped") & Q(stopped_at=None),
            ),
            models.CheckConstraint(
                name="contactchange_at_the_counter_by_staff",
                condition=Q(way="counter", by__isnull=False) & ~Q(document="")
                | ~Q(way="counter") & Q(by=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.way} {self.state} {self.pk}"

    @property
    def new(self) -> str:
        """Return the new telephone in clear, as E.164."""
        return crypto.unseal(self.new_sealed, bound_to=f"contact:new:{self.ref}")

    @property
    def old(self) -> str:
        """Return the telephone on record when it was asked for, '' where none was."""
        if self.old_sealed is None:
            return ""
        return crypto.unseal(self.old_sealed, bound_to=f"contact:old:{self.ref}")


class ContactNotice(models.Model):
    """One text message about a change of contact, to one of both ends, sent once."""

    class Words(models.TextChoices):
        ASKED = "asked"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    change = models.ForeignKey(
        ContactChange, models.PROTECT, related_name="notices", db_index=False
    )
    is_to_old = models.BooleanField()
    words = models.CharField(max_length=7, choices=Words)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="contactnotice_once_per_end",
                fields=["change", "is_to_old", "words"],
            ),
        )

    def __str__(self) -> str:
        return f"{self.words} of {self.change_id}"


class Assistance(models.Model):
    """A citizen's session that staff opened for somebody standing there, or calling.

    ``person`` is the record that was opened; only at the counter, where a document was
    seen, is there one. It ends when staff say so, or by itself at ``ends_at``, which
    moves on while it is in use. ``drafts``: keys of the reports begun in its course.
    """

    class Way(models.TextChoices):
        COUNTER = "counter", _("At the counter")
        PHONE = "phone", _("By telephone")
        PAPER = "paper", _("By letter")

    class Document(models.TextChoices):
        CARD = "card", _("Identity card")
        PASSPORT = "passport", _("Passport")
        BIRTH = "birth", _("Birth certificate")
        INSURANCE = "insurance", _("Health insurance card")
        OTHER = "other", _("Another paper with a photo")

    class Purpose(models.TextChoices):
        REPORT = "report", _("Report what is missing or wrong")
        LOOK = "look", _("See and print the doses")
        CONTACT = "contact", _("Change the telephone on record")

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    way = models.CharField(max_length=7, choices=Way)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    document = models.CharField(max_length=9, choices=Document, blank=True)
    purpose = models.CharField(max_length=7, choices=Purpose)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    drafts = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="assistance_a_record_only_where_a_document_was_seen",
                condition=Q(person=None) | Q(way="counter") & ~Q(document=""),
            ),
            models.CheckConstraint(
                name="assistance_ends_after_it_begins",
                condition=Q(ends_at__gt=F("opened_at")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.way} {self.pk}"
