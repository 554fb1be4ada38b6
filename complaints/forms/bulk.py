"""Forms of a move on many cases. They check what was typed and write nothing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.choices import Ground, Verdict
from complaints.forms.casework import PROOFS, VERDICTS, Assign, Step
from complaints.forms.considered import considered_field, require_considered
from complaints.forms.handing_over import HandOver


class HandOverMany(HandOver):
    """Give the cases to another organization."""

    def facts(self) -> dict[str, Any]:
        """Return the organization by its code, as it is kept until the work is done.

        The reason goes along: each case says it in the language of its citizen.
        """
        typed = super().facts()
        reason = self.cleaned_data.get("reason", "")
        return typed | {"to": typed["to"].code, "reason": reason}


class AssignMany(Assign):
    """Give the cases to a colleague, or free them."""

    def facts(self) -> dict[str, Any]:
        """Return the colleague's reference, '' for nobody, as it is kept till then."""
        to = super().facts()["to"]
        return {"to": str(to.ref) if to else ""}


class ResolveMany(Step):
    """One verdict for every point of every case; only what was opened is decided."""

    verdict = forms.ChoiceField(
        label=_("What is decided of every point"),
        choices=VERDICTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is decided.")},
    )
    ground = forms.ChoiceField(
        label=_("Ground for keeping it"),
        choices=[("", _("Choose a ground")), *Ground.choices],
        required=False,
    )
    proof = forms.ChoiceField(
        label=_("What missing doses rest on"),
        required=False,
        choices=PROOFS,
        help_text=_(
            "Without one, or by a list not sent here, a second person has to sign."
        ),
    )
    considered = considered_field()
    note = forms.CharField(
        label=_("Explanation for the citizens"),
        help_text=_("Needed where something stays as recorded."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    nobody_known = forms.BooleanField(
        label=_("None of these cases concerns me or a relative of mine"),
        error_messages={
            "required": _("Take out what concerns you or a relative, then tick this.")
        },
    )

    def clean(self) -> None:
        """Ask for ground and explanation where the record stays as it is."""
        typed = self.cleaned_data
        if typed.get("verdict") != Verdict.KEPT:
            return
        require_considered(self)
        if not typed.get("ground"):
            self.add_error("ground", _("Say on which ground the record is kept."))
        if not (typed.get("note") or "").strip():
            self.add_error("note", _("Explain to the citizens why it stays so."))

    def clean_note(self) -> str:
        """Return the note without space around it."""
        return str(self.cleaned_data["note"]).strip()

    def facts(self) -> dict[str, Any]:
        """Return verdict, ground, proof and note."""
        typed = dict(self.cleaned_data)
        del typed["nobody_known"]
        is_kept = typed["verdict"] == Verdict.KEPT
        # What a choice made later hides is sent all the same.
        return typed | {
            "ground": typed["ground"] if is_kept else "",
            "considered": typed["considered"] if is_kept else [],
        }
