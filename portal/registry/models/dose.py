"""Doses, and the ledger of every change made to a person or a dose."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.common import crypto
from portal.registry.models.person import Person
from portal.registry.models.product import Lot, Product
from portal.registry.models.site import Organization


class Dose(models.Model):
    """One injection given. ``person`` is null for an orphan whose owner is unknown.

    Never deleted: a void one is ``entered_in_error``. Written by
    ``registry.corrections`` (and imports) only.
    """

    class Status(models.TextChoices):
        COMPLETED = "completed"
        ENTERED_IN_ERROR = "entered_in_error"
        NOT_DONE = "not_done"

    class Source(models.TextChoices):
        SERVICE = "service"
        LATE_ENTRY = "late_entry"
        UPLOAD = "upload"
        SELF_REPORT = "self_report"
        FOREIGN = "foreign"
        TRIAL = "trial"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="doses")
    given_on = models.DateField()
    product = models.ForeignKey(Product, models.PROTECT)
    lot_number = models.CharField(max_length=30, blank=True)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True)
    site = models.ForeignKey(Organization, models.PROTECT, related_name="doses")
    dose_number = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.COMPLETED)
    source = models.CharField(max_length=11, choices=Source, default=Source.SERVICE)
    name_recorded = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = (models.Index(name="dose_site_day", fields=["site", "given_on"]),)

    def __str__(self) -> str:
        return str(self.ref)


class Correction(models.Model):
    """A change of the registry that was made: target, before, after and why.

    ``before`` and ``after`` are sealed JSON objects of the fields that changed.
    """

    class Target(models.TextChoices):
        PERSON = "person"
        DOSE = "dose"

    class Reason(models.TextChoices):
        COMPLAINT = "complaint"
        RULE = "rule"
        IMPORT = "import"
        UNDO = "undo"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    target = models.CharField(max_length=6, choices=Target)
    target_id = models.BigIntegerField()
    version_before = models.PositiveIntegerField()
    before_sealed = models.BinaryField()
    after_sealed = models.BinaryField()
    reason = models.CharField(max_length=9, choices=Reason)
    reason_ref = models.CharField(max_length=40)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    applied_at = models.DateTimeField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="correction_one_per_target_version",
                fields=["target", "target_id", "version_before"],
            ),
            models.CheckConstraint(
                name="correction_second_person_is_another",
                condition=Q(approved_by=None) | ~Q(approved_by=models.F("proposed_by")),
            ),
        )
        indexes = (
            models.Index(name="correction_reason", fields=["reason", "reason_ref"]),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def before(self) -> dict:
        """Return the fields as they were."""
        return crypto.unseal_json(self.before_sealed, bound_to=f"before:{self.ref}")

    @property
    def after(self) -> dict:
        """Return the fields as they became."""
        return crypto.unseal_json(self.after_sealed, bound_to=f"after:{self.ref}")
