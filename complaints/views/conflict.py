"""A case that changed while somebody filled in a form of it: what changed, and theirs.

Nothing that was typed is lost: where the move can still be made it stands in its form,
and what colleagues did meanwhile beside it; where it cannot, it is shown to be copied.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from complaints import casefile, retold, subjects
from complaints.choices import Move, Status
from complaints.forms.casework import Resolve, Step
from complaints.models import Complaint
from portal.accounts.models import User

_DIGITS: Final = 12
_DECIDED: Final = (Move.RESOLVE, Move.PROPOSE, Move.COUNTERSIGN)


def words(complaint: Complaint, sent: Mapping[str, Any], *, is_sent: bool) -> str:
    """Return why a form was filled in on an older state of the case; '' where not.

    So that no page that comes in between (a search, a ready answer, a form with a
    mistake) hands out the newer version without a word. ``is_sent``: the move itself is
    made now, which looks at the record once more.
    """
    version, seen = _number(sent.get("version")), _number(sent.get("seen"))
    if version is not None and version != complaint.version:
        return _("This case was changed meanwhile. Look at it again, then decide.")
    is_final = is_sent and not sent.get("action")
    now = subjects.version(complaint)
    if not is_final and now and seen is not None and seen != now:
        return _("The record itself was changed meanwhile. Compare again, then decide.")
    return ""


def since(
    file: casefile.CaseFile,
    bound: Mapping[str, Step],
    *,
    can: Collection[str],
    by: User,
) -> dict[str, Any]:
    """Return what happened since the version that was read, and what was typed on it.

    ``can``: the moves that can be made now. ``rows``: label, what was typed, and what
    colleagues said of the same; only where either would be nowhere else on the page.
    """
    step, form = next(iter(bound.items()))
    version = _number(form["version"].value())
    behind = 0 if version is None else file.complaint.version - version
    number = min(max(behind, 0), len(file.events) - 1)
    events = file.events[len(file.events) - number :]
    before = file.events[len(file.events) - number - 1]
    then = Status(before.status)
    facts = [
        (
            _("Status"),
            _("Waiting for the citizen")
            if then == Status.WAITING_CITIZEN
            else str(then.label),
            casefile.status_words(file.complaint),
        ),
        (_("Held by"), before.holder.name, file.complaint.holder.name),
    ]
    # Why they decided as they did; notes among staff are no answer to the citizen.
    theirs = [e.note for e in events if e.note and e.by != by and e.move in _DECIDED]
    rows = _rows(form, "\n".join(theirs))
    is_lost = step not in can
    return {
        "changed": retold.newest(events, reader=by)
        if events
        else _("The record that this case is about has just changed."),
        "steps": file.steps()[len(file.events) - number :],
        "facts": [one for one in facts if events and one[1] != one[2]],
        "is_lost": is_lost,
        "rows": rows if is_lost or any(row[2] for row in rows) else [],
    }


def _number(text: Any) -> int | None:
    """Return the number that was sent; None for what no page of ours sends."""
    sent = str(text)
    return int(sent) if len(sent) < _DIGITS and sent.isdecimal() else None


def _rows(form: Step, theirs: str) -> list[tuple[str, str, str]]:
    """Return each thing that was typed, and what stands in its place by now."""
    decided = {}
    if isinstance(form, Resolve):
        decided = {f"verdict_{claim.pk}": claim for claim in form.claims}
    rows = []
    # The points first, as the form has them.
    points = ("verdict_", "ground_")
    fields = sorted(form.visible_fields(), key=lambda f: not f.name.startswith(points))
    for field in fields:
        mine = _shown(field)
        claim = decided.get(field.name)
        other = str(claim.get_verdict_display()) if claim and claim.verdict else ""
        if decided and field.name == "note":
            other = theirs
        if mine or other:
            rows.append((str(field.label), mine, other))
    return rows


def _shown(field: forms.BoundField) -> str:
    """Return a field's value as its reader knows it."""
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return _("Yes") if value else ""
    if isinstance(field.field, forms.ChoiceField):
        picked = value if isinstance(value, list) else [value]
        offered: Any = field.field.choices
        known = {str(code): str(label) for code, label in offered}
        return ", ".join(known.get(str(one), str(one)) for one in picked if one)
    if isinstance(value, list):
        # A day is typed into three boxes.
        value = "/".join(str(one).strip() for one in value if one)
    return str(value or "").strip()
