"""Fields for what is right where neither the record nor the citizen has it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints.choices import Field, Kind
from portal.common.forms import (
    DayField,
    LotField,
    NameField,
    NationalIdField,
    PartialDate,
    PhoneField,
)
from portal.common.names import fold
from portal.registry import countries, national_id
from portal.registry.models import Organization, Product

# Whose a dose is, and which record is meant, is found and chosen, not typed.
NOT_TYPED: Final = frozenset({Field.DOSE, Field.RECORD})
MOST_SHOWN: Final = 5


class SiteField(forms.CharField):
    """A vaccination site by its code or its name; gives the code."""

    def __init__(self, **kwargs: Any) -> None:
        hint = _("Its code, or its name with or without accents.")
        super().__init__(help_text=hint, **kwargs)

    def clean(self, value: Any) -> str:
        """Return the code of the one site that is meant; a name may fit several."""
        typed = str(super().clean(value)).strip()
        if not typed:
            return ""
        giving = Organization.objects.filter(gives_doses=True)
        by_code = giving.filter(code__iexact=typed).first()
        if by_code is not None:
            return str(by_code.code)
        words = fold(typed)
        named = (
            giving.filter(folded=words)[: MOST_SHOWN + 1] if words else giving.none()
        )
        found = list(named)
        if words and not found:
            found = list(giving.filter(folded__contains=words)[: MOST_SHOWN + 1])
        if len(found) == 1:
            return str(found[0].code)
        if not found:
            raise ValidationError(_("No site is called so. Type its code."))
        shown = ", ".join(f"{site.name} ({site.code})" for site in found[:MOST_SHOWN])
        raise ValidationError(
            _("Several sites fit: %(sites)s. Type the code."), params={"sites": shown}
        )


def first_year(kind: str) -> int:
    """Return the year of the first doses: here 2021, abroad a year before.

    A dose that is on record already may be one that was given abroad.
    """
    return 2021 if kind == Kind.MISSING_DOSE else 2020


def require_given(day: date, *, kind: str, today: date) -> None:
    """Raise ValidationError for a day to come, and for one before the first dose."""
    if day > today:
        raise ValidationError(_("Date must not be in the future"))
    first = first_year(kind)
    if day.year < first:
        raise ValidationError(
            _("Year must be %(first)s to %(year)s"),
            params={"first": first, "year": today.year},
        )


def field_of(
    name: str, *, kind: str, products: Iterable[Product], today: date
) -> forms.Field | None:
    """Return the field in which staff type a third value; None where none is typed."""
    if name in NOT_TYPED:
        return None
    field: forms.Field
    if name == Field.GIVEN_ON:
        field = _Given(today=today, kind=kind, is_recent=True, required=False)
    elif name == Field.BORN_ON:
        field = _Day(today=today, allow_partial=True, required=False)
    elif name == Field.PRODUCT:
        named = [(product.code, product.name) for product in products]
        field = forms.ChoiceField(
            required=False, choices=[("", _("Choose a vaccine")), *named]
        )
    elif name == Field.COUNTRY:
        field = forms.ChoiceField(
            required=False, choices=[("", _("Choose")), *countries.choices()]
        )
    elif name == Field.SEX:
        sexes = [("", _("Choose")), ("F", _("Female")), ("M", _("Male"))]
        field = forms.ChoiceField(required=False, choices=sexes)
    elif name == Field.DOSE_NUMBER:
        numbers = [(str(n), str(n)) for n in range(1, 10)]
        field = forms.ChoiceField(required=False, choices=[("", _("Choose")), *numbers])
    else:
        field = _TYPED[Field(name)](required=False)
        field.widget.attrs["autocomplete"] = "off"
    field.label = _("What is right: %(field)s") % {"field": Field(name).label}
    # It is asked for where it is shown; read by the templates.
    shown: Any = field
    shown.is_needed = True
    return field


def text_of(name: str, value: Any) -> str:
    """Return a value of such a field as canonical text; '' where nothing was typed."""
    if not value:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if name == Field.NATIONAL_ID:
        return national_id.read(str(value)).canonical or str(value)
    return str(value)


class _Day(DayField):
    """A day that has come already."""

    def __init__(self, *, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(**kwargs)

    def compress(self, data_list: list[str]) -> PartialDate | date | None:
        """Refuse a day to come."""
        found = super().compress(data_list)
        first = found.first() if isinstance(found, PartialDate) else found
        if first is not None and first > self.today:
            raise ValidationError(_("Date must not be in the future"))
        return found


class _Given(DayField):
    """The day of a dose."""

    def __init__(self, *, today: date, kind: str, **kwargs: Any) -> None:
        self.today, self.kind = today, kind
        super().__init__(**kwargs)

    def compress(self, data_list: list[str]) -> PartialDate | date | None:
        """Refuse a day on which no dose can have been given."""
        found = super().compress(data_list)
        if isinstance(found, date):
            require_given(found, kind=self.kind, today=self.today)
        return found


_TYPED: Final[dict[Field, type[forms.CharField]]] = {
    Field.LOT: LotField,
    Field.SITE: SiteField,
    Field.FULL_NAME: NameField,
    Field.NATIONAL_ID: NationalIdField,
    Field.PHONE: PhoneField,
}
