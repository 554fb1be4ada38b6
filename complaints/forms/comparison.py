"""What an administrator may do with the comparison of everybody."""

from django import forms
from django.utils.translation import gettext_lazy as _


class Job(forms.Form):
    """Begin, stop or go on; the last two say which run is meant."""

    move = forms.ChoiceField(
        choices=[
            ("start", _("Compare everybody")),
            ("stop", _("Stop")),
            ("resume", _("Go on")),
        ]
    )
    run = forms.IntegerField(required=False, min_value=1)

    def clean(self) -> None:
        """Ask for the run where one is meant."""
        move = self.cleaned_data.get("move")
        if move in ("stop", "resume") and not self.cleaned_data.get("run"):
            self.add_error("run", _("Which comparison is meant?"))
