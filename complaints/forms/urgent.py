"""The form that says by when a report is needed, and what for."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Urgency
from portal.common.forms import DayField, Form

# Later needs hurry nobody.
MOST_YEARS = 1


class UrgentForm(Form):
    """By which day it is needed, and what depends on it."""

    reason = forms.ChoiceField(
        label=_("What depends on it?"),
        choices=Urgency.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what depends on it.")},
    )
    on = DayField(
        label=_("By which day do you need it?"),
        is_recent=True,
        help_text=_("The day of the trip, of school or of work."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        """Refuse days that are past or too far to be urgent."""
        on: date = self.cleaned_data["on"]
        if on < self.today:
            raise forms.ValidationError(_("This day is past. Type a day to come."))
        if on.year > self.today.year + MOST_YEARS:
            raise forms.ValidationError(
                _("This is far away. Send the report without it; it is answered soon.")
            )
        return on
