"""The PDF of a person's own data while it is made and until it is fetched."""

import uuid

from django.db import models
from django.db.models import Q

from portal.common import crypto
from portal.registry.models import Person


class OwnFile(models.Model):
    """A file that somebody asked for about themselves; sealed, and gone after a day.

    Seen by actions that open all rows alone (a row policy holds it).
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    content_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="ownfile_made_iff_it_has_content",
                condition=Q(made_at=None, content_sealed=None)
                | Q(made_at__isnull=False, content_sealed__isnull=False),
            ),
            models.UniqueConstraint(
                name="ownfile_one_in_the_making",
                fields=["person"],
                condition=Q(made_at=None),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def content(self) -> bytes:
        """Return the file; empty while it is made."""
        if self.content_sealed is None:
            return b""
        return crypto.unseal_bytes(self.content_sealed, bound_to=f"ownfile:{self.ref}")
