"""The case that comes next: out of the list from which one came, or out of all.

The address of a case bears the filters of that list, so whoever goes on stays in it.
"""

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from complaints import filters, worklist
from complaints.actions import turns
from complaints.models import Complaint
from complaints.views import queue_filters
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import see_other

# Sent by work.js where the list stands beside the case.
BESIDE_LIST = "X-Beside-List"


def listed(request: StaffRequest) -> str:
    """Return what an address says of the list one came from: "?…", or ''."""
    parts = {**filters.read(request.GET)[0].chosen}
    if searched := request.GET.get("q"):
        parts["q"] = searched
    return f"?{urlencode(parts)}" if parts else ""


def address_of(case: Complaint, request: StaffRequest) -> str:
    """Return where a case is shown, in the list one came from."""
    where = [int(case.submission.code), case.number]
    return reverse("casework:case", args=where) + listed(request)


def queue_of(request: StaffRequest) -> str:
    """Return where the list is shown from which one came."""
    return reverse("casework:queue") + listed(request)


def is_beside_list(request: StaffRequest) -> bool:
    """Tell whether htmx asks for a case beside the list."""
    return bool(request.htmx) and BESIDE_LIST in request.headers


def give(request: StaffRequest, *, at: datetime) -> Complaint | None:
    """Give out the case that is next in the list one came from, or of all."""
    among = None
    if listed(request):
        mine = worklist.at_and_below(access.readable_paths(request))
        among = queue_filters.asked_for(request, mine, at=at).cases
    return turns.take_next(
        postings=request.postings, by=request.user, at=at, among=among
    )


def nothing_left(request: StaffRequest) -> str:
    """Return the sentence for whom no case is left."""
    if listed(request):
        return _("Nothing is left for you in this list: choose another one, or all.")
    return _("Nothing is left for you: the rest waits, or colleagues have it.")


def lead_to(case: Complaint, request: StaffRequest) -> HttpResponse:
    """Send to a case, as a page of its own."""
    where = address_of(case, request)
    if request.htmx:
        return HttpResponseClientRedirect(where)
    return see_other(where)
