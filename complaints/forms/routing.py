"""Forms of the routing workbench: explain one, let another unit answer."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints.choices import Kind
from complaints.forms.rules import Proposal
from portal.common import names
from portal.common.forms import DayField, Form
from portal.registry.models import Organization


class Explain(Form):
    """A report that somebody might send: who would get it?"""

    place = forms.CharField(
        label=_("Site or place"),
        help_text=_("A unit's code, or the place as people write it."),
        max_length=200,
        required=False,
    )
    given_on = DayField(label=_("Day of the dose"), required=False)
    kind = forms.ChoiceField(label=_("Kind of report"), choices=Kind.choices)
    residence = forms.CharField(
        label=_("Where the person lives"),
        help_text=_("Commune and province, where it is known."),
        max_length=200,
        required=False,
    )

    def clean(self) -> None:
        """Ask for a place or a residence: of nothing at all nothing follows."""
        typed = self.cleaned_data
        if not typed.get("place") and not typed.get("residence"):
            self.add_error("place", _("Type a site, a place, or where somebody lives."))


class DelegationProposal(Proposal):
    """Cases that one unit would answer go to another one."""

    organization = forms.CharField(
        label=_("Instead of which unit"),
        help_text=_("Its code, or its whole name."),
        max_length=160,
        error_messages={"required": _("Type the code or the name of the unit.")},
    )
    with_below = forms.BooleanField(
        label=_("And instead of every unit below it"), required=False
    )
    kind = forms.ChoiceField(
        label=_("Kind of report"),
        choices=[("", _("All kinds")), *Kind.choices],
        required=False,
    )
    to = forms.CharField(
        label=_("Which unit answers"),
        help_text=_("Its code, or its whole name."),
        max_length=160,
        error_messages={"required": _("Type the code or the name of the unit.")},
    )
    field_order = ("organization", "with_below", "kind", "to", "valid_from", "source")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["valid_from"].help_text = _(
            "Tomorrow at the earliest. What lies with a unit by then stays there."
        )

    def clean_organization(self) -> Organization:
        """Find the unit that would answer."""
        return _open_unit(self.cleaned_data["organization"], on=self.today)

    def clean_to(self) -> Organization:
        """Find the unit that is to answer."""
        return _open_unit(self.cleaned_data["to"], on=self.today)

    def clean(self) -> None:
        """Refuse a row that sends cases where they go anyway."""
        typed = self.cleaned_data
        one, other = typed.get("organization"), typed.get("to")
        if one and other and one == other and not typed.get("with_below"):
            words = _("These cases go there anyway. Choose another unit.")
            self.add_error("to", words)

    def content(self) -> dict[str, Any]:
        """Return what the row will hold, units by their codes."""
        typed = self.cleaned_data
        return {
            "kind": typed["kind"],
            "organization": typed["organization"].code,
            "with_below": typed["with_below"],
            "to": typed["to"].code,
        }


def _open_unit(text: str, *, on: date) -> Organization:
    typed = " ".join(text.split())
    rows = Organization.objects.filter(closed_on=None, opened_on__lte=on)
    found = list(
        rows.filter(code__iexact=typed)[:1]
        or rows.filter(folded=names.fold(typed)).order_by("pk")[:5]
    )
    if not found:
        raise ValidationError(_("No open unit has this code or name."))
    if len(found) > 1:
        raise ValidationError(
            _("Several units bear this name. Type a code: %(codes)s"),
            params={"codes": ", ".join(unit.code for unit in found)},
        )
    return found[0]
