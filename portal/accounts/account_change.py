"""The table of what changed about how members of staff sign in."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AccountChange(models.Model):
    """A change of how somebody signs in, kept for the owner of the account to see.

    ``by``: who else made it, null where it was done in the account itself. ``seen_at``:
    when the owner said that it was them.
    """

    class What(models.TextChoices):
        PASSWORD = "password", _("The password was changed")
        LINK = "link", _("A link to choose a new password was made")
        FACTOR_ON = "factor_on", _("The second step of signing in was set up")
        FACTOR_OFF = "factor_off", _("The second step of signing in was taken off")
        CODES = "codes", _("New recovery codes were made")
        KEY_ON = "key_on", _("A passkey was added")
        KEY_OFF = "key_off", _("A passkey was taken off")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="changes"
    )
    what = models.CharField(max_length=10, choices=What)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    language = models.CharField(max_length=2)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="accountchange_by_somebody_else_or_nobody",
                condition=Q(by=None) | ~Q(by=F("user")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.what} {self.pk}"
