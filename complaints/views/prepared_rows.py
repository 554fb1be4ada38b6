"""What a rule prepared, in words: what would change, and what that rests on."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import lookalikes
from complaints.actions import prepared_grounds
from complaints.casefile import who
from complaints.choices import Field
from complaints.models import Complaint, Prepared
from complaints.rules.selfcorrection.table import (
    OF_DOUBLED,
    OF_MISSING,
    OF_SPLIT,
    RULES,
)
from complaints.views.cards import Words, day, partial_day
from portal.accounts.models import User
from portal.common.templatetags.ui import vn_number
from portal.registry.models import Dose, Person

State = Prepared.State
OPEN: Final = (State.OPEN, State.SIGNING)
_GROUNDS: Final = {
    "B1": gettext_lazy(
        "Lot %(lot)s is of %(product)s. %(n)s others had this lot there that day."
    ),
    "B2": gettext_lazy(
        "One lot of the vaccine was in use there that day: %(lot)s, %(n)s others."
    ),
    "B3": gettext_lazy(
        "Nobody else was vaccinated there that day. On %(day)s %(n)s had this lot."
    ),
    "B5": gettext_lazy(
        "One dose on nobody's record fits that day and site. Its list says: %(name)s."
    ),
    "B4": gettext_lazy(
        "The population database refuses the recorded date and knows the swapped one."
    ),
    "B6": gettext_lazy(
        "Of that vaccine, day and site this one stays: lot %(lot)s, entered %(day)s."
    ),
    "B7": gettext_lazy(
        "The two almost certainly agree, and no third does. The other has: %(doses)s."
    ),
}


# What the other button says.
_RIGHT: Final = gettext_lazy("The record is right")
_NO: Final = {
    "B5": gettext_lazy("Not this person's dose"),
    "B6": gettext_lazy("Two real doses"),
    "B7": gettext_lazy("Two different people"),
}


def beside(complaint: Complaint, *, by: User) -> list[dict[str, Any]]:
    """Return what waits about the person of a report, for its page."""
    person = complaint.submission.person
    if person is None or not complaint.is_open:
        return []
    rows = Prepared.objects.filter(person=person.surviving_id, state__in=OPEN)
    return shown(rows.order_by("pk")[:5], by=by)


def shown(rows: Iterable[Prepared], *, by: User) -> list[dict[str, Any]]:
    """Return changes as staff decide them; ``rows`` with their people and bodies."""
    chosen = list(rows)
    waiting = [row for row in chosen if row.state in OPEN]
    off = prepared_grounds.switched_off(waiting, at=timezone.now())
    edits = {row.pk: row.edit for row in chosen}
    words = Words(
        (edit["field"], value)
        for edit in edits.values()
        for value in (edit["before"], edit["after"])
    )
    products = Words(("product", row.ground.get("product", "")) for row in chosen)
    split = {row.pk for row in chosen if row.rule in OF_SPLIT}
    others = Person.objects.in_bulk({int(edits[pk]["target"]) for pk in split})
    titles = lookalikes.titles_of(
        [*others.values(), *(row.person for row in chosen if row.pk in split)]
    )
    held = lookalikes.doses_by_person(others)
    doses = Dose.objects.select_related("product", "site").in_bulk(
        {int(edits[row.pk]["target"]) for row in chosen if row.pk not in split}
        | {_stays(row) for row in chosen if row.rule in OF_DOUBLED} - {0}
    )
    return [
        {
            "ref": row.ref,
            "person_id": row.person_id,
            "pk": row.pk,
            "title": RULES[row.rule].name,
            "no": str(_NO.get(row.rule, _RIGHT)),
            "who": who(row.person.full_name, row.person.born_on),
            "dose": ""
            if row.pk in split
            else _dose(doses.get(int(edits[row.pk]["target"]))),
            **_change(row, edits[row.pk], words, titles),
            "other_id": int(edits[row.pk]["target"]) if row.pk in split else None,
            "ground": _ground(row, edits[row.pk], products, doses, held),
            "body": row.organization.name,
            "state": row.state,
            "state_word": row.get_state_display(),
            "decided_at": row.decided_at,
            "decided_by": row.decided_by.full_name if row.decided_by else "",
            "may_sign": row.state == State.SIGNING
            and row.complaint_id is None
            and row.proposed_by_id != by.pk,
            "is_off": row.pk in off,
            "with_report": row.complaint_id is not None,
            "urls": {
                step.replace("-", "_"): reverse(
                    "casework:quality_prepared_decide", args=[row.ref, step]
                )
                for step in ("ghi", "giu-nguyen", "ky", "hoan-tac")
            },
        }
        for row in chosen
    ]


def _change(
    row: Prepared,
    edit: dict[str, str],
    words: Words,
    titles: Mapping[int, str],
) -> dict[str, str]:
    """Return what would change: which fact, as it is, as it would be."""
    if row.rule in OF_DOUBLED:
        return {
            "label": _("Whether the dose counts"),
            "before": _("It counts, beside another one of that vaccine and day"),
            "after": _("Entered in error: it is kept and counts no more"),
        }
    if row.rule in OF_SPLIT:
        own = titles[row.person_id]
        other = titles.get(int(edit["target"]), "")
        return {
            "label": _("Which records are joined"),
            "before": _("Two records: %(own)s; and %(other)s")
            % {"own": own, "other": other},
            "after": _("One record, that of %(own)s, with the doses of both")
            % {"own": own},
        }
    if row.rule in OF_MISSING:
        return {
            "label": _("Whose dose it is"),
            "before": _("Nobody's: it stands on no record"),
            "after": who(row.person.full_name, row.person.born_on),
        }
    return {
        "label": str(Field(edit["field"]).label),
        "before": words.of(edit["field"], edit["before"]) or _("Not recorded"),
        "after": words.of(edit["field"], edit["after"]),
    }


def _dose(dose: Dose | None) -> str:
    if dose is None:
        return ""
    return f"{day(dose.given_on)}, {dose.product.name}, {dose.where}"


def _stays(row: Prepared) -> int:
    """Return the key of the dose beside which the doubled one is too many."""
    _kind, source = row.ground["proofs"][0]
    return int(source.removeprefix("dose:"))


def _ground(
    row: Prepared,
    edit: dict[str, str],
    products: Words,
    doses: Mapping[int, Dose],
    held: Mapping[int, list[str]],
) -> str:
    ground = row.ground
    if row.rule in OF_MISSING:
        dose = doses.get(int(edit["target"]))
        return str(_GROUNDS[row.rule]) % {"name": dose.name_recorded if dose else ""}
    if row.rule in OF_DOUBLED:
        dose = doses[_stays(row)]
        return str(_GROUNDS[row.rule]) % {
            "lot": dose.lot_number or _("Not recorded"),
            "day": day(timezone.localdate(dose.recorded_at)),
        }
    if row.rule in OF_SPLIT:
        said = held.get(int(edit["target"]), [])
        return str(_GROUNDS[row.rule]) % {"doses": "; ".join(said)}
    return str(_GROUNDS[row.rule]) % {
        "lot": ground.get("lot", ""),
        "product": products.of("product", ground.get("product", "")),
        "day": partial_day(ground.get("day", "")),
        "n": vn_number(ground.get("others", 0)),
    }
