"""Who looks at a case now, who was given it, and who passed it by."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from portal.accounts.models import User


class Presence(models.Model):
    """When a member of staff last had a case before them; kept once a case and user.

    ``version`` is the case's as it was last shown to them: what they have read.
    """

    complaint = models.ForeignKey(
        Complaint, models.CASCADE, related_name="presences", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="presence_once_per_case_and_user", fields=["complaint", "user"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} at {self.complaint_id}"


class Lease(models.Model):
    """A case that was given to somebody by "next one for me", until ``until``.

    The key is the case, so the database itself gives it to one person only.
    """

    complaint = models.OneToOneField(
        Complaint, models.CASCADE, primary_key=True, related_name="lease"
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.complaint_id} to {self.user_id}"


class Skip(models.Model):
    """A case that was given to somebody who did not take it, and why."""

    class Reason(models.TextChoices):
        CONFLICT = "conflict", _("It concerns me or somebody I know")
        PAPERS = "papers", _("Our papers for it are not at hand today")
        UNSURE = "unsure", _("A colleague with more experience should decide")

    complaint = models.ForeignKey(
        Complaint, models.CASCADE, related_name="skips", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="skip_once_per_case_and_user", fields=["complaint", "user"]
            ),
        )

    def __str__(self) -> str:
        return f"{self.complaint_id} by {self.user_id}"
