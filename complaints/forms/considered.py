"""What was looked at before a record is kept as it is: asked with every refusal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Considered


def considered_field() -> forms.MultipleChoiceField:
    """Return a field for what was looked at before a record is kept as it is."""
    field = forms.MultipleChoiceField(
        label=_("What did you look at?"),
        help_text=_("Needed where something stays as recorded. The citizen reads it."),
        choices=Considered.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    # It is asked for where it is shown.
    field.is_needed = True  # type: ignore[attr-defined]  # read by the templates
    return field


def require_considered(form: forms.Form) -> None:
    """Fault a form by which a record is kept though nothing was looked at."""
    if not form.cleaned_data.get("considered"):
        form.add_error("considered", _("Tick what you looked at, at least one."))
