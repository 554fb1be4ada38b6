"""New words for a step, in both languages, as somebody proposes them."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.rules import Proposal
from complaints.notifications import texts
from complaints.notifications.wordings import Words

_AREA: Final = {"rows": 3}
MOST: Final = 300


def _sentence(label: Any, hint: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=MOST,
        required=required,
        widget=forms.Textarea(attrs=_AREA),
        error_messages={"required": _("Type the sentence.")},
    )


class TextProposal(Proposal):
    """A text message with its shorter form, subject and addition of the e-mail."""

    vi_sms = _sentence(
        _("Vietnamese: text message"),
        _("With marks. They leave the text where the reader did not ask for them."),
    )
    vi_short = _sentence(
        _("Vietnamese: shorter form"),
        _("Where the text is too long with a long name. Empty: there is none."),
        required=False,
    )
    vi_subject = forms.CharField(label=_("Vietnamese: subject"), max_length=120)
    vi_more = _sentence(_("Vietnamese: more in the e-mail"), required=False)
    en_sms = _sentence(_("English: text message"))
    en_short = _sentence(_("English: shorter form"), required=False)
    en_subject = forms.CharField(label=_("English: subject"), max_length=120)
    en_more = _sentence(_("English: more in the e-mail"), required=False)
    field_order = (
        "vi_sms",
        "vi_short",
        "vi_subject",
        "vi_more",
        "en_sms",
        "en_short",
        "en_subject",
        "en_more",
        "valid_from",
        "source",
    )

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields["valid_from"].help_text = _(
            "Tomorrow at the earliest. Until then people get the words of before."
        )

    def words(self) -> texts.ByLanguage:
        """Return the words as typed; of fields with errors nothing."""
        typed = self.cleaned_data
        found = {}
        for language in texts.LANGUAGES:
            forms_of = (typed.get(f"{language}_sms"), typed.get(f"{language}_short"))
            found[language] = Words(
                tuple(" ".join(form.split()) for form in forms_of if form),
                " ".join(typed.get(f"{language}_subject", "").split()),
                " ".join(typed.get(f"{language}_more", "").split()),
            )
        return found

    def clean(self) -> None:
        """Refuse what people must not be told, beside the field."""
        if self.errors.keys() & {f"{n}_sms" for n in texts.LANGUAGES}:
            return
        for problem in texts.problems(self.key, self.words()):
            field = problem.field
            if problem.text not in self.errors.get(field, ()):
                self.add_error(field, problem.text)

    def content(self) -> dict[str, Any]:
        """Return what the row will hold."""
        return {"key": self.key, **texts.write(self.words())}


def started_from(words: texts.ByLanguage) -> dict[str, str]:
    """Return what a form starts with: the words in force."""
    found = {}
    for language, own in words.items():
        found[f"{language}_sms"] = own.sms[0]
        found[f"{language}_short"] = own.sms[1] if own.sms[1:] else ""
        found[f"{language}_subject"] = own.subject
        found[f"{language}_more"] = own.more
    return found
