"""Forms of the look-up: ways in, the one-time code, opening one of several people."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import CHILD_UNDER, Relation
from complaints.forms import choices_of
from portal.common.forms import (
    CodeField,
    DayField,
    Form,
    NameField,
    NationalIdField,
    PhoneField,
)


def is_of_age(born_on: date, *, on: date) -> bool:
    """Tell whether somebody born on a day is 16 or older on another."""
    years = on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
    return years >= CHILD_UNDER


WHOSE: Final = [
    (Relation.SELF, _("It is me")),
    (Relation.CHILD, _("My child under 16")),
    (Relation.PARENT, _("My parent or another relative")),
    (Relation.OTHER, _("Somebody else in my care")),
]


class LookUpForm(Form):
    """A number or a name, each with the birth date; a year alone is enough."""

    national_id = NationalIdField(
        label=_("Identity number"),
        required=False,
        help_text=_("12 digits; an old card has 9. Any number you ever had works."),
    )
    full_name = NameField(
        label=_("Full name"),
        required=False,
        help_text=_("Needed only when you do not have the number at hand."),
    )
    born_on = DayField(
        label=_("Birth date"),
        allow_partial=True,
        help_text=_("For example: 8 3 1958. The year alone is enough if that is all."),
    )

    def clean(self) -> dict:
        """Ask for one of the two ways."""
        cleaned = super().clean() or {}
        if not self.errors.keys() & {"national_id", "full_name"} and not (
            cleaned.get("national_id") or cleaned.get("full_name")
        ):
            self.add_error(
                "national_id", _("Enter the identity number, or the full name below.")
            )
        return cleaned


class TelephoneForm(Form):
    """A telephone to send a code to."""

    phone = PhoneField(label=_("Telephone"))


class CodeForm(Form):
    """The six digits that came by text message."""

    code = CodeField(label=_("Code from the text message"))


class WhoseForm(Form):
    """Who the person of the open record is to whoever opened it."""

    relation = forms.ChoiceField(
        label=_("Who is this person to you?"),
        choices=WHOSE,
        widget=forms.RadioSelect,
        help_text=_("It is noted with the look, where this person can read it."),
    )

    def offer_for(self, *, is_child: bool) -> None:
        """Leave out what cannot be: a child looks at nothing, a grown-up is none."""
        never = Relation.SELF if is_child else Relation.CHILD
        field = choices_of(self, "relation")
        field.choices = [choice for choice in WHOSE if choice[0] != never]

    def answer(self) -> object:
        """Return in words what counts now."""
        return dict(WHOSE).get(self["relation"].initial, "")


class PersonForm(Form):
    """Which of the people behind a telephone, opened by the birth date."""

    person = forms.ChoiceField(
        label=_("Whose record do you want to see?"), widget=forms.RadioSelect
    )
    born_on = DayField(label=_("Birth date of this person"), allow_partial=True)
    relation = forms.ChoiceField(
        label=_("Who is this person to you?"),
        choices=WHOSE,
        initial=Relation.SELF,
        widget=forms.RadioSelect,
        help_text=_("It is noted with the look, where this person can read it."),
    )

    def __init__(
        self,
        *args: Any,
        people: list[tuple[str, str]],
        found_by: Mapping[str, date] | None = None,
        today: date,
        **kwargs: Any,
    ) -> None:
        """``found_by``: their birth dates, where one was typed to find these people."""
        super().__init__(*args, **kwargs)
        choices_of(self, "person").choices = people
        self.found_by, self.today = found_by or {}, today
        if found_by is not None:
            del self.fields["born_on"]

    def clean(self) -> dict[str, Any]:
        """Refuse a child who is none any more by the birth date that was typed."""
        cleaned = super().clean() or {}
        typed = cleaned.get("born_on")
        known = self.found_by.get(cleaned.get("person", ""))
        born = typed.last() if typed is not None else known
        is_child = cleaned.get("relation") == Relation.CHILD
        if is_child and born is not None and is_of_age(born, on=self.today):
            self.add_error(
                "relation",
                _("Who is 16 or older is no child here. Choose another answer."),
            )
        return cleaned
