"""Loads of a whole country: the ledger by which one is resumed and accounted for."""

from django.conf import settings
from django.db import models


class Load(models.Model):
    """A file of doses that is taken in, known by its fingerprint."""

    fingerprint = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.fingerprint[:12]


class LoadBlock(models.Model):
    """Lines of a load that were taken in, in one transaction.

    ``person_ids`` and ``dose_ids``: runs [first, last] of keys that nothing else may
    have, so that a row tells its block. ``findings``: [row, column, reason, taken],
    without what the row says.
    """

    load = models.ForeignKey(
        Load, models.PROTECT, related_name="blocks", db_index=False
    )
    number = models.PositiveIntegerField()
    first_row = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    people = models.PositiveIntegerField(default=0)
    doses = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    orphans = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    person_ids = models.JSONField(default=list)
    dose_ids = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="loadblock_once_per_load", fields=["load", "number"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.load_id}:{self.number}"
