"""What a citizen sends under one code, and the draft it is made from."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from complaints.choices import Channel, Relation
from portal.accounts.models import ContactChange
from portal.common import crypto
from portal.registry.models import Person


class NameWords(Func):
    """The words of a folded name as the index of names holds them.

    A literal configuration: with a parameter in its place no index would be used.
    """

    template = "to_tsvector('simple', %(expressions)s)"
    arity = 1
    output_field = SearchVectorField()


class Submission(models.Model):
    """One thing sent: one code, one status page, one or more complaints.

    ``person`` is the record that the sender proved to be theirs, or null where none was
    found. What identifies the sender is sealed for this submission's key. Who was
    helped by staff may have no telephone: then the four digits are the year of birth.
    ``device_digest`` and ``paper_digest``: by what signs of fraud are seen
    (``actions.signs_of_fraud``). ``has_accents``: text messages in Vietnamese bear
    their marks, as the sender chose.
    ``vouched_sealed``: what the national e-ID said of a sender who signed in with it.
    ``moved_by``: the change of contact by which its telephone is another one now.
    """

    key = models.UUIDField(unique=True)
    body_digest = models.BinaryField(max_length=32)
    code = models.CharField(max_length=10, unique=True)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="submissions"
    )
    channel = models.CharField(max_length=7, choices=Channel, default=Channel.SELF)
    relation = models.CharField(max_length=6, choices=Relation, default=Relation.SELF)
    language = models.CharField(max_length=2, default="vi")
    has_accents = models.BooleanField(default=False, db_default=False)
    full_name = models.CharField(max_length=120)
    name_folded = models.CharField(max_length=120)
    born_on = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    national_id_sealed = models.BinaryField(null=True)
    national_id_digest = models.BinaryField(max_length=32, null=True, db_index=True)
    phone_sealed = models.BinaryField(null=True)
    phone_digest = models.BinaryField(max_length=32, null=True, db_index=True)
    last4_digest = models.BinaryField(max_length=32)
    device_digest = models.BinaryField(max_length=32, null=True)
    paper_digest = models.BinaryField(max_length=32, null=True)
    vouched_sealed = models.BinaryField(null=True)
    moved_by = models.ForeignKey(
        ContactChange, models.PROTECT, null=True, related_name="+", db_index=False
    )
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="submission_code_is_ten_digits",
                condition=Q(code__regex=r"^[1-9][0-9]{9}$"),
            ),
            models.CheckConstraint(
                name="submission_a_telephone_unless_staff_helped",
                condition=Q(phone_sealed__isnull=False, phone_digest__isnull=False)
                | Q(phone_sealed=None, phone_digest=None)
                & ~Q(channel=Channel.SELF)
                & Q(born_on__isnull=False),
            ),
        )
        indexes = (
            GinIndex(NameWords("name_folded"), name="submission_name_words"),
            models.Index(
                name="submission_device",
                fields=["device_digest", "submitted_at"],
                condition=Q(device_digest__isnull=False),
            ),
            models.Index(
                name="submission_paper",
                fields=["paper_digest"],
                condition=Q(paper_digest__isnull=False),
            ),
            models.Index(
                name="submission_moved",
                fields=["moved_by"],
                condition=Q(moved_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def is_known_to_its_unit(self) -> bool:
        """Tell whether the unit that sent it holds all that opens it.

        The workbook of a list has code and year of birth; a telephone it cannot read.
        """
        return self.channel == Channel.LIST and self.phone_sealed is None

    @property
    def phone(self) -> str:
        """Return the contact telephone in clear, as E.164; '' where there is none."""
        if self.phone_sealed is None:
            return ""
        return crypto.unseal(self.phone_sealed, bound_to=f"submission:{self.key}")

    @property
    def national_id(self) -> str:
        """Return the identity number as typed by the sender, or an empty string."""
        if self.national_id_sealed is None:
            return ""
        return crypto.unseal(self.national_id_sealed, bound_to=f"submission:{self.key}")

    @property
    def vouched(self) -> dict[str, str] | None:
        """Return what the e-ID said (``reported.Vouched``); None without one."""
        if self.vouched_sealed is None:
            return None
        bound = f"submission:{self.key}"
        return crypto.unseal_json(self.vouched_sealed, bound_to=bound)


class Joining(models.Model):
    """A submission's matter that was open already: it joined the complaint it names.

    ``said_sealed``: what this sender said that the complaint does not hold yet, for
    staff: ``story``, ``claims``, ``held`` (what was asked about before sending, as
    ``reported.Held``) and, where it is so by another day or reason, ``urgent``.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="joinings", db_index=False
    )
    complaint = models.ForeignKey(
        "complaints.Complaint", models.PROTECT, related_name="joinings"
    )
    at = models.DateTimeField()
    said_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="joining_once", fields=["submission", "complaint"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.submission_id} joined {self.complaint_id}"

    @property
    def said(self) -> dict:
        """Return what was said besides, in clear; empty where nothing was."""
        nothing: dict = {"story": "", "claims": {}, "held": [], "urgent": None}
        if self.said_sealed is None:
            return nothing
        bound = f"joining:{self.submission_id}:{self.complaint_id}"
        return nothing | crypto.unseal_json(self.said_sealed, bound_to=bound)


class MailAddressQuerySet(models.QuerySet["MailAddress"]):
    """E-mail addresses, by what may be sent to them."""

    def proved(self) -> "MailAddressQuerySet":
        """Return those that their owner confirmed, and where e-mails arrive."""
        return self.filter(verified_at__isnull=False, stopped_at=None, bounced_at=None)


class MailAddress(models.Model):
    """An e-mail address to write to about one submission, once its owner agreed.

    The token in the e-mail proves the address, and ends its e-mails later; each by a
    button, as programs open links in e-mails before people do. ``bounced_at``: an
    e-mail came back from there for good, so none is sent until the owner presses the
    button again; ``told_at``: the telephone was told so, or an address that another one
    took the place of.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="mail_addresses"
    )
    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    address_sealed = models.BinaryField()
    token_sealed = models.BinaryField()
    token_digest = models.BinaryField(max_length=32, unique=True)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    objects = MailAddressQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="mailaddress_one_in_use_per_submission",
                fields=["submission"],
                condition=Q(verified_at__isnull=False, stopped_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"e-mail of {self.submission_id}"

    @property
    def address(self) -> str:
        """Return the address in clear."""
        return crypto.unseal(self.address_sealed, bound_to=f"mail:{self.ref}")

    @property
    def token(self) -> str:
        """Return the secret of its links in clear."""
        return crypto.unseal(self.token_sealed, bound_to=f"mail:{self.ref}")


class Draft(models.Model):
    """Answers typed so far, sealed; found by the random key in a citizen's session.

    ``phone_digest``: the proved telephone under which it can be gone on with elsewhere.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    answers_sealed = models.BinaryField()
    phone_digest = models.BinaryField(max_length=32, null=True, db_index=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.key)

    @property
    def answers(self) -> dict:
        """Return the answers in clear."""
        return crypto.unseal_json(self.answers_sealed, bound_to=f"draft:{self.key}")

    @answers.setter
    def answers(self, answers: dict) -> None:
        self.answers_sealed = crypto.seal_json(answers, bound_to=f"draft:{self.key}")


class Evidence(models.Model):
    """A photo or paper. Served only when checked, only to who may see the case.

    ``sha256`` is of the file as it came; ``fingerprint`` of its first page changes
    little when a photo is made smaller or packed anew. ``complaint``: the matter that
    it was added to later; null where it came with the report. ``has_certificate``:
    whether its check found the code of one; null where it was checked before that was
    kept.
    """

    class State(models.TextChoices):
        QUARANTINED = "quarantined"
        CHECKED = "checked"
        REFUSED = "refused"

    class Refusal(models.TextChoices):
        BROKEN = "broken", _("The file could not be opened")
        PIXELS = "pixels", _("The picture was too large")
        LOCKED = "locked", _("The PDF asks for a password")
        LONG = "long", _("The PDF has more than ten pages")
        INFECTED = "infected", _("The virus scanner found something in it")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="evidence", null=True
    )
    draft = models.ForeignKey(
        Draft, models.SET_NULL, related_name="evidence", null=True
    )
    complaint = models.ForeignKey(
        "complaints.Complaint",
        models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
    )
    media_type = models.CharField(max_length=20)
    sha256 = models.BinaryField(max_length=32)
    fingerprint = models.BinaryField(max_length=128, null=True)
    bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    pages = models.PositiveSmallIntegerField(default=0)
    has_certificate = models.BooleanField(null=True)
    state = models.CharField(max_length=11, choices=State, default=State.QUARANTINED)
    refusal = models.CharField(max_length=8, choices=Refusal, blank=True)
    warning = models.CharField(max_length=20, blank=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="evidence_refusal_iff_refused",
                condition=Q(state="refused") & ~Q(refusal="")
                | ~Q(state="refused") & Q(refusal=""),
            ),
            models.CheckConstraint(
                name="evidence_pages_iff_checked",
                condition=Q(state="checked", pages__gt=0)
                | ~Q(state="checked") & Q(pages=0),
            ),
        )
        indexes = (models.Index(name="evidence_same_file", fields=["sha256"]),)

    def __str__(self) -> str:
        return str(self.ref)
