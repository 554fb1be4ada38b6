"""Months that were published, and their correction by two people."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints import open_figures
from complaints.actions import republishing
from complaints.actions.republishing import Plan
from complaints.forms.published import Correction
from complaints.models import MonthCorrection, PublishedMonth
from complaints.open_figures import Row
from complaints.rules.refused import Refused
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import vn_number

ADMINISTRATORS: Final = (access.Role.ADMINISTRATOR,)
_SHOWN: Final = 50


@require_http_methods(READ_AND_SEND)
@access.staff(*ADMINISTRATORS)
def index(request: StaffRequest) -> HttpResponse:
    """List what was published; propose to tell a month anew."""
    may_correct = access.runs_country(request)
    if request.method == "POST" and not may_correct:
        raise Http404
    form = Correction(
        request.POST if request.method == "POST" else None,
        months=open_figures.published(),
    )
    if form.is_valid():
        try:
            row = republishing.propose(
                **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except Refused as refused:
            form.add_error("month", str(refused))
        else:
            messages.success(request, _("Proposed. Another person confirms it."))
            return see_other("oversight:published_correction", row.ref)
    rows = PublishedMonth.objects.order_by("-at", "-pk")[:_SHOWN]
    waiting = MonthCorrection.objects.filter(confirmed_at=None, dropped_at=None)
    context = {
        "form": form if may_correct else None,
        "waiting": list(waiting.order_by("pk")) if may_correct else [],
        "table": {
            "caption": _("What was published"),
            "columns": [
                {"label": _("Month")},
                {"label": _("Edition"), "number": True},
                {"label": _("Published")},
                {"label": _("Why it is corrected")},
            ],
            "rows": [
                {
                    "url": f"{reverse('citizen:open_figures')}"
                    f"?thang={row.month:%Y-%m}&lan={row.edition}",
                    "cells": [
                        f"{row.month:%m/%Y}",
                        vn_number(row.edition),
                        f"{timezone.localtime(row.at):%H:%M %d/%m/%Y}",
                        row.reason or "–",
                    ],
                }
                for row in rows
            ],
            "empty": _("No month is published yet."),
        },
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/published.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(*ADMINISTRATORS)
def one(request: StaffRequest, correction_ref: uuid.UUID) -> HttpResponse:
    """Show what a correction would tell; confirm it as a second person, or drop it."""
    at = timezone.now()
    row = (
        MonthCorrection.objects.select_related(
            "proposed_by", "confirmed_by", "dropped_by"
        )
        .filter(ref=correction_ref)
        .first()
    )
    if row is None or not access.runs_country(request):
        raise Http404
    trouble = ""
    if request.method == "POST":
        try:
            done = _decide(request, row)
        except Refused as refused:
            trouble = str(refused)
        else:
            messages.success(request, done)
            return see_other("oversight:published")
    plan = None
    if row.is_waiting:
        try:
            plan = republishing.planned(row.month, at=at)
        except Refused as refused:
            trouble = trouble or str(refused)
    context = {
        "row": row,
        "table": _table(plan) if plan else None,
        "differs": plan is not None and plan.differs,
        "is_own": row.proposed_by_id == request.user.pk,
        "trouble": trouble,
        "public_url": f"{reverse('citizen:open_figures')}?thang={row.month:%Y-%m}",
    }
    status = 422 if request.method == "POST" else 200
    return render(
        request, "oversight/published_correction.html", context, status=status
    )


def _decide(request: StaffRequest, row: MonthCorrection) -> str:
    """Do what was chosen; return what to say of it. Raise Refused."""
    at = timezone.now()
    action = request.POST.get("action")
    if action == "confirm":
        told = republishing.confirm(row.ref, by=request.user, at=at)
        return _("Published: edition %(n)s of %(month)s.") % {
            "n": told.edition,
            "month": f"{told.month:%m/%Y}",
        }
    if action == "drop":
        republishing.drop(row.ref, by=request.user, at=at)
        return _("The proposal is put aside.")
    raise Refused(_("Choose what to do with the proposal."))


def _table(plan: Plan) -> dict[str, Any]:
    """Return the rows that would be told otherwise, as told last and as then."""
    before = {(row.code, row.name): row for row in plan.before.rows}
    after = {(row.code, row.name): row for row in plan.after.rows}
    pairs = [
        (key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys(), key=lambda key: key[1])
        if before.get(key) != after.get(key)
    ]
    pairs.append((("VN", _("Whole country")), plan.before.country, plan.after.country))
    counts = (_("Received"), _("Resolved"), _("Open"))
    return {
        "caption": _("What changes: as told before, and as told now"),
        "columns": [
            {"label": _("Province")},
            *({"label": label, "number": True} for label in counts),
        ],
        "rows": [
            {
                "cells": [
                    name or _("Other organizations"),
                    *(
                        _("%(before)s, now %(now)s")
                        % {"before": _count(old, count), "now": _count(new, count)}
                        for count in open_figures.COUNTS
                    ),
                ]
            }
            for (_code, name), old, new in pairs
        ],
    }


def _count(row: Row | None, name: str) -> str:
    if row is None:
        return "–"
    n = getattr(row, name)
    return _("Hidden") if n is None else vn_number(n)
