"""Signs of gaming by unit, each with its definition and the cases behind it."""

from datetime import date
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints import casefile, figures
from complaints.choices import Channel, Gaming, Kind
from complaints.models import Figure, GamingSign
from complaints.rollups import FEW, Times, reading, signs
from complaints.rules.selfcorrection.bounds import wilson
from complaints.views import figures_asked
from complaints.views.figures_asked import Asked
from complaints.worklist import PAGE, Place
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.models import Organization

# The same sentences stand in docs/audit.md; a test compares.
MEANINGS: Final = {
    Gaming.LAST_HOUR: gettext_lazy(
        "Staff decided with at most one hour left before the round was due."
    ),
    Gaming.NO_EFFECT: gettext_lazy(
        "The record stays as it is, and the decision is the only step that staff made"
        " in the round. Taking on many at once is none."
    ),
    Gaming.EARLY_ASK: gettext_lazy(
        "The citizen was asked when at most a tenth of the time was spent. The clock"
        " rests meanwhile. One question may be needed; many more than elsewhere are a"
        " sign."
    ),
    Gaming.LATE_ASK: gettext_lazy(
        "The citizen was asked when at most a tenth of the time was left, or none. The"
        " clock rests meanwhile."
    ),
    Gaming.PING_PONG: gettext_lazy(
        "Staff handed the matter to a unit that had had it before in the same round."
    ),
    Gaming.BULK: gettext_lazy(
        "One of at least 20 decisions to keep the record, by one account within ten"
        " minutes."
    ),
    Gaming.PASSED_ON: gettext_lazy(
        "Staff handed the matter to another unit. From then on it counts there."
    ),
    Gaming.LATE_PASS: gettext_lazy(
        "Staff handed the matter to another unit when at most a tenth of the time was"
        " left, or none."
    ),
    Gaming.DISPUTED: gettext_lazy(
        "Staff of the unit decided, and the citizen said that it is still not right."
    ),
    Gaming.REVERSED: gettext_lazy(
        "Staff of the unit decided, and that was put aside, or decided otherwise later."
    ),
}
# With fewer matters than these nothing is said to stand out.
_LEAST: Final = 5


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def index(request: StaffRequest) -> HttpResponse:
    """Show how many matters bear each sign, by unit, beside what staff resolved."""
    asked = figures_asked.read(request, at=timezone.now())
    children = figures_asked.children(asked.chosen)
    seen = asked.overview(children, cohort=Figure.Cohort.CLOSED)
    with reading.figures():
        counts = signs.counted(
            asked.chosen.pk,
            first=asked.first,
            last=_end(asked),
            kind=asked.kind,
            channel=asked.channel,
        )
    parts: dict[int, tuple[Organization, Times, bool]] = {
        key: (child, seen.below.get(key, Times()), False)
        for key, child in children.items()
    }
    parts[asked.chosen.pk] = (asked.chosen, seen.itself or Times(), True)
    context = {
        "chosen": asked.chosen,
        "above": asked.chosen.parent
        if figures_asked.may_see(request, asked.chosen.parent)
        else None,
        "form_values": asked.query,
        "notes": asked.notes,
        "kinds": Kind.choices,
        "channels": Channel.choices,
        "table": _table(asked, parts, counts, seen.total),
        "meanings": [(sign.label, MEANINGS[sign]) for sign in Gaming],
        "few": FEW,
        "computed_at": seen.at,
    }
    return render(request, "oversight/gaming.html", context)


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def cases(request: StaffRequest) -> HttpResponse:
    """List the cases behind a number; people are named on a case's own page."""
    asked = figures_asked.read(request, at=timezone.now())
    sign = Gaming(figures_asked.choice(request, "sign", Gaming.values) or "last_hour")
    rows = GamingSign.objects.filter(
        sign=sign, day__gte=asked.first, day__lte=_end(asked)
    )
    if request.GET.get("itself") == "1":
        rows = rows.filter(holder=asked.chosen)
    else:
        rows = rows.filter(holder__path__below=asked.chosen.path)
    if asked.kind:
        rows = rows.filter(complaint__kind=asked.kind)
    if asked.channel:
        rows = rows.filter(complaint__submission__channel=asked.channel)
    after = Place.read(request.GET.get("after", ""))
    if after:
        rows = rows.filter(at__lte=after.at).exclude(at=after.at, pk__gte=after.pk)
    # The organization was checked against the reader's postings, and bounds the list.
    with reading.figures():
        found = list(
            rows.select_related("complaint__submission", "holder").order_by(
                "-at", "-pk"
            )[: PAGE + 1]
        )
    next_url = ""
    if len(found) > PAGE:
        query = request.GET.copy()
        query["after"] = str(Place(found[PAGE - 1].at, found[PAGE - 1].pk))
        next_url = f"?{query.urlencode()}"
    readable = access.readable_paths(request)
    context = {
        "chosen": asked.chosen,
        "first": asked.first,
        "last": asked.last,
        "notes": asked.notes,
        "group": sign.label,
        "meaning": MEANINGS[sign],
        "kind": Kind(asked.kind).label if asked.kind else "",
        "channel": Channel(asked.channel).label if asked.channel else "",
        "table": {
            "caption": _("Cases with this sign"),
            "is_cards": True,
            "columns": [
                {"label": _("Code")},
                {"label": _("What is wrong")},
                {"label": _("Unit that did it")},
                {"label": _("When")},
                {"label": _("Status")},
            ],
            "rows": [_case_row(row, readable) for row in found[:PAGE]],
            "empty": _("No case bears this sign."),
        },
        "next_url": next_url,
        "back_url": f"{reverse('oversight:gaming')}?{urlencode(asked.address)}",
    }
    return render(request, "oversight/gaming_cases.html", context)


def _end(asked: Asked) -> date:
    """Return the last day of the last month that is asked about."""
    return date.fromordinal(figures.month_after(asked.last, 1).toordinal() - 1)


def _table(
    asked: Asked,
    parts: dict[int, tuple[Organization, Times, bool]],
    counts: dict[int, dict[Gaming, int]],
    total: Times,
) -> dict[str, Any]:
    together = {
        sign: sum(count.get(sign, 0) for count in counts.values()) for sign in Gaming
    }
    rows = []
    for key, (unit, times, is_itself) in parts.items():
        found = counts.get(key, {})
        if not found and not times.resolved:
            continue
        rows.append(
            {
                "label": unit.name,
                "url": ""
                if is_itself
                else f"?{urlencode(asked.query | {'organization': unit.code})}",
                "cells": [
                    {
                        "text": vn_number(times.resolved),
                        "few": times.resolved < FEW,
                    },
                    *(
                        _cell(asked, unit, sign, found.get(sign, 0), times, is_itself)
                        for sign in Gaming
                    ),
                    {"text": _standing_out(found, times, together, total)},
                ],
            }
        )
    return {
        "caption": _("Signs by unit"),
        "columns": [
            {"label": _("Unit")},
            {"label": _("Resolved"), "number": True},
            *({"label": sign.label, "number": True} for sign in Gaming),
            {"label": _("Stands out by")},
        ],
        "rows": rows,
    }


def _cell(
    asked: Asked,
    unit: Organization,
    sign: Gaming,
    n: int,
    times: Times,
    is_itself: bool,
) -> dict[str, Any]:
    if not n:
        return {"text": "0"}
    query = asked.query | {"organization": unit.code, "sign": sign.value}
    if is_itself:
        query["itself"] = "1"
    share = f" ({percent(n / times.resolved)})" if n <= times.resolved else ""
    return {
        "text": f"{vn_number(n)}{share}",
        "url": f"{reverse('oversight:gaming_cases')}?{urlencode(query)}",
    }


def _standing_out(
    found: dict[Gaming, int],
    times: Times,
    together: dict[Gaming, int],
    total: Times,
) -> str:
    """Name the signs of which a unit surely has a larger share than all together.

    Its lower bound lies above the upper bound of all (Wilson, 95 % each).
    """
    names = []
    for sign, n in found.items():
        if n < _LEAST or times.resolved < FEW or not total.resolved:
            continue
        own = wilson(min(n, times.resolved), times.resolved)[0]
        usual = wilson(min(together[sign], total.resolved), total.resolved)[1]
        if own > usual:
            names.append(str(sign.label))
    return ", ".join(names) or "–"


def _case_row(row: GamingSign, readable: list[str]) -> dict[str, Any]:
    case = row.complaint
    url = reverse("casework:case", args=[int(case.submission.code), case.number])
    may_open = any(case.holder_path.startswith(path) for path in readable)
    return {
        "url": url if may_open else "",
        "cells": [
            case.pretty_reference,
            case.get_kind_display(),
            row.holder.name,
            f"{timezone.localtime(row.at):%d/%m/%Y %H:%M}",
            casefile.status_words(case),
        ],
    }
