"""What an overseer asks figures of: whose, which months, kind, channel, cohort."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import figures
from complaints.choices import Channel, Gaming, Kind
from complaints.figures import Overview
from complaints.models import Figure, SubtreeFigure
from complaints.rollups import reading, signs
from portal.accounts.access import StaffRequest
from portal.registry.models import Organization

MONTHS: Final = 6
MOST_MONTHS: Final = 24


@dataclass(frozen=True)
class Asked:
    """What the address of a page of figures says; the same address, the same view."""

    chosen: Organization
    first: date
    last: date
    kind: str
    channel: str
    cohort: str
    at: datetime
    # What of the address was understood otherwise than it was typed, in sentences.
    notes: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """Return the filters as an address bears them, the organization apart."""
        return {
            "from": f"{self.first:%Y-%m}",
            "to": f"{self.last:%Y-%m}",
            "kind": self.kind,
            "channel": self.channel,
            "cohort": self.cohort,
        }

    @property
    def address(self) -> dict[str, str]:
        """Return the organization and the filters as an address bears them."""
        return {"organization": self.chosen.code} | self.query

    def overview(self, children: dict[int, Any], *, cohort: str = "") -> Overview:
        """Return the figures, by the cohort asked for or another."""
        return figures.overview(
            self.chosen,
            parts=[(child.pk, child.is_whole) for child in children.values()],
            first=self.first,
            last=self.last,
            at=self.at,
            kind=self.kind,
            channel=self.channel,
            cohort=cohort or self.cohort,
        )

    def gone(self) -> dict[Gaming, int]:
        """Return what was handed away, and what became of decisions made here."""
        with reading.figures() as (cursor, _at):
            return signs.gone(
                cursor,
                self.chosen.path,
                begins=self.first,
                ends=figures.month_after(self.last, 1),
                kind=self.kind,
                channel=self.channel,
            )


P = ParamSpec("P")


def in_time(
    view: Callable[Concatenate[StaffRequest, P], HttpResponse],
) -> Callable[Concatenate[StaffRequest, P], HttpResponse]:
    """Let a page say what to do where its figures take longer than a reader waits."""

    @wraps(view)
    def answered(
        request: StaffRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except reading.TooLong:
            return render(request, "oversight/too_long.html", status=503)

    return answered


def read(request: StaffRequest, *, at: datetime) -> Asked:
    """Return what the address asks for; broken filters fall back to the usual ones.

    Months that were changed are told in ``notes``. Raise Http404 for an organization
    outside the reader's postings.
    """
    notes: list[str] = []
    first, last = _months(request, notes, at=at)
    return Asked(
        chosen=organization_of(request),
        first=first,
        last=last,
        kind=choice(request, "kind", Kind.values),
        channel=choice(request, "channel", Channel.values),
        cohort=choice(request, "cohort", Figure.Cohort.values) or "opened",
        at=at,
        notes=tuple(notes),
    )


def children(chosen: Organization) -> dict[int, Any]:
    """Return what lies directly below; ``is_whole``: kept with what it has below."""
    kept = SubtreeFigure.objects.filter(organization=OuterRef("pk"))
    found = (
        Organization.objects.filter(parent=chosen)
        .annotate(is_whole=Exists(kept))
        .only("code", "name", "kind")
        .order_by("sort_key", "pk")
    )
    return {child.pk: child for child in found}


def choice(request: StaffRequest, name: str, allowed: list[str]) -> str:
    value = request.GET.get(name, "")
    return value if value in allowed else ""


def may_see(request: StaffRequest, organization: Organization | None) -> bool:
    return organization is not None and any(
        organization.path.startswith(posting.organization.path)
        for posting in request.postings
    )


def organization_of(request: StaffRequest) -> Organization:
    """Return the organization in the address, or the reader's own; 404 outside it."""
    code = request.GET.get("organization", "")
    if not code:
        return request.postings[0].organization
    chosen = Organization.objects.select_related("parent").filter(code=code).first()
    if chosen is None or not may_see(request, chosen):
        raise Http404
    return chosen


def _months(
    request: StaffRequest, notes: list[str], *, at: datetime
) -> tuple[date, date]:
    """Return first and last month of the address; the last six without one.

    What is taken otherwise than it was typed is added to ``notes``.
    """
    single, begins, ends = (
        _month(request.GET.get(name, ""), notes) for name in ("month", "from", "to")
    )
    if single:
        return single, single
    last = ends or timezone.localdate(at).replace(day=1)
    first = begins or figures.month_after(last, 1 - MONTHS)
    if first > last:
        first, last = last, first
        notes.append(_("The first month was later than the last one: they changed."))
    earliest = figures.month_after(last, 1 - MOST_MONTHS)
    if first < earliest:
        first = earliest
        notes.append(
            _("No more than %(n)s months are shown at once: those from %(month)s on.")
            % {"n": MOST_MONTHS, "month": f"{first:%m/%Y}"}
        )
    return first, last


# A field for months is one for plain text in some browsers.
_MONTHS: Final = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})[/.-](?P<year>\d{4})", re.ASCII),
)


def _month(text: str, notes: list[str]) -> date | None:
    """Return the month "2026-11" or "11/2026"; None for what is none, with a note."""
    typed = text.strip()
    if not typed:
        return None
    for form in _MONTHS:
        if said := form.fullmatch(typed):
            year, month = int(said["year"]), int(said["month"])
            if 2021 <= year <= 2100 and 1 <= month <= 12:
                return date(year, month, 1)
    notes.append(
        _("“%(typed)s” is no month that can be shown. Type it as 10/2026.")
        % {"typed": typed[:20]}
    )
    return None
