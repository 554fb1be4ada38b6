"""What a decision would change, in words, with the differences marked."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.actions.trying import Change, Outlook
from complaints.casefile import CaseFile
from complaints.choices import Field
from complaints.rules.differences import marked_parts
from complaints.views.cards import day
from portal.registry.models import Dose
from portal.registry.quality.rules import RULES

# What is done to what: the target and operation of the ledger.
WHAT: Final[dict[tuple[str, str], Promise]] = {
    ("dose", "change"): gettext_lazy("The recorded dose is changed"),
    ("dose", "add"): gettext_lazy("A dose is added to the record"),
    ("dose", "void"): gettext_lazy("The dose is taken off the record"),
    ("dose", "detach"): gettext_lazy("The dose no longer stands on this record"),
    ("dose", "reassign"): gettext_lazy("The dose moves to the other record"),
    ("dose", "attach"): gettext_lazy("A dose on nobody's record is given to this one"),
    ("person", "change"): gettext_lazy("The person's details are changed"),
    ("person", "add"): gettext_lazy("A record is made for the person"),
    ("person", "merge"): gettext_lazy("The other record joins this one"),
    ("dose", "merge"): gettext_lazy("A dose comes over from the other record"),
    ("claim", ""): gettext_lazy("What the second person would sign"),
}


def shown(outlook: Outlook, file: CaseFile) -> dict[str, Any]:
    """Return a preview as the case page shows it."""
    keys = {change.dose for change in outlook.changes} - {None}
    doses = Dose.objects.select_related("product", "site").in_bulk(keys) if keys else {}
    return {
        "outcome": str(outlook.outcome.label) if outlook.outcome else "",
        "needs_second": outlook.needs_second,
        "changes": [_change(change, file, doses) for change in outlook.changes],
        "warnings": [RULES[code] for code in outlook.warnings],
    }


def _change(
    change: Change, file: CaseFile, doses: Mapping[int, Dose]
) -> dict[str, Any]:
    what = WHAT.get((change.target, change.operation))
    dose = doses.get(change.dose or 0)
    return {
        "title": str(what) if what else _("The record is changed"),
        "dose": _dose(dose) if dose else "",
        "rows": [
            _row(name, change.before.get(name, ""), value, file)
            for name, value in change.after.items()
            if name in Field.values and (value or change.before.get(name))
        ],
    }


def _dose(dose: Dose) -> str:
    """Return which dose it is, as the list of doses on the case's page has it."""
    parts = (day(dose.given_on), dose.product.name, dose.lot_number, dose.where)
    return ", ".join(filter(None, parts))


def _row(name: str, before: str, after: str, file: CaseFile) -> dict[str, Any]:
    """Return a field before and after, cut into parts that are marked."""
    old, new = file.words(name, before), file.words(name, after)
    left, right = marked_parts(name, old, new)
    return {
        "label": Field(name).label,
        "before": left or ([(old, True)] if old else []),
        "after": right or ([(new, True)] if new else []),
    }
