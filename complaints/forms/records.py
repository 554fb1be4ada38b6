"""Deciding a case about two records: which other one is meant, found and chosen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Field, Kind, Verdict
from complaints.forms import choices_of
from complaints.forms.casework import Resolve
from complaints.lookalikes import Lookalike
from portal.common.forms import DayField, PartialDate
from portal.registry import national_id
from portal.registry.matching.facts import Facts

NOBODY = "none"


class ResolveWithRecord(Resolve):
    """A verdict, and the record to join or the owner of a dose."""

    find_number = forms.CharField(
        label=_("Identity number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w10"}),
    )
    find_name = forms.CharField(
        label=_("Full name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    find_born_on = DayField(label=_("Birth date"), required=False, allow_partial=True)
    record = forms.ChoiceField(required=False, widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, records: Sequence[Lookalike] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_split = self.complaint.kind == Kind.SPLIT_RECORD
        self.records = list(records)
        chosen = [(r.ref, f"{r.title}\n{r.evidence}") for r in self.records]
        if not self.is_split:
            nobody = _("Nobody is known: an owner is looked for")
            chosen.insert(0, (NOBODY, str(nobody)))
            self.fields["record"].initial = NOBODY
        field = choices_of(self, "record")
        field.choices = chosen
        field.label = (
            _("Which record is the same person?")
            if self.is_split
            else _("To whom was the dose given?")
        )
        field.error_messages["invalid_choice"] = _("Choose one of these records.")

    @property
    def needs_more(self) -> bool:
        """Tell whether upholding takes more than the citizen said."""
        return self.is_split

    def finder(self) -> list[forms.BoundField]:
        """Return the fields by which staff look for a record."""
        return [self["find_number"], self["find_name"], self["find_born_on"]]

    def clean(self) -> None:
        """Ask which record is meant where two are to be joined."""
        super().clean()
        decided = {self.cleaned_data.get(f"verdict_{c.pk}") for c in self.claims}
        if (
            self.is_split
            and Verdict.UPHELD in decided
            and not self.cleaned_data.get("record")
            and "record" not in self.errors
        ):
            self.add_error(
                "record",
                _("Choose one of these records.")
                if self.records
                else _("Find the other record first."),
            )

    def facts(self) -> dict[str, Any]:
        """Return the verdicts, and the chosen record in place of a fact."""
        chosen = self.cleaned_data["record"]
        field = Field.RECORD if self.is_split else Field.DOSE
        filled = {} if chosen in ("", NOBODY) else {field.value: chosen}
        return super().facts() | {"filled": filled}


def searched(data: Any) -> Facts | None:
    """Return what staff typed to look for a record; None where that is too little."""
    form = _Searched(data)
    if data is None or not form.is_valid():
        return None
    typed = form.cleaned_data
    number = national_id.read(typed["find_number"]).canonical
    name, born = typed["find_name"].strip(), typed["find_born_on"]
    if not number and not (name and isinstance(born, PartialDate)):
        return None
    return Facts(full_name=name, born=born, numbers=(number,) if number else ())


class _Searched(forms.Form):
    find_number = ResolveWithRecord.base_fields["find_number"]
    find_name = ResolveWithRecord.base_fields["find_name"]
    find_born_on = ResolveWithRecord.base_fields["find_born_on"]
