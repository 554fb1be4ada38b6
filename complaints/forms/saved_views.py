"""The form that keeps the filters of the queue under a name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from complaints import filters
from complaints.filters import Filters


class SaveView(forms.Form):
    """A name for what the queue is narrowed to, and who sees it."""

    use_required_attribute = False

    query = forms.CharField(
        required=False, max_length=400, strip=False, widget=forms.HiddenInput
    )
    name = forms.CharField(
        label=_("Name of the view"),
        max_length=40,
        help_text=_("For example: Missing doses without a photo. No names of people."),
        error_messages={"required": _("Give the view a name.")},
    )
    is_shared = forms.BooleanField(
        label=_("Everybody of my unit sees it, too"), required=False
    )

    def clean_query(self) -> Filters:
        """Return the filters; refuse what the queue would not understand either."""
        found, wrong = filters.read(QueryDict(self.cleaned_data["query"]))
        if wrong:
            raise ValidationError(" ".join(wrong.values()))
        return found

    def facts(self) -> dict[str, Any]:
        """Return name, filters and whether the unit shares them."""
        typed = self.cleaned_data
        return {
            "name": typed["name"],
            "filters": typed["query"],
            "is_shared": typed["is_shared"],
        }
