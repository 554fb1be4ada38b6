"""The form of a hand-over: to whom, and why, in as few keys as it takes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Handing
from complaints.forms import choices_of
from complaints.forms.casework import Step, note_field
from portal.registry.models import Organization


class Receiver(NamedTuple):
    """An organization that the rule names, and why, in words.

    ``why`` is for whoever hands over, ``told`` the same in the citizen's language.
    """

    organization: Organization
    why: str
    told: str


class HandOver(Step):
    """Give the case to another organization: suggested, had before, or typed.

    The button of a suggestion sends its code; the reason is the rule's where none was
    typed. ``recent``: to whom the reader handed cases over lately.
    """

    place = forms.CharField(
        label=_("To which organization?"),
        help_text=_("Name of the site and its commune, old or new, accents optional."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    to = forms.ChoiceField(
        label=_("Choose one"), required=False, widget=forms.RadioSelect
    )
    suggested_code = forms.CharField(
        required=False, max_length=32, widget=forms.HiddenInput
    )
    reason = forms.ChoiceField(
        label=_("Why this organization has to answer"),
        choices=Handing.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    note = note_field(
        _("In your own words, where none of these fits"),
        required=False,
        hint=_("The citizen reads it."),
    )

    def __init__(
        self,
        *args: Any,
        found: Sequence[Organization] = (),
        recent: Sequence[Organization] = (),
        suggested: Sequence[Receiver] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.suggested, self.recent = list(suggested), list(recent)
        self.found = {organization.code: organization for organization in found}
        known = self.found | {body.code: body for body in self.recent}
        choices_of(self, "to").choices = [
            (code, f"{organization.name}\n{code}")
            for code, organization in known.items()
        ]
        self.known = known

    def clean(self) -> None:
        """Refuse a place that was not chosen from what fits it, or no reason."""
        typed = self.cleaned_data
        suggested = {one.organization.code: one for one in self.suggested}
        by_rule = suggested.get(typed.get("suggested_code", ""))
        if by_rule is not None:
            self.known[by_rule.organization.code] = by_rule.organization
            typed["to"] = by_rule.organization.code
            typed["note"] = typed.get("note") or by_rule.told
            for name in ("to", "note"):
                self.errors.pop(name, None)
            return
        reason = typed.get("reason", "")
        case = getattr(self, "complaint", None)
        if case is not None:
            # Of many cases each says it in the language of its own citizen.
            language = case.submission.language
            typed["note"] = Handing.told(
                reason, typed.get("note", ""), language=language
            )
        said = reason or (typed.get("note") or "").strip()
        if not said and "note" not in self.errors:
            self.add_error("reason", _("Choose why, or write it in your own words."))
        if not self.cleaned_data.get("to") and "to" not in self.errors:
            field = "to" if self.found else "place"
            self.add_error(
                field,
                _("Choose one of these organizations.")
                if self.found
                else _("Nothing found. Type the name of the site or of its commune."),
            )

    def facts(self) -> dict[str, Any]:
        """Return the organization itself instead of its code."""
        beside = ("place", "suggested_code", "reason")
        typed = {n: v for n, v in self.cleaned_data.items() if n not in beside}
        return typed | {"to": self.known[typed["to"]]}
