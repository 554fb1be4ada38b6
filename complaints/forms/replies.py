"""Forms of the right of reply."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.common.forms import Form


class Flag(Form):
    """A case that counts wrongly, and why."""

    code = forms.CharField(
        label=_("Code of the case"),
        help_text=_("With the number behind the dash, for example 4829 1736 52-1."),
        max_length=24,
        error_messages={"required": _("Type the code of the case.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Why it counts wrongly"),
        help_text=_("Without names, telephones or numbers of anybody."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the case counts wrongly.")},
    )


class Decision(Form):
    """What is decided of a flagged case, and why."""

    answer = forms.CharField(
        label=_("Why you decide so"),
        help_text=_("The unit reads it. Without anything about the citizen."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why you decide so. The unit reads it.")},
    )
