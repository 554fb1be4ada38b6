"""How records agree with the population register, and the comparison of everybody."""

from datetime import datetime
from io import BytesIO
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from complaints.forms import comparison as forms
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common.htmx import page_or_fragment
from portal.common.http import see_other
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.exports import doses, sheets
from portal.registry.exports.doses import MEDIA_TYPES
from portal.registry.models import AdministrativeUnit, Organization, PopulationRun
from portal.registry.population import figures, runs
from portal.registry.population.figures import Counts
from portal.registry.population.runs import CannotRun

State = PopulationRun.State

STATES: Final = {
    State.RUNNING: gettext_lazy("Running"),
    State.STOPPED: gettext_lazy("Stopped"),
    State.FINISHED: gettext_lazy("Finished"),
}
REFUSALS: Final = {
    "running": gettext_lazy("A comparison is running already."),
    "not_set_up": gettext_lazy("No population register is set up here."),
    "nobody": gettext_lazy("Nobody is on record yet."),
    "not_running": gettext_lazy("This comparison is not running."),
    "not_stopped": gettext_lazy("This comparison was not stopped."),
}
DONE: Final = {
    "start": gettext_lazy("The comparison has begun."),
    "stop": gettext_lazy("Stopped. What is under way still comes to its end."),
    "resume": gettext_lazy("The comparison goes on."),
}
TROUBLES: Final = {
    "timeout": gettext_lazy("The register does not answer in time."),
    "connection": gettext_lazy("The register cannot be reached."),
    "open": gettext_lazy("The register failed several times and is left alone."),
    "busy": gettext_lazy("The agreed number of questions a second is reached."),
    "malformed": gettext_lazy("The register's answers cannot be read."),
    "unsigned": gettext_lazy("The register's answers bear no valid signature."),
    "status_401": gettext_lazy("The register refuses our signature."),
    "status_503": gettext_lazy("The register reports an error of its own."),
    "not_set_up": gettext_lazy("No population register is set up here."),
}
ABOVE_COMMUNES: Final = (
    Organization.Kind.HEALTH_DEPARTMENT,
    Organization.Kind.CDC,
)


@require_safe
@access.staff(*access.OVERSEERS)
def people(request: StaffRequest) -> HttpResponse:
    """Show how people's records fared, by unit, and the comparison that runs."""
    return _page(request)


@require_POST
@access.staff(Role.ADMINISTRATOR)
def job(request: StaffRequest) -> HttpResponse:
    """Begin, stop or go on with the comparison of everybody; 404 below the root."""
    if not access.runs_country(request):
        raise Http404
    form = forms.Job(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return _page(request, status=422)
    by, at = request.user.pk, timezone.now()
    move, run_id = form.cleaned_data["move"], form.cleaned_data["run"]
    try:
        if move == "start":
            runs.start(by=by, at=at)
        elif move == "stop":
            runs.stop(run_id, by=by, at=at)
        else:
            runs.resume(run_id, by=by, at=at)
    except PopulationRun.DoesNotExist:
        raise Http404 from None
    except CannotRun as refusal:
        messages.error(request, REFUSALS[str(refusal)])
        return _page(request, status=409)
    messages.success(request, DONE[move])
    return see_other("oversight:comparison")


@require_safe
@access.staff(*access.OVERSEERS)
def file(request: StaffRequest, form: str) -> HttpResponse:
    """Give the table as a file, with the numbers as numbers; 404 without an area."""
    if form not in MEDIA_TYPES:
        raise Http404
    own, unit = _unit(request)
    if own is None and unit is None and not access.sees_country(request):
        raise Http404
    seen = figures.overview(unit)
    table = _table(unit, seen)
    header = [str(column["label"]) for column in table["columns"]]
    rows: list[sheets.Row] = [
        (_cells(part, unit, counts)[0], *_numbers(counts))
        for part, counts in _sorted(seen)
    ]
    if form == doses.CSV:
        content = b"".join(sheets.as_csv(header, rows))
    else:
        into = BytesIO()
        sheets.write_xlsx(into, title=_("Population"), header=header, rows=rows)
        content = into.getvalue()
    day = timezone.localdate(seen.computed_at) if seen.computed_at else None
    name = f"doi-chieu-{unit.code.lower() if unit else 'ca-nuoc'}-{day or ''}.{form}"
    response = HttpResponse(content, content_type=MEDIA_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _page(request: StaffRequest, *, status: int = 200) -> HttpResponse:
    at = timezone.now()
    own, unit = _unit(request)
    if own is None and unit is None and not access.sees_country(request):
        seen = figures.Overview(Counts(), {}, None)
        has_area = False
    else:
        seen, has_area = figures.overview(unit), True
    run = runs.latest()
    context = {
        "name": unit.name if unit else _("The whole country"),
        "is_part": unit is not None and unit != own,
        "above_url": reverse("oversight:comparison"),
        "has_area": has_area,
        "files": [
            {
                "url": reverse("oversight:comparison_file", args=[form])
                + (f"?{urlencode({'unit': unit.code})}" if unit else ""),
                "label": form.upper(),
            }
            for form in MEDIA_TYPES
        ],
        "figures": _headline(seen.total),
        "table": _table(unit, seen),
        "computed_at": seen.computed_at,
        "run": _run(run, at=at) if run else None,
        "may_run": access.runs_country(request),
        "may_start": run is None or run.state != State.RUNNING,
    }
    return page_or_fragment(
        request,
        "oversight/comparison.html",
        "oversight/_comparison_run.html",
        context,
        status=status,
    )


def _unit(
    request: StaffRequest,
) -> tuple[AdministrativeUnit | None, AdministrativeUnit | None]:
    """Return the reader's own unit and the one in the address; None is the country.

    404 for a unit outside the own one. One statement.
    """
    code = request.GET.get("unit", "")
    is_national = access.sees_country(request)
    own_ids = [] if is_national else [_area(p.organization) for p in request.postings]
    wanted = Q(code=code) | Q(pk__in=[pk for pk in own_ids if pk])
    units = list(AdministrativeUnit.objects.filter(wanted).order_by("level", "pk"))
    own = next((unit for unit in units if unit.pk in own_ids), None)
    if not code:
        return own, own
    chosen = next((unit for unit in units if unit.code == code), None)
    areas = [unit.path for unit in units if unit.pk in own_ids]
    if chosen is None or not (
        is_national or any(chosen.path.startswith(path) for path in areas)
    ):
        raise Http404
    return own, chosen


def _area(organization: Organization) -> int | None:
    """Return the unit whose people an organization answers for."""
    if organization.kind in ABOVE_COMMUNES:
        return organization.province_id
    return organization.commune_id


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"


def _headline(total: Counts) -> list[dict[str, Any]]:
    unusable = total.no_number + total.bad_format
    return [
        {"label": _("People on record"), "value": vn_number(total.people)},
        {
            "label": _("Agree with the register"),
            "value": vn_number(total.matched),
            "note": _("%(share)s of those compared")
            % {"share": _share(total.matched, total.compared)},
        },
        {
            "label": _("Wrong in some field"),
            "value": vn_number(total.mismatched),
            "note": _("%(share)s of those compared")
            % {"share": _share(total.mismatched, total.compared)},
        },
        {
            "label": _("No number, or a malformed one"),
            "value": vn_number(unusable),
            "note": _("%(share)s of all") % {"share": _share(unusable, total.people)},
        },
        {
            "label": _("Not yet compared"),
            "value": vn_number(total.not_sent),
            "note": _("%(share)s of all")
            % {"share": _share(total.not_sent, total.people)},
        },
    ]


def _table(unit: AdministrativeUnit | None, seen: figures.Overview) -> dict[str, Any]:
    """Return the parts of a unit, those with most to mend first."""
    labels = (
        _("People"),
        _("Agree"),
        _("Agree, share"),
        _("Wrong"),
        _("Number wrong"),
        _("Name wrong"),
        _("Birth date wrong"),
        _("Sex wrong"),
        _("No number"),
        _("Malformed number"),
        _("Not yet compared"),
    )
    return {
        "caption": _("By area, most to mend first"),
        "columns": [
            {"label": _("Area")},
            *({"label": label, "number": True} for label in labels),
        ],
        "rows": [
            {"url": _part_url(part, unit), "cells": _cells(part, unit, counts)}
            for part, counts in _sorted(seen)
        ],
        "empty": _("Nothing has been counted yet."),
    }


def _sorted(
    seen: figures.Overview,
) -> list[tuple[AdministrativeUnit | None, Counts]]:
    """Return the parts, those with most to mend first."""
    return sorted(
        seen.parts.items(),
        key=lambda item: (
            item[1].matched + item[1].not_sent - item[1].people,
            item[0].sort_key if item[0] else "",
        ),
    )


def _part_url(part: AdministrativeUnit | None, unit: AdministrativeUnit | None) -> str:
    if part is None or part == unit or part.level != AdministrativeUnit.Level.PROVINCE:
        return ""
    return f"?{urlencode({'unit': part.code})}"


def _cells(
    part: AdministrativeUnit | None, unit: AdministrativeUnit | None, counts: Counts
) -> list[str]:
    if part is None:
        name = _("Residence not known")
    elif part == unit and unit.level == AdministrativeUnit.Level.PROVINCE:
        name = _("Commune not known")
    else:
        name = part.name
    people, matched, _part, *others = _numbers(counts)
    share = _share(counts.matched, counts.compared)
    words = [vn_number(number) for number in others]
    return [name, vn_number(people), vn_number(matched), share, *words]


def _numbers(counts: Counts) -> list[int]:
    """Return the columns behind the name; the share in whole percent, 0 for none."""
    share = round(100 * counts.matched / counts.compared) if counts.compared else 0
    return [
        counts.people,
        counts.matched,
        share,
        counts.mismatched,
        counts.wrong_number,
        counts.wrong_name,
        counts.wrong_birth,
        counts.wrong_sex,
        counts.no_number,
        counts.bad_format,
        counts.not_sent,
    ]


def _run(run: PopulationRun, *, at: datetime) -> dict[str, Any]:
    """Return a run as the page shows it."""
    seconds = (run.changed_at - run.started_at).total_seconds()
    counts = [
        (_("Agree"), run.matched),
        (_("Wrong"), run.mismatched),
        (_("No number"), run.no_number),
        (_("Malformed number"), run.bad_format),
        (_("Register silent"), run.silent),
        (_("Changed meanwhile"), run.moved_on),
    ]
    return {
        "id": run.pk,
        "state": STATES[State(run.state)],
        "is_running": run.state == State.RUNNING,
        "is_stopped": run.state == State.STOPPED,
        "of_new": run.of_new,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "done": run.done,
        "total": run.total,
        "done_text": vn_number(run.done),
        "total_text": vn_number(run.total),
        "counts": [(label, vn_number(number)) for label, number in counts],
        "rate": vn_number(run.done / seconds) if run.done and seconds > 0 else "",
        "trouble": _trouble(run) if run.state != State.FINISHED else "",
        "trouble_at": run.trouble_at,
    }


def _trouble(run: PopulationRun) -> str:
    if not run.trouble:
        return ""
    known = TROUBLES.get(run.trouble)
    return str(known) if known else _("The register gives no usable answer.")
