"""The lines of the queue, as cheap as they come: words are looked up once a page."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from complaints import casefile
from complaints.choices import Kind, Outcome, Status
from complaints.models import Complaint
from portal.common import names
from portal.common.templatetags import ui


class Words(NamedTuple):
    """What lines say again and again, in one language."""

    kinds: Mapping[str, str]
    ends: Mapping[str, str]
    states: Mapping[str, str]
    address: str


def lines(cases: Iterable[Complaint], *, at: datetime) -> list[dict[str, Any]]:
    """Return the lines of cases, for ``components/_queue_rows.html``.

    The cases come from ``worklist.read_page`` and know who looks at them
    (``presence.with_others``).
    """
    words = _words(get_language() or "")
    return [_line(case, words, at=at) for case in cases]


def _line(case: Complaint, words: Words, *, at: datetime) -> dict[str, Any]:
    sender = case.submission
    is_open = case.is_open
    site = case.site or (case.dose.site if case.dose else None)
    return {
        "pk": case.pk,
        "code": case.reference,
        "pretty": ui.pretty_code(case.reference),
        "url": words.address.format(code=sender.code, number=case.number),
        "kind": words.kinds[case.kind],
        "detail": casefile.short_detail(case),
        "marks": " · ".join(_marks(case)),
        # Masked: a list is paged through, and each name in it is not noted as a look.
        "who": casefile.who(names.initials(sender.full_name), sender.born_on),
        "place": site.name if site else "",
        "urgent": _urgent(case) if is_open and case.urgent_on else "",
        "looked_at_by": ", ".join(case.looked_at_by),  # type: ignore[attr-defined]  # annotated
        "status": words.ends.get(case.outcome) or words.states[case.status],
        "waits_for": case.asked_body or "",  # type: ignore[attr-defined]  # annotated
        "held_by": case.assignee.full_name if case.assignee else "",
        "due": ui.due_tag(case.due_at, at, casefile.is_paused(case)) if is_open else "",
    }


def _marks(case: Complaint) -> list[str]:
    """Return what else tells a case apart: a photo, and how often it was reported."""
    marks = [_("photo")] if case.has_photo else []  # type: ignore[attr-defined]  # annotated
    if case.reported_again:
        marks.append(
            ngettext(
                "reported again", "reported again %(n)s times", case.reported_again
            )
            % {"n": case.reported_again}
        )
    return marks


def _urgent(case: Complaint) -> str:
    return ui.tag(_("Urgent, %(day)s") % {"day": f"{case.urgent_on:%d/%m}"}, "bad")


@cache
def _words(language: str) -> Words:
    """Return the words in the language that is active; it is the key they are kept by.

    Looking each up on every line, and the address with them, took a quarter of a page.
    """
    states = {status.value: str(status.label) for status in Status}
    states[Status.WAITING_CITIZEN] = _("Waiting for the citizen")
    # Reversed once with digits that no code has, then filled in line by line.
    address = reverse("casework:case", args=[0, 0])
    return Words(
        kinds={kind.value: str(casefile.SHORT_KINDS[kind]) for kind in Kind},
        ends={outcome.value: str(outcome.label) for outcome in Outcome},
        states=states,
        address=address.replace("/0-0/", "/{code}-{number}/"),
    )
