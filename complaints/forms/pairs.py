"""Deciding whether two records belong together."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms import choices_of
from portal.registry.models import Proposal

Kind, Choice = Proposal.Kind, Proposal.Choice


class Seen(forms.Form):
    """A step without any choice: only what was looked at."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class Decide(Seen):
    """Yes, they belong together: which of the two stays, and whom it concerns."""

    choice = forms.ChoiceField(widget=forms.RadioSelect)
    concerns_oneself = forms.BooleanField(
        label=_("This concerns me or a relative of mine"),
        required=False,
        help_text=_("Then a second person has to sign."),
    )

    def __init__(
        self, *args: Any, kind: str, titles: tuple[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if kind == Kind.OWNER:
            del self.fields["choice"]
            return
        field = choices_of(self, "choice")
        field.label = (
            _("Which record stays?")
            if kind == Kind.PEOPLE
            else _("Which entry is right and stays?")
        )
        field.choices = list(zip(Choice.values, titles, strict=True))
        field.error_messages["required"] = _("Choose which of the two stays.")

    def clean(self) -> dict[str, Any]:
        """An orphan dose has one owner to choose, so nothing stays but that."""
        return {"choice": Choice.FIRST.value, **self.cleaned_data}
