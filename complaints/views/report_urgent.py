"""A side step of a report: it is urgent, by which day and what for."""

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions import drafts
from complaints.choices import Urgency
from complaints.forms.urgent import UrgentForm
from complaints.views import cards, drafting
from portal.accounts import access
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.public
def urgent(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Ask by when it is needed; the answer may be taken back."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    before = answers.get("urgent")
    if request.method == "POST" and request.POST.get("action") == "clear":
        answers["urgent"] = None
        drafts.save(row, answers)
        return see_other(drafting.step(draft, "check"))
    data = request.POST if request.method == "POST" else None
    initial = (
        {"reason": before["reason"], "on": date.fromisoformat(before["on"])}
        if before
        else {}
    )
    today = timezone.localdate(timezone.now())
    form = UrgentForm(data, today=today, initial=initial)
    if data is not None and form.is_valid():
        answers["urgent"] = {
            "reason": form.cleaned_data["reason"],
            "on": form.cleaned_data["on"].isoformat(),
        }
        drafts.save(row, answers)
        return see_other(drafting.step(draft, "check"))
    context = {"form": form, "draft": draft, "is_urgent": bool(before)}
    status = 422 if data is not None else 200
    return render(request, "citizen/report_urgent.html", context, status=status)


def row_of(answers: dict[str, Any], draft: uuid.UUID) -> dict[str, str] | None:
    """Return the urgency as a row of the check page; None where nothing is urgent."""
    urgent = drafts.urgent_of(answers)
    if urgent is None:
        return None
    return {
        "label": _("Urgent"),
        "value": f"{Urgency(urgent.reason).label}, {cards.day(urgent.on)}",
        "url": drafting.step(draft, "urgent"),
    }
