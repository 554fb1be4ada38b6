"""What people are told at a step, where that was changed: dated rows."""

from django.db import models
from django.db.models import F, Q

from portal.accounts.models import User


class Wording(models.Model):
    """The words of a step from one day to another; without a row the built-in ones.

    ``key``: a move or an outcome (``notifications.words``). ``content``: by language
    the sentences of the text message from the fullest to the barest, subject and
    addition of the e-mail. ``ended_by``: who went back to what was before.
    """

    key = models.CharField(max_length=16)
    content = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=120)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="wording_once_per_step_and_day",
                fields=["key", "valid_from"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="wording_does_not_end_before_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="wording_taken_back_by_somebody",
                condition=Q(ended_by=None, ended_at=None)
                | Q(
                    ended_by__isnull=False,
                    ended_at__isnull=False,
                    valid_to__isnull=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} from {self.valid_from}"
