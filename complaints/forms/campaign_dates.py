"""A day by which nothing is to be open any more."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.common.forms import DayField, Form


class SetDay(Form):
    """The day, from when on it is watched, and what for."""

    name = forms.CharField(
        label=_("What for, or by which decision"),
        max_length=80,
        error_messages={"required": _("Say what for, or name the decision.")},
    )
    due_on = DayField(label=_("Nothing open any more by"), is_recent=True)
    begins_on = DayField(
        label=_("Watched from"),
        help_text=_("Today or earlier, at most a year before."),
        is_recent=True,
    )
