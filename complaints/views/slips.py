"""What the paper says of each dose, and a choice where it was typed otherwise."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from complaints.actions import drafts, plausible
from complaints.choices import Check, Kind
from complaints.forms.paper import SlipForm
from complaints.forms.report import from_iso
from complaints.rules import papers
from complaints.rules.plausibility import Doubt, Given
from complaints.views.cards import Words
from portal.common.forms import PartialDate
from portal.registry import identity
from portal.registry.models import Product

PROVED_BY_PAPER = (Kind.MISSING_DOSE, Kind.WRONG_DOSE)
PAPER, TYPED = "paper", "typed"


@dataclass
class Slip:
    """The paper's word on one matter. ``typed``: the facts claimed or on record."""

    place: int
    title: str
    form: SlipForm
    typed: dict[str, str]
    claims: dict[str, str]
    held: set[str]
    chosen: dict[str, str]
    born: PartialDate | None
    asked: list[Doubt] = field(default_factory=list)

    def is_valid(self) -> bool:
        """Tell whether what was copied can be read."""
        return self.form.is_valid()

    @property
    def compared(self) -> list[papers.Compared]:
        """Return each fact that was copied beside the one typed."""
        if not self.form.is_bound or not self.form.is_valid():
            return []
        return papers.compare(self.form.facts(), self.typed)

    @property
    def differing(self) -> list[dict[str, Any]]:
        """Return what differs, in words, with the name of its choice."""
        found = [one for one in self.compared if one.how == "differs"]
        words = Words(
            (one.field.value, value)
            for one in found
            for value in (one.paper, one.typed)
        )
        return [
            {
                "name": self._name(one.field),
                "label": one.field.label,
                "paper": words.of(one.field, one.paper),
                "typed": words.of(one.field, one.typed),
                "chosen": self.chosen.get(one.field, ""),
            }
            for one in found
        ]

    @property
    def is_chosen(self) -> bool:
        """Tell whether each difference was settled one way or the other."""
        return all(
            one.field in self.chosen for one in self.compared if one.how == "differs"
        )

    def doubts(self, *, today: date) -> list[Doubt]:
        """Return what is to be asked: held against the paper, or what cannot be."""
        kept = [
            one
            for one in self.compared
            if one.how == "differs" and self.chosen.get(one.field) == TYPED
        ]
        compared = self.compared
        words = Words((one.field.value, one.paper) for one in kept)
        found = [
            Doubt(
                papers.DIFFERS[one.field],
                one.field,
                {"label": str(one.field.label)},
                said=words.of(one.field, one.paper)[:60],
            )
            for one in kept
        ]
        is_nothing = papers.nothing_agrees(compared)
        if is_nothing and len(kept) == len([c for c in compared if c.typed]):
            found.append(Doubt(Check.SLIP_NOTHING, "evidence"))
        facts = self.typed | self.changes()
        if self.changes():
            found += [
                doubt
                for doubt in plausible.of_dose(
                    Given(
                        on=from_iso(facts.get("given_on", "")),
                        product=facts.get("product", ""),
                        lot=facts.get("lot", ""),
                        born=self.born,
                    ),
                    today=today,
                )
                if doubt.check not in self.held
            ]
        self.asked = found
        return found

    def changes(self) -> dict[str, str]:
        """Return the facts that the paper adds, or that were chosen from it."""
        return {
            one.field.value: one.paper
            for one in self.compared
            if one.how == "adds"
            or (one.how == "differs" and self.chosen.get(one.field) == PAPER)
        }

    def settled(self, matter: dict[str, Any]) -> dict[str, Any]:
        """Return the matter with what the paper adds or corrects."""
        return matter | {"claims": self.claims | self.changes()}

    def _name(self, of: str) -> str:
        return f"m{self.place}-choose-{of}"


def read(
    data: Any, answers: dict[str, Any], *, sees_record: bool, today: date
) -> list[Slip]:
    """Return the paper's word on each matter that a paper can prove."""
    products = list(Product.objects.order_by("name").values_list("code", "name"))
    doses = (
        {d.pk: d for d in identity.record(answers["person"], on=today)}
        if any(matter.get("dose") for matter in answers["matters"])
        else {}
    )
    born = from_iso(drafts.born_of(answers, sees_record=sees_record))
    slips = []
    for place, matter in enumerate(answers["matters"]):
        if matter["kind"] not in PROVED_BY_PAPER or not matter.get("done"):
            continue
        dose = doses.get(matter.get("dose") or 0)
        recorded = drafts.facts_on_record(dose) if dose else {}
        before = matter.get("slip", {})
        form = SlipForm(
            data,
            prefix=f"m{place}",
            products=products,
            initial=before | {"given_on": from_iso(before.get("given_on", ""))},
        )
        chosen = {
            of.value: data[name]
            for of in papers.FIELDS
            if data is not None
            and data.get(name := f"m{place}-choose-{of}") in (PAPER, TYPED)
        }
        slips.append(
            Slip(
                place=place,
                title=_title(matter, place, answers),
                form=form,
                typed=recorded | matter["claims"],
                claims=matter["claims"],
                held={one["check"] for one in matter.get("held", ())},
                chosen=chosen,
                born=born,
            )
        )
    return slips


def _title(matter: dict[str, Any], place: int, answers: dict[str, Any]) -> str:
    kind = str(Kind(matter["kind"]).label)
    if len(answers["matters"]) == 1:
        return _("What does the paper say?")
    return f"{place + 1}. {kind}"
