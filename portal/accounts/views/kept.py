"""Sending again what was typed when the session ended."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.accounts import access, kept
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.account
def kept_work(request: StaffRequest) -> HttpResponse:
    """Show what was typed; send it to where it was meant for, or leave it."""
    work = kept.of(request, request.user)
    if work is None:
        return redirect("casework:queue")
    if request.method != "POST":
        context = {"work": work, "words": kept.sentences(work.fields)}
        return render(request, "accounts/kept_work.html", context)
    kept.forget(request)
    if "leave" in request.POST:
        return see_other("casework:queue")
    # The form of that page holds the same fields: 307 lets the browser send them on.
    return HttpResponse(status=307, headers={"Location": work.path})
