"""What a report says, as rows of its last page before it is sent."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions import drafts
from complaints.choices import Check, Field, Kind, Relation
from complaints.views.cards import Words, day, partial_day
from portal.common import phones
from portal.registry import identity, national_id

Answers = dict[str, Any]


def of(answers: Answers, draft: uuid.UUID, *, at: datetime) -> list[dict[str, Any]]:
    """Return each matter of the draft with its rows, for the check page."""
    words = Words(
        pair for matter in answers["matters"] for pair in matter["claims"].items()
    )
    doses = (
        {
            dose.pk: dose
            for dose in identity.record(answers["person"], on=timezone.localdate(at))
        }
        if any(matter.get("dose") for matter in answers["matters"])
        else {}
    )
    address = reverse("citizen:report_facts", args=[draft])
    return [
        {
            "title": Kind(matter["kind"]).label,
            "rows": _rows(matter, words, doses, f"{address}?muc={place}"),
            "drop_url": reverse("citizen:report_drop", args=[draft]) + f"?muc={place}",
        }
        for place, matter in enumerate(answers["matters"])
    ]


def _rows(
    matter: Answers,
    words: Words,
    doses: Mapping[int, identity.RecordedDose],
    url: str,
) -> list[dict[str, str]]:
    rows = []
    dose = doses.get(matter.get("dose") or 0)
    if dose:
        named = _("Dose %(n)s") % {"n": dose.place}
        rows.append(
            {
                "label": _("Dose on record"),
                "value": f"{named}, {day(dose.given_on)}, {dose.product_name}",
            }
        )
    recorded = drafts.facts_on_record(dose) if dose else {}
    recorded_words = Words(recorded.items())
    for name, value in matter["claims"].items():
        before = recorded_words.of(name, recorded.get(name, ""))
        rows.append(
            {
                "label": str(Field(name).label),
                "value": words.of(name, value),
                "small": _("recorded: %(value)s") % {"value": before} if before else "",
            }
        )
    if matter.get("not_listed") and "site" not in matter["claims"]:
        rows.append(
            {
                "label": _("Vaccination site"),
                "value": matter.get("site_text") or _("Not in the list"),
            }
        )
    if matter["kind"] == Kind.FOREIGN_DOSE:
        rows.append(
            {"label": _("Province where you live now"), "value": matter["site_text"]}
        )
    if matter.get("story"):
        rows.append({"label": _("In your words"), "value": matter["story"]})
    if not rows:
        rows.append(
            {"label": _("What is wrong?"), "value": str(Kind(matter["kind"]).label)}
        )
    return [row | {"url": url} for row in rows]


def of_contact(answers: Answers) -> list[dict[str, str]]:
    """Return whose record it is and where the answer goes, for the check page."""
    sender = drafts.sender_of(answers)
    contact = answers["contact"]
    rows = [
        {"label": _("Full name"), "value": sender.full_name},
        {"label": _("Telephone"), "value": phones.mask(sender.phone) or _("None")},
    ]
    if answers["person"] is None:
        rows.insert(
            1, {"label": _("Birth date"), "value": partial_day(contact["born_on"])}
        )
        if contact["national_id"]:
            rows.insert(
                2,
                {
                    "label": _("Identity number"),
                    "value": national_id.mask(contact["national_id"]),
                },
            )
    if answers.get("email"):
        rows.append({"label": _("E-mail address"), "value": answers["email"]})
    if answers["relation"] != Relation.SELF:
        rows.append(
            {
                "label": _("For whom do you report?"),
                "value": str(Relation(answers["relation"]).label),
            }
        )
    return rows


def of_held(answers: Answers) -> list[str]:
    """Return what the sender holds to although it was asked about, for the check."""
    found = {
        held.check: held
        for matter in drafts.matters_of(answers)
        for held in matter.held
    }
    return [
        f"{Check(held.check).label}: {held.reason}"
        if held.reason
        else str(Check(held.check).label)
        for held in found.values()
    ]
