"""Staff, where they are posted, and the one-time codes that citizens prove."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from portal.registry.models import Organization


class User(AbstractUser):
    """A member of staff; a personal account, never shared."""

    full_name = models.CharField(max_length=120)
    must_change_password = models.BooleanField(default=False)

    class Meta:
        constraints = ()

    def __str__(self) -> str:
        return self.username


class PostingQuerySet(models.QuerySet):
    """Postings, by time."""

    def current(self, *, at: datetime) -> "PostingQuerySet":
        """Return the postings in force at an instant."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)


class Posting(models.Model):
    """A role of a member of staff at an organization, from one instant to another."""

    class Role(models.TextChoices):
        CLERK = "clerk"
        STAFF = "staff"
        LEAD = "lead"
        OVERSEER = "overseer"
        ADMINISTRATOR = "administrator"

    user = models.ForeignKey(User, models.PROTECT, related_name="postings")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="postings"
    )
    role = models.CharField(max_length=13, choices=Role)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    objects = PostingQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="posting_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="posting_one_current_per_user_and_organization",
                fields=["user", "organization"],
                condition=Q(valid_to=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} at {self.organization_id}"


class OneTimeCode(models.Model):
    """Six digits sent to a telephone; kept as a keyed digest only.

    A decoy (``telephone_sealed`` empty) answers a look-up that matched nobody, so that
    both take the same way.
    """

    class Purpose(models.TextChoices):
        LOOK_UP = "look_up"
        TELEPHONE = "telephone"

    purpose = models.CharField(max_length=9, choices=Purpose)
    subject_digest = models.BinaryField(max_length=32)
    person = models.BigIntegerField(null=True)
    telephone_sealed = models.BinaryField(null=True)
    telephone_digest = models.BinaryField(max_length=32, null=True)
    code_sealed = models.BinaryField(null=True)
    code_mac = models.BinaryField(max_length=32)
    language = models.CharField(max_length=2, default="vi")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                name="onetimecode_subject", fields=["subject_digest", "-created_at"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
