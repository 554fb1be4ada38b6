"""The queue of staff: views, search, and the next case for whoever asks for one."""

import base64
import binascii
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints import presence, worklist
from complaints.actions import turns
from complaints.choices import Kind
from complaints.models import Complaint
from complaints.rules.refused import Refused
from complaints.views import queue_rows, undoing
from complaints.views.casework import READERS, paths_of
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.accounts.models import Posting
from portal.common import codes, crypto
from portal.common.htmx import page_or_fragment
from portal.common.http import see_other

Role = Posting.Role
SEARCH: Final = "queue_search"


@require_safe
@access.staff()
def queue(request: StaffRequest) -> HttpResponse:
    """Show the open cases of the user's organizations, due first."""
    if all(posting.role == Role.ADMINISTRATOR for posting in request.postings):
        return redirect("oversight:times")
    at = timezone.now()
    mine = worklist.at_and_below(paths_of(request))
    cases, view, kind, words = asked_for(request, mine, at=at)
    after = worklist.Place.read(request.GET.get("after", ""))
    page = worklist.read_page(
        presence.with_others(cases, by=request.user, at=at), after=after
    )
    views = _views(request, mine, "" if words else view, at=at)
    context = {
        "rows": queue_rows.lines(page.rows, at=at),
        "views": views,
        "all_count": _count_of_current(views) if not kind else 0,
        "may_decide": any(p.role in CASEWORKERS for p in request.postings),
        "kinds": Kind.choices,
        "kind": kind,
        "view": view,
        "words": words,
        "next_url": _address_after(request, page.after),
        "is_later_page": after is not None,
        "undo": undoing.offered(request, at=at),
        "place": request.postings[0].organization.name,
        "query": _query_without_place(request),
        "at": at,
    }
    return page_or_fragment(
        request, "casework/queue.html", "casework/_rows.html", context
    )


def asked_for(
    request: StaffRequest, mine: worklist.ComplaintQuerySet, *, at: datetime
) -> tuple[worklist.ComplaintQuerySet, str, str, str]:
    """Return the cases that the address asks for; view, kind and words of the search.

    The words may be personal: the address says "*" for those kept in the session.
    """
    view = request.GET.get("view", "all")
    view = view if view in worklist.VIEWS else "all"
    kind = request.GET.get("kind", "")
    words = _search_words(request)
    if words:
        cases = worklist.search(mine, words)
    else:
        cases = worklist.narrow(mine, view, user=request.user, at=at)
    if kind in Kind.values:
        cases = cases.filter(kind=kind)
    return cases, view, kind, words


@require_POST
@access.staff(*READERS)
def search(request: StaffRequest) -> HttpResponse:
    """Take a search; a code goes into the address, personal words only sealed."""
    words = request.POST.get("q", "").strip()[:120]
    address = reverse("casework:queue")
    if not words:
        request.session.pop(SEARCH, None)
        return see_other(address)
    code = codes.clean(words).partition("-")[0][: codes.LENGTH]
    if codes.is_valid(code):
        return see_other(f"{address}?q={code}")
    sealed = crypto.seal(words, bound_to=f"search:{request.user.pk}")
    request.session[SEARCH] = base64.b64encode(sealed).decode()
    return see_other(f"{address}?q=*")


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


def _views(
    request: StaffRequest,
    mine: worklist.ComplaintQuerySet,
    current: str,
    *,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return the views of the queue with the number of cases in each."""
    counts = worklist.count_views(mine, user=request.user, at=at)
    most = worklist.MOST_COUNTED
    return [
        {
            "name": name,
            "label": label,
            "count": min(counts[name], most),
            "is_more": counts[name] > most,
            "is_current": name == current,
        }
        for name, label in worklist.VIEWS.items()
    ]


def _count_of_current(views: list[dict[str, Any]]) -> int:
    """Return how many cases the chosen view has, 0 where that is not known exactly."""
    return next((v["count"] for v in views if v["is_current"] and not v["is_more"]), 0)


def _address_after(request: StaffRequest, place: worklist.Place | None) -> str:
    """Return where the next page is, with all that this one was asked for."""
    if place is None:
        return ""
    query = request.GET.copy()
    query["after"] = str(place)
    return f"?{query.urlencode()}"


def _query_without_place(request: StaffRequest) -> str:
    """Return what this page was asked for, wherever in it the reader is."""
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def _search_words(request: StaffRequest) -> str:
    """Return what is searched for: the code in the address, or what was sealed."""
    typed = request.GET.get("q", "")
    if typed != "*":
        code = codes.clean(typed)
        return code if codes.is_valid(code) else ""
    try:
        sealed = base64.b64decode(request.session.get(SEARCH, ""))
        return crypto.unseal(sealed, bound_to=f"search:{request.user.pk}")
    except (binascii.Error, crypto.Unreadable):
        return ""
