"""What pages of session lists show: a list as a line, a row as a line, the counts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portal.accounts.access import StaffRequest
from portal.registry import national_id
from portal.registry.imports import contents, report, reviewing, wording
from portal.registry.imports.committing import OPEN, TO_WRITE
from portal.registry.imports.contents import Opened
from portal.registry.models import SessionList, StagedRow

State = SessionList.State
Verdict = StagedRow.Verdict
PAGE: Final = 50
# Rows that are nothing yet and ask for somebody.
WAITS: Final = Q(verdict__in=(Verdict.AMBIGUOUS, Verdict.ERROR), done_at=None)
_TO_WRITE: Final = ("new_count", "taken_count", "person_count")
STATES: Final = {
    State.READING: gettext_lazy("Being read"),
    State.JUDGING: gettext_lazy("Being compared"),
    State.CHECKED: gettext_lazy("Checked, nothing written yet"),
    State.COMMITTING: gettext_lazy("Being written"),
    State.COMMITTED: gettext_lazy("Written"),
    State.UNDOING: gettext_lazy("Being taken back"),
    State.UNDONE: gettext_lazy("Taken back"),
    State.REFUSED: gettext_lazy("Cannot be read"),
}
TAKEN: Final[dict[str, Promise]] = {
    StagedRow.Taken.LIST: gettext_lazy("The list's value is taken"),
    StagedRow.Taken.ORPHAN: gettext_lazy("It is the dose on nobody's record"),
    StagedRow.Taken.APART: gettext_lazy("A dose apart"),
    StagedRow.Taken.PERSON: gettext_lazy("What the list knows of the person is added"),
}


def is_number(text: str) -> bool:
    """Tell whether a parameter can be the place or line of a row."""
    return text.isascii() and text.isdigit() and len(text) < 9


def lines(lists: Sequence[SessionList]) -> list[dict[str, Any]]:
    """Return lists as lines of a table, each with how many of its rows wait."""
    waiting = dict(
        StagedRow.objects.filter(
            WAITS,
            session_list__in=[one.pk for one in lists if one.state in OPEN],
        )
        .values_list("session_list")
        .annotate(n=Count("pk"))
    )
    return [_line(one) | {"waits": waiting.get(one.pk, 0)} for one in lists]


def _line(one: SessionList) -> dict[str, Any]:
    return {
        "url": reverse("casework:list", args=[one.ref]),
        "name": one.name or _("Forgotten list"),
        "site": one.site.name,
        "uploaded_at": one.uploaded_at,
        "state": STATES[State(one.state)],
        "rows": one.rows_read,
        "done": one.rows_done,
    }


def shown_row(
    one: SessionList,
    opened: Opened,
    products: Mapping[str, str],
    *,
    in_full: bool = False,
) -> dict[str, Any]:
    """Return one line of the review page; ``products``: names by code.

    ``in_full``: with what is on record of the person, for a page that notes the look.
    """
    words = wording.of if in_full else wording.briefly
    values, staged = opened.row.values, opened.staged
    return {
        "place": staged.place,
        "seen": reviewing.stamp_of(staged),
        "url": reverse("casework:list_row", args=[one.ref, staged.place]),
        "sheet": opened.row.sheet,
        "row": opened.row.row,
        "full_name": values.full_name,
        "born_on": wording.shown("born_on", values.born_on, products),
        "number": national_id.mask(values.id_number) if values.id_number else "",
        "given_on": values.given_on,
        "product": products.get(values.product or "", values.product or ""),
        "lot": values.lot,
        "dose_number": values.dose_number,
        "verdict": wording.VERDICTS.get(staged.verdict, ""),
        "tone": wording.TONES.get(staged.verdict, ""),
        "done": report.result(opened) if staged.done_at else "",
        "is_fixed": staged.is_fixed,
        "taken": TAKEN.get(staged.taken, ""),
        "reasons": [words(reason, products) for reason in opened.reasons],
    }


def rows_of(request: StaffRequest, one: SessionList) -> dict[str, Any]:
    """Return the counts by verdict and one page of rows of the chosen one."""
    counts = dict(
        one.staged.values_list("verdict").annotate(n=Count("pk")).order_by("verdict")
    )
    ready = one.staged.aggregate(
        new_count=Count("pk", filter=TO_WRITE & Q(verdict=Verdict.NEW)),
        taken_count=Count("pk", filter=TO_WRITE & Q(verdict=Verdict.DIFFERS)),
        # Beside a new dose as well as beside one on record.
        person_count=Count("pk", filter=TO_WRITE & Q(taken=StagedRow.Taken.PERSON)),
        open_count=Count("pk", filter=WAITS),
    )
    is_open = one.state in OPEN
    products = wording.product_names()
    chosen = request.GET.get("verdict", "")
    chosen = chosen if chosen in Verdict.values else ""
    after = request.GET.get("after", "")
    after = after if is_number(after) else ""
    rows = one.staged.filter(place__gt=int(after or 0))
    if chosen:
        rows = rows.filter(verdict=chosen)
    page = list(rows.order_by("place")[: PAGE + 1])
    next_url = ""
    if len(page) > PAGE:
        query = request.GET.copy()
        query["after"] = str(page[PAGE - 1].place)
        next_url = f"?{query.urlencode()}"
    return {
        "rows": [
            shown_row(one, contents.unseal(row, of=one), products)
            for row in page[:PAGE]
        ],
        "next_url": next_url,
        "is_later_page": bool(after),
        "verdicts": [
            {
                "name": "",
                "label": _("All"),
                "count": one.rows_read,
                "is_current": not chosen,
            },
            *(
                {
                    "name": name,
                    "label": label,
                    "count": counts.get(name, 0),
                    "is_current": name == chosen,
                }
                for name, label in wording.VERDICTS.items()
                if counts.get(name)
            ),
        ],
        **ready,
        "can_write": is_open and any(ready[count] for count in _TO_WRITE),
        "asked_to_write": one.asked_for == SessionList.Asked.COMMIT,
        "chosen": chosen,
        "can_take": is_open and chosen not in ("", Verdict.EXCLUDED),
        "is_open": is_open,
        "can_commit": one.state == State.CHECKED,
        "can_undo": one.state == State.COMMITTED,
        "needs_job": one.rows_read > report.AT_ONCE,
        "has_report": one.rows_read > report.AT_ONCE
        and report.is_there(one, get_language()),
    }
