"""The form of words that are kept ready."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Kind
from complaints.forms import choices_of
from complaints.models import StandardText
from complaints.models.standard_text import MOVES
from portal.registry.models import Organization


class Words(forms.Form):
    """For which move, kind and language; what it is called; what it says."""

    use_required_attribute = False

    organization = forms.ChoiceField(label=_("For which unit and those below"))
    move = forms.ChoiceField(
        label=_("For which step"), choices=[(m.value, m.label) for m in MOVES]
    )
    kind = forms.ChoiceField(
        label=_("For which kind of report"),
        required=False,
        choices=[("", _("Every kind")), *Kind.choices],
    )
    language = forms.ChoiceField(
        label=_("Language of the citizen"), choices=StandardText.Language.choices
    )
    title = forms.CharField(
        label=_("Short name"),
        help_text=_("Colleagues choose by it; the citizen does not see it."),
        max_length=80,
        error_messages={"required": _("Give it a short name.")},
    )
    text = forms.CharField(
        label=_("The words that the citizen reads"),
        help_text=_(
            "Nothing about a person. Filled in by themselves: {code}, {due}, {holder},"
            " {help}."
        ),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write one or two sentences.")},
    )

    def __init__(
        self, *args: Any, units: Sequence[Organization] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.units = {unit.code: unit for unit in units}
        if self.units:
            rows = [(code, unit.name) for code, unit in self.units.items()]
            choices_of(self, "organization").choices = rows
        else:
            del self.fields["organization"]

    def facts(self) -> dict[str, Any]:
        """Return the unit itself instead of its code."""
        typed = dict(self.cleaned_data)
        if self.units:
            typed["organization"] = self.units[typed["organization"]]
        return typed
