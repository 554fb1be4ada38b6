"""How long complaints take, by organization and month, down to the cases behind."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints import behind, casefile, figures, replies
from complaints.choices import Channel, Kind
from complaints.models import Complaint
from complaints.rollups import FEW
from complaints.rollups.definitions import DEFINITIONS
from complaints.views import figures_asked, figures_limit, oversight_tables
from complaints.views.figures_asked import Asked
from portal.accounts import access
from portal.accounts.access import StaffRequest

# Groups of cases that no figure's definition names.
LABELS: Final[dict[str, Any]] = {
    "": gettext_lazy("All received"),
    "late": gettext_lazy("Late: ended after the time was over, or open since"),
    "answer_late": gettext_lazy("Answered by staff after the time for it, or not yet"),
    "unanswered": gettext_lazy("Waiting for a first answer"),
    "rated": gettext_lazy("Citizens who said a word"),
}


# What the first page tells, in the order of its definitions.
MEANINGS: Final = (
    "received",
    "resolved",
    "median",
    "p75",
    "p90",
    "on_time",
    "first_answer",
    "answered_in_time",
    "open",
    "open_overdue",
    "lapsed",
    "untouched",
    "reopened",
    "good",
    "whose",
)


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def times(request: StaffRequest) -> HttpResponse:
    """Show the figures of an organization, what lies below it, and their trend."""
    asked = figures_asked.read(request, at=timezone.now())
    return render(request, "oversight/times.html", context_of(request, asked))


def context_of(request: StaffRequest, asked: Asked) -> dict[str, Any]:
    """Return what the page shows; it is the same on screen, in print and as PDF."""
    chosen, query = asked.chosen, asked.query
    children = figures_asked.children(chosen)
    seen = asked.overview(children)
    months = figures.months_between(asked.first, asked.last)
    limit = figures_limit.limit_of(asked)
    sees_above = figures_asked.may_see(request, chosen.parent)
    return {
        "chosen": chosen,
        "above": chosen.parent if sees_above else None,
        "form_values": query,
        "notes": asked.notes,
        "kinds": Kind.choices,
        "channels": Channel.choices,
        "figures": oversight_tables.headline(seen.total, asked.gone(), chosen, query),
        "chart": oversight_tables.chart(months, seen, limit),
        "table": oversight_tables.by_organization(chosen, children, seen, query),
        "by_month": oversight_tables.by_month(chosen, months, seen, query),
        "computed_at": seen.at,
        "is_few": seen.total.is_few,
        "few": FEW,
        "cohort": asked.cohort,
        "definitions": [DEFINITIONS[name] for name in MEANINGS],
        "reply": oversight_tables.reply(
            seen.total,
            replies.beside(
                chosen,
                seen.total,
                first=asked.first,
                last=asked.last,
                at=asked.at,
                is_whole=seen.is_whole,
                kind=asked.kind,
                channel=asked.channel,
                cohort=asked.cohort,
            ),
        ),
        "tiles": oversight_tables.tiles(children, seen, query, limit),
        "tile_key": limit.key,
        "detail_url": f"{reverse('oversight:detail')}?{urlencode(asked.address)}",
        "csv_url": f"{reverse('oversight:file', args=['csv'])}"
        f"?{urlencode(asked.address)}",
        "xlsx_url": f"{reverse('oversight:file', args=['xlsx'])}"
        f"?{urlencode(asked.address)}",
    }


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def cases(request: StaffRequest) -> HttpResponse:
    """List the cases behind a figure; people are named on the case's own page only."""
    asked = figures_asked.read(request, at=timezone.now())
    chosen = asked.chosen
    group = figures_asked.choice(request, "group", [*behind.GROUPS])
    by_time = behind.ORDERED.get(group)
    order = by_time if request.GET.get("order") == "time" and by_time else "day"
    # The organization was checked against the reader's postings, and bounds the list.
    page = behind.page(
        chosen,
        group=group,
        itself=request.GET.get("itself") == "1",
        first=asked.first,
        last=asked.last,
        at=asked.at,
        kind=asked.kind,
        channel=asked.channel,
        cohort=asked.cohort,
        order=order,
        after=behind.Place.read(request.GET.get("after", "")),
    )
    readable = access.readable_paths(request)

    def url(**more: str) -> str:
        query = request.GET.copy()
        query.pop("after", None)
        for name, value in more.items():
            query[name] = value
        return f"?{query.urlencode()}"

    columns: list[dict[str, Any]] = [
        {"label": _("Code")},
        {"label": _("What is wrong")},
        {"label": _("Status")},
        {"label": _("With whom")},
        {"label": _("Sent"), "sort_url": url(order="day")},
        {"label": _("Due")},
        {"label": _("Ended")},
        {"label": _("First answer")},
        {"label": _("Time counted")},
    ]
    if by_time:
        columns[7 if by_time == "answer" else 8]["sort_url"] = url(order="time")
    columns[{"day": 4, "answer": 7, "time": 8}[order]]["direction"] = "ascending"
    context = {
        "chosen": chosen,
        "first": asked.first,
        "last": asked.last,
        "notes": asked.notes,
        "group": LABELS.get(group) or DEFINITIONS[group].label,
        "kind": Kind(asked.kind).label if asked.kind else "",
        "channel": Channel(asked.channel).label if asked.channel else "",
        "table": {
            "caption": _("Cases behind the figure"),
            "is_cards": True,
            "columns": columns,
            "rows": [_case_row(one, readable, at=asked.at) for one in page.rows],
            "empty": _("No case stands behind this figure."),
        },
        "other_order": None
        if not by_time
        else {"label": _("In order of days"), "url": url(order="day")}
        if order != "day"
        else {"label": _("In order of the time"), "url": url(order="time")},
        "is_begun": "after" in request.GET,
        "start_url": url(),
        "next_url": url(after=str(page.after)) if page.after else "",
        "back_url": f"{reverse('oversight:times')}?{urlencode(asked.address)}",
    }
    return render(request, "oversight/cases.html", context)


def _case_row(
    complaint: Complaint, readable: list[str], *, at: datetime
) -> dict[str, Any]:
    url = reverse(
        "casework:case", args=[int(complaint.submission.code), complaint.number]
    )
    may_open = any(complaint.holder_path.startswith(path) for path in readable)
    return {
        "url": url if may_open else "",
        "cells": [
            complaint.pretty_reference,
            complaint.get_kind_display(),
            casefile.status_words(complaint),
            complaint.holder.name,
            _day(complaint.submitted_at),
            _day(complaint.due_at),
            _day(complaint.ended_at),
            oversight_tables.hours(complaint.measure.first_answer),
            oversight_tables.hours(_counted(complaint, at=at)),
        ],
    }


def _counted(complaint: Complaint, *, at: datetime) -> int:
    """Return the time that figures count of a case, up to now where it is open."""
    measure = complaint.measure
    if measure.runs_from is None:
        return measure.spent
    return measure.spent + max(round((at - measure.runs_from).total_seconds()), 0)


def _day(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at else "–"
