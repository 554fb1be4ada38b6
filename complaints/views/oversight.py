"""How long complaints take, by organization and month, down to the cases behind."""

from datetime import date, datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints import casefile, figures, worklist
from complaints.choices import OPEN, Kind, Status
from complaints.models import Complaint, Figure, SubtreeFigure
from complaints.rollups import FEW
from complaints.views import oversight_tables
from complaints.views.casework import READERS
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.registry.models import Organization

MONTHS: Final = 6
MOST_MONTHS: Final = 24

# What stands behind a figure: name in the address -> cases.
GROUPS: Final[dict[str, tuple[Any, Q]]] = {
    "": (gettext_lazy("All received"), Q()),
    "resolved": (gettext_lazy("Resolved"), Q(status=Status.RESOLVED)),
    "open": (gettext_lazy("Open"), Q(status__in=OPEN)),
    "untouched": (
        gettext_lazy("Never opened by staff"),
        Q(status__in=OPEN, touched_at=None),
    ),
    "reopened": (gettext_lazy("Reopened"), Q(round__gt=1)),
    "overdue": (gettext_lazy("Open and overdue"), Q(status__in=OPEN)),
}


@require_safe
@access.staff(*access.OVERSEERS)
def times(request: StaffRequest) -> HttpResponse:
    """Show the figures of an organization, what lies below it, and their trend."""
    at = timezone.now()
    chosen = _organization(request)
    first, last = _months(request, at=at)
    kind = _choice(request, "kind", Kind.values)
    cohort = _choice(request, "cohort", Figure.Cohort.values) or "opened"
    children = _children(chosen)
    seen = figures.overview(
        chosen,
        parts=[(child.pk, child.is_whole) for child in children.values()],
        first=first,
        last=last,
        at=at,
        kind=kind,
        cohort=cohort,
    )
    query = {
        "from": f"{first:%Y-%m}",
        "to": f"{last:%Y-%m}",
        "kind": kind,
        "cohort": cohort,
    }
    months = figures.months_between(first, last)
    context = {
        "chosen": chosen,
        "above": chosen.parent if _may_see(request, chosen.parent) else None,
        "form_values": query,
        "kinds": Kind.choices,
        "figures": oversight_tables.headline(seen.total, chosen, query),
        "chart": oversight_tables.chart(months, seen),
        "table": oversight_tables.by_organization(chosen, children, seen, query),
        "by_month": oversight_tables.by_month(chosen, months, seen, query),
        "computed_at": seen.at,
        "is_few": seen.total.is_few,
        "few": FEW,
        "cohort": cohort,
    }
    return render(request, "oversight/times.html", context)


@require_safe
@access.staff(*access.OVERSEERS)
def cases(request: StaffRequest) -> HttpResponse:
    """List the cases behind a figure; people are named on the case's own page only."""
    at = timezone.now()
    chosen = _organization(request)
    first, last = _months(request, at=at)
    kind = _choice(request, "kind", Kind.values)
    group = _choice(request, "group", list(GROUPS))
    cohort = _choice(request, "cohort", Figure.Cohort.values) or "opened"
    itself = request.GET.get("itself") == "1"
    found = _behind(
        chosen, first, last, kind=kind, group=group, cohort=cohort, itself=itself, at=at
    )
    after = worklist.Place.read(request.GET.get("after", ""))
    page = _page(found, after)
    readable = [p.organization.path for p in request.postings if p.role in READERS]
    next_url = ""
    if page.after:
        query = request.GET.copy()
        query["after"] = str(page.after)
        next_url = f"?{query.urlencode()}"
    context = {
        "chosen": chosen,
        "first": first,
        "last": last,
        "group": GROUPS[group][0],
        "kind": Kind(kind).label if kind else "",
        "table": {
            "caption": _("Cases behind the figure"),
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
        "back_url": f"{reverse('oversight:times')}?{_back(request)}",
    }
    return render(request, "oversight/cases.html", context)


def _organization(request: StaffRequest) -> Organization:
    """Return the organization in the address, or the reader's own; 404 outside it."""
    code = request.GET.get("organization", "")
    if not code:
        return request.postings[0].organization
    chosen = Organization.objects.select_related("parent").filter(code=code).first()
    if chosen is None or not _may_see(request, chosen):
        raise Http404
    return chosen


def _children(chosen: Organization) -> dict[int, Any]:
    """Return what lies directly below; ``is_whole``: kept with what it has below."""
    kept = SubtreeFigure.objects.filter(organization=OuterRef("pk"))
    found = (
        Organization.objects.filter(parent=chosen)
        .annotate(is_whole=Exists(kept))
        .only("code", "name")
        .order_by("sort_key", "pk")
    )
    return {child.pk: child for child in found}


def _may_see(request: StaffRequest, organization: Organization | None) -> bool:
    return organization is not None and any(
        organization.path.startswith(posting.organization.path)
        for posting in request.postings
    )


def _months(request: StaffRequest, *, at: datetime) -> tuple[date, date]:
    """Return first and last month of the address; the last six without one."""
    this = timezone.localdate(at).replace(day=1)
    single = _month(request.GET.get("month", ""))
    if single:
        return single, single
    last = _month(request.GET.get("to", "")) or this
    first = _month(request.GET.get("from", "")) or figures.month_after(last, 1 - MONTHS)
    first = min(first, last)
    return max(first, figures.month_after(last, 1 - MOST_MONTHS)), last


def _month(text: str) -> date | None:
    """Return the month "2026-11", or None for what is none."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2021 <= month.year <= 2100 else None


def _choice(request: StaffRequest, name: str, allowed: list[str]) -> str:
    value = request.GET.get(name, "")
    return value if value in allowed else ""


def _behind(
    chosen: Organization,
    first: date,
    last: date,
    *,
    kind: str,
    group: str,
    cohort: str,
    itself: bool,
    at: datetime,
) -> QuerySet[Complaint]:
    """Return the cases that a figure counted."""
    begins, ends = (
        timezone.make_aware(datetime.combine(day, datetime.min.time()))
        for day in (first, figures.month_after(last, 1))
    )
    column = "submitted_at" if cohort == Figure.Cohort.OPENED else "ended_at"
    held = Q(holder=chosen) if itself else Q(holder_path__below=chosen.path)
    found = Complaint.objects.filter(
        held, GROUPS[group][1], **{f"{column}__gte": begins, f"{column}__lt": ends}
    )
    if group == "overdue":
        found = found.filter(
            ~Q(status=Status.WAITING_CITIZEN) | Q(paused_at__gt=F("due_at")),
            due_at__lt=at,
        )
    return found.filter(kind=kind) if kind else found


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


def _back(request: StaffRequest) -> str:
    kept = ("organization", "from", "to", "kind", "cohort")
    return urlencode({name: request.GET.get(name, "") for name in kept})
