"""Who answers for a case by the rule, or by name, for whoever hands it over."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from complaints import ways
from complaints.actions import routing
from complaints.choices import Move
from complaints.forms.handing_over import Receiver
from complaints.models import Complaint, Event
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.accounts.models import User
from portal.common import scope
from portal.registry import places
from portal.registry.models import Organization

# So long, and so many, of the organizations that somebody handed cases over to.
LATELY: Final = timedelta(days=60)
MOST: Final = 4


@require_safe
@access.staff(*access.READERS)
def receivers(request: StaffRequest) -> HttpResponse:
    """Suggest organizations for a hand-over while a place is typed."""
    words = request.GET.get("place", "")[:200]
    found = organizations(words, at=timezone.now())
    return render(request, "casework/_receivers.html", {"found": found, "words": words})


def suggested(case: Complaint, *, at: datetime) -> list[Receiver]:
    """Return the organizations that the rule names as the facts stand now, with why."""
    with scope.system():
        found = routing.suggest(case, at=at)
    bodies = Organization.objects.in_bulk([one.body.id for one in found])
    why = [" ".join(ways.why(one.path)) for one in found]
    with translation.override(case.submission.language):
        told = [" ".join(ways.why(one.path)) for one in found]
    return [
        Receiver(bodies[one.body.id], *words)
        for one, *words in zip(found, why, told, strict=True)
    ]


def recent(case: Complaint, *, by: User, at: datetime) -> list[Organization]:
    """Return to whom somebody handed cases over in the last weeks, the usual first.

    Those that can have this case now: open, and not who has it.
    """
    with scope.system():
        # What was handed over is out of sight by now; only names are shown of it.
        usual = (
            Event.objects.filter(by=by, move=Move.HAND_OVER, at__gt=at - LATELY)
            .values("holder")
            .annotate(n=Count("pk"), last=Max("pk"))
            .order_by("-n", "-last")
            .values_list("holder", flat=True)[: 2 * MOST]
        )
        order = list(usual)
    bodies = Organization.objects.in_bulk(order)
    day = timezone.localdate(at)
    return [
        bodies[pk]
        for pk in order
        if pk != case.holder_id
        and bodies[pk].is_open_on(day)
        and bodies[pk].kind != Organization.Kind.POLICE
    ][:MOST]


def choices(
    case: Complaint, place: str, *, by: User, at: datetime
) -> dict[str, list[Any]]:
    """Return what a hand-over can be sent with, as its form takes it."""
    return {
        "suggested": suggested(case, at=at),
        "recent": recent(case, by=by, at=at),
        "found": organizations(place, at=at),
    }


def organizations(words: str, *, at: datetime) -> list[Organization]:
    """Return the organizations that typed words mean; none for less than a word."""
    if len(words.strip()) < 3:
        return []
    found = places.find_organizations(words, on=timezone.localdate(at), limit=9)
    return [body for body in found if body.kind != Organization.Kind.POLICE][:8]
