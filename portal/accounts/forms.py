"""Forms of signing in."""

import re
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.common import codes


class SignIn(forms.Form):
    """User name and password; whether they fit is the view's to say."""

    use_required_attribute = False

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        error_messages={"required": _("Enter your user name.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        error_messages={"required": _("Enter your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SecondCode(forms.Form):
    """A code of the authenticator app, or one of the recovery codes."""

    use_required_attribute = False

    code = forms.CharField(
        label=_("Code of the app, or a recovery code"),
        max_length=30,
        error_messages={"required": _("Type the 6 digits that the app shows.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "w10",
            }
        ),
    )

    def clean_code(self) -> str:
        """Return the digits without what stands between them."""
        code = codes.clean(self.cleaned_data["code"])
        if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", code):
            raise ValidationError(
                _("Type the 6 digits of the app, or the 8 of a recovery code.")
            )
        return code


class FirstCode(SecondCode):
    """The first code of an app that has just taken in its secret."""

    sealed = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The 6 digits that the app shows now")


class NewPasskey(SecondCode):
    """A name for a passkey that is to be added, and a code that allows it."""

    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=60,
        help_text=_("Such as: my telephone, the computer at the counter."),
        error_messages={"required": _("Give it a name by which you know it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("name", "code")


class NewPassword(forms.Form):
    """A password that only its owner knows, instead of the one handed out."""

    use_required_attribute = False

    old = forms.CharField(
        label=_("Present password"),
        max_length=256,
        strip=False,
        error_messages={"required": _("Enter the password you signed in with.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
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

    def clean_old(self) -> str:
        """Refuse what is not the present password."""
        if not self.user.check_password(self.cleaned_data["old"]):
            raise ValidationError(_("This is not your present password."))
        return self.cleaned_data["old"]

    def clean_new(self) -> str:
        """Refuse a password that is easy to guess, or the one handed out."""
        new = self.cleaned_data["new"]
        password_validation.validate_password(new, self.user)
        if self.user.check_password(new):
            raise ValidationError(_("Choose another password than the present one."))
        return new

    def clean(self) -> None:
        """Refuse two new passwords that differ."""
        new, again = self.cleaned_data.get("new"), self.cleaned_data.get("again")
        if new and again and new != again:
            self.add_error("again", _("The two new passwords differ."))
