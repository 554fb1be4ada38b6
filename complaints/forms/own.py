"""Forms of one's own reports: the telephone they hang on, how to be told, a word."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import Rating
from portal.common.forms import CodeField, Form, PhoneField


class OwnTelephoneForm(Form):
    """The telephone with which reports were sent or put aside."""

    phone = PhoneField(
        label=_("Telephone"),
        help_text=_("The number that you gave with the report."),
    )


class OwnCodeForm(Form):
    """The code that proves it."""

    code = CodeField(label=_("Code from the text message"))


class KeepForm(Form):
    """The telephone under which a report is put aside; empty for the proved one."""

    phone = PhoneField(
        label=_("Telephone"),
        help_text=_("You go on with a code to this number, on any telephone."),
    )

    def __init__(self, *args: Any, proved: str, **kwargs: Any) -> None:
        """``proved``: the telephone that this session has proved, masked, or ''."""
        super().__init__(*args, **kwargs)
        if proved:
            self.fields["phone"].required = False
            self.fields["phone"].help_text = _(
                "It is kept under %(phone)s. Type another number only if you want that."
            ) % {"phone": proved}


class NewsForm(Form):
    """In which language, and with marks or without."""

    language = forms.ChoiceField(
        label=_("Language of our messages"),
        choices=[("vi", "Tiếng Việt"), ("en", "English")],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language.")},
    )
    has_accents = forms.BooleanField(
        label=_("Text messages with Vietnamese marks"),
        required=False,
        help_text=_("Some old telephones show squares instead of them."),
    )


class MailForm(Form):
    """The address for e-mails."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=200,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Type an e-mail address, such as lan@example.vn."),
            "invalid": _("Type an e-mail address, such as lan@example.vn."),
        },
    )


class RatingForm(Form):
    """A word on how a matter was handled, perhaps with a few more."""

    word = forms.ChoiceField(
        label=_("Choose a word"),
        choices=Rating.Word.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the three words.")},
    )
    note = forms.CharField(
        label=_("Do you want to say more?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
