"""Days off, and days worked instead of them, as the yearly notice names them."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.rules import Proposal
from portal.common.forms import DayField

# Tết with all that is swapped for it takes nine days; more is a mistake.
MOST: Final = timedelta(days=31)


class DaysProposal(Proposal):
    """One stretch of days: off, or worked though the week says otherwise."""

    name = forms.CharField(
        label=_("Which holiday"),
        help_text=_("For example Tết Nguyên đán, or what a working day makes up for."),
        max_length=80,
        error_messages={"required": _("Say what the day is.")},
    )
    what = forms.ChoiceField(
        label=_("These days are"),
        choices=[("off", _("Days off")), ("worked", _("Worked, as a swap"))],
        initial="off",
        widget=forms.RadioSelect,
    )
    last_day = DayField(
        label=_("Last day"),
        help_text=_("Leave empty where it is one day."),
        is_recent=True,
        required=False,
    )
    field_order = ("name", "what", "valid_from", "last_day", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = self.fields["valid_from"]
        first.label = _("First day")
        first.help_text = _("Tomorrow at the earliest. Open cases are counted anew.")

    def clean(self) -> None:
        """Refuse days that end before they begin, and more than a month of them."""
        first = self.cleaned_data.get("valid_from")
        last = self.cleaned_data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes after the first one."))
        elif first and last and last - first > MOST:
            self.add_error("last_day", _("Type a month of days at most."))

    def content(self) -> dict[str, Any]:
        """Return the row's facts; the day as text."""
        typed = self.cleaned_data
        last = typed["last_day"] or typed["valid_from"]
        return {
            "name": typed["name"],
            "is_workday": typed["what"] == "worked",
            "last_day": last.isoformat(),
        }
