"""The ledger of every change made to a person or a dose, and its order for others."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.common import crypto


class Correction(models.Model):
    """A change of the registry that was made: target, before, after and why.

    ``before`` and ``after`` are sealed JSON objects of the fields that changed. What
    touches several rows at once (a merge) is one leading correction with its parts.
    ``source`` is what the knowledge rests on. ``needs_second``: the rules asked for a
    second person (``corrections.second``).
    """

    class Target(models.TextChoices):
        PERSON = "person"
        DOSE = "dose"

    class Operation(models.TextChoices):
        CHANGE = "change"
        ADD = "add"
        VOID = "void"
        RESTORE = "restore"
        DETACH = "detach"
        ATTACH = "attach"
        REASSIGN = "reassign"
        ALIAS = "alias"
        MERGE = "merge"
        SPLIT = "split"
        UNDO = "undo"

    class Reason(models.TextChoices):
        COMPLAINT = "complaint"
        RULE = "rule"
        IMPORT = "import"
        UNDO = "undo"
        REVIEW = "review"
        CONTACT = "contact"
        REQUEST = "request"

    class Source(models.TextChoices):
        """What a change rests on; empty where nothing but somebody's word."""

        SESSION_LIST = "session_list"
        ORPHAN = "orphan"
        SLIP = "slip_seen"
        PHOTO = "photo"
        OTHER_RECORD = "other_record"
        POPULATION = "population"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    target = models.CharField(max_length=6, choices=Target)
    target_id = models.BigIntegerField()
    version_before = models.PositiveIntegerField()
    operation = models.CharField(
        max_length=8, choices=Operation, db_default=Operation.CHANGE
    )
    before_sealed = models.BinaryField()
    after_sealed = models.BinaryField()
    reason = models.CharField(max_length=9, choices=Reason)
    reason_ref = models.CharField(max_length=40)
    source = models.CharField(max_length=12, choices=Source, blank=True, db_default="")
    needs_second = models.BooleanField(default=False, db_default=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    applied_at = models.DateTimeField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True)
    part_of = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="parts"
    )

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
            models.CheckConstraint(
                name="correction_two_people_where_it_takes_two",
                condition=Q(needs_second=False)
                | Q(proposed_by__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_moving_a_dose_takes_two",
                condition=~Q(operation__in=("detach", "reassign"))
                | ~Q(reason="complaint")
                | Q(needs_second=True),
            ),
        )
        indexes = (
            models.Index(name="correction_reason", fields=["reason", "reason_ref"]),
            models.Index(
                name="correction_parts",
                fields=["part_of"],
                condition=Q(part_of__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def before(self) -> dict[str, str]:
        """Return the fields as they were."""
        return crypto.unseal_json(self.before_sealed, bound_to=f"before:{self.ref}")

    @property
    def after(self) -> dict[str, str]:
        """Return the fields as they became."""
        return crypto.unseal_json(self.after_sealed, bound_to=f"after:{self.ref}")


class FeedEntry(models.Model):
    """The place of a correction in the feed for the national platform.

    A trigger adds one with each correction, in its transaction, without a position;
    ``corrections.feed`` gives out positions one reader at a time. A position given
    stays.
    """

    correction = models.OneToOneField(
        Correction, models.PROTECT, primary_key=True, related_name="feed"
    )
    position = models.PositiveBigIntegerField(null=True, unique=True)
    confirmed_upstream_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="feedentry_confirmed_only_where_it_was_read",
                condition=Q(confirmed_upstream_at=None) | Q(position__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="feedentry_unplaced",
                fields=["correction"],
                condition=Q(position=None),
            ),
            models.Index(
                name="feedentry_unconfirmed",
                fields=["correction"],
                condition=Q(confirmed_upstream_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.correction_id}"
