"""Units: looked through, opened, renamed, closed with a successor."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import unitfile
from complaints.actions import closing, founding
from complaints.actions import units as actions
from complaints.choices import Kind, Status
from complaints.forms import units as forms
from complaints.models import UnitChange
from complaints.rules.refused import Refused
from complaints.views.cards import day as day_words
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.accounts.account_forms import short_role
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import pretty_code, vn_number
from portal.registry.models import Organization

State = UnitChange.State
MANAGERS: Final = (Role.LEAD, Role.ADMINISTRATOR)


@require_safe
@access.staff(*MANAGERS)
def units(request: StaffRequest) -> HttpResponse:
    """List the units directly below one's own, or those that a search finds."""
    typed = " ".join(request.GET.get("q", "").split())[:120]
    if typed:
        found = unitfile.search(typed, request.postings)
    else:
        own = {p.organization_id: p.organization for p in request.postings}
        found = [*own.values()]
        for unit in own.values():
            found += unitfile.below(unit)
    changes = UnitChange.objects.filter(
        organization__in=unitfile.within(request.postings)
    ).select_related("organization", "successor")
    waiting = changes.filter(state__in=UnitChange.WAITING)
    later = UnitChange.objects.filter(
        organization=OuterRef("organization"), pk__gt=OuterRef("pk")
    )
    refused = changes.filter(~Exists(later), state=State.REFUSED)
    context = {
        "typed": typed,
        "may_open": any(p.role == Role.ADMINISTRATOR for p in request.postings),
        "table": _table(found[: unitfile.PAGE]),
        "is_more": len(found) > unitfile.PAGE,
        "waiting": [_line(change) for change in waiting.order_by("day", "pk")],
        "refused": [_line(change) for change in refused.order_by("-pk")[:20]],
    }
    return render(request, "oversight/units.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(Role.ADMINISTRATOR)
def new(request: StaffRequest) -> HttpResponse:
    """Open a unit at or below where one runs the portal."""
    at = timezone.now()
    form = forms.Opening(
        request.POST if request.method == "POST" else None,
        postings=request.postings,
        today=timezone.localdate(at),
        initial={"parent": request.GET.get("tren", "")[:32]},
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            unit = actions.open_unit(
                form.unit(),
                on=given["on"],
                reason=given["reason"],
                by=request.user,
                postings=request.postings,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The unit is open from its day on."))
            return see_other("oversight:unit", unit.code)
    return render(
        request,
        "oversight/unit_new.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(READ_AND_SEND)
@access.staff(*MANAGERS)
def unit(request: StaffRequest, unit_code: str) -> HttpResponse:
    """Show a unit with its history and what waits there; give it another name."""
    at = timezone.now()
    shown = find(request, unit_code)
    form = forms.Renaming(
        request.POST if request.method == "POST" else None,
        postings=request.postings,
        today=timezone.localdate(at),
        initial={"name": shown.name},
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            change = actions.rename(
                shown,
                given["name"],
                on=given["on"],
                reason=given["reason"],
                by=request.user,
                postings=request.postings,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, said(change))
            return see_other("oversight:unit", shown.code)
    lower = unitfile.below(shown)
    awaited = shown.changes.filter(state__in=UnitChange.WAITING).first()
    context = {
        "unit": shown,
        "facts": _facts(shown),
        "history": unitfile.history(shown),
        "below": _table(lower[: unitfile.PAGE]),
        "is_more": len(lower) > unitfile.PAGE,
        "waiting": unitfile.waiting_at(shown, at=at, limit=0),
        "change": _line(awaited) if awaited else None,
        "undo": _undoable(shown, at=at),
        "form": form,
        "may_change": shown.closed_on is None
        and awaited is None
        and actions.manages(request.postings, shown),
        "may_open": shown.closed_on is None and founding.opens(request.postings, shown),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/unit.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(*MANAGERS)
def close(request: StaffRequest, unit_code: str) -> HttpResponse:
    """Show what waits at a unit; close it from a day on, with who answers then."""
    at = timezone.now()
    shown = find(request, unit_code)
    if not actions.manages(request.postings, shown):
        raise Http404
    form = forms.Closing(
        request.POST if request.method == "POST" else None,
        postings=request.postings,
        today=timezone.localdate(at),
    )
    if form.is_valid():
        try:
            change = actions.close(
                shown,
                **form.cleaned_data,
                by=request.user,
                postings=request.postings,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, said(change))
            return see_other("oversight:unit_change", change.ref)
    waiting = unitfile.waiting_at(shown, at=at)
    context = {
        "unit": shown,
        "form": form,
        "waiting": waiting,
        "cases": _cases(waiting),
        "people": [
            (one.user.full_name or one.user.username, short_role(one.role))
            for one in waiting.people
        ],
        "minutes": int(closing.TELL_AFTER.total_seconds() // 60),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/unit_close.html", context, status=status)


@require_safe
@access.staff(*MANAGERS)
def change(request: StaffRequest, change_ref: uuid.UUID) -> HttpResponse:
    """Show how far a change is, and what came of it; polled while it runs."""
    at = timezone.now()
    shown = (
        UnitChange.objects.select_related("organization", "successor", "by", "ended_by")
        .filter(ref=change_ref, organization__in=unitfile.within(request.postings))
        .first()
    )
    if shown is None:
        raise Http404
    context = {
        "change": shown,
        "line": _line(shown),
        "is_running": shown.state == State.RUNNING,
        "is_planned": shown.state == State.PLANNED,
        "is_done": shown.state == State.DONE,
        "is_closing": shown.kind == UnitChange.Kind.CLOSED,
        "total": vn_number(unitfile.waiting_at(shown.organization, at=at).cases)
        if shown.state == State.RUNNING
        else "",
        "cases": vn_number(shown.cases),
        "undo": _may_undo(shown, at=at),
    }
    return page_or_fragment(
        request, "oversight/unit_change.html", "oversight/_unit_change.html", context
    )


@require_POST
@access.staff(*MANAGERS)
def take_back(request: StaffRequest, change_ref: uuid.UUID) -> HttpResponse:
    """Withdraw a change that waits for its day, or open again what just closed."""
    at = timezone.now()
    shown = UnitChange.objects.filter(
        ref=change_ref, organization__in=unitfile.within(request.postings)
    ).first()
    if shown is None:
        raise Http404
    act = actions.withdraw if shown.state == State.PLANNED else actions.undo
    try:
        act(shown.ref, by=request.user, postings=request.postings, at=at)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It is taken back."))
    return see_other("oversight:unit_change", shown.ref)


def find(request: StaffRequest, code: str) -> Organization:
    """Return a unit that one manages; raise Http404 for others."""
    found = unitfile.within(request.postings).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _facts(unit: Organization) -> list[tuple[str, str]]:
    facts = [
        (_("Code"), unit.code),
        (_("What it is"), str(unitfile.KINDS[unit.kind])),
        (_("Unit above it"), unit.parent.name if unit.parent else "–"),
        (_("Commune"), unit.commune.name if unit.commune else "–"),
        (_("Province"), unit.province.name if unit.province else "–"),
        (_("Open since"), day_words(unit.opened_on)),
    ]
    if unit.closed_on:
        facts.append((_("Closed since"), day_words(unit.closed_on)))
    if unit.phone:
        facts.append((_("Telephone for the public"), unit.phone))
    return facts


def _table(found: list[Organization]) -> dict[str, Any]:
    counts = unitfile.open_cases(found)
    today = timezone.localdate()
    return {
        "caption": _("Units"),
        "columns": [
            {"label": _("Unit")},
            {"label": _("Code")},
            {"label": _("What it is")},
            {"label": _("State")},
            {"label": _("Open cases"), "number": True},
        ],
        "rows": [
            {
                "url": reverse("oversight:unit", args=[one.code]),
                "cells": [
                    one.name,
                    one.code,
                    unitfile.KINDS[one.kind],
                    _state(one, today),
                    vn_number(counts.get(one.pk, 0)),
                ],
            }
            for one in found
        ],
        "empty": _("No unit of yours is called so."),
    }


def _state(unit: Organization, today: Any) -> str:
    if unit.closed_on is not None:
        return _("Closed since %(day)s") % {"day": day_words(unit.closed_on)}
    if unit.opened_on > today:
        return _("Opens on %(day)s") % {"day": day_words(unit.opened_on)}
    return _("Open")


def _line(change: UnitChange) -> dict[str, Any]:
    """Return a change that waits or runs in a line, and where it is shown."""
    facts = {"unit": change.organization.name, "day": day_words(change.day)}
    if change.kind == UnitChange.Kind.RENAMED:
        facts["name"] = change.name_after
        text = _("%(unit)s is called %(name)s from %(day)s on") % facts
    elif change.kind == UnitChange.Kind.OPENED:
        text = _("%(unit)s opens on %(day)s") % facts
    elif change.parent_after is not None:
        facts["name"] = change.parent_after.name
        text = _("%(unit)s stands below %(name)s from %(day)s on") % facts
    elif change.successor is None:
        text = _("%(unit)s closes on %(day)s, without a successor") % facts
    else:
        facts["name"] = change.successor.name
        text = _("%(unit)s closes on %(day)s; then %(name)s answers") % facts
    return {"url": reverse("oversight:unit_change", args=[change.ref]), "text": text}


def _cases(waiting: unitfile.Waiting) -> dict[str, Any]:
    """Return the cases that are due first as a table: codes, nobody's name."""
    return {
        "caption": _("Open cases, due first"),
        "columns": [
            {"label": _("Code")},
            {"label": _("What is wrong")},
            {"label": _("Status")},
            {"label": _("Due")},
        ],
        "rows": [
            {
                "cells": [
                    pretty_code(case.reference),
                    Kind(case.kind).label,
                    Status(case.status).label,
                    f"{timezone.localtime(case.due_at):%H:%M %d/%m/%Y}",
                ]
            }
            for case in waiting.shown
        ],
        "empty": _("No case is open here."),
    }


def said(change: UnitChange) -> str:
    """Return in words how far a change is that was just decided."""
    if change.state == State.PLANNED:
        return _("Decided. It is carried out on its day by itself.")
    if change.state == State.RUNNING:
        return _("Decided. Its cases are being moved now.")
    return _("It is carried out.")


def _undoable(unit: Organization, *, at: Any) -> UnitChange | None:
    newest = unit.changes.order_by("-pk").first()
    return newest if newest is not None and _may_undo(newest, at=at) else None


def _may_undo(change: UnitChange, *, at: Any) -> bool:
    """Tell whether a closing may still be taken back, as far as the clock says."""
    return (
        change.kind == UnitChange.Kind.CLOSED
        and change.state == State.DONE
        and change.done_at is not None
        and timezone.localdate(change.done_at) == timezone.localdate(at)
        and (not change.cases or at - change.done_at < closing.TELL_AFTER)
    )
