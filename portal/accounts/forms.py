"""Forms of signing in."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


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
