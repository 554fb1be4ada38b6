"""Forms about units: one that opens, another name, a closing."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints import unitfile
from complaints.actions import founding
from complaints.models import UnitChange
from portal.accounts import staffing
from portal.accounts.models import Posting
from portal.common.forms import DayField, Form
from portal.registry import places
from portal.registry.models import AdministrativeUnit, Organization

_CODE: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{1,30})[A-Z0-9]")
STAFF: Final = (
    (UnitChange.Staff.MOVE, _("They go to the successor, with the same role")),
    (UnitChange.Staff.END, _("Their postings end")),
)


class _Dated(Form):
    """What each change of a unit says besides: from which day, and why."""

    on = DayField(label=_("From which day"), is_recent=True)
    reason = forms.CharField(
        label=_("Why, or by which decision"),
        help_text=_("Citizens of its cases read it, too."),
        max_length=200,
        error_messages={"required": _("Say why, or name the decision.")},
    )

    def __init__(
        self, *args: Any, postings: Sequence[Posting], today: date, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {"on": today} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.postings, self.today = postings, today

    def find(self, typed: str) -> Organization:
        """Return one's open unit with this code or name. Raise ValidationError."""
        found = staffing.organization_named(typed, self.postings)
        if not found:
            raise ValidationError(_("No open unit of yours has this code or name."))
        if len(found) > 1:
            codes = ", ".join(unit.code for unit in found)
            raise ValidationError(
                _("Several units bear this name. Type a code: %(codes)s"),
                params={"codes": codes},
            )
        return found[0]


class Opening(_Dated):
    """A unit that opens."""

    name = forms.CharField(
        label=_("Name of the unit"),
        max_length=160,
        min_length=3,
        error_messages={"required": _("Type the whole name of the unit.")},
    )
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Capital letters, digits and dashes, for example TYT-N10508."),
        max_length=32,
        error_messages={"required": _("Type a code that no unit has yet.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[(kind, unitfile.KINDS[kind]) for kind in founding.BELOW],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is.")},
    )
    parent = forms.CharField(
        label=_("Unit above it"),
        help_text=_("Its code, or its whole name."),
        max_length=120,
        error_messages={"required": _("Type the code or the name of the unit above.")},
    )
    commune = forms.CharField(
        label=_("Commune and province"),
        help_text=_("As they are called today. A health station is found by it."),
        max_length=120,
        required=False,
    )
    phone = forms.CharField(
        label=_("Telephone for the public"), max_length=20, required=False
    )
    field_order = ("name", "code", "kind", "parent", "commune", "phone", "on", "reason")

    def clean_name(self) -> str:
        """Return the name without space around and doubled inside."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_code(self) -> str:
        """Refuse signs that no code has, and a code that is taken."""
        code = self.cleaned_data["code"].strip().upper()
        if not _CODE.fullmatch(code):
            raise ValidationError(_("Use capital letters, digits and dashes only."))
        if Organization.objects.filter(code=code).exists():
            raise ValidationError(_("Another unit has this code. Choose another code."))
        return code

    def clean_parent(self) -> Organization:
        """Find the unit above among one's own."""
        return self.find(self.cleaned_data["parent"])

    def clean_commune(self) -> AdministrativeUnit | None:
        """Find the one commune of today that the words mean."""
        typed = self.cleaned_data["commune"].strip()
        if not typed:
            return None
        today = {
            unit.pk: unit
            for candidate in places.find_units(typed)
            for unit in places.today(candidate.unit)
            if unit.level == AdministrativeUnit.Level.COMMUNE
        }
        if not today:
            raise ValidationError(_("No commune of today is called so. Look again."))
        if len(today) > 1:
            raise ValidationError(
                _("This may be several communes. Add the province, or be more exact."),
            )
        return next(iter(today.values()))

    def clean(self) -> None:
        """Say beside its field what speaks against the unit, once all are read."""
        if self.errors:
            return
        on = self.cleaned_data["on"]
        for field, words in founding.troubles(
            self.unit(), on=on, today=self.today
        ).items():
            self.add_error(field, words)

    def unit(self) -> founding.NewUnit:
        """Return the unit as it was described."""
        typed = self.cleaned_data
        return founding.NewUnit(
            code=typed["code"],
            kind=typed["kind"],
            name=typed["name"],
            parent=typed["parent"],
            commune=typed["commune"],
            gives_doses=typed["kind"] != Organization.Kind.CDC,
            phone=typed["phone"],
        )


class Renaming(_Dated):
    """Another name for a unit."""

    name = forms.CharField(
        label=_("New name"),
        max_length=160,
        min_length=3,
        error_messages={"required": _("Type the whole new name.")},
    )
    field_order = ("name", "on", "reason")

    def clean_name(self) -> str:
        """Return the name without space around and doubled inside."""
        return " ".join(self.cleaned_data["name"].split())


class Placing(_Dated):
    """The unit below which another one stands from then on."""

    above = forms.CharField(
        label=_("Unit above it from then on"),
        help_text=_("Its code, or its whole name."),
        max_length=120,
        error_messages={"required": _("Type the code or the name of the unit above.")},
    )
    field_order = ("above", "on", "reason")

    def clean_above(self) -> Organization:
        """Find the unit above among one's own."""
        return self.find(self.cleaned_data["above"])


class Closing(_Dated):
    """The end of a unit, who answers after it, and what becomes of its people."""

    successor = forms.CharField(
        label=_("Who answers from then on"),
        help_text=_("Its code, or its whole name. Empty only where nothing is left."),
        max_length=120,
        required=False,
    )
    staff = forms.ChoiceField(
        label=_("The people posted here"),
        choices=STAFF,
        initial=UnitChange.Staff.MOVE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of the people.")},
    )
    field_order = ("successor", "on", "staff", "reason")

    def clean_successor(self) -> Organization | None:
        """Find the successor among one's own units."""
        typed = self.cleaned_data["successor"].strip()
        return self.find(typed) if typed else None
