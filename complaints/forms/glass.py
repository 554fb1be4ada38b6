"""The form by which a case of another unit is opened in an emergency."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.common import codes
from portal.common.forms import Form


class BreakGlass(Form):
    """Which case, and why it cannot wait for the unit that has it."""

    code = forms.CharField(
        label=_("Complaint code"),
        max_length=20,
        help_text=_("Ten digits; of a second matter with -2."),
        error_messages={"required": _("Type the code of the case.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    reason = forms.CharField(
        label=_("Why it cannot wait"),
        max_length=1000,
        help_text=_("The unit in charge reads it. Somebody else judges it later."),
        error_messages={"required": _("Say why it cannot wait.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_code(self) -> tuple[str, int]:
        """Return code and number; a code alone is its first matter."""
        typed = codes.clean(self.cleaned_data["code"])
        code, number = typed[: codes.LENGTH], typed[codes.LENGTH :]
        if not codes.is_valid(code) or (number and not number.isdecimal()):
            raise ValidationError(_("This is no code. It has ten digits."))
        return code, int(number or 1)
