"""The form with which staff begin to help somebody."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.lookup import LookUpForm
from portal.accounts.models import Assistance

Way = Assistance.Way


class HelpForm(LookUpForm):
    """Who is helped, how they are here, what was seen of them, and what for."""

    way = forms.ChoiceField(
        label=_("How is the person here?"),
        choices=Way.choices,
        initial=Way.COUNTER,
        widget=forms.RadioSelect,
    )
    document = forms.ChoiceField(
        label=_("Which document did you see?"),
        required=False,
        choices=[("", _("None")), *Assistance.Document.choices],
        help_text=_("Compare name, birth date and photo. At the counter it is needed."),
    )
    purpose = forms.ChoiceField(
        label=_("What for?"),
        choices=Assistance.Purpose.choices,
        initial=Assistance.Purpose.REPORT,
        widget=forms.RadioSelect,
        help_text=_("The person can read this later beside your organization."),
    )
    field_order = ("way", "document", "national_id", "full_name", "born_on", "purpose")

    def clean(self) -> dict[str, Any]:
        """Ask for the document at the counter; a record is opened for nobody else."""
        cleaned = super().clean()
        way, purpose = cleaned.get("way"), cleaned.get("purpose")
        if way == Way.COUNTER and not cleaned.get("document"):
            self.add_error("document", _("Choose the document that you saw."))
        if way != Way.COUNTER and purpose and purpose != Assistance.Purpose.REPORT:
            self.add_error(
                "purpose",
                _("By telephone or letter only a report can be taken, nothing shown."),
            )
        return cleaned
