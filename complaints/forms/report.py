"""Forms of the four steps of a report."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms import choices_of
from complaints.forms.kind import two
from portal.common.forms import (
    CodeField,
    DayField,
    Form,
    LotField,
    NameField,
    NationalIdField,
    PartialDate,
    PhoneField,
)
from portal.registry.quality.rules import lots

# The national campaign began on 8 March 2021 (domain paper, section 0).
FIRST_YEAR = 2021
NOT_LISTED = "none"
# Before the name of a ward, district or province: nothing more is known.
ONLY_PLACE = "place:"
SEXES = [("F", _("Female")), ("M", _("Male"))]
# Telephones that take HEIC turn it into JPEG where only these are asked for.
FILES = "image/jpeg,image/png,image/webp,application/pdf"
_CHOOSE_SITE = _("Choose a site or “Not in the list”")
PHOTO_HELP = _("A photo or PDF up to 10 MB. It is made smaller before sending.")


class WhichDoseForm(Form):
    """Step 2 of a dose that is not mine or stands twice: which one."""

    dose = forms.ChoiceField(
        label=_("Which dose?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a dose.")},
    )
    story = forms.CharField(
        label=_("What happened?"),
        required=False,
        max_length=2000,
        help_text=_("For example: where you were on that day."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, doses: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "dose").choices = doses


class PlaceField(forms.CharField):
    """A place in words; ``is_needed``: it is not marked as one that may be left out."""

    is_needed = False


class FactsForm(Form):
    """Step 2 of a dose: its facts. Beside a recorded dose only changes count."""

    dose_number = forms.ChoiceField(
        label=_("Which dose was it?"),
        required=False,
        choices=[("", _("I do not remember"))]
        + [(str(n), str(n)) for n in range(1, 7)],
    )
    given_on = DayField(
        label=_("Date given"),
        required=False,
        allow_partial=True,
        is_recent=True,
        help_text=_(
            "For example: 15 1 2022. If you forgot the day, the month and year or the"
            " year alone will do."
        ),
    )
    product = forms.ChoiceField(
        label=_("Vaccine"), required=False, widget=forms.RadioSelect
    )
    lot = LotField(
        label=_("Lot number"),
        required=False,
        help_text=_("It stands on the vaccination slip. Leave it empty if unknown."),
    )
    site_text = PlaceField(
        label=_("Vaccination site"),
        required=False,
        max_length=200,
        help_text=_(
            "Type the name of the station, school or hospital, or the ward's old name."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    site = forms.ChoiceField(
        label=_("Choose the site"), required=False, widget=forms.RadioSelect
    )
    own_name = forms.BooleanField(label=_("The name"), required=False)
    story = forms.CharField(
        label=_("Anything else that helps to find it"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        products: list[tuple[str, str]],
        sites: list[tuple[str, str]],
        places: list[tuple[str, str]],
        recorded: dict[str, str] | None,
        needs_site: bool,
        own_name: str = "",
        today: date,
        **kwargs: Any,
    ) -> None:
        """``recorded``: canonical facts of the dose in question; None: no such dose.

        ``own_name``: the person's, where the dose was entered under another one.
        """
        super().__init__(*args, **kwargs)
        self.fields["given_on"].required = recorded is None
        self.fields["given_on"].error_messages["required"] = _(
            "Type at least the year in which you had it."
        )
        self.fields["site"].required = needs_site
        # Something has to be said of the place, though not in this box.
        cast(PlaceField, self.fields["site_text"]).is_needed = needs_site
        self.fields["site"].error_messages |= {
            "required": _CHOOSE_SITE,
            "invalid_choice": _CHOOSE_SITE,
        }
        self.recorded = recorded
        self.name_due = own_name
        if own_name:
            self.fields["own_name"].label = _("This dose is mine: enter %(name)s") % {
                "name": own_name
            }
        else:
            del self.fields["own_name"]
        self.today = today
        choices_of(self, "product").choices = [("", _("I do not remember")), *products]
        choices_of(self, "site").choices = [
            *sites,
            *places,
            (
                NOT_LISTED,
                two(
                    _("Not in the list"),
                    _("Write in the box above what you remember of the place"),
                ),
            ),
        ]

    def clean_given_on(self) -> PartialDate | None:
        """Refuse days before the campaign and days to come."""
        given = self.cleaned_data["given_on"]
        if given is None:
            return None
        if not FIRST_YEAR <= given.year <= self.today.year:
            raise forms.ValidationError(
                _("Year must be 2021 to %(year)s") % {"year": self.today.year}
            )
        if given.first() > self.today:
            raise forms.ValidationError(_("Date must not be in the future"))
        return given

    def clean(self) -> dict:
        """Ask for at least one change beside a recorded dose, and for its place."""
        cleaned = super().clean() or {}
        is_typed = bool(cleaned.get("site_text", "").strip())
        if is_typed and not cleaned.get("site") and "site" not in self.errors:
            # Which of the sites is meant, or none of them? Words alone are not kept.
            self.add_error("site", _CHOOSE_SITE)
        if not self.errors and self.recorded is not None and not self.changes():
            raise forms.ValidationError(
                _("Nothing differs from the record yet. Change what is wrong.")
            )
        return cleaned

    def facts(self) -> dict[str, str]:
        """Return what was typed as canonical text, as far as known."""
        cleaned = self.cleaned_data
        facts = {
            "given_on": iso(cleaned.get("given_on")),
            "product": cleaned.get("product", ""),
            "lot": cleaned.get("lot", ""),
            "dose_number": cleaned.get("dose_number", ""),
            "site": cleaned.get("site", ""),
        }
        if self.place is not None:
            del facts["site"]
        return {field: value for field, value in facts.items() if value}

    def changes(self) -> dict[str, str]:
        """Return the facts that differ from the recorded ones."""
        recorded = self.recorded or {}
        # Typed as lots are kept; an O for a 0 is a mistake that can be put right.
        before = recorded | {"lot": lots.clean(recorded.get("lot", ""))}
        changed = {
            field: value
            for field, value in self.facts().items()
            if value != before.get(field)
        }
        if self.place and self.recorded is not None:
            # Where no organization was found, the claim holds the words themselves.
            changed["site"] = self.place
        if self.cleaned_data.get("own_name"):
            changed["full_name"] = self.name_due
        return changed

    @property
    def place(self) -> str | None:
        """Return the place in words where no site was chosen; None where one was."""
        chosen = self.cleaned_data.get("site", "")
        if chosen.startswith(ONLY_PLACE):
            return chosen.removeprefix(ONLY_PLACE)
        if chosen == NOT_LISTED:
            typed: str = self.cleaned_data.get("site_text", "")
            return typed.strip()
        return None


class PersonalForm(Form):
    """Step 2 of personal details: as they should be; empty means as recorded."""

    full_name = NameField(label=_("Full name"), required=False)
    born_on = DayField(label=_("Birth date"), required=False, allow_partial=True)
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=SEXES, widget=forms.RadioSelect
    )
    national_id = NationalIdField(label=_("Identity number"), required=False)
    phone = PhoneField(label=_("Telephone"), required=False)
    story = forms.CharField(
        label=_("What is wrong, in your words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, recorded: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recorded = recorded
        leave = _("Leave it empty if the record is right.")
        self.fields["national_id"].help_text = leave
        self.fields["phone"].help_text = leave

    def clean(self) -> dict:
        """Ask for at least one change."""
        cleaned = super().clean() or {}
        if not self.errors and not self.changes():
            raise forms.ValidationError(
                _("Nothing differs from the record yet. Change what is wrong.")
            )
        return cleaned

    def changes(self) -> dict[str, str]:
        """Return the details that differ from the recorded ones, as canonical text."""
        cleaned = self.cleaned_data
        typed = {
            "full_name": cleaned.get("full_name", ""),
            "born_on": iso(cleaned.get("born_on")),
            "sex": cleaned.get("sex", ""),
            "national_id": cleaned.get("national_id", ""),
            "phone": cleaned.get("phone", ""),
        }
        return {
            field: value
            for field, value in typed.items()
            if value and value != self.recorded.get(field)
        }


class ContactForm(Form):
    """Step 3: who was vaccinated, where to write to, and a photo."""

    full_name = NameField(label=_("Full name"))
    born_on = DayField(label=_("Birth date"), allow_partial=True)
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=SEXES, widget=forms.RadioSelect
    )
    national_id = NationalIdField(
        label=_("Identity number"),
        required=False,
        help_text=_("ID number has 12 digits (old card: 9)"),
    )
    phone = PhoneField(
        label=_("Telephone"),
        help_text=_("We write to this number. It may be another one than on record."),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=200,
        help_text=_("Only if you want e-mails too. We first ask there if it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "invalid": _("Type an e-mail address, such as lan@example.vn.")
        },
    )
    evidence = forms.FileField(
        label=_("Photo of the vaccination slip"),
        required=False,
        help_text=PHOTO_HELP,
        widget=forms.FileInput(attrs={"accept": FILES}),
    )

    def __init__(
        self,
        *args: Any,
        is_known: bool,
        telephone: str,
        acts_for_other: bool,
        has_mail: bool,
        **kwargs: Any,
    ) -> None:
        """``is_known``: a record was opened, so nothing of it is asked again.

        ``telephone``: the proved one, masked; another one may be typed instead.
        ``has_mail``: e-mails can be sent from here.
        """
        super().__init__(*args, **kwargs)
        if not has_mail:
            del self.fields["email"]
        if is_known:
            for name in ("full_name", "born_on", "sex", "national_id"):
                del self.fields[name]
        elif acts_for_other:
            self.fields["full_name"].label = _("Full name of the person vaccinated")
            self.fields["born_on"].label = _("Birth date of the person vaccinated")
        if telephone:
            self.fields["phone"].required = False
            self.fields["phone"].help_text = _(
                "We write to %(phone)s. Type another number only if you want that."
            ) % {"phone": telephone}


class TelephoneCodeForm(Form):
    """The code that proves the telephone of step 3."""

    code = CodeField(label=_("Code from the text message"))


class SendForm(Form):
    """Step 4: nothing but the key under which the report is sent once."""

    key = forms.UUIDField(widget=forms.HiddenInput)


def iso(day: PartialDate | date | None) -> str:
    """Return a date as ISO text as far as it is known: 2021, 2021-08 or 2021-08-12."""
    if day is None:
        return ""
    if isinstance(day, date):
        return day.isoformat()
    text = f"{day.year:04d}"
    if day.month is not None:
        text += f"-{day.month:02d}"
        if day.day is not None:
            text += f"-{day.day:02d}"
    return text


def from_iso(text: str) -> PartialDate | None:
    """Return the date that ``iso`` wrote."""
    if not text:
        return None
    return PartialDate(*(int(part) for part in text.split("-")))
