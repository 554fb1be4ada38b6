"""A unit moves in the tree: what that changes is shown, then it is decided."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from complaints.actions import placing
from complaints.actions import units as actions
from complaints.forms import units as forms
from complaints.rules.refused import Refused
from complaints.views.units import MANAGERS, find, said
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.staff(*MANAGERS)
def place(request: StaffRequest, unit_code: str) -> HttpResponse:
    """Show what moving a unit would change; move it below another one from a day on."""
    at = timezone.now()
    today = timezone.localdate(at)
    shown = find(request, unit_code)
    if not actions.manages(request.postings, shown):
        raise Http404
    form = forms.Placing(
        request.POST if request.method == "POST" else None,
        postings=request.postings,
        today=today,
    )
    seen: placing.Preview | None = None
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            placing.require(shown, given["above"], on=given["on"], today=today)
            if request.POST.get("action") == "move":
                change = actions.move_below(
                    shown,
                    given["above"],
                    on=given["on"],
                    reason=given["reason"],
                    by=request.user,
                    postings=request.postings,
                    at=at,
                )
                messages.success(request, said(change))
                return see_other("oversight:unit_change", change.ref)
            seen = placing.preview(shown, given["above"], at=at)
        except Refused as refused:
            form.add_error(None, str(refused))
    context = {
        "unit": shown,
        "form": form,
        "seen": seen,
        "above": form.cleaned_data.get("above") if seen else None,
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/unit_place.html", context, status=status)
