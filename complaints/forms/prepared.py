"""Deciding on a change that a rule prepared."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _


class Decision(forms.Form):
    """Whom it concerns, and on which case's page the button stood, if on one."""

    concerns_oneself = forms.BooleanField(
        label=_("This concerns me or a relative of mine"),
        required=False,
        help_text=_("Then a second person has to sign."),
    )
    on_case = forms.RegexField(r"^[0-9]{10}-[0-9]{1,2}$", required=False)

    @property
    def case(self) -> tuple[str, int]:
        """Return code and number of the case; an empty code where it stood on none."""
        found = re.match(
            r"([0-9]{10})-([0-9]{1,2})$", self.cleaned_data.get("on_case", "")
        )
        return (found[1], int(found[2])) if found else ("", 0)
