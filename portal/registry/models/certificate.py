"""Certificates that were issued: which is in force, which were revoked and why."""

import uuid

from django.db import models
from django.db.models import F, Q

from portal.common import crypto
from portal.registry.models.dose import Dose
from portal.registry.models.person import Person


class Certificate(models.Model):
    """A certificate of a person's last dose; at most one of them is in force.

    ``identifier``: the UVCI that it bears; ``text_sealed``: the whole as its QR code
    holds it. ``revocation``: what the public list shows once it is revoked, the begin
    of the digest of the identifier. ``doubted``: what it rests on has changed; set by
    the database itself (migration ``0002_guards``). ``tried_at``: when a new one was
    last tried for in the place of this one, which was revoked, and could not be made.
    """

    class Reason(models.TextChoices):
        STALE = "stale"
        EXPIRED = "expired"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    dose = models.ForeignKey(Dose, models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=72, unique=True)
    revocation = models.BinaryField(max_length=16)
    text_sealed = models.BinaryField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=7, choices=Reason, blank=True)
    doubted = models.BooleanField(default=False, db_default=False)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="certificate_one_in_force",
                fields=["person"],
                condition=Q(revoked_at=None),
            ),
            models.CheckConstraint(
                name="certificate_revoked_with_a_reason",
                condition=Q(revoked_at=None, reason="")
                | Q(revoked_at__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="certificate_ends_after_it_begins",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
        )
        indexes = (
            models.Index(
                name="certificate_revoked",
                fields=["revoked_at", "id"],
                condition=Q(revoked_at__isnull=False),
            ),
            models.Index(
                name="certificate_doubted",
                fields=["id"],
                condition=Q(revoked_at=None, doubted=True),
            ),
            models.Index(
                name="certificate_ends",
                fields=["expires_at"],
                condition=Q(revoked_at=None),
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def text(self) -> str:
        """Return the certificate as its QR code holds it."""
        return crypto.unseal(self.text_sealed, bound_to=f"certificate:{self.ref}")
