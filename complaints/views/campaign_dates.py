"""Days by which nothing is to be open any more, and how far units have come."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import F, Value
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import burndown
from complaints.actions import campaign_dates
from complaints.burndown import Burndown, Way
from complaints.forms.campaign_dates import SetDay
from complaints.models import CampaignDate
from complaints.rollups.definitions import DEFINITIONS
from complaints.rules.refused import Refused
from complaints.views import figures_asked
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import vn_number
from portal.registry.models import Organization

SHOWN: Final = 50


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def index(request: StaffRequest) -> HttpResponse:
    """List the days that count for an organization; set another one."""
    at = timezone.now()
    chosen = figures_asked.organization_of(request)
    may_set = campaign_dates.may_set(request.postings, chosen)
    if request.method == "POST" and not may_set:
        raise Http404
    form = SetDay(
        request.POST if request.method == "POST" else None,
        initial={"begins_on": timezone.localdate(at)},
    )
    if form.is_valid():
        try:
            row = campaign_dates.set_day(
                chosen,
                **form.cleaned_data,
                by=request.user,
                postings=request.postings,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The day is set."))
            return see_other("oversight:campaign_date", row.ref)
    rows = _counting_for(chosen).order_by("-due_on", "-pk")[:SHOWN]
    context = {
        "chosen": chosen,
        "form": form if may_set else None,
        "table": {
            "caption": _("Days that count for this unit"),
            "columns": [
                {"label": _("What for")},
                {"label": _("Watched from")},
                {"label": _("Nothing open by")},
                {"label": _("Set for")},
            ],
            "rows": [
                {
                    "url": _address(row, chosen),
                    "cells": [
                        row.name,
                        f"{row.begins_on:%d/%m/%Y}",
                        f"{row.due_on:%d/%m/%Y}",
                        row.organization.name,
                    ],
                }
                for row in rows
            ],
            "empty": _("No day is set."),
        },
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/campaign_dates.html", context, status=status)


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def one(request: StaffRequest, date_ref: uuid.UUID) -> HttpResponse:
    """Show what is open beside the straight line, of a unit and of those below."""
    at = timezone.now()
    row = CampaignDate.objects.select_related("organization").filter(ref=date_ref)
    found = row.first()
    if found is None:
        raise Http404
    chosen = figures_asked.organization_of(request)
    if not chosen.path.startswith(found.organization.path):
        # A day set far below is opened at that unit, if that is in sight.
        chosen = found.organization
        if not figures_asked.may_see(request, chosen):
            raise Http404
    seen = burndown.follow(chosen, begins=found.begins_on, due=found.due_on, at=at)
    children = figures_asked.children(chosen)
    context = {
        "row": found,
        "chosen": chosen,
        "above": chosen.parent
        if chosen != found.organization
        and figures_asked.may_see(request, chosen.parent)
        else None,
        "figures": _headline(seen.whole),
        "told": _told(seen.whole, found, at=at),
        "chart": _chart(seen),
        "table": _table(chosen, children, seen),
        "meaning": DEFINITIONS["burndown"].meaning,
        "back_url": f"{reverse('oversight:campaign_dates')}"
        f"?{urlencode({'organization': chosen.code})}",
        "may_end": found.ended_at is None
        and campaign_dates.may_set(request.postings, found.organization),
    }
    return render(request, "oversight/campaign_date.html", context)


@require_POST
@access.staff(access.Role.OVERSEER, access.Role.ADMINISTRATOR)
def end(request: StaffRequest, date_ref: uuid.UUID) -> HttpResponse:
    """Let a day count no longer."""
    found = CampaignDate.objects.select_related("organization").filter(ref=date_ref)
    row = found.first()
    if row is None or not campaign_dates.may_set(request.postings, row.organization):
        raise Http404
    try:
        campaign_dates.end(
            date_ref, by=request.user, postings=request.postings, at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The day does not count any more."))
    return see_other("oversight:campaign_dates")


def _counting_for(chosen: Organization) -> Any:
    """Return the days set for an organization or for one above it."""
    return (
        CampaignDate.objects.filter(ended_at=None)
        .select_related("organization")
        .alias(mine=Value(chosen.path))
        .filter(mine__startswith=F("organization__path"))
    )


def _address(row: CampaignDate, chosen: Organization) -> str:
    page = reverse("oversight:campaign_date", args=[row.ref])
    return f"{page}?{urlencode({'organization': chosen.code})}"


def _headline(way: Way) -> list[dict[str, Any]]:
    return [
        {"label": _("Open at the beginning"), "value": vn_number(way.begun)},
        {"label": _("Open now"), "value": vn_number(way.open)},
        {"label": _("The line allows"), "value": vn_number(way.needed)},
        {
            "label": _("Likely open on the day"),
            "value": vn_number(way.expected.count),
            "note": _("between %(least)s and %(most)s") % _bounds(way),
        },
    ]


def _bounds(way: Way) -> dict[str, str]:
    return {
        "least": vn_number(way.expected.least),
        "most": vn_number(way.expected.most),
    }


def _told(way: Way, row: CampaignDate, *, at: datetime) -> str:
    """Return in a sentence whether the day is likely to be kept."""
    if timezone.localdate(at) >= row.due_on:
        return (
            _("The day has come. Nothing is open.")
            if not way.open
            else _("The day has come. %(n)s are open still.")
            % {"n": vn_number(way.open)}
        )
    if way.expected.most < 1:
        return _("At the pace of the last 28 days the day is kept.")
    if way.expected.least >= 1:
        return _("At the pace of the last 28 days the day is not kept.")
    return _("At the pace of the last 28 days it is not sure that the day is kept.")


def _chart(seen: Burndown) -> dict[str, Any]:
    return {
        "title": _("Open on the way to the day"),
        "note": _("Each week. The even line leads from the beginning to nothing."),
        "unit": "",
        "places": 0,
        "labels": [f"{day:%d/%m/%Y}" for day, _open, _line in seen.curve],
        "series": [
            {
                "label": _("Open"),
                "tone": "a",
                "values": [still for _day, still, _line in seen.curve],
            },
            {
                "label": _("The line allows"),
                "tone": "b",
                "values": [line for _day, _open, line in seen.curve],
            },
        ],
    }


def _table(
    chosen: Organization, children: dict[int, Any], seen: Burndown
) -> dict[str, Any]:
    """Return the ways of what lies directly below, those furthest behind first."""
    rows = []
    for key, way in seen.parts.items():
        if key == chosen.pk:
            name, url = _("%(name)s itself") % {"name": chosen.name}, ""
        else:
            child = children[key]
            name, url = child.name, f"?{urlencode({'organization': child.code})}"
        rows.append((way.needed - way.open, name, url, way))
    rows.sort(key=lambda row: row[:2])
    return {
        "caption": _("By unit, furthest behind first"),
        "columns": [
            {"label": _("Unit")},
            {"label": _("Open at the beginning"), "number": True},
            {"label": _("Open now"), "number": True},
            {"label": _("The line allows"), "number": True},
            {"label": _("Likely open on the day"), "number": True},
            {"label": _("Between"), "number": True},
        ],
        "rows": [
            {
                "url": url,
                "cells": [
                    name,
                    vn_number(way.begun),
                    vn_number(way.open),
                    vn_number(way.needed),
                    vn_number(way.expected.count),
                    f"{_bounds(way)['least']} – {_bounds(way)['most']}",
                ],
            }
            for _gap, name, url, way in rows[:200]
        ],
        "empty": _("Nothing was open here."),
    }
