"""Forms of a unit's list of reports: the upload, and a row that staff fix."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Kind
from complaints.forms import choices_of
from complaints.forms.lists import MOST_CHOICES, Row, Upload
from complaints.models import ReportRow
from portal.common.forms import DayField
from portal.registry.models import Organization

# What a row can ask for; two records of one person are told apart with the person.
# What a unit's list cannot bear: another record, a country with its certificate.
NOT_LISTED = (Kind.SPLIT_RECORD, Kind.FOREIGN_DOSE)
KINDS = [(kind.value, kind.label) for kind in Kind if kind not in NOT_LISTED]


class ReportUpload(Upload):
    """A list of reports, and where the doses were given whose row names no place."""

    field_order = ("file", "site")

    def __init__(
        self, *args: Any, sites: Sequence[Organization], **kwargs: Any
    ) -> None:
        super().__init__(*args, sites=sites, **kwargs)
        site = self.fields["site"]
        site.required = False
        site.label = _("Where the doses were given, if a row does not say")
        if len(sites) <= MOST_CHOICES:
            choices_of(self, "site").choices = [
                ("", _("Every row names its place")),
                *((one.code, f"{one.name} ({one.code})") for one in sites),
            ]
        file = self.fields["file"]
        file.label = _("The list of reports")
        file.help_text = _(
            "XLSX, XLS, ODS or CSV, one report a row, up to 5,000 rows. Columns: name,"
            " birth date, number or telephone, what is wrong, and the dose as it"
            " should be."
        )

    def clean_site(self) -> Organization | None:  # type: ignore[override]  # none needed
        """Return the site, or None where every row names its own."""
        return super().clean_site() if self.cleaned_data["site"].strip() else None


class ReportRowForm(Row):
    """What a row says and asks, as staff read it."""

    kind = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=[("", _("Choose")), *KINDS],
        error_messages={"required": _("Choose what is wrong.")},
    )
    given_on = DayField(label=_("Day of the injection"), required=False, is_recent=True)
    site = forms.CharField(
        label=_("Vaccination site"),
        help_text=_("Its code, or its name with or without accents."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = (
        *("kind", "full_name", "born_on", "sex", "id_number", "phones", "given_on"),
        *("product", "lot", "dose_number", "site"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].required = False

    def clean_given_on(self) -> date | None:  # type: ignore[override]  # may be empty
        """Refuse a day to come."""
        return super().clean_given_on() if self.cleaned_data["given_on"] else None


def initial_kind(row: ReportRow) -> str:
    """Return the kind that a row's form begins with."""
    return row.kind if row.kind not in NOT_LISTED else ""
