"""Deciding a report of somebody without a record, beside doses on nobody's record."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Verdict
from complaints.forms import choices_of
from complaints.forms.casework import Resolve
from portal.registry.models import Dose

NONE: Final = "none"


class ResolveWithOrphan(Resolve):
    """A verdict for each claim, and which dose on nobody's record is meant, if one."""

    orphan = forms.ChoiceField(
        label=_("Is it one of these doses on nobody's record?"),
        help_text=_(
            "Entered at the site for that day, under this name. One that is chosen"
            " comes to the record as it was entered; else it would be there twice."
        ),
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, orphans: Sequence[Dose], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "orphan").choices = [
            *((str(dose.pk), _words(dose)) for dose in orphans),
            (NONE, _("None of these: record another dose")),
        ]

    @property
    def needs_more(self) -> bool:
        """Tell that upholding takes more than the citizen said: which dose it is."""
        return True

    def others(self) -> list[forms.BoundField]:
        """Return the bound fields after the points, the dose first."""
        return [self["orphan"], *super().others()]

    def clean(self) -> None:
        """Ask which dose is meant; ask for no facts of one that bears its own."""
        super().clean()
        chosen = self.cleaned_data.get("orphan")
        decided = {self.cleaned_data.get(f"verdict_{c.pk}") for c in self.claims}
        if chosen and chosen != NONE:
            for name in self.unknown:
                self.errors.pop(f"fill_{name}", None)
        elif not chosen and Verdict.UPHELD in decided and "orphan" not in self.errors:
            self.add_error("orphan", _("Choose one of these doses, or none of them."))

    def facts(self) -> dict[str, Any]:
        """Return the facts of a decision, with the dose that was chosen."""
        chosen = self.cleaned_data["orphan"]
        return super().facts() | {
            "orphan": int(chosen) if chosen not in ("", NONE) else None
        }


def _words(dose: Dose) -> str:
    facts = [f"{dose.given_on:%d/%m/%Y}", dose.product.name, dose.lot_number]
    where = f"{dose.where}: {dose.name_recorded}"
    return f"{', '.join(filter(None, facts))}\n{where}"
