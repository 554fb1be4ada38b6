"""What the quality rules need and leave behind: limits, changes, findings, counts."""

import uuid

from django.db import models
from django.db.models import F, Q

from portal.registry.models.person import IdentityDocument, Telephone
from portal.registry.models.product import Product
from portal.registry.models.site import Organization
from portal.registry.models.unit import AdministrativeUnit


class Threshold(models.Model):
    """A limit that a rule measures by: for whom, from when to when, and says who.

    Empty product, previous product, province or age means any; the most exact row in
    force wins. ``valid_to`` and ``age_to`` are the first that no longer count.
    """

    class Unit(models.TextChoices):
        DAYS = "days"
        YEARS = "years"
        DOSES = "doses"
        PEOPLE = "people"
        PERCENT = "percent"
        ENTRIES = "entries"
        HOUR = "hour"
        DATE = "date"

    code = models.CharField(max_length=60, unique=True)
    rule = models.CharField(max_length=3)
    name = models.CharField(max_length=20)
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    previous = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    province = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, null=True, related_name="+"
    )
    age_from = models.PositiveSmallIntegerField(null=True)
    age_to = models.PositiveSmallIntegerField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    number = models.IntegerField(null=True)
    day = models.DateField(null=True)
    unit = models.CharField(max_length=7, choices=Unit)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="threshold_is_a_number_or_a_day",
                condition=Q(unit="date", day__isnull=False, number=None)
                | ~Q(unit="date") & Q(day=None, number__isnull=False),
            ),
            models.CheckConstraint(
                name="threshold_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        )

    def __str__(self) -> str:
        return self.code


class NumberReading(models.Model):
    """What the digits of a sealed identity number say, so that SQL can ask for it.

    Made once per document by ``quality.readings``; the number itself stays sealed.
    """

    document = models.OneToOneField(
        IdentityDocument, models.CASCADE, primary_key=True, related_name="reading"
    )
    form = models.CharField(max_length=8)
    is_dummy = models.BooleanField()
    sex = models.CharField(max_length=1, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.form} of {self.document_id}"


class TelephoneReading(models.Model):
    """Whether a sealed telephone number is a mobile number of Vietnam."""

    telephone = models.OneToOneField(
        Telephone, models.CASCADE, primary_key=True, related_name="reading"
    )
    is_mobile = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.is_mobile} of {self.telephone_id}"


class QualityChange(models.Model):
    """Rows that changed since the rules last saw them; triggers write here.

    A span of keys of one kind. A run takes what it can check and deletes it.
    """

    class Kind(models.TextChoices):
        ALL = "all", "everything: reference data changed"
        PERSON = "person", "people that changed"
        DOSE = "dose", "doses that changed"
        SITE = "site", "sites that lost a dose"
        PEOPLE = "people", "people of a full run"
        ORPHANS = "orphans", "doses without a person, of a full run"
        SITES = "sites", "sites of a full run"
        COUNT = "count", "the counts of a full run"

    kind = models.CharField(max_length=7, choices=Kind)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="qualitychange_is_a_span", condition=Q(last__gte=F("first"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.first}-{self.last}"


class QualityFinding(models.Model):
    """A rule that something on record breaks, since when, and until when.

    ``subject_id`` is the key of a person, dose, site or complaint; ``part`` says which
    lot or day of a site. ``organization`` is who sees it, ``path`` its place.
    """

    class Subject(models.TextChoices):
        PERSON = "person"
        DOSE = "dose"
        SITE = "site"
        COMPLAINT = "complaint"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    rule = models.CharField(max_length=3)
    severity = models.CharField(max_length=1)
    subject = models.CharField(max_length=9, choices=Subject)
    subject_id = models.BigIntegerField()
    part = models.CharField(max_length=60, blank=True)
    person_id = models.BigIntegerField(null=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    since = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="qualityfinding_open_once",
                fields=["subject", "subject_id", "rule", "part"],
                condition=Q(resolved_at=None),
            ),
            models.CheckConstraint(
                name="qualityfinding_resolved_after_it_was_found",
                condition=Q(resolved_at=None) | Q(resolved_at__gte=F("since")),
            ),
        )
        indexes = (
            models.Index(
                name="qualityfinding_open_by_path",
                fields=["rule", "path", "id"],
                opclasses=["varchar_ops", "text_pattern_ops", "int8_ops"],
                condition=Q(resolved_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} of {self.subject} {self.subject_id}"


class QualityCount(models.Model):
    """Open findings of a rule at and below an organization, from a day on.

    A row stands until a later one: days on which nothing changed have none.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False
    )
    rule = models.CharField(max_length=3)
    day = models.DateField()
    open = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="qualitycount_once_per_day",
                fields=["organization", "rule", "day"],
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.day}: {self.open}"


class QualityRun(models.Model):
    """One run of the rules: when, over how much, and what it opened and closed."""

    at = models.DateTimeField()
    is_full = models.BooleanField()
    people = models.PositiveIntegerField()
    doses = models.PositiveIntegerField()
    opened = models.PositiveIntegerField()
    resolved = models.PositiveIntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"run of {self.at:%Y-%m-%d %H:%M}"
