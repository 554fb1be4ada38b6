"""What rules of tier B prepared: changes for one click of whoever answers for them."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.models.selfcorrection import CampaignBatch
from portal.accounts.models import User
from portal.common import crypto
from portal.registry.models import Correction, Organization, Person


class Prepared(models.Model):
    """A change that a rule would make and staff decide; nothing is changed before.

    One row a person, field and rule, for good: what was refused is never put forward
    again. ``edit_sealed``: the change. ``ground``: what it rests on, nothing personal.
    ``organization`` answers for it; a ``complaint`` about the same field goes with it,
    and whoever has that sees it, too. ``batch``: the campaign that found it. What
    concerns whoever decides waits for a second person (``signing``). ``gone``: the
    record is by now another one, since ``decided_at``. ``found_at``: when it was put
    forward, for good; ``seen_at``: when a rule found it last.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To decide")
        SIGNING = "signing", _("Waiting for a second person")
        MADE = "made", _("Corrected")
        REFUSED = "refused", _("Kept as recorded")
        GONE = "gone", _("No longer needed")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    rule = models.CharField(max_length=3)
    version = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    place = models.CharField(max_length=40)
    edit_sealed = models.BinaryField()
    ground = models.JSONField(default=dict)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    complaint = models.ForeignKey(
        Complaint, models.PROTECT, null=True, related_name="prepared"
    )
    batch = models.ForeignKey(
        CampaignBatch, models.PROTECT, null=True, related_name="prepared"
    )
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="prepared_once_per_person_field_and_rule",
                fields=["person", "place", "rule"],
            ),
            models.CheckConstraint(
                name="prepared_made_iff_corrected",
                condition=Q(state="made", correction__isnull=False)
                | ~Q(state="made") & Q(correction=None),
            ),
            models.CheckConstraint(
                name="prepared_decided_by_somebody",
                condition=Q(state__in=("open", "gone"), decided_by=None)
                | Q(state="signing", decided_by=None, proposed_by__isnull=False)
                | Q(
                    state__in=("made", "refused"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="prepared_signed_by_another",
                condition=Q(proposed_by=None)
                | Q(decided_by=None)
                | ~Q(proposed_by=F("decided_by")),
            ),
        )
        indexes = (
            models.Index(
                name="prepared_waiting_by_path",
                fields=["path", "id"],
                opclasses=["text_pattern_ops", "int8_ops"],
                condition=Q(state__in=("open", "signing")),
            ),
            models.Index(name="prepared_by_rule", fields=["rule", "state"]),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.ref}"

    @property
    def edit(self) -> dict[str, str]:
        """Return the change: operation, field, target, before, after."""
        return crypto.unseal_json(self.edit_sealed, bound_to=f"prepared:{self.ref}")
