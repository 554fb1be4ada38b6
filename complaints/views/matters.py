"""Step 2 of a report: which page a matter needs, and how its answers are shown."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions import drafts, plausible
from complaints.choices import Field, Kind
from complaints.forms.abroad import AbroadForm
from complaints.forms.kind import KindForm, OtherRecordForm
from complaints.forms.report import (
    NOT_LISTED,
    ONLY_PLACE,
    FactsForm,
    PersonalForm,
    WhichDoseForm,
    from_iso,
)
from complaints.rules import records
from complaints.rules.plausibility import Doubt, Given
from complaints.views import naming, sites_typed, vaccines
from complaints.views.cards import day, is_under_another
from portal.common import phones
from portal.common.forms import PartialDate
from portal.registry import identity, national_id
from portal.registry.models import AdministrativeUnit, Person, Product

VOIDS = (Kind.NOT_MINE, Kind.DOUBLED_DOSE)
Answers = dict[str, Any]
Data = Mapping[str, Any]


@dataclass
class Page:
    """A form of step 2, its template, and what is kept of its answers."""

    form: WhichDoseForm | FactsForm | PersonalForm | OtherRecordForm | AbroadForm
    template: str
    matter: Answers
    heading: str
    is_search: bool = False
    dose: identity.RecordedDose | None = None
    has_more_sites: bool = False
    # The words by which the sites on the page were found.
    looked_for: str = ""
    # What a dose on offer is called on the page, and its key here.
    keys: Mapping[str, int] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Return why the citizen held to what was asked about before."""
        return next((one["reason"] for one in self.matter.get("held", ())), "")

    def doubts(
        self, answers: Answers, *, sees_record: bool, today: date
    ) -> list[Doubt]:
        """Return what is to be asked about the valid answers of this page."""
        if isinstance(self.form, PersonalForm):
            typed = self.form.changes().get("full_name", "")
            others = [answers["contact"].get("full_name", "")]
            return naming.doubts(typed, others=others)
        if not isinstance(self.form, FactsForm):
            return []
        changes = self.form.changes()
        facts = (self.form.recorded or {}) | changes
        found = plausible.of_dose(
            Given(
                on=from_iso(facts.get("given_on", "")),
                product=facts.get("product", ""),
                lot=facts.get("lot", ""),
                born=from_iso(drafts.born_of(answers, sees_record=sees_record)),
            ),
            today=today,
        )
        # What stands on record anyway is not the citizen's to explain.
        concerned = {Field.GIVEN_ON, Field.PRODUCT, Field.LOT} & set(changes)
        return found if concerned else []

    def context(self, draft: uuid.UUID) -> Answers:
        """Return what the template needs."""
        return {
            "form": self.form,
            "draft": draft,
            "kind": Kind(self.matter["kind"]).label,
            "heading": self.heading,
            "dose": self.dose,
            "vaccines": (
                vaccines.of(self.form["product"])
                if "product" in self.form.fields
                else {}
            ),
            "searched": self.form.data.get("site_text", "") if self.is_search else "",
            "looked_for": self.looked_for,
            "has_more": self.has_more_sites,
            "found": sum(1 for _option in self.form["site"]) - 1
            if "site" in self.form.fields
            else 0,
        }

    def answered(self) -> Answers:
        """Return the matter with the valid answers of this page in it."""
        typed = self.form.cleaned_data
        story = typed.get("story", "")
        if isinstance(self.form, WhichDoseForm):
            ref = typed["dose"]
            chosen = self.matter | {
                "dose": self.keys[ref],
                "dose_ref": ref,
                "story": story,
            }
            is_done = self.matter["kind"] in VOIDS
            return chosen | {"done": True} if is_done else chosen
        if isinstance(self.form, OtherRecordForm):
            return self.matter | {
                "claims": self.form.claim(),
                "story": story,
                "done": True,
            }
        if isinstance(self.form, AbroadForm):
            return self.matter | {
                "claims": self.form.facts(),
                "story": story,
                # The department is found by the province, as by any place in words.
                "site_text": typed["home"],
                "done": True,
            }
        claims = (
            self.form.facts()
            if isinstance(self.form, FactsForm) and self.form.recorded is None
            else self.form.changes()
        )
        place = self.form.place if isinstance(self.form, FactsForm) else None
        return self.matter | {
            "claims": claims,
            "slip_held": [],
            "story": story,
            "site_text": place or "",
            "searched": typed.get("site_text", ""),
            "not_listed": place is not None,
            "site_chosen": typed.get("site", ""),
            "done": True,
        }


def page_for(
    answers: Answers,
    place: int,
    data: Data | None,
    *,
    sees_record: bool,
    at: datetime,
) -> Page:
    """Return the page that a matter of the draft needs now.

    Where the record is not open, nothing of it is shown but the doses that the draft
    names already, and no detail is filled in.
    """
    matter = answers["matters"][place]
    person_id = answers["person"]
    details_of = person_id if sees_record else None
    if matter["kind"] == Kind.WRONG_PERSON:
        return _personal(matter, details_of, data)
    if matter["kind"] == Kind.SPLIT_RECORD:
        return _other_record(matter, data)
    if matter["kind"] == Kind.FOREIGN_DOSE:
        return _abroad(matter, details_of, data, at=at)
    doses = (
        identity.record(person_id, on=timezone.localdate(at))
        if person_id is not None and matter["kind"] != Kind.MISSING_DOSE
        else []
    )
    if not sees_record:
        named = {one.get("dose") for one in answers["matters"]}
        doses = [dose for dose in doses if dose.pk in named]
    dose = next((d for d in doses if d.pk == matter.get("dose")), None)
    if doses and (dose is None or matter["kind"] in VOIDS):
        return _which(matter, doses, data)
    return _facts(matter, dose, data, details_of, at=at)


def _which(
    matter: Answers, doses: list[identity.RecordedDose], data: Data | None
) -> Page:
    choices = [
        (
            dose.ref,
            _("Dose %(n)s") % {"n": dose.place}
            + f": {day(dose.given_on)}, {dose.product_name}\n{dose.site_name}",
        )
        for dose in doses
    ]
    initial = {"dose": matter.get("dose_ref"), "story": matter.get("story", "")}
    form = WhichDoseForm(data, doses=choices, initial=initial)
    if matter["kind"] == Kind.WRONG_DOSE:
        del form.fields["story"]
    heading = {
        Kind.NOT_MINE: _("Which dose did you not have?"),
        Kind.DOUBLED_DOSE: _("Which dose is recorded once too often?"),
    }.get(matter["kind"], _("Which dose is wrong?"))
    keys = {dose.ref: dose.pk for dose in doses}
    return Page(form, "citizen/report_facts.html", matter, heading, keys=keys)


def kind_form(data: Data | None, person_id: int | None, *, kind: str) -> KindForm:
    """Return step 1 with a kind chosen; what it offers depends on an opened record."""
    return KindForm(data, has_record=person_id is not None, initial={"kind": kind})


def own_dose(person_id: int, ref: str, *, at: datetime) -> identity.RecordedDose | None:
    """Return the dose of a person's record that an address names, if it is theirs."""
    doses = identity.record(person_id, on=timezone.localdate(at)) if ref else []
    return next((dose for dose in doses if dose.ref == ref), None)


def _other_record(matter: Answers, data: Data | None) -> Page:
    full_name, number = records.read(matter["claims"].get("record", ""))
    form = OtherRecordForm(
        data,
        initial={
            "full_name": full_name,
            "national_id": number,
            "story": matter.get("story", ""),
        },
    )
    heading = _("How is the other record known?")
    return Page(form, "citizen/report_facts.html", matter, heading)


def _abroad(
    matter: Answers, person_id: int | None, data: Data | None, *, at: datetime
) -> Page:
    claims = matter["claims"]
    provinces = dict(
        AdministrativeUnit.objects.filter(
            epoch=AdministrativeUnit.Epoch.NEW,
            level=AdministrativeUnit.Level.PROVINCE,
        )
        .order_by("sort_key")
        .values_list("code", "name")
    )
    form = AbroadForm(
        data,
        products=list(Product.objects.order_by("name").values_list("code", "name")),
        provinces=[(name, name) for name in provinces.values()],
        today=timezone.localdate(at),
        initial=claims
        | {
            "given_on": _date(claims.get("given_on", "")),
            "home": matter.get("site_text") or _province_of(person_id, provinces),
            "story": matter.get("story", ""),
        },
    )
    heading = _("When and where abroad was the dose given?")
    return Page(form, "citizen/report_facts.html", matter, heading)


def _province_of(person_id: int | None, names: Mapping[str, str]) -> str:
    """Return the province of the residence on record; empty where none is known."""
    if person_id is None:
        return ""
    home = Person.objects.select_related("residence").get(pk=person_id).residence
    return names.get(home.path.strip("/").partition("/")[0], "") if home else ""


def _personal(matter: Answers, person_id: int | None, data: Data | None) -> Page:
    recorded: dict[str, str] = {}
    if person_id is not None:
        recorded = drafts.details_on_record(Person.objects.get(pk=person_id))
    # Numbers are never filled in: a page that is left open would show them.
    shown = {f: recorded.get(f, "") for f in ("full_name", "born_on", "sex")}
    shown |= matter["claims"]
    form = PersonalForm(
        data,
        recorded=recorded,
        initial=shown
        | {"born_on": _date(shown["born_on"]), "story": matter.get("story", "")},
    )
    masks = {Field.NATIONAL_ID: national_id.mask, Field.PHONE: phones.mask}
    for name, mask in masks.items():
        if recorded.get(name):
            form.fields[name].help_text = _(
                "On record: %(value)s. Leave it empty if that is right."
            ) % {"value": mask(recorded[name])}
    return Page(
        form, "citizen/report_facts.html", matter, _("What should the record say?")
    )


def _facts(
    matter: Answers,
    dose: identity.RecordedDose | None,
    data: Data | None,
    person_id: int | None,
    *,
    at: datetime,
) -> Page:
    recorded = drafts.facts_on_record(dose) if dose else None
    shown = (recorded or {}) | matter["claims"]
    searched = matter.get("searched", "")
    if matter.get("not_listed"):
        shown["site"] = matter.get("site_chosen", NOT_LISTED)
    if data is not None:
        searched, chosen = data.get("site_text", ""), data.get("site", "")
    else:
        chosen = shown.get("site", "")
    is_search = data is not None and data.get("action") == "find"
    if data is not None and _means_elsewhere(data):
        # What was chosen for other words is to be chosen anew beside these.
        data = {name: data[name] for name in data} | {"site": ""}
    given_on = _date(shown.get("given_on", ""))
    found = sites_typed.find(
        searched.strip(),
        {
            code
            for code in (chosen, (recorded or {}).get("site", ""))
            if not code.startswith(ONLY_PLACE)
        },
        on=dose.given_on if dose else None,
    )
    form = FactsForm(
        data,
        products=list(
            Product.objects.exclude(code__in=vaccines.ABROAD_ONLY)
            .order_by("name")
            .values_list("code", "name")
        ),
        sites=found.sites,
        places=found.places,
        recorded=recorded,
        needs_site=matter["kind"] == Kind.MISSING_DOSE,
        own_name=_name_due(matter, dose, person_id),
        today=timezone.localdate(at),
        initial=shown
        | {
            "given_on": given_on,
            "site_text": searched,
            "own_name": "full_name" in matter["claims"],
            "story": matter.get("story", ""),
        },
    )
    heading = (
        _("What is right for this dose?")
        if dose
        else _("When and where was the dose given?")
    )
    if is_search:
        # A search is no answer yet: it shows what was found and faults nothing.
        form = _unbound(form)
    return Page(
        form,
        "citizen/report_facts.html",
        matter,
        heading,
        is_search,
        dose,
        has_more_sites=found.is_more,
        looked_for=searched,
    )


def _means_elsewhere(data: Data) -> bool:
    """Tell whether a place was typed anew since the sites on the page were found."""
    typed, before = data.get("site_text", "").strip(), data.get("looked_for")
    is_chosen = data.get("site", "") not in ("", NOT_LISTED)
    return bool(typed) and is_chosen and before is not None and typed != before.strip()


def _name_due(
    matter: Answers, dose: identity.RecordedDose | None, person_id: int | None
) -> str:
    """Return the person's name where a dose was entered under another; else ''.

    Where the record is not open, only what was claimed while it was.
    """
    if dose is None or person_id is None:
        return matter["claims"].get("full_name", "") if dose else ""
    person, _number = identity.opened(person_id)
    return person.full_name if is_under_another(dose, person) else ""


def _unbound(form: FactsForm) -> FactsForm:
    """Return the form with what was typed, not yet judged."""
    form.full_clean()
    form.errors.clear()
    return form


def contact_initial(contact: dict[str, str]) -> Answers:
    """Return step 3 as it was answered before."""
    return contact | {"born_on": _date(contact.get("born_on", ""))}


def _date(text: str) -> PartialDate | None:
    return from_iso(text)
