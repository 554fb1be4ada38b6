"""Words that leads keep ready for their unit; staff pick them in a case's forms."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import standard_texts
from complaints.choices import Move
from complaints.forms.standard_texts import Words
from complaints.models import Complaint, StandardText
from complaints.rules.refused import Refused
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common.http import READ_AND_SEND, see_other
from portal.registry.models import Organization


@require_safe
@access.staff(Role.LEAD)
def index(request: StaffRequest) -> HttpResponse:
    """List the words of the own units, and below them those that come from above."""
    own = {unit.path for unit in _units(request)}
    above = {up for path in own for up in standard_texts.at_and_above(path)} - own
    context = {
        "rows": standard_texts.in_use(own),
        "inherited": standard_texts.in_use(above),
    }
    return render(request, "oversight/standard_texts.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(Role.LEAD)
def new(request: StaffRequest) -> HttpResponse:
    """Write words for one of the own units."""
    units = _units(request)
    form = Words(request.POST if request.method == "POST" else None, units=units)
    if form.is_valid():
        try:
            standard_texts.write(by=request.user, at=timezone.now(), **form.facts())
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, _("Kept. Colleagues can pick it from now on."))
            return see_other("oversight:standard_texts")
    return _page(request, form)


@require_http_methods(READ_AND_SEND)
@access.staff(Role.LEAD)
def one(request: StaffRequest, series: uuid.UUID) -> HttpResponse:
    """Show a text with its versions; change or retire the one that is in use."""
    rows = list(
        StandardText.objects.filter(series=series, organization__in=_units(request))
        .select_related("organization", "made_by", "retired_by")
        .order_by("-version")
    )
    if not rows:
        raise Http404
    newest = rows[0]
    initial = {
        name: getattr(newest, name)
        for name in ("move", "kind", "language", "title", "text")
    }
    form = Words(request.POST if request.method == "POST" else None, initial=initial)
    is_end = request.POST.get("action") == "retire"
    if is_end or form.is_valid():
        try:
            _act(request, form, series, is_end=is_end)
        except Refused as refused:
            form.full_clean()
            form.add_error(None if is_end else "text", str(refused))
        else:
            messages.success(request, _("Retired.") if is_end else _("Changed."))
            return see_other("oversight:standard_texts")
    return _page(request, form, newest=newest, rows=rows)


def _act(
    request: StaffRequest, form: Words, series: uuid.UUID, *, is_end: bool
) -> None:
    """Retire the version that was shown, or write the next; raise Refused."""
    shown = request.POST.get("version", "")
    version = int(shown) if shown.isdecimal() and len(shown) < 5 else 0
    facts: dict[str, Any] = {
        "series": series,
        "version": version,
        "by": request.user,
        "at": timezone.now(),
    }
    if is_end:
        standard_texts.retire(**facts)
    else:
        standard_texts.revise(**facts, **form.facts())


def put_in(typed: QueryDict, case: Complaint, move: Move) -> QueryDict:
    """Return what was typed with the words added that were picked for a move."""
    offered = standard_texts.for_case(case).get(move, [])
    return added(typed, offered, lambda text: standard_texts.filled(text, case))


def added(
    typed: QueryDict,
    offered: Sequence[StandardText],
    words_of: Callable[[StandardText], str],
) -> QueryDict:
    """Return what was typed with the words of the text that was picked, if offered."""
    picked = [row for row in offered if str(row.series) == typed.get("ready")]
    data = typed.copy()
    if picked:
        words = words_of(picked[0])
        before = typed.get("note", "").rstrip()
        data["note"] = f"{before}\n{words}" if before else words
    return data


def _units(request: StaffRequest) -> list[Organization]:
    return [posting.organization for posting in request.postings]


def _page(
    request: StaffRequest,
    form: Words,
    *,
    newest: StandardText | None = None,
    rows: list[StandardText] | None = None,
) -> HttpResponse:
    context = {"form": form, "newest": newest, "rows": rows or []}
    status = 422 if form.errors else 200
    return render(request, "oversight/standard_text.html", context, status=status)
