"""Forms of changing the telephone on record."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.lookup import LookUpForm
from portal.common import codes
from portal.common.forms import DayField, Form, LotField, PhoneField


class NewTelephoneForm(Form):
    """The telephone that is to be written to from now on."""

    phone = PhoneField(
        label=_("New telephone"),
        help_text=_("We send a code there, to be sure that it is in your hand."),
    )


class PaperForm(LookUpForm):
    """Who it is, what the slip says of one dose, and the new telephone."""

    given_on = DayField(
        label=_("Date given"), help_text=_("Of one dose, as the slip says.")
    )
    lot = LotField(
        label=_("Lot number"),
        help_text=_("As on the slip, letters and digits."),
        error_messages={"required": _("Type the lot number from the slip.")},
    )
    site_text = forms.CharField(
        label=_("Vaccination site"),
        max_length=200,
        help_text=_("As the stamp or the head of the slip says."),
        error_messages={"required": _("Type the place from the slip.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = PhoneField(
        label=_("New telephone"),
        help_text=_("We send a code there, to be sure that it is in your hand."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_given_on(self) -> date:
        """Refuse days to come."""
        given_on: date = self.cleaned_data["given_on"]
        if given_on > self.today:
            raise forms.ValidationError(_("Date must not be in the future"))
        return given_on


class StopForm(Form):
    """The code of the message to the old telephone."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=40,
        help_text=_("10 digits, for example 4829 1736 52."),
        error_messages={"required": _("Type the 10 digits from the message.")},
        widget=forms.TextInput(
            attrs={"class": "w10", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    def clean_code(self) -> str:
        """Return the digits; find a mistyped one by the check digit."""
        code = codes.clean(self.cleaned_data["code"])
        if not codes.is_valid(code):
            raise forms.ValidationError(
                _("This code has a wrong digit. Compare it with your message.")
            )
        return code
