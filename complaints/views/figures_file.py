"""What an overseer sees, to take along: the tables as CSV and XLSX, the page as PDF."""

from io import BytesIO
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints import figures, rollups
from complaints.choices import Channel, Kind
from complaints.models import Figure
from complaints.rollups import Times
from complaints.rollups.definitions import DEFINITIONS
from complaints.views import figures_asked, figures_detail, oversight
from complaints.views.figures_asked import Asked
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record as audit
from portal.common import pdf
from portal.registry.exports import sheets

# Parts of the whole number, in the order of the second page.
_PARTS: Final = tuple(name for name in figures_detail.PARTS if name != "reopened")
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def file(request: StaffRequest, form: str) -> HttpResponse:
    """Give the organizations and months that the page of figures shows, as a table.

    The audit keeps who took it, of what, and how many rows.
    """
    if form not in _TYPES:
        raise Http404
    asked = figures_asked.read(request, at=timezone.now())
    if rollups.age(at=asked.at) is None:
        return _not_yet(request)
    rows = list(_rows(asked))
    header = _header()
    into = BytesIO()
    if form == "xlsx":
        sheets.write_xlsx(into, title=asked.chosen.code, header=header, rows=rows)
    else:
        for part in sheets.as_csv(header, rows):
            into.write(part)
    _note(request, asked, form=form, rows=len(rows))
    return _download(into.getvalue(), _TYPES[form], asked, form)


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def as_pdf(request: StaffRequest) -> HttpResponse:
    """Give both pages of figures as one PDF; 404 where none can be made."""
    if not pdf.is_available():
        raise Http404
    asked = figures_asked.read(request, at=timezone.now())
    if rollups.age(at=asked.at) is None:
        return _not_yet(request)
    _note(request, asked, form="pdf", rows=0)
    drawn = pdf.render(report(request, asked))
    return _download(drawn, "application/pdf", asked, "pdf")


def _not_yet(request: StaffRequest) -> HttpResponse:
    """Say that figures are not whole: what is taken along does not tell it."""
    return render(request, "oversight/uncounted.html", status=503)


def report(request: StaffRequest, asked: Asked) -> str:
    """Return both pages of figures as one, as it is drawn on paper."""
    told = oversight.context_of(request, asked) | figures_detail.context_of(asked)
    return render_to_string("oversight/report.html", told, request)


def _note(request: StaffRequest, asked: Asked, *, form: str, rows: int) -> None:
    months = f"{asked.first:%Y-%m}..{asked.last:%Y-%m}"
    filters = f"{months} {asked.kind or '-'} {asked.channel or '-'}"
    audit.look_up(
        at=asked.at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=asked.chosen.pk,
        subject="complaints.figures",
        detail=f"{form} {filters} {asked.cohort} rows={rows}",
    )


def _download(content: bytes, kind: str, asked: Asked, form: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    name = f"so-lieu-{asked.chosen.code}-{asked.first:%Y%m}-{asked.last:%Y%m}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _header() -> list[str]:
    states = figures_detail.ledger(Times())
    return [
        _("Organization"),
        _("Code"),
        _("Month"),
        _("Received"),
        _("Resolved"),
        _("Half within, hours"),
        _("75 % within, hours"),
        _("90 % within, hours"),
        _("On time, share"),
        _("First answer, hours"),
        _("Open"),
        _("Overdue"),
        _("Never looked at"),
        _("Opened again"),
        _("Words of citizens"),
        _("Of these good"),
        _("Of these poor"),
        *(str(DEFINITIONS[name].label) for name in _PARTS),
        _("Ended late without a decision"),
        _("Answered by staff"),
        _("Waiting for a first answer"),
        _("First answer on time, share"),
        _("Questions to citizens"),
        _("Hand-overs"),
        *(_("Days: %(state)s") % {"state": state} for state, _s in states),
        _("Fewer than 20 resolved"),
        _("Fewer than 20 answered or waiting"),
        # What was asked for stands in each row, and is there after sorting, too.
        _("From month"),
        _("To month"),
        _("What is wrong"),
        _("How it came in"),
        _("Month of"),
    ]


def _rows(asked: Asked) -> list[tuple[Any, ...]]:
    """Return a row for all, for each part, for itself, and for each month of all."""
    children = figures_asked.children(asked.chosen)
    seen = asked.overview(children)
    chosen = asked.chosen
    found: list[tuple[Any, ...]] = [(chosen.name, chosen.code, "", *_cells(seen.total))]
    found += [
        (child.name, child.code, "", *_cells(seen.below[key]))
        for key, child in children.items()
        if key in seen.below
    ]
    if seen.itself is not None:
        name = _("%(name)s itself") % {"name": chosen.name}
        found.append((name, chosen.code, "", *_cells(seen.itself)))
    found += [
        (chosen.name, chosen.code, f"{month:%Y-%m}", *_cells(seen.months[month]))
        for month in figures.months_between(asked.first, asked.last)
        if month in seen.months
    ]
    filters = (
        f"{asked.first:%Y-%m}",
        f"{asked.last:%Y-%m}",
        str(Kind(asked.kind).label if asked.kind else _("All")),
        str(Channel(asked.channel).label if asked.channel else _("All")),
        _("ending") if asked.cohort == Figure.Cohort.CLOSED else _("sending"),
    )
    return [(*row, *filters) for row in found]


def _cells(times: Times) -> tuple[Any, ...]:
    share, answers = times.on_time_share, times.answered_in_time_share
    return (
        times.received,
        times.resolved,
        _hours(times.median),
        _hours(times.p75),
        _hours(times.p90),
        None if share is None else round(share, 4),
        _hours(times.first_answer_median),
        times.open,
        times.open_overdue,
        times.untouched,
        times.reopened,
        times.rated,
        times.good,
        times.poor,
        *(getattr(times, name) for name in _PARTS),
        times.left_late,
        times.answered,
        times.unanswered,
        None if answers is None else round(answers, 4),
        times.questions,
        times.hand_overs,
        *(round(s / 86_400, 2) for _state, s in figures_detail.ledger(times)),
        int(times.is_few),
        int(times.is_answered_by_few),
    )


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 2)
