"""How long complaints take, by organization and month, down to the cases behind."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints import casefile, figures, replies, worklist
from complaints.choices import OPEN, Channel, Kind, Status
from complaints.models import Complaint, Figure
from complaints.rollups import FEW, reading
from complaints.rollups.definitions import DEFINITIONS
from complaints.views import figures_asked, figures_limit, oversight_tables
from complaints.views.figures_asked import Asked
from portal.accounts import access
from portal.accounts.access import StaffRequest

# What stands behind a figure: name in the address -> cases.
GROUPS: Final[dict[str, tuple[Any, Q]]] = {
    "": (gettext_lazy("All received"), Q()),
    "resolved": (gettext_lazy("Resolved"), Q(status=Status.RESOLVED)),
    "open": (gettext_lazy("Open"), Q(status__in=OPEN)),
    "reopened": (gettext_lazy("Reopened"), Q(round__gt=1)),
}
# The same by what was measured of each case, which only the system's scope may read.
MEASURED: Final[dict[str, Q]] = {
    "open_overdue": Q(measure__is_open=True),
    "late": Q(measure__is_open=True)
    | Q(measure__is_resolved=True, measure__is_on_time=False)
    | Q(measure__is_left_late=True),
    "lapsed": Q(measure__is_lapsed=True),
    "withdrawn": Q(
        measure__is_open=False, measure__is_resolved=False, measure__is_lapsed=False
    ),
    "first_answer": Q(measure__first_answer__isnull=False),
    "untouched": Q(measure__is_untouched=True),
    "handed": Q(measure__hops__gt=0),
    "asked": Q(measure__asks__gt=0),
    "disagreed": Q(measure__is_disagreed=True),
    "reversed": Q(measure__is_reversed=True),
    "self_corrected": Q(measure__is_self_corrected=True),
    "kept_unseen": Q(measure__is_kept_unseen=True),
    "refiled": Q(measure__is_refiled=True),
    "good": Q(measure__rating="good"),
    "poor": Q(measure__rating="poor"),
}


# What the first page tells, in the order of its definitions.
MEANINGS: Final = (
    "received",
    "resolved",
    "median",
    "on_time",
    "first_answer",
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
    chosen, query = asked.chosen, asked.query
    children = figures_asked.children(chosen)
    seen = asked.overview(children)
    months = figures.months_between(asked.first, asked.last)
    limit = figures_limit.limit_of(asked)
    sees_above = figures_asked.may_see(request, chosen.parent)
    context = {
        "chosen": chosen,
        "above": chosen.parent if sees_above else None,
        "form_values": query,
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
        "meanings": [DEFINITIONS[name] for name in MEANINGS],
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
    return render(request, "oversight/times.html", context)


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def cases(request: StaffRequest) -> HttpResponse:
    """List the cases behind a figure; people are named on the case's own page only."""
    asked = figures_asked.read(request, at=timezone.now())
    chosen = asked.chosen
    group = figures_asked.choice(request, "group", [*GROUPS, *MEASURED])
    itself = request.GET.get("itself") == "1"
    found = _behind(asked, group=group, itself=itself)
    after = worklist.Place.read(request.GET.get("after", ""))
    # The organization was checked against the reader's postings, and bounds the list.
    with reading.figures():
        page = _page(found, after)
    readable = access.readable_paths(request)
    next_url = ""
    if page.after:
        query = request.GET.copy()
        query["after"] = str(page.after)
        next_url = f"?{query.urlencode()}"
    context = {
        "chosen": chosen,
        "first": asked.first,
        "last": asked.last,
        "group": _label(group),
        "kind": Kind(asked.kind).label if asked.kind else "",
        "channel": Channel(asked.channel).label if asked.channel else "",
        "table": {
            "caption": _("Cases behind the figure"),
            "is_cards": True,
            "columns": [
                {"label": _("Code")},
                {"label": _("What is wrong")},
                {"label": _("Status")},
                {"label": _("With whom")},
                {"label": _("Sent")},
                {"label": _("Due")},
                {"label": _("Ended")},
            ],
            "rows": [_case_row(complaint, readable) for complaint in page.rows],
            "empty": _("No case stands behind this figure."),
        },
        "next_url": next_url,
        "back_url": f"{reverse('oversight:times')}?{urlencode(asked.address)}",
    }
    return render(request, "oversight/cases.html", context)


def _label(group: str) -> Any:
    if group == "late":
        return _("Late: ended after the time was over, or open since")
    return DEFINITIONS[group].label if group in MEASURED else GROUPS[group][0]


def _behind(asked: Asked, *, group: str, itself: bool) -> QuerySet[Complaint]:
    """Return the cases that a figure counted."""
    begins, ends = (
        timezone.make_aware(datetime.combine(day, datetime.min.time()))
        for day in (asked.first, figures.month_after(asked.last, 1))
    )
    column = "submitted_at" if asked.cohort == Figure.Cohort.OPENED else "ended_at"
    held = Q(holder=asked.chosen)
    if not itself:
        held = Q(holder_path__below=asked.chosen.path)
    of_group = MEASURED[group] if group in MEASURED else GROUPS[group][1]
    found = Complaint.objects.filter(
        held, of_group, **{f"{column}__gte": begins, f"{column}__lt": ends}
    )
    if group in ("open_overdue", "late"):
        found = found.exclude(measure__is_open=True, measure__late_from__gte=asked.at)
    if asked.channel:
        found = found.filter(submission__channel=asked.channel)
    return found.filter(kind=asked.kind) if asked.kind else found


def _page(found: QuerySet[Complaint], after: worklist.Place | None) -> worklist.Page:
    if after:
        found = found.filter(
            Q(due_at__gt=after.at) | Q(due_at=after.at, pk__gt=after.pk),
            due_at__gte=after.at,
        )
    size = worklist.PAGE
    rows = list(
        found.select_related("submission", "holder").order_by("due_at", "pk")[
            : size + 1
        ]
    )
    last = rows[size - 1] if len(rows) > size else None
    return worklist.Page(
        rows[:size], worklist.Place(last.due_at, last.pk) if last else None
    )


def _case_row(complaint: Complaint, readable: list[str]) -> dict[str, Any]:
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
        ],
    }


def _day(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at else "–"
