"""What matching proposes to staff: owners of orphans, people and doses twice on record.

Filled in the background (``registry.proposals``); a proposal changes no record. What
staff decide of it goes through ``registry.corrections``.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.registry.models.correction import Correction
from portal.registry.models.dose import Dose
from portal.registry.models.person import Person
from portal.registry.models.site import Organization


class Proposal(models.Model):
    """Two records that may belong together, with the evidence, and what was decided.

    By ``kind``: an orphan ``dose`` and whose it may be (``person``, null where nobody
    is found); two people; two doses of a person. One row for each pair, for good: a
    refused one stays refused, however often it is found again. ``evidence`` holds
    levels and doubts of ``matching``, for its words. Of the proposals for one orphan
    ``is_leading`` is the likeliest. ``choice``: which of the two stays. A decision
    that takes two people waits in ``signing``; ``undo_by``: who asked to take back one
    that took two.
    """

    class Kind(models.TextChoices):
        OWNER = "owner"
        PEOPLE = "people"
        DOSES = "doses"

    class State(models.TextChoices):
        OPEN = "open"
        SIGNING = "signing"
        MADE = "made"
        REFUSED = "refused"
        GONE = "gone"

    class Choice(models.TextChoices):
        FIRST = "first"
        OTHER = "other"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    other_person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+"
    )
    dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="+")
    other_dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="+")
    name_folded = models.CharField(max_length=120, blank=True)
    strength = models.PositiveSmallIntegerField()
    score = models.FloatField(default=0)
    evidence = models.JSONField(default=dict)
    is_leading = models.BooleanField(default=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    found_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    choice = models.CharField(max_length=5, choices=Choice, blank=True)
    concerns_oneself = models.BooleanField(default=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, related_name="+"
    )
    undo_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="proposal_names_what_its_kind_is_about",
                condition=Q(
                    kind="owner",
                    dose__isnull=False,
                    other_person=None,
                    other_dose=None,
                )
                | Q(
                    kind="people",
                    person__isnull=False,
                    other_person__gt=F("person"),
                    dose=None,
                    other_dose=None,
                )
                | Q(
                    kind="doses",
                    person__isnull=False,
                    other_person=None,
                    dose__isnull=False,
                    other_dose__isnull=False,
                )
                & ~Q(dose=F("other_dose")),
            ),
            models.CheckConstraint(
                name="proposal_made_iff_corrected",
                condition=Q(state="made", correction__isnull=False)
                | ~Q(state="made") & Q(correction=None, undo_by=None),
            ),
            models.CheckConstraint(
                name="proposal_signed_by_another",
                condition=Q(proposed_by=None)
                | Q(decided_by=None)
                | ~Q(proposed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="proposal_waits_for_a_second_iff_proposed",
                condition=Q(state="signing", proposed_by__isnull=False, decided_by=None)
                | Q(state__in=("made", "refused"), decided_by__isnull=False)
                | Q(state__in=("open", "gone"), proposed_by=None, decided_by=None),
            ),
            models.UniqueConstraint(
                name="proposal_once_per_owner",
                fields=["dose", "person"],
                condition=Q(kind="owner"),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="proposal_once_per_people",
                fields=["person", "other_person"],
                condition=Q(kind="people"),
            ),
            models.UniqueConstraint(
                name="proposal_once_per_doses",
                fields=["person", "dose", "other_dose"],
                condition=Q(kind="doses"),
            ),
        )
        indexes = (
            models.Index(
                name="proposal_waiting_by_path",
                fields=["kind", "path", "strength", "id"],
                opclasses=[
                    "varchar_ops",
                    "text_pattern_ops",
                    "int2_ops",
                    "int8_ops",
                ],
                condition=Q(state="open", is_leading=True),
            ),
            models.Index(
                name="proposal_signing",
                fields=["kind", "id"],
                condition=Q(state="signing"),
            ),
            models.Index(
                name="proposal_decided",
                fields=["kind", "-decided_at", "-id"],
                condition=Q(state__in=("made", "refused")),
            ),
            models.Index(
                name="proposal_orphan_name",
                fields=["name_folded"],
                condition=Q(kind="owner", state__in=("open", "signing")),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)


class MatchChange(models.Model):
    """Rows that changed since matching last looked; triggers write here."""

    class Kind(models.TextChoices):
        PERSON = "person", "people that changed"
        DOSE = "dose", "doses that changed"

    kind = models.CharField(max_length=7, choices=Kind)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="matchchange_is_a_span", condition=Q(last__gte=F("first"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.first}-{self.last}"
