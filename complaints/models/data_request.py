"""What somebody asks about the use of their own data: restrict it, or object."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.common import crypto
from portal.registry.models import Person


class DataRequest(models.Model):
    """A data subject's request with its own legal clock (``accounts.Deadline``).

    Text and answers are sealed. It may be extended once, before it is due, with a
    reason. Seen by the person and by administrators only (a row policy holds it).
    """

    class Kind(models.TextChoices):
        RESTRICT = "restrict", _("Restrict the use of my data")
        OBJECT = "object", _("Object to a use of my data")

    class Outcome(models.TextChoices):
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused, with reason")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, models.PROTECT, related_name="data_requests")
    kind = models.CharField(max_length=8, choices=Kind)
    text_sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extension_sealed = models.BinaryField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True)
    answer_sealed = models.BinaryField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="datarequest_one_open_per_person_and_kind",
                fields=["person", "kind"],
                condition=Q(outcome=""),
            ),
            models.CheckConstraint(
                name="datarequest_ended_iff_answered",
                condition=Q(outcome="", ended_at=None, answer_sealed=None)
                | ~Q(outcome="")
                & Q(
                    ended_at__isnull=False,
                    answer_sealed__isnull=False,
                    answered_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="datarequest_extended_with_a_reason",
                condition=Q(extended_at=None, extension_sealed=None)
                | Q(extended_at__isnull=False, extension_sealed__isnull=False),
            ),
            models.CheckConstraint(
                name="datarequest_due_after_the_first_answer",
                condition=Q(due_at__gte=F("answer_by")),
            ),
        )
        indexes = (
            models.Index(
                name="datarequest_open",
                fields=["due_at", "id"],
                condition=Q(outcome=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def text(self) -> str:
        """Return what was asked, in the person's words."""
        return crypto.unseal(self.text_sealed, bound_to=f"request:text:{self.ref}")

    @property
    def answer(self) -> str:
        """Return the answer in words, '' before there is one."""
        return self._words("answer", self.answer_sealed)

    @property
    def extension(self) -> str:
        """Return why it takes longer, '' where it does not."""
        return self._words("extension", self.extension_sealed)

    def _words(self, part: str, sealed: bytes | memoryview | None) -> str:
        if sealed is None:
            return ""
        return crypto.unseal(sealed, bound_to=f"request:{part}:{self.ref}")
