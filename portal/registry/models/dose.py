"""Doses: what was given to whom, when and where."""

import uuid

from django.db import models

from portal.registry import countries
from portal.registry.models.person import Person
from portal.registry.models.product import Lot, Product
from portal.registry.models.site import Organization


class Dose(models.Model):
    """One injection given. ``person`` is null for an orphan whose owner is unknown.

    Never deleted: a void one is ``entered_in_error``. ``origin`` is the record on which
    it stood before it was moved or became an orphan. ``country`` (ISO 3166-1) is set
    where it was given abroad; ``site`` is then the body that put it on record. Written
    by ``registry.corrections`` (and imports) only.
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
    origin = models.ForeignKey(
        Person, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    given_on = models.DateField()
    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    lot_number = models.CharField(max_length=30, blank=True)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True)
    site = models.ForeignKey(
        Organization, models.PROTECT, related_name="doses", db_index=False
    )
    dose_number = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.COMPLETED)
    source = models.CharField(max_length=11, choices=Source, default=Source.SERVICE)
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    name_recorded = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = (models.Index(name="dose_site_day", fields=["site", "given_on"]),)

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def where(self) -> str:
        """Return where it was given, in words: the site, or the country abroad."""
        return countries.name_of(self.country) if self.country else self.site.name
