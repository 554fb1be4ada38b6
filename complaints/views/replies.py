"""The right of reply: what units say of their figures, and what was decided."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from complaints.actions import replying
from complaints.forms import replies as forms
from complaints.models import Complaint, FigureReview
from complaints.rules.refused import Refused
from complaints.views.oversight_tables import hours
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import scope
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import pretty_code, vn_number

State = FigureReview.State
SHOWN: Final = 100
STATES: Final[dict[str, Promise]] = {
    State.WAITING: gettext_lazy("To be decided"),
    State.ACCEPTED: gettext_lazy("Accepted: counted wrongly"),
    State.REFUSED: gettext_lazy("Refused: counts as before"),
}


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def index(request: StaffRequest) -> HttpResponse:
    """List what units said of their figures; flag a case of one's own unit."""
    can_flag = any(p.role == access.Role.LEAD for p in request.postings)
    if request.method == "POST" and not can_flag:
        raise Http404
    form = forms.Flag(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            row = replying.flag(
                _case(form.cleaned_data["code"]),
                reason=form.cleaned_data["reason"],
                by=request.user,
                postings=request.postings,
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error("code", str(refused))
        else:
            messages.success(request, _("Flagged. Who oversees your unit decides."))
            return see_other("oversight:reply", row.ref)
    with scope.system():
        mine = replying.seen(request.postings, at=timezone.now())
        rows = list(mine.order_by("-pk")[:SHOWN])
    context = {
        "form": form if can_flag else None,
        "table": {
            "caption": _("What units say of their figures"),
            "columns": [
                {"label": _("Code")},
                {"label": _("Unit")},
                {"label": _("Flagged")},
                {"label": _("State")},
            ],
            "rows": [
                {
                    "url": reverse("oversight:reply", args=[row.ref]),
                    "cells": [
                        pretty_code(row.complaint.reference),
                        row.holder.name,
                        f"{timezone.localtime(row.flagged_at):%d/%m/%Y}",
                        STATES[row.state],
                    ],
                }
                for row in rows
            ],
            "empty": _("No unit has said anything yet."),
        },
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/replies.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def one(request: StaffRequest, reply_ref: uuid.UUID) -> HttpResponse:
    """Show what a unit says of a case and what that changes; decide it."""
    with scope.system():
        mine = replying.seen(request.postings, at=timezone.now())
        row = mine.filter(ref=reply_ref).first()
    if row is None:
        raise Http404
    may_decide = row.state == State.WAITING and replying.may_decide(
        request.postings, row.holder.path
    )
    if request.method == "POST" and not may_decide:
        raise Http404
    form = forms.Decision(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            replying.decide(
                row.ref,
                accept=request.POST.get("action") == "accept",
                answer=form.cleaned_data["answer"],
                by=request.user,
                postings=request.postings,
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Decided. The unit sees it here."))
            return see_other("oversight:reply", row.ref)
    context = {
        "row": row,
        "state": STATES[row.state],
        "code": pretty_code(row.complaint.reference),
        "form": form if may_decide else None,
        "changes": _changes(row),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/reply.html", context, status=status)


def _case(typed: str) -> Complaint:
    """Return the case that a code names, of those in sight. Raise Refused."""
    code, _dash, number = typed.partition("-")
    digits = "".join(code.split())
    if digits.isascii() and digits.isdigit() and number.strip().isdecimal():
        found = Complaint.objects.filter(
            submission__code=digits, number=int(number.strip()[:4])
        ).select_related("holder")
        case = found.first()
        if case is not None:
            return case
    raise Refused(_("No case of your units has this code."))


def _changes(row: FigureReview) -> dict[str, Any] | None:
    """Return the unit's figures before and after the case was left out."""
    if row.before is None or row.after is None:
        return None
    labels = {
        "received": _("Received"),
        "resolved": _("Resolved"),
        "on_time": _("On time"),
        "open": _("Open"),
        "open_overdue": _("Open and overdue"),
    }
    rows = [
        [label, vn_number(row.before[name]), vn_number(row.after[name])]
        for name, label in labels.items()
    ]
    rows.append(
        [_("Half done within"), hours(row.before["median"]), hours(row.after["median"])]
    )
    return {
        "caption": _("What it changes in the figures of the month"),
        "columns": [
            {"label": _("Figure")},
            {"label": _("Without earlier ones"), "number": True},
            {"label": _("Without this one, too"), "number": True},
        ],
        "rows": [{"cells": cells} for cells in rows],
    }
