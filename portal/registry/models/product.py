"""Vaccines, the lots they come in, and where a lot was sent."""

from django.db import models

from portal.registry.models.site import Organization


class Product(models.Model):
    """A vaccine as approved in Vietnam."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    maker = models.CharField(max_length=80)
    approved_on = models.DateField(null=True)
    min_age_years = models.PositiveSmallIntegerField(default=18)
    primary_doses = models.PositiveSmallIntegerField(default=2)
    cvx = models.CharField(max_length=3, blank=True)

    def __str__(self) -> str:
        return self.name


class ProductAlias(models.Model):
    """Another name under which lists and people write a product."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=60)
    folded = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class Lot(models.Model):
    """A batch; ``number`` is upper case without spaces."""

    number = models.CharField(max_length=30, unique=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="lots")
    expires_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.number


class LotAllocation(models.Model):
    """Doses of a lot that an organization received on a day."""

    lot = models.ForeignKey(
        Lot, models.CASCADE, related_name="allocations", db_index=False
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="allocations"
    )
    received_on = models.DateField()
    doses = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="lotallocation_once_per_day",
                fields=["lot", "organization", "received_on"],
            ),
        )

    def __str__(self) -> str:
        return f"{self.lot_id} at {self.organization_id}"
