"""The queue of staff: views, search, and the next case for whoever asks for one."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from complaints import filters, presence, worklist
from complaints.actions import turns
from complaints.models import Complaint
from complaints.rules.refused import Refused
from complaints.views import (
    next_case,
    queue_filters,
    queue_news,
    queue_rows,
    undoing,
)
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.accounts.models import Posting
from portal.audit import record
from portal.common import codes
from portal.common.htmx import page_or_fragment
from portal.common.http import see_other

Role = Posting.Role
# As many as two people do in a week; more is no list to work from.
MOST_PRINTED: Final = 200


@require_safe
@access.staff()
def queue(request: StaffRequest) -> HttpResponse:
    """Show the open cases of the user's organizations, due first."""
    if all(posting.role == Role.ADMINISTRATOR for posting in request.postings):
        return redirect("oversight:times")
    at = timezone.now()
    mine = worklist.at_and_below(access.readable_paths(request))
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
    is_whole = after is None and page.after is None
    views, fits = queue_filters.views(request, asked, mine, at=at, is_whole=is_whole)
    is_cut = fits is not None and fits > worklist.MOST_COUNTED
    context = {
        "rows": queue_rows.lines(page.rows, at=at),
        "views": views,
        # Of a search, what has ended is among them, and is not moved.
        "all_count": 0 if asked.words or is_cut else fits,
        "is_first_only": is_cut and not asked.words,
        "most": worklist.MOST_COUNTED,
        "is_cut_search": is_cut and bool(asked.words),
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
        "listed": next_case.listed(request),
        # What is searched for is looked at once; a list that stands open has news.
        "news_url": ""
        if asked.words or asked.wrong
        else queue_news.address(request, page, at=at),
        "at": at,
    }
    return page_or_fragment(
        request,
        "casework/queue.html",
        "casework/_rows.html",
        context,
        status=422 if asked.wrong else 200,
    )


@require_safe
@access.staff(*access.READERS)
def printed(request: StaffRequest) -> HttpResponse:
    """Show the list as a paper to work from, due first; the look is written down."""
    at = timezone.now()
    mine = worklist.at_and_below(access.readable_paths(request))
    asked = queue_filters.asked_for(request, mine, at=at)
    cases = presence.with_others(asked.cases, by=request.user, at=at)
    page = worklist.read_page(cases, after=None, size=MOST_PRINTED)
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="complaints.worklist",
        detail=f"print {len(page.rows)}",
    )
    context = {
        "rows": queue_rows.lines(page.rows, at=at),
        "place": request.postings[0].organization.name,
        "chips": queue_filters.panel(request, asked)["chips"],
        "is_part": page.after is not None,
        "most": MOST_PRINTED,
        "queue_url": f"{reverse('casework:queue')}{next_case.listed(request)}",
        "at": at,
    }
    return render(
        request,
        "casework/queue_print.html",
        context,
        status=422 if asked.wrong else 200,
    )


@require_POST
@access.staff(*access.READERS)
def search(request: StaffRequest) -> HttpResponse:
    """Take a search; a code goes into the address, personal words only sealed.

    The filters in the address stay; a day or a lot becomes one of them.
    """
    words = request.POST.get("q", "").strip()[:120]
    filtered = filters.read(request.GET)[0]
    mine = worklist.at_and_below(access.readable_paths(request))
    as_filter = filters.meant_by(words, among=mine, on=timezone.localdate())
    if as_filter:
        both = replace(filtered, **as_filter).query
        return see_other(f"{reverse('casework:queue')}?{both}")
    chosen = filtered.query
    address = f"{reverse('casework:queue')}?{chosen}"
    if not words:
        return see_other(address)
    if chosen:
        address += "&"
    code = codes.clean(words).partition("-")[0][: codes.LENGTH]
    if codes.is_valid(code):
        return see_other(f"{address}q={code}")
    return see_other(f"{address}q={queue_filters.keep_search(request, words)}")


@require_POST
@access.staff(*CASEWORKERS)
def take_next(request: StaffRequest) -> HttpResponse:
    """Give out the case that is next for this user, and show it.

    Out of the list that the address names, if any.
    """
    return _give(request, at=timezone.now())


@require_POST
@access.staff(*CASEWORKERS)
def skip(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Pass by the case that was given out, with the reason; then show the next one."""
    at = timezone.now()
    mine = Complaint.objects.visible_to(request.user, at=at)
    case = (
        mine.filter(submission__code=str(code), number=number)
        .select_related("submission")
        .first()
    )
    if case is None:
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        turns.skip(complaint_id=case.pk, reason=reason, by=request.user, at=at)
    except Refused as refused:
        messages.error(request, str(refused))
        return next_case.lead_to(case, request)
    return _give(request, at=at)


def _give(request: StaffRequest, *, at: datetime) -> HttpResponse:
    case = next_case.give(request, at=at)
    if case is not None:
        return next_case.lead_to(case, request)
    messages.info(request, next_case.nothing_left(request))
    return see_other(f"{reverse('casework:queue')}{next_case.listed(request)}")


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
