"""Forms of the moves that staff make. They check what was typed and write nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from complaints.choices import ADDING, Field, Ground, Kind, Verdict
from complaints.forms import choices_of, other_values
from complaints.forms.considered import considered_field, require_considered
from complaints.models import Claim, Complaint
from portal.accounts.models import User
from portal.registry.models import Product


class Wanted(TextChoices):
    """What a citizen can be asked for; kept with the event, worded for the citizen."""

    SLIP = "slip", _("A photo of the vaccination slip")
    CLEARER = "clearer", _("A clearer photo: whole, sharp, in good light")
    IDENTITY = "identity", _("A photo of the identity card")
    DAY = "day", _("The day of the injection, or what was near it")
    PLACE = "place", _("Where it was given: building, street, who gave it")
    VACCINE = "vaccine", _("The vaccine or the lot number")


VERDICTS: Final = (
    (Verdict.UPHELD, _("Record as claimed")),
    (Verdict.KEPT, _("Keep as recorded")),
    (Verdict.ALREADY_CORRECT, _("It was right already")),
)
# Of one point alone: what is right is typed beside it.
VERDICTS_WITH_OTHER: Final = (
    VERDICTS[0],
    (Verdict.OTHER, _("Fix, then record: right is another value")),
    *VERDICTS[1:],
)
# What a dose rests on that is added; values of ``Correction.Source``.
PROOFS: Final = (
    ("", _("Nothing but the citizen's word")),
    ("session_list", _("Our list of that session")),
    ("slip_seen", _("The slip, seen at the counter")),
    ("other_record", _("Another record of ours")),
)
# No session of ours was abroad.
PROOFS_ABROAD: Final = tuple(one for one in PROOFS if one[0] != "session_list")


class Step(forms.Form):
    """A move: the version that was read goes with it.

    Without ``complaint`` it is for many cases, each with the version it was chosen at.
    """

    use_required_attribute = False

    version = forms.IntegerField(min_value=0, max_value=2**31, widget=forms.HiddenInput)

    complaint: Complaint

    def __init__(
        self, *args: Any, complaint: Complaint | None = None, **kwargs: Any
    ) -> None:
        # Several forms stand on one page: each id bears the name of its move.
        super().__init__(*args, **kwargs)
        if complaint is None:
            del self.fields["version"]
        else:
            self.complaint = complaint
            self.fields["version"].initial = complaint.version
        self.auto_id = f"id_{type(self).__name__.lower()}_%s"

    def facts(self) -> dict[str, Any]:
        """Return what the action takes beside the case and the actor."""
        return dict(self.cleaned_data)


def note_field(label: Any, *, required: bool = True, hint: Any = "") -> forms.CharField:
    """Return a field for a few sentences."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write one or two sentences.")},
    )


class Accept(Step):
    """Take a case on."""


class Countersign(Step):
    """Sign a proposal."""


class Ask(Step):
    """Ask the citizen."""

    reasons = forms.MultipleChoiceField(
        label=_("What should the citizen send?"),
        choices=Wanted.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = note_field(
        _("In your own words"), required=False, hint=_("The citizen reads it.")
    )

    def clean(self) -> None:
        """Refuse a question without content."""
        typed = self.cleaned_data
        if not typed.get("reasons") and not (typed.get("note") or "").strip():
            raise ValidationError(_("Say what the citizen should send."))


class Assign(Step):
    """Give the case to a colleague, or to nobody, so that whoever is next gets it."""

    NOBODY: Final = "nobody"

    to = forms.ChoiceField(
        label=_("Who should have it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a colleague, or nobody.")},
    )

    def __init__(self, *args: Any, people: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(user.ref): user for user in people}
        choices_of(self, "to").choices = [
            *((ref, user.full_name) for ref, user in self.people.items()),
            (self.NOBODY, _("Nobody: whoever takes the next case")),
        ]

    def facts(self) -> dict[str, Any]:
        """Return the colleague, or None."""
        typed = super().facts()
        return typed | {"to": self.people.get(typed["to"])}


class Escalate(Step):
    """Pass the case up."""

    note = note_field(
        _("Why the level above has to decide"), hint=_("The citizen reads it.")
    )


class Extend(Step):
    """Give the case more time, once."""

    note = note_field(
        _("Why it takes longer"),
        hint=_("The citizen reads it, with the new date. Possible once only."),
    )


class Note(Step):
    """Write a note."""

    note = note_field(_("Note for colleagues"), hint=_("The citizen does not see it."))


class Decline(Step):
    """Send a proposal back."""

    note = note_field(_("Why you do not sign"))


class Resolve(Step):
    """A verdict for each claim; for a missing dose the facts that are still unknown."""

    proof = forms.ChoiceField(
        label=_("What the dose rests on"),
        required=False,
        choices=PROOFS,
        help_text=_(
            "Without one, or by a list not sent here, a second person has to sign."
        ),
    )
    concerns_oneself = forms.BooleanField(
        label=_("This concerns me or a relative of mine"),
        required=False,
        help_text=_("Then a second person has to sign."),
    )
    considered = considered_field()
    note = note_field(
        _("Explanation for the citizen"),
        required=False,
        hint=_("Needed where something stays as recorded, or another value is right."),
    )
    # The record as it was shown, so that a decision on an older one is noticed.
    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        claims: Iterable[Claim],
        products: Iterable[Product] = (),
        sites: Iterable[tuple[str, str]] = (),
        today: date,
        seen: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.claims, self.today = list(claims), today
        self.fields["seen"].initial = seen
        before = {c.pk: (c.verdict, c.ground) for c in self.claims if c.verdict}
        # By claim, where a third value can be typed.
        self.typed: dict[int, str] = {}
        for claim in self.claims:
            verdict, ground = before.get(claim.pk, ("", ""))
            other = other_values.field_of(
                claim.field, kind=self.complaint.kind, products=products, today=today
            )
            self.fields[f"verdict_{claim.pk}"] = forms.ChoiceField(
                label=claim.get_field_display(),
                choices=VERDICTS_WITH_OTHER if other else VERDICTS,
                initial=verdict,
                widget=forms.RadioSelect,
                error_messages={"required": _("Decide this point.")},
            )
            kept = self.fields[f"ground_{claim.pk}"] = forms.ChoiceField(
                label=_("Ground for keeping it"),
                choices=[("", _("Choose a ground")), *Ground.choices],
                initial=ground,
                required=False,
            )
            kept.is_needed = True  # type: ignore[attr-defined]  # see other_values
            if other is not None:
                self.typed[claim.pk] = f"other_{claim.pk}"
                self.fields[self.typed[claim.pk]] = other
        self.unknown: list[str] = []
        if self.complaint.kind in ADDING:
            self._ask_for_unknown(products, sites)
            if self.complaint.kind == Kind.FOREIGN_DOSE:
                choices_of(self, "proof").choices = PROOFS_ABROAD
        elif self.typed:
            choices_of(self, "proof").choices = [("", _("Choose")), *PROOFS[1:]]
            self.fields["proof"].label = _("What the other value rests on")
            self.fields["proof"].help_text = _(
                "Needed where another value is right and no photo was sent. By a list"
                " not sent here, a second person has to sign."
            )
        else:
            del self.fields["proof"]

    def points(self) -> list[dict[str, Any]]:
        """Return verdict and ground of each claim, as bound fields."""
        return [
            {
                "claim": claim,
                "verdict": self[f"verdict_{claim.pk}"],
                "ground": self[f"ground_{claim.pk}"],
                "other": self[self.typed[claim.pk]] if claim.pk in self.typed else "",
            }
            for claim in self.claims
        ]

    def others(self) -> list[forms.BoundField]:
        """Return the bound fields after the points."""
        names = [f"fill_{name}" for name in self.unknown]
        names += ["proof"] if "proof" in self.fields else []
        names += ["considered", "concerns_oneself", "note"]
        return [self[name] for name in names]

    @property
    def needs_more(self) -> bool:
        """Tell whether upholding takes more than the citizen said."""
        return bool(self.unknown)

    def clean(self) -> None:
        """Ask for the ground of keeping, and for the facts of a dose to be added."""
        typed = self.cleaned_data
        decided = {typed.get(f"verdict_{claim.pk}") for claim in self.claims}
        for claim in self.claims:
            kept = typed.get(f"verdict_{claim.pk}") == Verdict.KEPT
            if kept and not typed.get(f"ground_{claim.pk}"):
                self.add_error(
                    f"ground_{claim.pk}", _("Say on which ground the record is kept.")
                )
        if Verdict.KEPT in decided:
            require_considered(self)
        has_note = bool((typed.get("note") or "").strip())
        if Verdict.KEPT in decided and not has_note:
            self.add_error("note", _("Explain to the citizen why it stays so."))
        elif Verdict.OTHER in decided and not has_note:
            self.add_error(
                "note", _("Explain to the citizen why another value is right.")
            )
        others = self._others()
        for pk, name in self.typed.items():
            is_other = typed.get(f"verdict_{pk}") == Verdict.OTHER
            if is_other and not typed.get(name) and name not in self.errors:
                self.add_error(name, _("Type the value that is right."))
        if {Verdict.UPHELD, Verdict.OTHER} & decided:
            needed = {Field.GIVEN_ON, Field.PRODUCT, Field.SITE} - set(others)
            for name in set(self.unknown) & needed:
                if not typed.get(f"fill_{name}") and f"fill_{name}" not in self.errors:
                    self.add_error(f"fill_{name}", _("Needed to record the dose."))

    def facts(self) -> dict[str, Any]:
        """Return verdicts, facts filled in, proof and note.

        Without what was typed where a choice made later hides it.
        """
        typed = self.cleaned_data
        decided = {typed[f"verdict_{claim.pk}"] for claim in self.claims}
        rests = self.complaint.kind in ADDING or Verdict.OTHER in decided
        given_on = typed.get("fill_given_on")
        filled = {
            name: str(typed[f"fill_{name}"] or "").strip()
            for name in self.unknown
            if name != Field.GIVEN_ON
        }
        if given_on:
            filled[Field.GIVEN_ON] = given_on.isoformat()
        if filled.get(Field.LOT):
            filled[Field.LOT] = "".join(filled[Field.LOT].upper().split())
        filled |= self._others()
        return {
            "version": typed["version"],
            "verdicts": {
                claim.pk: (
                    typed[f"verdict_{claim.pk}"],
                    typed[f"ground_{claim.pk}"]
                    if typed[f"verdict_{claim.pk}"] == Verdict.KEPT
                    else "",
                )
                for claim in self.claims
            },
            "filled": filled,
            "proof": typed.get("proof", "") if rests else "",
            "considered": typed["considered"] if Verdict.KEPT in decided else [],
            "concerns_oneself": typed["concerns_oneself"],
            "seen": typed["seen"],
            "note": typed["note"],
        }

    def _others(self) -> dict[str, str]:
        """Return the values that are right instead, by field, as canonical text."""
        typed = self.cleaned_data
        fields = {claim.pk: claim.field for claim in self.claims}
        return {
            str(fields[pk]): other_values.text_of(fields[pk], typed.get(name))
            for pk, name in self.typed.items()
            if typed.get(f"verdict_{pk}") == Verdict.OTHER
        }

    def clean_fill_given_on(self) -> date | None:
        """Refuse a day before the first dose, here or abroad, and days to come."""
        day = self.cleaned_data["fill_given_on"]
        if day:
            kind = self.complaint.kind
            other_values.require_given(day, kind=kind, today=self.today)
        return day

    def _ask_for_unknown(
        self, products: Iterable[Product], sites: Iterable[tuple[str, str]]
    ) -> None:
        """Add a field for each fact of the dose that the citizen did not know."""
        known = {claim.field for claim in self.claims if not claim.is_vague}
        if self.complaint.kind == Kind.FOREIGN_DOSE:
            known.add(Field.SITE)
        fields: dict[str, forms.Field] = {
            Field.GIVEN_ON: forms.DateField(
                required=False,
                help_text=_("For example 14/09/2021"),
                widget=forms.DateInput(attrs={"class": "w10", "inputmode": "numeric"}),
                error_messages={"invalid": _("Write the day as 14/09/2021.")},
            ),
            Field.PRODUCT: forms.ChoiceField(
                required=False,
                choices=[
                    ("", _("Choose a vaccine")),
                    *((product.code, product.name) for product in products),
                ],
            ),
            Field.LOT: forms.CharField(required=False, max_length=30),
            Field.SITE: forms.ChoiceField(required=False, choices=list(sites)),
            Field.DOSE_NUMBER: forms.IntegerField(
                required=False,
                min_value=1,
                max_value=9,
                widget=forms.TextInput(attrs={"class": "w2", "inputmode": "numeric"}),
            ),
        }
        for name, field in fields.items():
            if name not in known:
                field.label = Field(name).label
                self.fields[f"fill_{name}"] = field
                self.unknown.append(name)
