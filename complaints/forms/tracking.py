"""Forms of the status pages: opening, answering, agreeing or not."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.report import FILES, PHOTO_HELP
from portal.common import codes
from portal.common.forms import Form, NameField

MUTED = {"autocomplete": "off", "inputmode": "numeric"}


class LastFourForm(Form):
    """The last four digits of the telephone that the complaint was sent with.

    Where it was sent without one: the year of birth, and the name.
    """

    phone_last4 = forms.RegexField(
        label=_("Last 4 digits of the telephone"),
        regex=r"^\s*[0-9]{4}\s*$",
        error_messages={
            "invalid": _("Type the last 4 digits of the telephone, such as 3345."),
            "required": _("Type the last 4 digits of the telephone, such as 3345."),
        },
        widget=forms.TextInput(attrs=MUTED | {"class": "w4", "maxlength": 4}),
    )

    full_name = NameField(
        label=_("Full name of the person vaccinated"),
        required=False,
    )

    def clean_phone_last4(self) -> str:
        """Return the four digits alone."""
        return self.cleaned_data["phone_last4"].strip()


class TrackForm(LastFourForm):
    """The code on the receipt, and the four digits."""

    code = forms.CharField(
        label=_("Complaint code"),
        max_length=120,
        help_text=_("10 digits, for example 4829 1736 52."),
        error_messages={"required": _("Type the 10 digits of the complaint code.")},
        widget=forms.TextInput(attrs=MUTED | {"class": "w10"}),
    )
    field_order = ("code", "phone_last4", "full_name")

    def clean_code(self) -> str:
        """Return the digits; find a mistyped one by the check digit."""
        code = codes.read(self.cleaned_data["code"])
        if not codes.is_valid(code):
            raise forms.ValidationError(
                _("This code has a wrong digit. Compare it with your message.")
            )
        return code


class AnswerForm(Form):
    """What the citizen adds: words, a photo, or both."""

    note = forms.CharField(
        label=_("What do you want to add?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    evidence = forms.FileField(
        label=_("Photo of the vaccination slip"),
        required=False,
        help_text=PHOTO_HELP,
        widget=forms.FileInput(attrs={"accept": FILES}),
    )

    def __init__(self, *args: Any, answers: bool = False, **kwargs: Any) -> None:
        """``answers``: staff asked something, and this is the answer to it."""
        super().__init__(*args, **kwargs)
        self.lacking = _("Write what you want to add, or add a photo.")
        if answers:
            self.fields["note"].label = _("Your answer")
            self.fields["note"].help_text = _("Write, or add a photo, or both.")
            self.lacking = _("Write your answer, or add a photo.")

    def clean(self) -> dict:
        """Ask for something to send."""
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("note") or cleaned.get("evidence")):
            self.add_error("note", self.lacking)
        return cleaned


class ResultForm(Form):
    """Right now, or still not right and why."""

    answer = forms.ChoiceField(
        label=_("Is your record right now?"),
        choices=[
            ("confirm", _("It is right now")),
            ("disagree", _("Still not right")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two answers.")},
    )
    note = forms.CharField(
        label=_("What is still not right?"),
        required=False,
        max_length=2000,
        help_text=_("Needed only if it is still not right."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict:
        """Ask for the reason of a disagreement; the next level needs it."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "disagree" and not cleaned.get("note", "").strip():
            self.add_error("note", _("Write in a few words what is still not right."))
        return cleaned


class ReopenForm(Form):
    """The answer that came too late: it opens the report again."""

    note = forms.CharField(
        label=_("Your answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write your answer in a few words.")},
    )
