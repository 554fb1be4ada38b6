"""The queue of staff: views, search, and the next case for whoever asks for one."""

import base64
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints import filters, presence, worklist
from complaints.actions import turns
from complaints.models import Complaint
from complaints.rules.refused import Refused
from complaints.views import queue_filters, queue_rows, undoing
from complaints.views.casework import READERS, paths_of
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.accounts.models import Posting
from portal.common import codes, crypto
from portal.common.htmx import page_or_fragment
from portal.common.http import see_other

Role = Posting.Role


@require_safe
@access.staff()
def queue(request: StaffRequest) -> HttpResponse:
    """Show the open cases of the user's organizations, due first."""
    if all(posting.role == Role.ADMINISTRATOR for posting in request.postings):
        return redirect("oversight:times")
    at = timezone.now()
    mine = worklist.at_and_below(paths_of(request))
    asked = queue_filters.asked_for(request, mine, at=at)
    if len(asked.sites) == 1 and not asked.wrong:
        # What was typed became a code: the address that can be kept has that.
        address = f"{reverse('casework:queue')}?{asked.filters.query}"
        if searched := request.GET.get("q"):
            address += "&" + urlencode({"q": searched})
        return redirect(address)
    after = worklist.Place.read(request.GET.get("after", ""))
    page = worklist.read_page(
        presence.with_others(asked.cases, by=request.user, at=at), after=after
    )
    views, fits = queue_filters.views(request, asked, mine, at=at)
    context = {
        "rows": queue_rows.lines(page.rows, at=at),
        "views": views,
        "all_count": fits,
        "may_decide": any(p.role in CASEWORKERS for p in request.postings),
        "panel": queue_filters.panel(request, asked),
        "filters": asked.filters,
        "wrong": asked.wrong,
        "words": asked.words,
        "next_url": _address_after(request, page.after),
        "is_later_page": after is not None,
        "undo": undoing.offered(request, at=at),
        "place": request.postings[0].organization.name,
        "query": _query_without_place(request),
        "at": at,
    }
    return page_or_fragment(
        request,
        "casework/queue.html",
        "casework/_rows.html",
        context,
        status=422 if asked.wrong else 200,
    )


@require_POST
@access.staff(*READERS)
def search(request: StaffRequest) -> HttpResponse:
    """Take a search; a code goes into the address, personal words only sealed.

    The filters in the address stay.
    """
    words = request.POST.get("q", "").strip()[:120]
    chosen = filters.read(request.GET)[0].query
    address = f"{reverse('casework:queue')}?{chosen}"
    if not words:
        request.session.pop(queue_filters.SEARCH, None)
        return see_other(address)
    if chosen:
        address += "&"
    code = codes.clean(words).partition("-")[0][: codes.LENGTH]
    if codes.is_valid(code):
        return see_other(f"{address}q={code}")
    sealed = crypto.seal(words, bound_to=f"search:{request.user.pk}")
    request.session[queue_filters.SEARCH] = base64.b64encode(sealed).decode()
    return see_other(f"{address}q=*")


@require_POST
@access.staff(*CASEWORKERS)
def take_next(request: StaffRequest) -> HttpResponse:
    """Give out the case that is next for this user, and show it."""
    at = timezone.now()
    return _give(request, at=at)


@require_POST
@access.staff(*CASEWORKERS)
def skip(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Pass by the case that was given out, with the reason; then show the next one."""
    at = timezone.now()
    mine = Complaint.objects.visible_to(request.user, at=at)
    case = mine.filter(submission__code=str(code), number=number).first()
    if case is None:
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        turns.skip(complaint_id=case.pk, reason=reason, by=request.user, at=at)
    except Refused as refused:
        messages.error(request, str(refused))
        return see_other("casework:case", code=code, number=number)
    return _give(request, at=at)


def _give(request: StaffRequest, *, at: datetime) -> HttpResponse:
    case = turns.take_next(postings=request.postings, by=request.user, at=at)
    if case is None:
        messages.info(
            request,
            _("Nothing is left for you: the rest waits, or colleagues have it."),
        )
        return see_other("casework:queue")
    code = int(case.submission.code)
    return see_other("casework:case", code=code, number=case.number)


def _address_after(request: StaffRequest, place: worklist.Place | None) -> str:
    """Return where the next page is, with all that this one was asked for."""
    if place is None:
        return ""
    query = request.GET.copy()
    query.pop(queue_filters.OPEN, None)
    query["after"] = str(place)
    return f"?{query.urlencode()}"


def _query_without_place(request: StaffRequest) -> str:
    """Return what this page was asked for, wherever in it the reader is."""
    query = request.GET.copy()
    for name in ("after", queue_filters.OPEN):
        query.pop(name, None)
    return query.urlencode()
