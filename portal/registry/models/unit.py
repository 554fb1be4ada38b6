"""Administrative units in their epochs: geography only, nobody who answers."""

from django.db import models
from django.db.models import F, Q


class AdministrativeUnit(models.Model):
    """A province, district or commune as it stood from one day to another."""

    class Epoch(models.TextChoices):
        OLD = "old", "before 1 July 2025"
        NEW = "new", "since 1 July 2025"

    class Level(models.TextChoices):
        PROVINCE = "province"
        DISTRICT = "district"
        COMMUNE = "commune"

    code = models.CharField(max_length=16, unique=True)
    epoch = models.CharField(max_length=3, choices=Epoch)
    level = models.CharField(max_length=8, choices=Level)
    name = models.CharField(max_length=100)
    folded = models.CharField(max_length=100)
    sort_key = models.CharField(max_length=300)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    path = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="unit_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="unit_has_a_parent_unless_it_is_a_province",
                condition=Q(level="province", parent=None)
                | ~Q(level="province") & Q(parent__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="unit_folded", fields=["folded"], opclasses=["text_pattern_ops"]
            ),
            models.Index(
                name="unit_path", fields=["path"], opclasses=["text_pattern_ops"]
            ),
        )

    def __str__(self) -> str:
        return self.name


class UnitSuccession(models.Model):
    """A unit's successor; a split commune has several, one of them by default."""

    old = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, related_name="successions", db_index=False
    )
    new = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, related_name="predecessions"
    )
    is_default = models.BooleanField(default=False)
    valid_from = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="unitsuccession_once_per_pair", fields=["old", "new"]
            ),
            models.UniqueConstraint(
                name="unitsuccession_one_default",
                fields=["old"],
                condition=Q(is_default=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.old_id} -> {self.new_id}"


class UnitAlias(models.Model):
    """Another way in which people write a unit."""

    unit = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, related_name="aliases", db_index=False
    )
    name = models.CharField(max_length=100)
    folded = models.CharField(max_length=100)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="unitalias_once_per_unit", fields=["unit", "folded"]
            ),
        )
        indexes = (models.Index(name="unitalias_folded", fields=["folded"]),)

    def __str__(self) -> str:
        return self.name
