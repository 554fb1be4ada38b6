"""What would come of a report if it were sent now, in the words of the citizen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints import figures
from complaints.actions.foreseeing import Foreseen, State
from complaints.choices import Field, Outcome
from complaints.models import Complaint
from complaints.rules.selfcorrection.rule import Edit, Operation
from complaints.views import progress
from complaints.views.cards import Words, day
from portal.registry import identity, national_id

_DAY_SECONDS = 24 * 3600


def of(
    ahead: Sequence[Foreseen],
    person_id: int | None,
    *,
    sees_record: bool,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return of each matter what is changed at once, or who has to look at it.

    What a person's record says so far is told to who has it open.
    """
    bodies = {one.body.id for one in ahead if one.body and one.state != State.NOW}
    usual = figures.usual(bodies, at=at) if bodies else {}
    edits = [edit for one in ahead for edit in one.edits]
    words = Words((e.field, value) for e in edits for value in (e.before, e.after))
    doses = (
        {d.pk: d for d in identity.record(person_id, on=timezone.localdate(at))}
        if person_id is not None and any(edit.target for edit in edits)
        else {}
    )
    return [
        {
            "state": one.state,
            "changes": [
                _change(edit, words, doses)
                | ({} if sees_record or edit.target else {"before": ""})
                for edit in one.edits
            ],
            "body": one.body.name if one.body else "",
            "usual": _within(usual.get(one.body.id)) if one.body else "",
        }
        for one in ahead
    ]


def button(ahead: Sequence[Foreseen]) -> str:
    """Return the words of the button that sends it: what pressing it agrees to."""
    now = [one for one in ahead if one.state == State.NOW]
    if not now:
        return ""
    if len(now) == len(ahead):
        return _("Agree, correct it now")
    return _("Agree, correct that and send the rest")


def done(filed: Sequence[Complaint], *, sees_record: bool) -> list[dict[str, Any]]:
    """Return of what was put right already what it was and what it is now.

    What a person's record said before is told to who has it open.
    """
    return [
        {
            "kind": complaint.get_kind_display(),
            "claims": [
                claim | {"recorded": ""} if claim["is_hidden"] else claim
                for claim in progress.claims(
                    complaint,
                    sorted(complaint.claims.all(), key=lambda row: row.pk),
                    knows_sender=sees_record,
                )
            ],
        }
        for complaint in filed
        if complaint.outcome == Outcome.CORRECTED
    ]


def _change(
    edit: Edit, words: Words, doses: Mapping[int, identity.RecordedDose]
) -> dict[str, str]:
    dose = doses.get(edit.target)
    if edit.operation == Operation.VOID:
        return {
            "label": _("Dose of %(day)s") % {"day": day(dose.given_on)} if dose else "",
            "before": _("Counted"),
            "after": _("Not counted any more, kept as a mistake"),
        }
    if edit.operation == Operation.ALIAS:
        return {
            "label": str(Field.NATIONAL_ID.label),
            "before": "",
            "after": _("%(number)s is kept beside it")
            % {"number": national_id.mask(edit.after)},
        }
    label = str(Field(edit.field).label)
    if dose:
        label = _("%(label)s, dose of %(day)s") % {
            "label": label,
            "day": day(dose.given_on),
        }
    if edit.field == Field.NATIONAL_ID and edit.before:
        before, after = progress.mask_pair(edit.before, edit.after)
    else:
        before = words.of(edit.field, edit.before)
        after = words.of(edit.field, edit.after)
    return {"label": label, "before": before, "after": after}


def _within(found: figures.Usual | None) -> str:
    """Return how long it usually takes there; '' where too few were settled."""
    if found is None:
        return ""
    days = max(1, -(-found.p80 // _DAY_SECONDS))
    return ngettext(
        "Usually done within %(n)s day.", "Usually done within %(n)s days.", days
    ) % {"n": days}
