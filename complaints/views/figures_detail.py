"""More of an organization's figures: both cohorts, what lasts, where the days went."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from complaints import insight
from complaints.choices import Channel, Kind, Outcome
from complaints.insight import AGES, Backlog, Insight
from complaints.models import Figure
from complaints.rollups import FEW, Times, survival
from complaints.rollups.definitions import DEFINITIONS
from complaints.views import figures_asked, figures_peers
from complaints.views.figures_asked import Asked
from complaints.views.gaming import MEANINGS
from complaints.views.oversight_tables import first_answer, from_time, hours
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import pdf
from portal.common.templatetags.ui import percent, vn_number

TEMPLATE: Final = "oversight/figures_detail.html"
DAY: Final = 86_400
# Parts of the whole number, told as a count with its share.
PARTS: Final = (
    "corrected",
    "partly_corrected",
    "kept",
    "already_correct",
    "lapsed",
    "withdrawn",
    "reopened",
    "handed",
    "asked",
    "disagreed",
    "reversed",
    "self_corrected",
    "kept_unseen",
    "refiled",
)
# Parts of those resolved; the others are parts of all.
OUTCOMES: Final = frozenset(Outcome.values)
# Of these parts it is told how often in all as well.
OFTEN: Final = {"handed": "hand_overs", "asked": "questions"}
# What stands behind a figure, and from what time on: of the part that is told.
BEHIND: Final[dict[str, tuple[str, str]]] = {
    "received": ("", ""),
    "resolved": ("resolved", ""),
    "median": ("resolved", "median"),
    "p75": ("resolved", "p75"),
    "p90": ("resolved", "p90"),
    "on_time": ("late", ""),
    "first_answer": ("first_answer", "first_answer_median"),
    "answered_in_time": ("answer_late", ""),
}
# Parts of those whose citizen said a word.
WORDS: Final = ("good", "poor")


@require_safe
@access.staff(*access.OVERSEERS)
@figures_asked.in_time
def detail(request: StaffRequest) -> HttpResponse:
    """Show what the first page of figures has no room for, each with its meaning."""
    asked = figures_asked.read(request, at=timezone.now())
    return render(request, TEMPLATE, context_of(asked))


def context_of(asked: Asked) -> dict[str, Any]:
    """Return what the page shows; it is the same on screen, in print and as PDF."""
    children = figures_asked.children(asked.chosen)
    cohorts = {
        cohort: asked.overview(children, cohort=cohort)
        for cohort in Figure.Cohort.values
    }
    opened, closed = (cohorts[c].total for c in Figure.Cohort.values)
    more = insight.look(
        asked.chosen,
        first=asked.first,
        last=asked.last,
        at=asked.at,
        is_whole=cohorts["opened"].is_whole,
        has_parts=bool(children),
        kind=asked.kind,
        channel=asked.channel,
    )
    address = urlencode(asked.address)
    return {
        "chosen": asked.chosen,
        "asked": asked,
        "form_values": asked.query,
        "notes": asked.notes,
        "kinds": Kind.choices,
        "kind": Kind(asked.kind).label if asked.kind else "",
        "channel": Channel(asked.channel).label if asked.channel else "",
        "counted_at": cohorts["opened"].at,
        "cohorts": _cohorts(opened, closed, address),
        "gone": _gone(asked),
        "survival": _survival(more),
        "states": _states(closed),
        "held_by": _held_by(more, closed),
        "backlog": _backlog(more.backlog),
        "forecast": _forecast(more.backlog),
        "peers": figures_peers.told(more.peers),
        "meanings": DEFINITIONS,
        "is_few_of_either": min(opened.resolved, closed.resolved) < FEW,
        "few": FEW,
        "back_url": f"{reverse('oversight:times')}?{address}",
        "pdf_url": f"{reverse('oversight:print')}?{address}"
        if pdf.is_available()
        else "",
    }


def _cohorts(opened: Times, closed: Times, address: str) -> list[dict[str, Any]]:
    """Return a row a figure: of what was sent, of what ended, and its meaning."""
    tellers: dict[str, Callable[[Times], str]] = {
        "received": lambda t: vn_number(t.received),
        "resolved": lambda t: vn_number(t.resolved),
        "median": lambda t: hours(t.median),
        "p75": lambda t: hours(t.p75),
        "p90": lambda t: hours(t.p90),
        "on_time": lambda t: percent(t.on_time_share),
        "first_answer": first_answer,
        "answered_in_time": lambda t: percent(t.answered_in_time_share),
    }
    rows = [
        {
            "name": name,
            "cells": [
                {
                    "text": tell(times),
                    "few": _is_few(name, times),
                    "url": _behind(name, cohort, times, address),
                }
                for cohort, times in zip(
                    Figure.Cohort.values, (opened, closed), strict=True
                )
            ],
        }
        for name, tell in tellers.items()
    ]
    for name in PARTS:
        cells = []
        for cohort, times in zip(Figure.Cohort.values, (opened, closed), strict=True):
            count = getattr(times, name)
            whole = times.resolved if name in OUTCOMES else times.received
            share = count / whole if whole else None
            cells.append(
                {
                    "text": f"{vn_number(count)} ({percent(share)})"
                    + _how_often(name, times),
                    "url": f"{reverse('oversight:cases')}?{address}"
                    f"&{urlencode({'group': name, 'cohort': cohort})}"
                    if count
                    else "",
                }
            )
        rows.append({"name": name, "cells": cells})
    rows += [
        {
            "name": name,
            "cells": [
                _word(name, cohort, times, address)
                for cohort, times in zip(
                    Figure.Cohort.values, (opened, closed), strict=True
                )
            ],
        }
        for name in WORDS
    ]
    return [
        row
        | {
            "label": DEFINITIONS[str(row["name"])].label,
            "meaning": DEFINITIONS[str(row["name"])].meaning,
        }
        for row in rows
    ]


def _behind(name: str, cohort: str, times: Times, address: str) -> str:
    """Return where the cases behind a figure are listed."""
    if not times.received:
        return ""
    group, time = BEHIND[name]
    return (
        f"{reverse('oversight:cases')}?{address}"
        f"&{urlencode({'group': group, 'cohort': cohort})}"
        f"{from_time(getattr(times, time) if time else None)}"
    )


def _how_often(name: str, times: Times) -> str:
    if name not in OFTEN:
        return ""
    return f" – {vn_number(getattr(times, OFTEN[name]))}"


def _is_few(name: str, times: Times) -> bool:
    if name in ("first_answer", "answered_in_time"):
        return times.is_answered_by_few
    return times.is_few and name not in ("received", "resolved")


def _word(name: str, cohort: str, times: Times, address: str) -> dict[str, Any]:
    """Return the share of citizens who said a word, of all who said any."""
    count = getattr(times, name)
    if not times.rated:
        return {"text": "–"}
    return {
        "text": _("%(share)s of %(n)s")
        % {"share": percent(count / times.rated), "n": vn_number(times.rated)},
        "few": times.is_rated_by_few,
        "url": f"{reverse('oversight:cases')}?{address}"
        f"&{urlencode({'group': name, 'cohort': cohort})}"
        if count
        else "",
    }


def _gone(asked: Asked) -> dict[str, Any]:
    """Return what was handed away, and what became of decisions made here."""
    address = reverse("oversight:gaming_cases")
    return {
        "caption": _("What units here did, wherever it counts now"),
        "columns": [
            {"label": _("What the unit did")},
            {"label": _("Cases"), "number": True},
            {"label": _("What is counted")},
        ],
        "rows": [
            {
                "url": f"{address}?{urlencode(asked.address | {'sign': sign.value})}"
                if n
                else "",
                "cells": [sign.label, vn_number(n), MEANINGS[sign]],
            }
            for sign, n in asked.gone().items()
        ],
    }


def _survival(more: Insight) -> dict[str, Any]:
    """Return the shares still open for ``line_chart``, which tells them as a table."""
    shares = [more.still_open[day] for day in survival.AFTER]
    return {
        "title": _("Share still open, by days since sending"),
        "note": _("Of those sent in these months, open ones included."),
        "unit": "%",
        "labels": [str(day) for day in survival.AFTER],
        "series": [
            {
                "label": _("Still open"),
                "tone": "a",
                "values": [None if s is None else s * 100 for s in shares],
            }
        ],
    }


def _states(closed: Times) -> dict[str, Any]:
    """Return the days that ended complaints stood in each state, for ``bar_chart``."""
    return {
        "title": _("Days in each state"),
        "note": _("All complaints together that ended in these months."),
        "bars": [
            {"label": label, "value": round(seconds / DAY), "tone": number}
            for number, (label, seconds) in enumerate(ledger(closed), 1)
        ],
    }


def ledger(times: Times) -> list[tuple[str, int]]:
    """Return how many seconds ended complaints stood in each state, by its name."""
    return [
        (_("In line, with nobody on it"), times.waited),
        (_("Being checked"), times.checked),
        (_("Waiting for the citizen"), times.paused),
        (_("Waiting for another body"), times.elsewhere),
        (_("Waiting for a second person"), times.seconded),
    ]


def _held_by(more: Insight, closed: Times) -> dict[str, Any]:
    total = sum(seconds for _state, seconds in ledger(closed))
    return {
        "caption": _("With whom before"),
        "columns": [
            {"label": _("Earlier holder")},
            {"label": _("Days"), "number": True},
            {"label": _("Share of all days"), "number": True},
        ],
        "rows": [
            {
                "cells": [
                    name,
                    vn_number(seconds / DAY, 1),
                    percent(seconds / total if total else None),
                ]
            }
            for name, seconds in more.held_by
        ],
        "empty": _("Nothing that ended in these months was handed on."),
    }


def _backlog(backlog: Backlog) -> dict[str, Any]:
    labels = [
        _("From %(days)s days") % {"days": begin}
        if end is None
        else _("%(begin)s to %(end)s days") % {"begin": begin, "end": end - 1}
        for begin, end in zip(AGES, [*AGES[1:], None], strict=True)
    ]
    return {
        "caption": _("Open now, by days since sending"),
        "columns": [{"label": _("Age")}, {"label": _("Open"), "number": True}],
        "rows": [
            {"cells": [label, vn_number(count)]}
            for label, count in zip(labels, backlog.ages, strict=True)
        ],
    }


def _forecast(backlog: Backlog) -> list[str]:
    """Return what is open, how fast that changes and when it is gone, in sentences."""
    told = [
        _("%(n)s open now, of these %(untouched)s never looked at by staff.")
        % {"n": vn_number(backlog.open), "untouched": vn_number(backlog.untouched)},
        _("In the last %(days)s days %(arrived)s were sent and %(ended)s ended.")
        % {
            "days": survival.WINDOW,
            "arrived": vn_number(backlog.arrived),
            "ended": vn_number(backlog.ended),
        },
    ]
    if backlog.oldest is not None:
        told.insert(
            1,
            ngettext(
                "The oldest was sent %(days)s day ago.",
                "The oldest was sent %(days)s days ago.",
                backlog.oldest,
            )
            % {"days": vn_number(backlog.oldest)},
        )
    forecast = backlog.forecast
    if forecast is None:
        return told
    if forecast.days is None:
        told.append(_("At this pace the backlog does not go: no less comes than ends."))
        return told
    facts = {
        "days": vn_number(forecast.days),
        "soonest": vn_number(forecast.soonest or 0),
        "latest": vn_number(forecast.latest) if forecast.latest is not None else "",
    }
    told.append(
        _("At this pace it is gone in %(days)s days, likely %(soonest)s to %(latest)s.")
        % facts
        if forecast.latest is not None
        else _(
            "At this pace it is gone in %(days)s days, %(soonest)s at the soonest,"
            " perhaps never."
        )
        % facts
    )
    return told
