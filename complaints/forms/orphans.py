"""Deciding a report of somebody without a record, beside doses on nobody's record."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.actions import orphans as found
from complaints.choices import CHANGING
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
        self.doses = {str(dose.pk): dose for dose in orphans}
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
        chosen = self.cleaned_data.get("orphan") or ""
        decided = {self.cleaned_data.get(f"verdict_{c.pk}") for c in self.claims}
        if chosen in self.doses:
            self._compare(found.facts_of(self.doses[chosen]))
        elif not chosen and decided & set(CHANGING) and "orphan" not in self.errors:
            self.add_error("orphan", _("Choose one of these doses, or none of them."))

    def facts(self) -> dict[str, Any]:
        """Return the facts of a decision, with the dose that was chosen."""
        chosen = self.cleaned_data["orphan"]
        by_word = {"": None, NONE: found.NONE}
        orphan = by_word[chosen] if chosen in by_word else int(chosen)
        return super().facts() | {"orphan": orphan}

    def _compare(self, own: Mapping[str, str]) -> None:
        """Take what the chosen dose bears; fault what was typed and differs from it."""
        for name in own:
            if self.errors.pop(f"fill_{name}", None):
                self.cleaned_data[f"fill_{name}"] = ""
        typed = self._others()
        for claim in self.claims:
            value = own.get(claim.field, "")
            if claim.field in typed and value and typed[claim.field] not in ("", value):
                self.add_error(
                    self.typed[claim.pk],
                    _(
                        "The dose chosen below says otherwise. Type what it says, or"
                        " choose none of them."
                    ),
                )


def _words(dose: Dose) -> str:
    facts = [f"{dose.given_on:%d/%m/%Y}", dose.product.name, dose.lot_number]
    where = f"{dose.where}: {dose.name_recorded}"
    return f"{', '.join(filter(None, facts))}\n{where}"
