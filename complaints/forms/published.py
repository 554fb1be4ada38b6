"""Form of a published month that is told anew."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.actions.republishing import LONGEST
from portal.common.forms import Form


class Correction(Form):
    """Which month is told anew, and why; everybody reads the reason."""

    month = forms.TypedChoiceField(
        label=_("Month to correct"),
        coerce=date.fromisoformat,
        error_messages={"required": _("Choose the month.")},
    )
    reason = forms.CharField(
        label=_("Why it is corrected"),
        help_text=_("Everybody reads it beside the figures. Without names of people."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why. Everybody reads it.")},
    )

    def __init__(self, *args: Any, months: Iterable[date], **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(f"{month:%Y-%m-%d}", f"{month:%m/%Y}") for month in months]
        self.fields["month"].choices = choices  # type: ignore[attr-defined]
