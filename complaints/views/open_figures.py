"""Public statistics: a page, CSV and JSON of a month, without logging in."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints import open_figures
from complaints.open_figures import Month, Row
from complaints.rollups import FEW
from complaints.rollups.definitions import DEFINITIONS
from complaints.rollups.suppression import LEAST
from complaints.views.oversight_tables import hours
from portal.accounts import access
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.exports import sheets

# Whoever asks again within five minutes need not ask us.
_KEEP: Final = "public, max-age=300"
_FIELDS: Final = ("code", "name", *open_figures.COUNTS, "median_h", "p90_h", "on_time")


@require_safe
@access.public
def page(request: HttpRequest) -> HttpResponse:
    """Show a month by province, with how it is counted."""
    months = open_figures.published()
    newest = open_figures.last_month(timezone.localdate())
    month = _month(request.GET.get("thang", "")) or next(iter(months), newest)
    editions = open_figures.read_all(month)
    if not editions and (months or "thang" in request.GET):
        raise Http404
    wanted = request.GET.get("lan", "")
    nothing = open_figures.Month(month, [], open_figures.NOTHING, None)
    seen = next(
        (told for told in editions if wanted in ("", f"{told.edition}")), nothing
    )
    if wanted and seen is nothing:
        raise Http404
    context = {
        "month": month,
        "months": [(f"{m:%Y-%m}", f"{m:%m/%Y}") for m in months],
        "chosen_month": f"{month:%Y-%m}",
        "seen": seen,
        "is_newest": seen is nothing or seen is editions[0],
        "others": [told for told in editions if told is not seen],
        "table": _table(seen),
        "csv_url": reverse("citizen:open_file", args=[f"{month:%Y-%m}", "csv"]),
        "json_url": reverse("citizen:open_file", args=[f"{month:%Y-%m}", "json"]),
        "meanings": [DEFINITIONS[name] for name in _MEANINGS],
    }
    return render(request, "citizen/open_figures.html", context)


_METHOD: Final = {
    "cohort": gettext_lazy("The month of sending, by the clock of Vietnam."),
    "hidden": gettext_lazy(
        "Empty (null): a count from 1 to %(most)s, the other parts of its row, and"
        " those of the two smallest rows, so that sums do not tell it; sums that would."
    ),
    "editions": gettext_lazy(
        "A published month stays. A correction is a new edition, in which a row that"
        " differs by 1 to %(most)s stays as it was."
    ),
    "times": gettext_lazy(
        "Hours. Empty (null) where fewer than %(few)s were resolved. At most 1 %% off."
    ),
}
_MEANINGS: Final = ("received", "resolved", "median", "on_time", "open", "whose")


@require_safe
@access.public
def file(request: HttpRequest, month: str, form: str) -> HttpResponse:
    """Give a month as CSV or as JSON; what is not told is empty there."""
    wanted = _month(month)
    seen = None if wanted is None else open_figures.read(wanted)
    if form not in _FORMS or seen is None:
        raise Http404
    response = _FORMS[form](seen)
    response["Cache-Control"] = _KEEP
    return response


def _as_csv(seen: Month) -> HttpResponse:
    rows = [*seen.rows, seen.country]
    content = b"".join(sheets.as_csv(_FIELDS, (_values(row) for row in rows)))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    name = f"so-lieu-{seen.month:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _as_json(seen: Month) -> HttpResponse:
    def told(row: Row) -> dict[str, Any]:
        return dict(zip(_FIELDS, _values(row), strict=True))

    return JsonResponse(
        {
            "month": f"{seen.month:%Y-%m}",
            "counted_at": seen.counted_at and seen.counted_at.isoformat(),
            "published_at": seen.published_at and seen.published_at.isoformat(),
            "edition": seen.edition,
            "reason": seen.reason,
            "method": {
                name: str(text % {"most": LEAST - 1, "few": FEW})
                for name, text in _METHOD.items()
            }
            | {name: str(DEFINITIONS[name].meaning) for name in _MEANINGS},
            "provinces": [told(row) for row in seen.rows],
            "country": told(seen.country),
        },
        json_dumps_params={"ensure_ascii": False},
    )


_FORMS: Final[dict[str, Callable[[Month], HttpResponse]]] = {
    "csv": _as_csv,
    "json": _as_json,
}


def _values(row: Row) -> tuple[Any, ...]:
    facts = asdict(row)
    facts["median_h"], facts["p90_h"] = _hours(row.median), _hours(row.p90)
    facts["on_time"] = None if row.on_time is None else round(row.on_time, 2)
    return tuple(facts[name] for name in _FIELDS)


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 1)


def _table(seen: Month) -> dict[str, Any]:
    def cells(row: Row, name: str) -> list[str]:
        counts = [getattr(row, count) for count in open_figures.COUNTS]
        return [
            name,
            *(_("Hidden") if n is None else vn_number(n) for n in counts),
            hours(row.median),
            hours(row.p90),
            percent(row.on_time),
        ]

    return {
        "caption": _("Complaints by month and province"),
        "columns": [
            {"label": _("Province")},
            {"label": _("Received"), "number": True},
            {"label": _("Resolved"), "number": True},
            {"label": _("Open"), "number": True},
            {"label": _("Half within"), "number": True},
            {"label": _("90 % within"), "number": True},
            {"label": _("On time"), "number": True},
        ],
        "rows": [
            *(
                {"cells": cells(row, row.name or _("Other organizations"))}
                for row in seen.rows
            ),
            {"cells": cells(seen.country, _("Whole country"))},
        ]
        if seen.rows
        else [],
        "empty": _("No complaint was sent in this month.")
        if seen.edition
        else _("No month is published yet."),
    }


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
