"""Step 2 of a dose that was given abroad."""

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from complaints.choices import Field
from complaints.forms import choices_of
from complaints.forms.report import iso
from portal.common.forms import DayField, Form, LotField, PartialDate
from portal.registry import countries

# The first dose outside a trial was given on 8 December 2020, in the United Kingdom.
FIRST_DAY: Final = date(2020, 12, 8)


class AbroadForm(Form):
    """Where abroad, when, what; and the province whose department looks at it."""

    country = forms.ChoiceField(
        label=_("Country or territory"),
        error_messages={"required": _("Choose where you had the dose.")},
    )
    given_on = DayField(
        label=_("Date given"),
        allow_partial=True,
        is_recent=True,
        help_text=_(
            "For example: 15 1 2022. If you forgot the day, the month and year or the"
            " year alone will do."
        ),
        error_messages={"required": _("Type at least the year in which you had it.")},
    )
    dose_number = forms.ChoiceField(
        label=_("Which dose was it?"),
        required=False,
        choices=[("", _("I do not remember"))]
        + [(str(n), str(n)) for n in range(1, 7)],
    )
    product = forms.ChoiceField(
        label=_("Vaccine"), required=False, widget=forms.RadioSelect
    )
    lot = LotField(
        label=_("Lot number"),
        required=False,
        help_text=_("As on the certificate. Leave it empty if unknown."),
    )
    home = forms.ChoiceField(
        label=_("Province where you live now"),
        help_text=_("The health department there looks at your report."),
        error_messages={"required": _("Choose the province where you live.")},
    )
    story = forms.CharField(
        label=_("What the certificate says besides"),
        required=False,
        max_length=2000,
        help_text=_("For example: the name of the vaccine, the clinic, the city."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        products: list[tuple[str, str]],
        provinces: list[tuple[str, str]],
        today: date,
        **kwargs: Any,
    ) -> None:
        """``provinces``: (name, name) of those in force."""
        super().__init__(*args, **kwargs)
        self.today = today
        choose = [("", _("Choose"))]
        choices_of(self, "country").choices = [*choose, *countries.choices()]
        choices_of(self, "home").choices = [*choose, *provinces]
        choices_of(self, "product").choices = [("", _("I do not remember")), *products]

    def clean_given_on(self) -> PartialDate:
        """Refuse days before anybody was vaccinated, and days to come."""
        given: PartialDate = self.cleaned_data["given_on"]
        if given.last() < FIRST_DAY:
            raise forms.ValidationError(
                _("Nobody was vaccinated before December 2020. Look at the date again.")
            )
        if given.first() > self.today:
            raise forms.ValidationError(_("Date must not be in the future"))
        return given

    def clean(self) -> dict:
        """Ask for the name of a country that is not in the list."""
        typed = super().clean() or {}
        if typed.get("country") == countries.ELSEWHERE and not typed.get("story"):
            self.add_error("story", _now("Write the name of the country here."))
        return typed

    def facts(self) -> dict[str, str]:
        """Return what was typed as canonical text, as far as known."""
        typed = self.cleaned_data
        facts: dict[str, str] = {
            Field.COUNTRY: typed["country"],
            Field.GIVEN_ON: iso(typed["given_on"]),
            Field.PRODUCT: typed["product"],
            Field.LOT: typed["lot"],
            Field.DOSE_NUMBER: typed["dose_number"],
        }
        return {str(field): value for field, value in facts.items() if value}
