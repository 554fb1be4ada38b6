"""People as recorded, with their numbers and telephones kept unreadable at rest."""

import uuid

from django.db import models
from django.db.models import Q

from portal.common import crypto
from portal.registry.models.unit import AdministrativeUnit


class Person(models.Model):
    """Somebody whose doses are recorded. Written by ``registry.corrections`` only.

    A merged record points at the one that survives (never at another merged one) and
    has no doses of its own; numbers and names stay with it, so that it is found.
    ``certificate_stale_since``: when something that a certificate shows was corrected
    last, a little later where that would not tell two corrections apart; null: never.
    """

    class Precision(models.TextChoices):
        DAY = "day"
        MONTH = "month"
        YEAR = "year"

    class Sex(models.TextChoices):
        MALE = "M"
        FEMALE = "F"

    class Population(models.TextChoices):
        """What the national population database said of this record."""

        NOT_SENT = "not_sent"
        MATCHED = "matched"
        MISMATCHED = "mismatched"
        NO_NUMBER = "no_number"
        BAD_FORMAT = "bad_format"

    class Status(models.TextChoices):
        """Whether the record stands for somebody, and if so, by itself."""

        ACTIVE = "active"
        MERGED = "merged"
        ENTERED_IN_ERROR = "entered_in_error"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    full_name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=200)
    name_folded = models.CharField(max_length=120)
    sort_key = models.CharField(max_length=400)
    born_on = models.DateField()
    born_precision = models.CharField(
        max_length=5, choices=Precision, default=Precision.DAY
    )
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    residence = models.ForeignKey(
        AdministrativeUnit, models.PROTECT, null=True, related_name="+"
    )
    population = models.CharField(
        max_length=10, choices=Population, default=Population.NOT_SENT
    )
    population_at = models.DateTimeField(null=True)
    population_source = models.CharField(max_length=20, blank=True, db_default="")
    # Names of the wrong fields, between commas.
    population_wrong = models.CharField(max_length=60, blank=True, db_default="")
    is_restricted = models.BooleanField(default=False)
    status = models.CharField(
        max_length=16,
        choices=Status,
        default=Status.ACTIVE,
        db_default=Status.ACTIVE,
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="merged"
    )
    certificate_stale_since = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="person_wrong_fields_are_those_of_a_mismatch",
                condition=Q(population_wrong="") | Q(population="mismatched"),
            ),
            models.CheckConstraint(
                name="person_merged_iff_it_points_at_another",
                condition=Q(status="merged", merged_into__isnull=False)
                & ~Q(merged_into=models.F("id"))
                | ~Q(status="merged") & Q(merged_into=None),
            ),
        )
        indexes = (
            models.Index(name="person_name_born", fields=["name_folded", "born_on"]),
            models.Index(name="person_born_home", fields=["born_on", "residence"]),
            models.Index(
                name="person_merged",
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(
                name="person_inactive",
                fields=["status"],
                condition=~Q(status="active"),
            ),
            # Of millions few: the nightly comparison asks for them.
            models.Index(
                name="person_not_sent",
                fields=["id"],
                condition=Q(population="not_sent", status="active"),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def surviving_id(self) -> int:
        """Return the key of the record that answers for this one: mostly itself."""
        return self.merged_into_id or self.pk


class IdentityDocument(models.Model):
    """A number that a person has or had. Several people may share one by mistake.

    The number is sealed for its person and found by keyed digest (``crypto``). One that
    is no longer current stays as an alias; a void one was recorded by mistake.
    """

    class Kind(models.TextChoices):
        PIN12 = "pin12"
        CMND9 = "cmnd9"
        PASSPORT = "passport"
        OTHER = "other"

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="documents", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    number_sealed = models.BinaryField()
    number_digest = models.BinaryField(max_length=32, db_index=True)
    source = models.CharField(max_length=20)
    is_current = models.BooleanField(default=True)
    is_void = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="identitydocument_void_is_not_current",
                condition=~Q(is_void=True, is_current=True),
            ),
            models.UniqueConstraint(
                name="identitydocument_once_per_person",
                fields=["person", "number_digest"],
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"

    @property
    def number(self) -> str:
        """Return the number in clear."""
        return crypto.unseal(self.number_sealed, bound_to=f"person:{self.person_id}")


class Telephone(models.Model):
    """A telephone of a person: a contact, never an identity; families share one."""

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="telephones", db_index=False
    )
    number_sealed = models.BinaryField()
    number_digest = models.BinaryField(max_length=32, db_index=True)
    is_contact = models.BooleanField(default=True)
    is_void = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="telephone_void_is_no_contact",
                condition=~Q(is_void=True, is_contact=True),
            ),
            models.UniqueConstraint(
                name="telephone_once_per_person", fields=["person", "number_digest"]
            ),
            models.UniqueConstraint(
                name="telephone_one_contact_per_person",
                fields=["person"],
                condition=Q(is_contact=True),
            ),
        )

    def __str__(self) -> str:
        return f"telephone of {self.person_id}"

    @property
    def number(self) -> str:
        """Return the number in clear, as E.164."""
        return crypto.unseal(self.number_sealed, bound_to=f"person:{self.person_id}")


class NameShare(models.Model):
    """How common a syllable is in one part of names; counted, never typed.

    ``key`` is a tone key, or a folded form; ``share`` is the share of people.
    """

    class Part(models.TextChoices):
        FAMILY = "family"
        MIDDLE = "middle"
        GIVEN = "given"

    part = models.CharField(max_length=6, choices=Part)
    key = models.CharField(max_length=60)
    share = models.FloatField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="nameshare_once", fields=["part", "key"]),
        )

    def __str__(self) -> str:
        return f"{self.part} {self.key}"


class NameAlias(models.Model):
    """A name under which somebody was recorded before, or is known; it finds them."""

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="aliases", db_index=False
    )
    full_name = models.CharField(max_length=120)
    name_folded = models.CharField(max_length=120)
    is_void = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="namealias_once_per_person", fields=["person", "full_name"]
            ),
        )
        indexes = (models.Index(name="namealias_folded", fields=["name_folded"]),)

    def __str__(self) -> str:
        return f"alias of {self.person_id}"
