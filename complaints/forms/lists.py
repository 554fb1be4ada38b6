"""Forms of session lists: the upload, a row that staff fix, whose it is, columns."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints.forms import choices_of
from complaints.forms.report import SEXES
from portal.common import phones
from portal.common.forms import DayField, Form, NameField, NationalIdField, PartialDate
from portal.common.names import fold
from portal.registry import national_id
from portal.registry.imports import staging
from portal.registry.imports.rows import Values
from portal.registry.imports.titles import Facts
from portal.registry.models import Organization, Product

# A longer choice is no help: from there on the code or name is typed.
MOST_CHOICES = 100
FILES = ".xlsx,.xls,.ods,.csv,.txt"


class ListFile(Form):
    """A file of people vaccinated in a session."""

    file = forms.FileField(
        label=_("The list"),
        help_text=_("XLSX, XLS, ODS or CSV, up to 100,000 rows and 40 MB."),
        error_messages={"required": _("Choose the file.")},
        widget=forms.FileInput(attrs={"accept": FILES}),
    )

    def clean_file(self) -> Any:
        """Refuse what is too large to be read at all."""
        file = self.cleaned_data["file"]
        if file.size > staging.MAX_BYTES:
            raise ValidationError(_("The file is larger than 40 MB. Split the list."))
        return file


class Upload(ListFile):
    """A list, and the site that it is of."""

    field_order = ("site", "file")

    site = forms.CharField(
        label=_("Vaccination site"),
        help_text=_("Its code, or its name with or without accents."),
        max_length=160,
        error_messages={"required": _("Say at which site these doses were given.")},
    )

    def __init__(
        self, *args: Any, sites: Sequence[Organization], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {site.code: site for site in sites}
        if len(sites) <= MOST_CHOICES:
            self.fields["site"] = forms.ChoiceField(
                label=_("Vaccination site"),
                choices=[(site.code, f"{site.name} ({site.code})") for site in sites],
            )

    def clean_site(self) -> Organization:
        """Return the one site that is meant; a name may fit several."""
        typed = self.cleaned_data["site"].strip()
        if typed in self.sites:
            return self.sites[typed]
        words = fold(typed)
        found = [site for site in self.sites.values() if words in site.folded]
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(_("No site of yours is called so."))
        shown = ", ".join(f"{site.name} ({site.code})" for site in found[:5])
        raise ValidationError(
            _("Several sites fit: %(sites)s. Type the code."), params={"sites": shown}
        )


class Whole(Form):
    """What is said once for a whole list."""

    given_on = DayField(label=_("Day of the injection"), required=False)
    product = forms.ChoiceField(label=_("Vaccine"), required=False)
    lot = forms.CharField(
        label=_("Lot number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"class": "w10", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, products: Sequence[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "product").choices = [
            ("", _("Left empty")),
            *((product.code, product.name) for product in products),
        ]

    def facts(self) -> Facts:
        """Return what was typed, as the reader takes it."""
        typed = self.cleaned_data
        return Facts(
            given_on=typed["given_on"],
            product=typed["product"] or None,
            lot="".join(typed["lot"].split()).upper(),
        )


class Row(Form):
    """What a row of a list says, as staff read it."""

    full_name = NameField(label=_("Full name"), max_length=120)
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=[("", _("Left empty")), *SEXES]
    )
    born_on = DayField(label=_("Birth date"), allow_partial=True)
    id_number = NationalIdField(label=_("Identity number"), required=False)
    phones = forms.CharField(
        label=_("Telephone"),
        help_text=_("Two numbers with a stroke between them."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    given_on = DayField(label=_("Day of the injection"))
    product = forms.ChoiceField(label=_("Vaccine"))
    lot = forms.CharField(
        label=_("Lot number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"class": "w10", "autocomplete": "off"}),
    )
    dose_number = forms.ChoiceField(
        label=_("Dose number"),
        required=False,
        choices=[("", _("Left empty")), *((str(n), str(n)) for n in range(1, 10))],
    )

    def __init__(
        self, *args: Any, products: Sequence[Product], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for field in ("full_name", "phones"):
            self.fields[field].widget.attrs["autocomplete"] = "off"
        choices_of(self, "product").choices = [
            ("", _("Left empty")),
            *((product.code, product.name) for product in products),
        ]

    def clean_phones(self) -> tuple[str, ...]:
        """Return the numbers as stored."""
        typed = self.cleaned_data["phones"]
        if not typed.strip():
            return ()
        found = phones.all_in(typed)
        if not found:
            raise ValidationError(_("This is no Vietnamese mobile number."))
        return tuple(found)

    def clean_given_on(self) -> date:
        """Refuse a day to come."""
        given_on = self.cleaned_data["given_on"]
        if given_on > self.today:
            raise ValidationError(_("The day lies in the future."))
        return given_on

    def clean_lot(self) -> str:
        """Return the lot as it is stored: large letters, no blanks."""
        return "".join(self.cleaned_data["lot"].split()).upper()

    def values(self) -> Values:
        """Return what was typed, as a row's values."""
        typed = self.cleaned_data
        born: PartialDate = typed["born_on"]
        number = national_id.read(typed["id_number"]) if typed["id_number"] else None
        return Values(
            full_name=typed["full_name"],
            sex=typed["sex"] or None,
            # Rows know a day or a year; a month alone is a year for them.
            born_on=str(born) if born.precision == "day" else str(born.year),
            id_kind=number.kind if number else None,
            id_number=number.canonical if number else "",
            phones=typed["phones"],
            given_on=typed["given_on"],
            product=typed["product"] or None,
            lot=typed["lot"],
            dose_number=int(typed["dose_number"]) if typed["dose_number"] else None,
        )


def initial_of(values: Values) -> dict[str, Any]:
    """Return what the form of a row starts with."""
    year, _dash, rest = values.born_on.partition("-")
    month, _dash, day = rest.partition("-")
    born = (
        PartialDate(int(year), *(int(part) for part in (month, day) if part))
        if year
        else None
    )
    return {
        "full_name": values.full_name,
        "sex": values.sex or "",
        "born_on": born,
        "id_number": values.id_number,
        "phones": " / ".join(phones.pretty(phone) for phone in values.phones),
        "given_on": values.given_on,
        "product": values.product or "",
        "lot": values.lot,
        "dose_number": str(values.dose_number or ""),
    }
