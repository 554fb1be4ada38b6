"""Forms about the use of one's own data: asking, and answering."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.kind import two
from complaints.models import DataRequest
from portal.common.forms import Form

Kind = DataRequest.Kind


class DataRequestForm(Form):
    """What somebody wants done with their data, and why."""

    kind = forms.ChoiceField(
        label=_("What do you want?"),
        widget=forms.RadioSelect,
        choices=[
            (
                Kind.RESTRICT,
                two(
                    Kind.RESTRICT.label,
                    _("It is in no file that is given out. The doses stay on record."),
                ),
            ),
            (
                Kind.OBJECT,
                two(
                    Kind.OBJECT.label,
                    _("For example that others see it for a comparison."),
                ),
            ),
        ],
        error_messages={"required": _("Choose what you want.")},
    )
    text = forms.CharField(
        label=_("In your own words"),
        max_length=2000,
        help_text=_("What should not be done, and why."),
        error_messages={"required": _("Say what you want, in your own words.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(Form):
    """The answer of an administrator, with its reason."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=DataRequest.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    words = forms.CharField(
        label=_("Answer and reason"),
        max_length=4000,
        help_text=_("The person reads it as you write it."),
        error_messages={"required": _("Write the answer and its reason.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ExtendForm(Form):
    """Why an answer takes longer."""

    reason = forms.CharField(
        label=_("Why does it take longer?"),
        max_length=2000,
        help_text=_("Possible once. The person gets the new date with this reason."),
        error_messages={"required": _("Say why it takes longer.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
