"""A change by a rule in words: before and after, the doses around it, its proofs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.choices import Field
from complaints.models import SelfCorrection
from complaints.rules.selfcorrection.rule import Kind
from complaints.views.cards import Words, day, moment
from portal.common import phones
from portal.registry import national_id
from portal.registry.models import Dose

# What each proof is, as staff read it.
_PROOFS: Final = {
    Kind.POPULATION: gettext_lazy("The population register confirms it"),
    Kind.EID: gettext_lazy("The e-ID of the sender says so"),
    Kind.STRUCTURE: gettext_lazy("How such numbers are made"),
    Kind.CODE: gettext_lazy("A code sent to the telephone"),
    Kind.CERTIFICATE: gettext_lazy("A signed certificate"),
    Kind.LEDGER: gettext_lazy("The ledger of lots"),
    Kind.SESSION: gettext_lazy("What others had there that day"),
    Kind.DOSE: gettext_lazy("Other doses on the record"),
    Kind.ORPHAN: gettext_lazy("A dose on nobody's record"),
    Kind.MATCH: gettext_lazy("The comparison of the two records"),
    Kind.SPELLING: gettext_lazy("The rules of spelling"),
}
_LABELS: Final = {
    "alias": gettext_lazy("Earlier identity number"),
    "status": gettext_lazy("Whether the dose counts"),
}
_SOURCES: Final = {
    Dose.Source.SERVICE: gettext_lazy("Typed at the site"),
    Dose.Source.LATE_ENTRY: gettext_lazy("Typed later"),
    Dose.Source.UPLOAD: gettext_lazy("Loaded from a file"),
    Dose.Source.SELF_REPORT: gettext_lazy("By the person's own report"),
    Dose.Source.FOREIGN: gettext_lazy("Given abroad"),
    Dose.Source.TRIAL: gettext_lazy("In a trial"),
}
_COUNTS: Final = {
    Dose.Status.COMPLETED.value: gettext_lazy("Counts"),
    Dose.Status.ENTERED_IN_ERROR.value: gettext_lazy("Entered in error"),
    Dose.Status.NOT_DONE.value: gettext_lazy("Not given"),
}


def doses_around(row: SelfCorrection, rows: Sequence[SelfCorrection]) -> list[Dose]:
    """Return all doses of the record, void ones too, and those that were changed."""
    own = {row.person_id, row.person.surviving_id}
    chosen = Q(person__in=own) | Q(pk__in=[_dose_of(one) for one in rows])
    return list(
        Dose.objects.filter(chosen)
        .select_related("product", "site")
        .order_by("given_on", "pk")
    )


def before_and_after(
    rows: Sequence[SelfCorrection], doses: Sequence[Dose], *, in_full: bool
) -> dict[str, Any]:
    """Return each changed fact as it was and as it became, as a table."""
    by_key = {dose.pk: dose for dose in doses}
    sides = [(row, row.correction.before, row.correction.after) for row in rows]
    words = Words(
        (_field(row), side.get(_field(row), ""))
        for row, *both in sides
        for side in both
    )
    lines = []
    for row, before, after in sides:
        dose = by_key.get(_dose_of(row))
        label = _LABELS.get(_field(row)) or Field(_field(row)).label
        lines.append(
            [
                str(label),
                f"{day(dose.given_on)}, {dose.product.name}" if dose else "–",
                value(row, before, words=words, in_full=in_full) or "–",
                value(row, after, words=words, in_full=in_full) or "–",
            ]
        )
    return {
        "caption": _("Before and after"),
        "columns": [
            {"label": _("Changed fact")},
            {"label": _("Of which dose")},
            {"label": _("Before")},
            {"label": _("After")},
        ],
        "rows": [{"url": "", "cells": cells} for cells in lines],
        "is_cards": True,
    }


def dose_table(doses: Sequence[Dose], rows: Sequence[SelfCorrection]) -> dict[str, Any]:
    """Return the doses beside each other, with those that were changed marked."""
    changed = {_dose_of(row) for row in rows}
    return {
        "caption": _("All doses of this record"),
        "columns": [
            {"label": _("Date given")},
            {"label": _("Vaccine")},
            {"label": _("Lot number")},
            {"label": _("Where")},
            {"label": _("Dose number")},
            {"label": _("Name on the dose")},
            {"label": _("How it was entered")},
            {"label": _("Whether the dose counts")},
            {"label": _("Changed here")},
        ],
        "rows": [
            {
                "url": "",
                "cells": [
                    day(dose.given_on),
                    dose.product.name,
                    dose.lot_number or "–",
                    dose.where,
                    str(dose.dose_number or "–"),
                    dose.name_recorded or "–",
                    f"{_SOURCES[Dose.Source(dose.source)]}, {moment(dose.recorded_at)}",
                    str(_COUNTS[dose.status]),
                    _("Yes") if dose.pk in changed else "–",
                ],
            }
            for dose in doses
        ],
        "is_cards": True,
    }


def _field(row: SelfCorrection) -> str:
    return row.place.rpartition(":")[2]


def proof(told: dict[str, str | None]) -> str:
    """Return what a proof is, and when its source said it."""
    kind = str(_PROOFS[Kind(str(told["kind"]))])
    at = told.get("at")
    if not at:
        return kind
    return f"{kind}, {moment(datetime.fromisoformat(at))}"


def standing(row: SelfCorrection) -> str:
    """Return what was found of a change, and whether it still stands."""
    parts = [row.get_finding_display()] if row.finding else []
    if row.undone_at:
        parts.append(
            _("Taken back on %(day)s") % {"day": day(timezone.localdate(row.undone_at))}
        )
    elif row.finding == SelfCorrection.Finding.WRONG:
        parts.append(_("Still on record"))
    elif not row.finding:
        parts.append(_("Stands"))
    return ", ".join(parts)


def value(
    row: SelfCorrection,
    side: dict[str, str],
    *,
    words: Words | None = None,
    in_full: bool = False,
) -> str:
    """Return one side of a change in words; numbers are masked, or shown in full."""
    field = _field(row)
    said = side.get(field, "")
    if field in ("national_id", "alias"):
        numbers = (
            [said]
            if said
            else [
                name.partition(":")[2]
                for name, standing in side.items()
                if name.startswith("number:") and standing
            ]
        )
        return ", ".join(n if in_full else national_id.mask(n) for n in numbers)
    if field == "phone":
        return phones.pretty(said) if in_full else phones.mask(said)
    if field == "status":
        return str(_COUNTS.get(said, said))
    if field == "dose_number":
        return _("Dose %(n)s") % {"n": said} if said else ""
    return (words or Words([(field, said)])).of(field, said)


def _dose_of(row: SelfCorrection) -> int:
    """Return the key of the dose that was changed; 0 for a fact of the person."""
    what, _colon, rest = row.place.partition(":")
    return int(rest.partition(":")[0]) if what == "dose" else 0
