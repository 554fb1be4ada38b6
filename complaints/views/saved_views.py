"""The views of the queue that somebody keeps: the list, saving one, deleting one."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints import saved_views as reading
from complaints.actions import saved_views as acting
from complaints.forms.saved_views import SaveView
from complaints.models import SavedView
from complaints.rules.refused import Refused
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.accounts.models import Posting
from portal.common import scope
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.staff(*access.READERS)
def saved_views(request: StaffRequest) -> HttpResponse:
    """Show the saved views; keep the filters of an address as a new one (POST)."""
    if request.method != "POST":
        return _page(request, SaveView(initial={"query": request.GET.urlencode()}))
    form = SaveView(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    facts = form.facts()
    shared = facts.pop("is_shared")
    try:
        view = acting.save(
            organization=request.postings[0].organization if shared else None,
            by=request.user,
            at=timezone.now(),
            **facts,
        )
    except Refused as refused:
        form.add_error("name", str(refused))
        return _page(request, form, status=422)
    messages.success(request, _("The view is saved. It stands above the queue."))
    return see_other(f"{reverse('casework:queue')}?{view.query}")


@require_POST
@access.staff(*access.READERS)
def forget(request: StaffRequest, view_ref: uuid.UUID) -> HttpResponse:
    """Delete a saved view; 404 for one that is not in sight."""
    at = timezone.now()
    try:
        acting.forget(view_ref, postings=request.postings, by=request.user, at=at)
    except SavedView.DoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The saved view is deleted."))
    return see_other("casework:saved_views")


def _page(request: StaffRequest, form: SaveView, *, status: int = 200) -> HttpResponse:
    units = {posting.organization_id for posting in request.postings}
    with scope.system():
        rows = [_row(request, view) for view in reading.within(request.user, units)]
    context = {
        "views": rows,
        "form": form,
        "may_save": bool(form["query"].value()),
        "unit": request.postings[0].organization.name,
    }
    return render(request, "casework/saved_views.html", context, status=status)


def _row(request: StaffRequest, view: SavedView) -> dict[str, Any]:
    """Return a saved view as a line; who may delete it sees the button."""
    is_lead = any(
        posting.role == Posting.Role.LEAD
        and posting.organization_id == view.organization_id
        for posting in request.postings
    )
    is_own = view.by_id == request.user.pk
    return {
        "ref": view.ref,
        "name": view.name,
        "url": f"{reverse('casework:queue')}?{view.query}",
        "shared_with": view.organization.name if view.organization else "",
        "by": "" if is_own else view.by.full_name,
        "may_forget": is_own or is_lead,
    }
