"""Words that a unit keeps ready for the moves that the citizen reads."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q

from complaints.choices import Kind, Move
from portal.accounts.models import User
from portal.registry.models import Organization

# Of these moves the citizen reads the note.
MOVES: Final = (
    Move.ASK,
    Move.RESOLVE,
    Move.HAND_OVER,
    Move.ESCALATE,
    Move.WAIT,
    Move.EXTEND,
)


class StandardText(models.Model):
    """One version of such words; a change retires it and writes the next.

    Shared by the organization and all below it. ``kind`` empty: for every kind. The
    versions of a text have one ``series``. Nothing personal (``rules.impersonal``).
    """

    class Language(models.TextChoices):
        VIETNAMESE = "vi", "Tiếng Việt"
        ENGLISH = "en", "English"

    series = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveSmallIntegerField(default=1)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="standard_texts"
    )
    move = models.CharField(max_length=12, choices=[(m.value, m.label) for m in MOVES])
    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    language = models.CharField(max_length=2, choices=Language)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    retired_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="standardtext_versions_differ", fields=["series", "version"]
            ),
            models.UniqueConstraint(
                name="standardtext_one_version_in_use",
                fields=["series"],
                condition=Q(retired_at=None),
            ),
            models.CheckConstraint(
                name="standardtext_retired_by_somebody",
                condition=Q(retired_at=None, retired_by=None)
                | Q(retired_at__isnull=False, retired_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.version}"
