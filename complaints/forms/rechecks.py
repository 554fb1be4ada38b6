"""Drawing a sample, checking a case once more, answering a check."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import Recheck
from portal.common.forms import Form


class Month(forms.DateField):
    """A month, "2026-10", as its first day."""

    widget = forms.TextInput(attrs={"type": "month"})

    def to_python(self, value: Any) -> date | None:
        """Return the first day of the month; raise ValidationError for none."""
        text = str(value or "").strip()
        if not text:
            return None
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
            raise forms.ValidationError(_("Type the month as 2026-10."))
        return date.fromisoformat(f"{text}-01")


class Draw(Form):
    """Which closed cases are drawn, and how many."""

    month = Month(
        label=_("Closed in month"),
        error_messages={"required": _("Choose a month.")},
    )
    per_stratum = forms.IntegerField(
        label=_("Of each unit and outcome at most"),
        min_value=1,
        max_value=20,
        initial=1,
        error_messages={"required": _("Type a number from 1 to 20.")},
    )
    most = forms.IntegerField(
        label=_("Altogether at most"),
        min_value=1,
        max_value=2_000,
        initial=100,
        help_text=_("Each has to be checked by somebody."),
        error_messages={"required": _("Type a number from 1 to 2,000.")},
    )


class Check(Form):
    """A second opinion of a decision."""

    verdict = forms.ChoiceField(
        label=_("What would you decide?"),
        choices=Recheck.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what you would decide.")},
    )
    reason = forms.ChoiceField(
        label=_("Why otherwise?"),
        choices=[("", "–"), *Recheck.Reason.choices],
        required=False,
    )
    note = forms.CharField(
        label=_("What you saw"),
        max_length=1000,
        required=False,
        help_text=_("Write no number of anybody here."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> None:
        """Ask for reason and words where somebody decides otherwise."""
        if self.cleaned_data.get("verdict") != Recheck.Verdict.DISAGREE:
            return
        if not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Choose why you decide otherwise."))
        if not self.cleaned_data.get("note"):
            self.add_error("note", _("Write what the unit should look at."))


class Answer(Form):
    """What the unit says to a check that decided otherwise."""

    answer = forms.ChoiceField(
        label=_("Who was right?"),
        choices=Recheck.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who was right.")},
    )
    note = forms.CharField(
        label=_("Why, and what you do now"),
        max_length=1000,
        help_text=_("Write no number of anybody here."),
        error_messages={"required": _("Write why, and what you do now.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
