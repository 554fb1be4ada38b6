"""Step 1 of a report, and step 2 of the kind that only a record's owner can report."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from complaints.choices import Kind, Relation
from complaints.forms import choices_of
from complaints.rules import records
from portal.common.forms import Form, NameField, NationalIdField


def two(words: object, small: object) -> object:
    """Return a choice's label with a line of small print."""
    return format_lazy("{}\n{}", words, small)


KINDS: list[tuple[str, Any]] = [
    (
        Kind.MISSING_DOSE,
        two(_("A dose is missing"), _("You had it, but it is not on record")),
    ),
    (
        Kind.WRONG_DOSE,
        two(
            _("A detail of a dose is wrong"),
            _("Date, vaccine, lot number, place or dose number"),
        ),
    ),
    (
        Kind.FOREIGN_DOSE,
        two(Kind.FOREIGN_DOSE.label, _("You were vaccinated in another country")),
    ),
    (Kind.NOT_MINE, _("I did not have this dose")),
    (Kind.DOUBLED_DOSE, _("Dose recorded twice")),
    (
        Kind.WRONG_PERSON,
        two(
            _("Personal details are wrong"),
            _("Name, birth date, sex, identity number or telephone"),
        ),
    ),
]
SPLIT: tuple[str, Any] = (
    Kind.SPLIT_RECORD,
    two(
        _("Some of my doses stand on another record"),
        _("Under another spelling of the name, or an old number"),
    ),
)


class KindForm(Form):
    """Step 1: what is wrong, and for whom."""

    relation = forms.ChoiceField(
        label=_("For whom do you report?"),
        choices=Relation.choices,
        initial=Relation.SELF,
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong.")},
    )

    def __init__(self, *args: Any, has_record: bool, **kwargs: Any) -> None:
        """``has_record``: only who opened one record can have another joined to it."""
        super().__init__(*args, **kwargs)
        if has_record:
            choices_of(self, "kind").choices = [*KINDS, SPLIT]

    def clean(self) -> dict:
        """Refuse to join records for somebody whose record was not opened."""
        typed = super().clean() or {}
        # Said when the record was opened; in a draft it is asked no more.
        opened = self.initial.get("relation", Relation.SELF)
        is_own = typed.get("relation", opened) == opened
        if typed.get("kind") == Kind.SPLIT_RECORD and not is_own:
            self.add_error(
                "kind", _now("Look up the record of that person first, then report it.")
            )
        return typed


class OtherRecordForm(Form):
    """Step 2 of a split record: how the other one is known."""

    full_name = NameField(
        label=_("Name on the other record"),
        help_text=_("As it was written there, mistakes included."),
    )
    national_id = NationalIdField(
        label=_("Identity number on it"),
        required=False,
        help_text=_(
            "An old card's number, if that was used. Leave it empty if unknown."
        ),
    )
    story = forms.CharField(
        label=_("Which doses stand there?"),
        required=False,
        max_length=2000,
        help_text=_("For example: first dose, 11 August 2021, at the school gym."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def claim(self) -> dict[str, str]:
        """Return the other record as the one claim of the matter."""
        typed = self.cleaned_data
        return {"record": records.write(typed["full_name"], typed["national_id"])}
