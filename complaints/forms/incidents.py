"""The forms of an incident: the list of its session, and why it is taken back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.lists import ListFile
from complaints.models import Incident


class Upload(ListFile):
    """The list of the incident's own session; its site is known."""


class Back(forms.Form):
    """Why all that an incident settled is taken back."""

    why = forms.ChoiceField(
        label=_("Why is all of it taken back?"),
        choices=Incident.Back.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why all of it is taken back.")},
    )
