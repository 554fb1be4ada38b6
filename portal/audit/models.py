"""Append-only entries of who looked at and who changed what. No foreign keys."""

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One look at, or change of, something. The database refuses updates and deletes.

    ``person`` is the primary key of the person whose record was seen or changed.
    """

    class Verb(models.TextChoices):
        LOOK_UP = "look_up"
        CHANGE = "change"
        SIGN_IN = "sign_in"

    class Actor(models.TextChoices):
        CITIZEN = "citizen"
        STAFF = "staff"
        SYSTEM = "system"

    at = models.DateTimeField()
    verb = models.CharField(max_length=8, choices=Verb)
    actor = models.CharField(max_length=8, choices=Actor)
    actor_id = models.BigIntegerField(null=True)
    organization = models.BigIntegerField(null=True)
    person = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = (
            models.Index(name="entry_person", fields=["person", "-at"]),
            # What auditors ask: of a day, of a unit, of an account. A citizen's look at
            # the own record, of which there are most, pays for the first alone.
            # Questions of a day say "id > 0", those of a unit or account do not: for a
            # quiet unit the planner would walk this one through the whole log (2 s).
            models.Index(
                name="entry_of_a_day", fields=["-at", "-id"], condition=Q(id__gt=0)
            ),
            models.Index(
                name="entry_unit",
                fields=["organization", "-at", "-id"],
                condition=Q(actor="staff"),
            ),
            models.Index(
                name="entry_actor",
                fields=["actor_id", "-at", "-id"],
                condition=Q(actor="staff"),
            ),
            # Few among many: what was done to accounts, which a signature asks for.
            models.Index(
                name="entry_account",
                fields=["subject_id", "actor_id"],
                condition=Q(verb="change", subject="accounts.user"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.subject} {self.subject_id}"


class Seal(models.Model):
    """A day's digest over the rows up to ``last_id``, chained to the day before."""

    day = models.DateField()
    of = models.CharField(max_length=10)
    last_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="seal_once_per_day", fields=["of", "day"]),
        )

    def __str__(self) -> str:
        return f"{self.of} {self.day}"


class Leaves(models.Model):
    """The first bytes of the digest of each row of a sealed day, in order of the rows.

    A thousand rows each, up to ``last_id``. By them a row that was changed, taken out
    or put in is named; the seal holds the whole digests.
    """

    day = models.DateField()
    of = models.CharField(max_length=10)
    last_id = models.BigIntegerField()
    leaves = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="leaves_once_per_day_and_part", fields=["of", "day", "last_id"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.of} {self.day} up to {self.last_id}"
