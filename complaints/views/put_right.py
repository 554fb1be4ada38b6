"""What was put right on a record, on its own page: what it was, is, and since when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.choices import Field, Kind
from complaints.owndata import put_right
from complaints.owndata.put_right import PutRight
from complaints.rules.selfcorrection.table import RULES
from complaints.views import progress
from complaints.views.cards import Words, day, report_url
from portal.registry import national_id
from portal.registry.identity import RecordedDose
from portal.registry.models import Correction

Operation = Correction.Operation

# What a citizen may see of a change, in the order in which it is shown.
_FIELDS: Final = (
    Field.FULL_NAME,
    Field.BORN_ON,
    Field.NATIONAL_ID,
    Field.PRODUCT,
    Field.LOT,
    Field.GIVEN_ON,
    Field.DOSE_NUMBER,
)
_ANCHORS: Final[Mapping[str, str]] = {
    Field.BORN_ON: "id_born_on_0",
    Field.GIVEN_ON: "id_given_on_0",
}


def notes(
    person_id: int, doses: Sequence[RecordedDose], *, at: datetime
) -> list[dict[str, Any]]:
    """Return what was put right lately, each with where to say that it is wrong."""
    found = put_right.of(person_id, at=at)
    refs = {dose.pk: dose.ref for dose in doses}
    sides = [(one.correction.before, one.correction.after) for one in found]
    words = Words(
        (field, side.get(field, ""))
        for both in sides
        for side in both
        for field in _FIELDS
    )
    return [
        {
            "said": str(RULES[one.rule].citizen),
            "title": _title(one),
            "changes": _changes(one, *both, refs=refs, words=words),
        }
        for one, both in zip(found, sides, strict=True)
    ]


def _title(one: PutRight) -> str:
    on = {"day": day(timezone.localdate(one.correction.applied_at))}
    if one.is_by_staff:
        return _("Put right by staff on %(day)s.") % on
    return _("Put right automatically on %(day)s.") % on


def _changes(
    one: PutRight,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    refs: Mapping[int, str],
    words: Words,
) -> list[dict[str, str]]:
    operation, dose = one.correction.operation, one.dose
    if operation == Operation.MERGE:
        joined = _("Two records are one now")
        return [_row(_("Records"), "", joined, reverse("citizen:report"))]
    named = f"{day(dose.given_on)}, {dose.product.name}" if dose else ""
    if operation == Operation.VOID:
        url = report_url(Kind.MISSING_DOSE)
        gone = _("Not counted any more, kept as a mistake")
        return [_row(_("Dose of %(day)s") % {"day": named}, _("Counted"), gone, url)]
    ref = refs.get(dose.pk, "") if dose else ""
    if operation == Operation.ATTACH:
        label = _("Dose of %(day)s") % {"day": named}
        return [_row(label, _("nothing"), _("Counted"), report_url(Kind.NOT_MINE, ref))]
    if operation == Operation.ALIAS:
        number = national_id.mask(next(iter(after), "").partition(":")[2])
        kept = _("%(number)s is kept beside it") % {"number": number}
        url = report_url(Kind.WRONG_PERSON) + "#id_national_id"
        return [_row(str(Field.NATIONAL_ID.label), "", kept, url)]
    base = report_url(Kind.WRONG_DOSE if dose else Kind.WRONG_PERSON, ref)
    rows = []
    for field in _FIELDS:
        if field not in after or field in one.gone:
            continue
        old, new = before.get(field, ""), after[field]
        pair = (
            progress.mask_pair(old, new)
            if field == Field.NATIONAL_ID and old and new
            else (words.of(field, old) or _("nothing"), words.of(field, new))
        )
        label = str(field.label)
        if dose:
            label = _("%(label)s, dose of %(day)s") % {"label": label, "day": named}
        anchor = _ANCHORS.get(field, f"id_{field}")
        rows.append(_row(label, *pair, f"{base}#{anchor}"))
    return rows


def _row(label: str, before: str, after: str, url: str) -> dict[str, str]:
    return {"label": label, "before": before, "after": after, "url": url}
