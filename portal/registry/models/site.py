"""Organizations: whoever gives doses and whoever answers for them today."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from portal.registry.models.unit import AdministrativeUnit


class Organization(models.Model):
    """A health station, hospital, mobile point, centre, department or ministry.

    One tree: ``path`` holds the codes from the root, as ``/vn/79/...``, and is what a
    member of staff's scope is measured by. ``is_own``: opened or changed in the portal,
    so that loading reference data leaves it as it is.
    """

    class Kind(models.TextChoices):
        MINISTRY = "ministry"
        HEALTH_DEPARTMENT = "health_department"
        CDC = "cdc"
        DISTRICT_CENTRE = "district_centre"
        HEALTH_STATION = "health_station"
        HOSPITAL = "hospital"
        MOBILE_POINT = "mobile_point"
        BRANCH = "branch"
        POLICE = "police"

    code = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=160)
    folded = models.CharField(max_length=160)
    sort_key = models.CharField(max_length=500)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="below")
    path = models.CharField(max_length=120)
    commune = models.ForeignKey(
        AdministrativeUnit, models.PROTECT, null=True, related_name="organizations"
    )
    province = models.ForeignKey(
        AdministrativeUnit, models.PROTECT, null=True, related_name="+"
    )
    gives_doses = models.BooleanField(default=False)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    phone = models.CharField(max_length=20, blank=True)
    is_own = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="organization_closes_after_it_opens",
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
            ),
            models.CheckConstraint(
                name="organization_only_the_ministry_has_no_parent",
                condition=Q(kind="ministry", parent=None)
                | ~Q(kind="ministry") & Q(parent__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="organization_path",
                fields=["path"],
                opclasses=["text_pattern_ops"],
            ),
            models.Index(
                name="organization_folded",
                fields=["folded"],
                opclasses=["text_pattern_ops"],
            ),
            models.Index(
                name="organization_own_closed",
                fields=["closed_on"],
                include=["id"],
                condition=Q(is_own=True, closed_on__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def is_open_on(self, day: date) -> bool:
        """Tell whether it exists on that day."""
        return self.opened_on <= day and (
            self.closed_on is None or day < self.closed_on
        )


class OrganizationName(models.Model):
    """A name that an organization bore before; ``valid_to`` is the first day without.

    People go on using it, so places are found by it.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="names", db_index=False
    )
    name = models.CharField(max_length=160)
    folded = models.CharField(max_length=160)
    valid_from = models.DateField()
    valid_to = models.DateField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="organizationname_ends_after_it_begins",
                condition=Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="organizationname_one_until_a_day",
                fields=["organization", "valid_to"],
            ),
        )
        indexes = (models.Index(name="organizationname_folded", fields=["folded"]),)

    def __str__(self) -> str:
        return self.name


class OrganizationSuccession(models.Model):
    """Who answers from a day on for what an organization did before."""

    old = models.ForeignKey(
        Organization, models.CASCADE, related_name="successions", db_index=False
    )
    new = models.ForeignKey(Organization, models.CASCADE, related_name="predecessions")
    valid_from = models.DateField()
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="organizationsuccession_once_per_pair", fields=["old", "new"]
            ),
            models.CheckConstraint(
                name="organizationsuccession_not_to_itself",
                condition=~Q(old=F("new")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.old_id} -> {self.new_id}"


class Holiday(models.Model):
    """A public holiday, or a working day swapped for one by the yearly notice.

    ``is_own``: entered in the portal, so that reference data leaves it alone.
    """

    day = models.DateField(unique=True)
    name = models.CharField(max_length=80)
    is_workday = models.BooleanField(default=False)
    source = models.CharField(max_length=120)
    is_own = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
