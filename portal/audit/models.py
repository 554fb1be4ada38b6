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
