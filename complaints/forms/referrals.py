"""Forms about another body: asking it, and entering what it said."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.actions.referrals import MOST_DAYS, USUAL_DAYS
from complaints.choices import Reply
from complaints.forms import choices_of
from complaints.forms.casework import Step, note_field
from complaints.models import Claim

# On the case's own page somebody may also give up waiting.
WITHOUT: Final = "none"


class Wait(Step):
    """Ask another body to confirm some of the claims."""

    authority = forms.CharField(
        label=_("Which body should confirm it?"),
        help_text=_("Its name, for example the commune police. Never a person's name."),
        min_length=4,
        max_length=160,
        error_messages={"required": _("Write the name of the body.")},
    )
    points = forms.MultipleChoiceField(
        label=_("What should they confirm?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what they should confirm.")},
    )
    days = forms.IntegerField(
        label=_("Within how many days?"),
        help_text=_("1 to 10. The due date stays. After that you go on without them."),
        initial=USUAL_DAYS,
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.TextInput(attrs={"class": "w2", "inputmode": "numeric"}),
        error_messages={
            "required": _("Give them 1 to 10 days."),
            "invalid": _("Give them 1 to 10 days."),
            "min_value": _("Give them 1 to 10 days."),
            "max_value": _("Give them 1 to 10 days."),
        },
    )
    note = note_field(
        _("What they should look up"),
        hint=_("It is printed on the sheet. The citizen reads it, too."),
    )

    def __init__(
        self,
        *args: Any,
        claims: Iterable[Claim],
        bodies: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        rows = [(claim.field, claim.get_field_display()) for claim in claims]
        choices_of(self, "points").choices = rows
        self.fields["points"].initial = [field for field, _label in rows]
        self.bodies = list(bodies)
        self.fields["authority"].initial = next(iter(self.bodies), "")
        self.fields["authority"].widget.attrs |= {
            "list": "bodies",
            "autocomplete": "off",
        }


class Answer(forms.Form):
    """What a body said."""

    use_required_attribute = False

    reply = forms.ChoiceField(
        label=_("What did they say?"),
        choices=Reply.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what they said.")},
    )
    note = note_field(
        _("In their words"),
        required=False,
        hint=_("Needed where they say something else. The citizen does not see it."),
    )

    def clean(self) -> None:
        """Ask for their words where neither side is confirmed."""
        typed = self.cleaned_data
        if typed.get("reply") == Reply.OTHER and not (typed.get("note") or "").strip():
            self.add_error("note", _("Write down what they said."))


class Resume(Answer, Step):
    """The same on the case's page, where one may also go on without an answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "reply").choices = [
            *Reply.choices,
            (WITHOUT, _("Nothing yet: go on without them")),
        ]

    def facts(self) -> dict[str, Any]:
        """Return no reply where none came."""
        typed = dict(self.cleaned_data)
        return typed | ({"reply": ""} if typed["reply"] == WITHOUT else {})
