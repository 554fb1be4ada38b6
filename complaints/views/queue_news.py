"""What is new since a list was shown; its open page asks every 45 seconds.

Rows never move under a cursor: the page says what there is, and its reader reloads.
"""

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from complaints import presence, worklist
from complaints.choices import Move
from complaints.models import Event, Presence
from complaints.models.complaint import ComplaintQuerySet
from complaints.views import next_case, queue_filters
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.templatetags import ui

# An older list is said to be old, without asking what is new in it.
OLD: Final = timedelta(hours=1)
MOST_COUNTED: Final = 99
MOST_NAMED: Final = 10
# These change nothing that a row of the list shows.
_SILENT: Final = (Move.NOTE, Move.REMIND, Move.REFUSE_FILE, Move.CONFIRM)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def address(request: StaffRequest, page: worklist.Page, *, at: datetime) -> str:
    """Return where the open page of a list shown now asks for news."""
    shown = {"shown": str((at - _EPOCH) // timedelta(microseconds=1))}
    if page.rows:
        first, last = page.rows[0], page.rows[-1]
        shown["first"] = str(worklist.Place(first.queue_at, first.pk))
        shown["last"] = str(worklist.Place(last.queue_at, last.pk))
    return _with(next_case.listed(request), **shown)


@require_safe
@access.staff(*access.READERS)
def news(request: StaffRequest) -> HttpResponse:
    """Say how much is new and who looks at what; 204 where that was said already."""
    at = timezone.now()
    shown_at = _instant(request.GET.get("shown", ""))
    if shown_at is None:
        return HttpResponse(status=204)
    told: dict[str, Any] = {"is_old": at - shown_at > OLD}
    said = "old"
    if not told["is_old"]:
        mine = worklist.at_and_below(access.readable_paths(request))
        asked = queue_filters.asked_for(request, mine, at=at)
        if asked.wrong or asked.words:
            return HttpResponse(status=204)
        count = _changed(asked.cases, request, since=shown_at)
        there = _there(asked.cases, request, at=at)
        told |= {
            "count": min(count, MOST_COUNTED),
            "is_more": count > MOST_COUNTED,
            "there": [
                (ui.pretty_code(one.complaint.reference), one.user.full_name)
                for one in there
            ],
        }
        said = f"{count}-{zlib.crc32(repr([one.pk for one in there]).encode())}"
        said = "" if not count and not there else said
    if said == request.GET.get("had", ""):
        return HttpResponse(status=204)
    listed = next_case.listed(request)
    kept = {name: request.GET.get(name, "") for name in ("shown", "first", "last")}
    told["news_url"] = _with(listed, **kept, had=said)
    told["reload_url"] = reverse("casework:queue") + listed
    return render(request, "casework/_news.html", told)


def _changed(
    cases: ComplaintQuerySet, request: StaffRequest, *, since: datetime
) -> int:
    """Count the cases of a list to which something happened, not by the reader."""
    found = (
        Event.objects.filter(at__gt=since, complaint__in=cases.order_by().values("pk"))
        .exclude(by=request.user)
        .exclude(move__in=_SILENT)
    )
    keys = found.order_by().values_list("complaint").distinct()
    return len(keys[: MOST_COUNTED + 1])


def _there(
    cases: ComplaintQuerySet, request: StaffRequest, *, at: datetime
) -> list[Presence]:
    """Return who else has one of the cases of this page before them."""
    places = [worklist.Place.read(request.GET.get(n, "")) for n in ("first", "last")]
    first, last = places
    if first is None or last is None:
        return []
    shown = cases.filter(Q(queue_at__gte=first.at, queue_at__lte=last.at))
    found = Presence.objects.filter(
        complaint__in=shown.order_by().values("pk"), seen_at__gt=at - presence.SEEN
    ).exclude(user=request.user)
    return list(
        found.select_related("user", "complaint__submission").order_by(
            "complaint__queue_at", "pk"
        )[:MOST_NAMED]
    )


def _with(listed: str, **more: str) -> str:
    said = urlencode({name: value for name, value in more.items() if value})
    return (
        f"{reverse('casework:queue_news')}{listed or '?'}{'&' if listed else ''}{said}"
    )


def _instant(text: str) -> datetime | None:
    place = worklist.Place.read(f"{text}-0")
    return place.at if place else None
