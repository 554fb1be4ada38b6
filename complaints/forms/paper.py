"""Forms of the vaccination paper: photos, what they show, what stands on it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Field
from complaints.forms import choices_of
from complaints.forms.kind import two
from complaints.forms.report import FILES, PHOTO_HELP, iso
from portal.common.forms import DayField, Form
from portal.registry.quality.rules import lots

SLIP, APP, FORM, OTHER = "slip", "app", "form", "other"
COVERED, ALTERED = "covered", "altered"


class AddPhotoForm(Form):
    """One more photo of the paper."""

    evidence = forms.FileField(
        label=_("Photo of the vaccination slip"),
        required=False,
        help_text=PHOTO_HELP,
        widget=forms.FileInput(attrs={"accept": FILES}),
    )


class PaperForm(AddPhotoForm):
    """One more photo, and what the photos show."""

    paper = forms.ChoiceField(
        label=_("What does the photo show?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (
                SLIP,
                two(
                    _("The slip that I got after the injection"),
                    _("With name, date and vaccine, as in the first picture"),
                ),
            ),
            (APP, _("The certificate in an app or on a screen")),
            (
                FORM,
                two(
                    _("The screening form from before the injection"),
                    _("Questions about health, as in the second picture"),
                ),
            ),
            (OTHER, _("Something else: a person, a vial, a place")),
        ],
        error_messages={"required": _("Choose what the photo shows.")},
    )
    shows = forms.MultipleChoiceField(
        label=_("What can be read on it, exactly as here?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick what stands there."),
    )
    number = forms.CharField(
        label=_("Number on the paper"),
        required=False,
        max_length=30,
        help_text=_("Only if one is printed or written on it."),
        widget=forms.TextInput(attrs={"class": "w10", "autocomplete": "off"}),
    )
    flaws = forms.MultipleChoiceField(
        label=_("Is any of this so?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (COVERED, _("A part is covered or torn off")),
            (ALTERED, _("Something was corrected by hand")),
        ],
    )

    def __init__(
        self, *args: Any, asks: bool, full_name: str, born: str, **kwargs: Any
    ) -> None:
        """``asks``: there are photos of a dose, so it is asked what they show."""
        super().__init__(*args, **kwargs)
        if not asks:
            for name in ("paper", "shows", "number", "flaws"):
                del self.fields[name]
            return
        choices_of(self, "shows").choices = [
            (Field.FULL_NAME.value, two(_("Full name"), full_name)),
            (Field.BORN_ON.value, two(_("Birth date"), born)),
            (Field.GIVEN_ON.value, _("Date given")),
            (Field.PRODUCT.value, _("Name of the vaccine")),
        ]

    def clean_number(self) -> str:
        """Return the number without blanks and marks, so that it is the same twice."""
        typed: str = self.cleaned_data["number"]
        return "".join(sign for sign in typed.upper() if sign.isalnum())


class SlipForm(Form):
    """What the paper says of one dose, copied from it."""

    given_on = DayField(label=_("Date on the paper"), required=False, is_recent=True)
    product = forms.ChoiceField(label=_("Vaccine on the paper"), required=False)
    lot = forms.CharField(
        label=_("Lot number on the paper"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"class": "w10", "autocomplete": "off"}),
    )
    dose_number = forms.ChoiceField(
        label=_("Which dose, by the paper?"),
        required=False,
        choices=[("", _("It does not say"))] + [(str(n), str(n)) for n in range(1, 7)],
    )

    def __init__(self, *args: Any, products: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices_of(self, "product").choices = [("", _("It does not say")), *products]

    def clean_lot(self) -> str:
        """Return the lot as lots are kept: upper case, no spaces."""
        return lots.clean(self.cleaned_data["lot"])

    def facts(self) -> dict[str, str]:
        """Return what was copied as canonical text, as far as it was."""
        typed = self.cleaned_data
        facts = {
            "given_on": iso(typed["given_on"]),
            "product": typed["product"],
            "lot": typed["lot"],
            "dose_number": typed["dose_number"],
        }
        return {field: value for field, value in facts.items() if value}
