"""What auditors search for in the log of looks, and what they found when they asked."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import AccessSign
from complaints.scrutiny import entries
from portal.accounts.models import User
from portal.common.forms import Form

# What an entry is: name in the address -> words.
VERBS = [
    ("", _("Looks and changes")),
    ("look_up", _("Looks only")),
    ("change", _("Changes only")),
]
ACTORS = [
    ("staff", _("Staff")),
    ("citizen", _("Citizens")),
    ("system", _("The portal itself")),
    ("all", _("Anybody at all")),
]
_DAY = {"type": "date"}


class SearchLog(Form):
    """Which entries of the log to show; a person's number never comes into a URL.

    ``users``: the accounts that the auditor may ask about; ``sees_all``: the country's
    auditors see what citizens and the portal did, too.
    """

    account = forms.CharField(
        label=_("Account"),
        max_length=150,
        required=False,
        help_text=_("The name by which somebody signs in."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    number = forms.CharField(
        label=_("Whose data"),
        max_length=40,
        required=False,
        help_text=_("Identity number or telephone on record. This search is noted."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    first = forms.DateField(
        label=_("From day"),
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        error_messages={"required": _("Say from which day.")},
    )
    last = forms.DateField(
        label=_("To day"),
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        error_messages={"required": _("Say to which day.")},
    )
    purpose = forms.ChoiceField(
        label=_("Purpose of access"),
        required=False,
        choices=[
            ("", _("All purposes")),
            *((name, words) for name, (words, _subjects) in entries.PURPOSES.items()),
        ],
    )
    verb = forms.ChoiceField(label=_("Show"), required=False, choices=VERBS)
    actor = forms.ChoiceField(label=_("Who acted"), required=False, choices=ACTORS)

    def __init__(self, *args: Any, users: Any, sees_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.users = users
        if not sees_all:
            del self.fields["actor"]

    def clean_account(self) -> User | None:
        """Return the account with this name; the same words for no such, not yours."""
        typed = self.cleaned_data["account"].strip()
        if not typed:
            return None
        found: User | None = self.users.filter(username__iexact=typed).first()
        if found is None:
            raise forms.ValidationError(
                _("No account of your units has this name. Check how it is spelled.")
            )
        return found

    def clean(self) -> None:
        """Keep the days in order, and not too many."""
        first: date | None = self.cleaned_data.get("first")
        last: date | None = self.cleaned_data.get("last")
        if first is None or last is None:
            return
        if last < first:
            self.add_error("last", _("This day lies before the first one."))
        elif last - first >= timedelta(days=entries.MOST_DAYS):
            self.add_error("last", _("Choose at most 31 days at once."))


class Review(Form):
    """What came of asking about an unusual look."""

    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=AccessSign.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether there was a reason.")},
    )
    note = forms.CharField(
        label=_("Whom you asked, and what they said"),
        max_length=1000,
        help_text=_("Write no number of anybody here."),
        error_messages={"required": _("Write whom you asked and what they said.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
