"""Forms of accounts and postings."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts import staffing
from portal.accounts.models import Posting, User
from portal.common.forms import (
    DayField,
    Form,
    NameField,
    NationalIdField,
    PhoneField,
)

# Pairs of a posting's key and the words for it.
Choices = list[tuple[str, str]]
ROLES = {
    Posting.Role.CLERK: _("Clerk: helps people at the counter"),
    Posting.Role.STAFF: _("Staff: checks and corrects"),
    Posting.Role.LEAD: _("Lead: assigns, signs second, manages accounts"),
    Posting.Role.OVERSEER: _("Overseer: reads all below"),
    Posting.Role.ADMINISTRATOR: _("Administrator: runs the portal"),
}


class NewPosting(Form):
    """A role at a unit, from one day, perhaps to another."""

    organization = forms.CharField(
        label=_("Unit"),
        max_length=120,
        help_text=_("Its code, or its whole name."),
        error_messages={"required": _("Type the code or the name of the unit.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role.")},
    )
    valid_from = DayField(label=_("First day"), is_recent=True)
    valid_to = DayField(
        label=_("Last day"),
        required=False,
        is_recent=True,
        help_text=_("Leave it empty where no end is known."),
    )

    def __init__(
        self, *args: Any, postings: Sequence[Posting], today: date, **kwargs: Any
    ) -> None:
        first = {"organization": postings[0].organization.code, "valid_from": today}
        kwargs["initial"] = first
        super().__init__(*args, **kwargs)
        self.postings, self.today = postings, today
        given = {role for p in postings for role in staffing.GIVES.get(p.role, ())}
        choices = [(role, ROLES[role]) for role in ROLES if role in given]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]  # stubs know the base field only

    def clean_organization(self) -> Any:
        """Find the unit among those that one manages."""
        found = staffing.organization_named(
            self.cleaned_data["organization"], self.postings
        )
        if not found:
            raise ValidationError(_("No unit of yours has this code or name."))
        if len(found) > 1:
            codes = ", ".join(unit.code for unit in found)
            raise ValidationError(
                _("Several units bear this name. Type a code: %(codes)s"),
                params={"codes": codes},
            )
        return found[0]

    def clean_valid_from(self) -> date:
        """Refuse a day that is over: what was done then stays as it was."""
        day = self.cleaned_data["valid_from"]
        if day < self.today:
            raise ValidationError(_("A posting begins today or later."))
        return day

    def clean(self) -> None:
        """Refuse an end before the beginning."""
        first, last = (self.cleaned_data.get(f"valid_{e}") for e in ("from", "to"))
        if first and last and last < first:
            self.add_error("valid_to", _("The last day lies before the first one."))


class NewAccount(NewPosting):
    """A person, with the first posting."""

    full_name = NameField(label=_("Full name of the member of staff"))
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("For this person only, for example lan.n10507. It stays for good."),
        validators=[ASCIIUsernameValidator()],
        error_messages={"required": _("Type a user name for this person.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label=_("E-mail at work"),
        required=False,
        max_length=120,
        help_text=_("The link goes there. Without it you print the link."),
        error_messages={"invalid": _("This is no e-mail address. Look at it again.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("full_name", "username", "email", "organization", "role")

    def clean_username(self) -> str:
        """Refuse a name that an account bears already, in small letters or large."""
        name = self.cleaned_data["username"].lower()
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("An account has this user name. Choose another."))
        return name


class LastDay(Form):
    """Another last day for a posting; none: it goes on."""

    posting = forms.ChoiceField(
        label=_("Posting"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a posting.")},
    )
    valid_to = DayField(
        label=_("New last day"),
        required=False,
        is_recent=True,
        help_text=_("Leave it empty where no end is known."),
    )

    def __init__(
        self, *args: Any, today: date, choices: Choices, **kwargs: Any
    ) -> None:
        kwargs["initial"] = _only(choices)
        super().__init__(*args, **kwargs)
        self.fields["posting"].choices = choices  # type: ignore[attr-defined]  # stubs know the base field only
        self.today = today

    def clean_valid_to(self) -> date | None:
        """Refuse a day that is over: that is what ending it now is for."""
        day = self.cleaned_data["valid_to"]
        if day and day < self.today:
            raise ValidationError(_("Choose today or a later day."))
        return day


class Leave(Form):
    """A colleague who stands in for somebody, from one day to another."""

    posting = forms.ChoiceField(
        label=_("Posting that the deputy takes over"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a posting.")},
    )
    deputy = forms.CharField(
        label=_("User name of the deputy"),
        max_length=150,
        error_messages={"required": _("Type the user name of a colleague.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    valid_from = DayField(label=_("First day of the leave"), is_recent=True)
    valid_to = DayField(label=_("Last day of the leave"), is_recent=True)

    def __init__(
        self,
        *args: Any,
        colleagues: QuerySet[User],
        today: date,
        choices: Choices,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = _only(choices)
        super().__init__(*args, **kwargs)
        self.fields["posting"].choices = choices  # type: ignore[attr-defined]  # stubs know the base field only
        self.colleagues, self.today = colleagues, today

    def clean_deputy(self) -> User:
        """Find the colleague among the accounts that one manages."""
        name = self.cleaned_data["deputy"].strip()
        found = self.colleagues.filter(username__iexact=name).first()
        if found is None:
            raise ValidationError(_("No account of your units has this user name."))
        return found

    def clean(self) -> None:
        """Refuse a leave that is over, or ends before it begins."""
        first, last = (self.cleaned_data.get(f"valid_{e}") for e in ("from", "to"))
        if last and last < self.today:
            self.add_error("valid_to", _("Choose today or a later day."))
        elif first and last and last < first:
            self.add_error("valid_to", _("The last day lies before the first one."))


class Own(Form):
    """The telephone and number of a member of staff, kept as digests only."""

    phone = PhoneField(label=_("Private telephone"), required=False)
    national_id = NationalIdField(
        label=_("Identity number of this person"), required=False
    )


class ChosenPassword(Own):
    """The first password of an account, chosen by its owner, who says who they are.

    Left empty, telephone and number stay as they are kept.
    """

    field_order = ("new", "again", "phone", "national_id")

    new = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        help_text=_("At least 8 characters. Four words are easy to keep in mind."),
        error_messages={"required": _("Enter a new password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password once more"),
        max_length=256,
        strip=False,
        error_messages={"required": _("Enter the new password once more.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        phone, number = self.fields["phone"], self.fields["national_id"]
        phone.label = _("Your own telephone, not the unit's")
        phone.help_text = _(
            "So that nobody handles their own case. Only a digest is kept: nobody can"
            " read it here, and nobody calls it."
        )
        number.label = _("Your own identity number")
        number.help_text = _("Kept in the same way.")

    def clean_new(self) -> str:
        """Refuse a password that is easy to guess."""
        password_validation.validate_password(self.cleaned_data["new"], self.user)
        return self.cleaned_data["new"]

    def clean(self) -> None:
        """Refuse two passwords that differ."""
        new, again = self.cleaned_data.get("new"), self.cleaned_data.get("again")
        if new and again and new != again:
            self.add_error("again", _("The two new passwords differ."))


def short_role(role: str) -> str:
    """Return a role in one word, as tables show it."""
    return str(ROLES[Posting.Role(role)]).partition(":")[0]


def _only(choices: Choices) -> dict[str, str]:
    """Return what a form starts with: the posting, where there is but one."""
    return {"posting": choices[0][0]} if len(choices) == 1 else {}
