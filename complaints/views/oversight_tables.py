"""The figures of the overseers' page: headline, chart and tables, in words."""

from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from complaints import figures, open_figures
from complaints.choices import Gaming
from complaints.replies import Reply
from complaints.rollups import Times
from complaints.views.figures_limit import Limit
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.models import Organization

MOST_ROWS: Final = 200


def _cases_url(chosen: Organization, query: dict[str, str], **more: str) -> str:
    """Return the address of the cases behind a figure."""
    return f"{reverse('oversight:cases')}?" + urlencode(
        {"organization": chosen.code} | query | more
    )


def hours(seconds: int | None) -> str:
    """Return a time as hours up to two days, as days beyond."""
    if seconds is None:
        return "–"
    if seconds < 48 * 3600:
        return _("%(n)s hours") % {"n": vn_number(seconds / 3600, 1)}
    return _("%(n)s days") % {"n": vn_number(seconds / 86400, 1)}


def from_time(seconds: int | None) -> str:
    """Return what makes a list of cases begin with those that took so long.

    One percent before: so far percentiles of several organizations may be off.
    """
    if seconds is None:
        return ""
    return f"&order=time&after={seconds - -(-seconds // 100)}-0"


def _answered_late(times: Times) -> int:
    return times.answer_due - times.answered_in_time


def first_answer(times: Times) -> str:
    """Return within what half had a first answer, or that half have none yet."""
    if times.first_answer_median is None and times.unanswered:
        return _("not yet")
    return hours(times.first_answer_median)


def headline(
    total: Times, gone: dict[Gaming, int], chosen: Organization, query: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the figures at the head of the page, each with the cases behind it."""

    def url(group: str, seconds: int | None = None) -> str:
        return _cases_url(chosen, query, group=group) + from_time(seconds)

    signs_url = f"{reverse('oversight:gaming')}?" + urlencode(
        {"organization": chosen.code} | query
    )
    return [
        {"label": _("Received"), "value": vn_number(total.received), "url": url("")},
        {
            "label": _("Half done within"),
            "value": hours(total.median),
            "url": url("resolved", total.median),
            "note": _("of %(n)s resolved") % {"n": vn_number(total.resolved)},
        },
        {
            "label": _("90 % done within"),
            "value": hours(total.p90),
            "url": url("resolved", total.p90),
            "note": _("75 %% within %(time)s") % {"time": hours(total.p75)},
        },
        {
            "label": _("On time"),
            "value": percent(total.on_time_share),
            "url": url("late") if total.late else "",
            "note": _("late: %(n)s") % {"n": vn_number(total.late)},
        },
        {
            "label": _("First answer"),
            "value": first_answer(total),
            "url": url("first_answer", total.first_answer_median)
            if total.answered
            else "",
            "note": _("answered by staff: %(n)s") % {"n": vn_number(total.answered)},
        },
        {
            "label": _("First answer on time"),
            "value": percent(total.answered_in_time_share),
            "url": url("answer_late") if _answered_late(total) else "",
            "note": _("late: %(n)s") % {"n": vn_number(_answered_late(total))},
        },
        {
            "label": _("Waiting for a first answer"),
            "value": vn_number(total.unanswered),
            "url": url("unanswered"),
        },
        {
            "label": _("Open"),
            "value": vn_number(total.open),
            "url": url("open"),
        },
        {
            "label": _("Open and overdue"),
            "value": vn_number(total.open_overdue),
            "url": url("open_overdue"),
        },
        {
            "label": _("Lapsed"),
            "value": vn_number(total.lapsed),
            "url": url("lapsed"),
        },
        {
            "label": _("Never looked at by staff"),
            "value": vn_number(total.untouched),
            "url": url("untouched"),
        },
        {
            "label": _("Reopened"),
            "value": vn_number(total.reopened),
            "url": url("reopened"),
        },
        {
            "label": _("Handed away"),
            "value": vn_number(gone[Gaming.PASSED_ON]),
            "note": _("decisions disputed: %(disputed)s, reversed: %(reversed)s")
            % {
                "disputed": vn_number(gone[Gaming.DISPUTED]),
                "reversed": vn_number(gone[Gaming.REVERSED]),
            },
            "url": signs_url,
        },
        _words_of_citizens(total, url("good")),
    ]


def _words_of_citizens(total: Times, url: str) -> dict[str, Any]:
    """Return the share who said that it was handled well, and of how many."""
    note = _("of %(n)s who said a word")
    if total.is_rated_by_few:
        note = _("of only %(n)s who said a word: this says little")
    if not total.rated:
        note = _("no citizen has said a word yet")
    return {
        "label": _("Handled well, say citizens"),
        "value": percent(total.good / total.rated if total.rated else None),
        "note": note % {"n": vn_number(total.rated)},
        "url": url if total.good else "",
    }


def chart(months: list[date], seen: figures.Overview, limit: Limit) -> dict[str, Any]:
    """Return the trend of the months, for ``line_chart``."""
    note = _("By month. The line of dashes is the limit of %(limit)s.")
    if limit.days is None:
        note = _("By month. The limit is %(limit)s, so no line can show it.")

    def days(seconds: int | None) -> float | None:
        return None if seconds is None else seconds / 86400

    of_month = [seen.months.get(month, Times()) for month in months]
    return {
        "title": _("Days from sending to the answer"),
        "note": note % {"limit": limit.words},
        "unit": _("days"),
        "labels": [f"{month:%m/%Y}" for month in months],
        "series": [
            {
                "label": _("90 % done within"),
                "tone": "b",
                "values": [days(t.p90) for t in of_month],
            },
            {
                "label": _("Half done within"),
                "tone": "a",
                "values": [days(t.median) for t in of_month],
            },
        ],
        "target": limit.days,
    }


def _columns(first: str) -> list[dict[str, Any]]:
    labels = (
        _("Received"),
        _("Resolved"),
        _("Half within"),
        _("75 % within"),
        _("90 % within"),
        _("On time"),
        _("First answer"),
        _("First answer on time"),
        _("Open"),
        _("Overdue"),
        _("Lapsed"),
        _("Never looked at"),
        _("Opened again"),
    )
    return [{"label": first}, *({"label": label, "number": True} for label in labels)]


def _cells(times: Times) -> list[dict[str, Any]]:
    """Return the numbers of a row; ``group`` names the cases behind each."""
    return [
        {"text": vn_number(times.received), "group": ""},
        {"text": vn_number(times.resolved), "group": "resolved"},
        *(
            {
                "text": hours(seconds),
                "few": times.is_few,
                "group": "resolved",
                "from": from_time(seconds),
            }
            for seconds in (times.median, times.p75, times.p90)
        ),
        {"text": percent(times.on_time_share), "few": times.is_few, "group": "late"},
        {
            "text": first_answer(times),
            "few": times.is_answered_by_few,
            "group": "unanswered"
            if times.first_answer_median is None
            else "first_answer",
            "from": from_time(times.first_answer_median),
        },
        {
            "text": percent(times.answered_in_time_share),
            "few": times.is_answered_by_few,
            "group": "answer_late",
            "of": _answered_late(times),
        },
        {"text": vn_number(times.open), "group": "open"},
        {"text": vn_number(times.open_overdue), "group": "open_overdue"},
        {"text": vn_number(times.lapsed), "group": "lapsed"},
        {"text": vn_number(times.untouched), "group": "untouched"},
        {"text": vn_number(times.reopened), "group": "reopened"},
    ]


def _linked(
    times: Times, chosen: Organization, query: dict[str, str], **more: str
) -> list[dict[str, Any]]:
    """Return the numbers of a row with the addresses of the cases behind them."""
    cells = _cells(times)
    # One address a row: making a whole one for each number took most of the page.
    address = _cases_url(chosen, query, **more)
    for cell in cells:
        if "group" in cell:
            begins = cell.get("from", "")
            cell["url"] = f"{address}&group={cell['group']}{begins}"
    return cells


def by_organization(
    chosen: Organization,
    children: dict[int, Organization],
    seen: figures.Overview,
    query: dict[str, str],
) -> dict[str, Any]:
    """Return the organizations directly below, slowest first, and the chosen itself."""
    rows: list[tuple[str, str, Organization, Times, dict[str, str]]] = []
    for key, figure in seen.below.items():
        child = children[key]
        below = urlencode({"organization": child.code} | query)
        rows.append((child.name, f"?{below}", child, figure, {}))
    if seen.itself:
        name = _("%(name)s itself") % {"name": chosen.name}
        rows.append((name, "", chosen, seen.itself, {"itself": "1"}))
    rows.sort(key=lambda row: row[0])
    rows.sort(key=lambda row: (row[3].slowness, row[3].open), reverse=True)
    return {
        "caption": _("By organization, slowest first"),
        "columns": _columns(_("Organization")),
        "rows": [
            {"label": name, "url": url, "cells": _linked(figure, of, query, **more)}
            for name, url, of, figure, more in rows[:MOST_ROWS]
        ],
        "silent": len(children) - len(seen.below),
    }


def tiles(
    children: dict[int, Organization],
    seen: figures.Overview,
    query: dict[str, str],
    limit: Limit,
) -> list[dict[str, Any]]:
    """Return the departments of provinces as tiles, in the order of their names.

    Each bears its median, a tone by the limit and a word for it. Empty where the
    organization has no provinces below it.
    """
    return [
        {
            "name": open_figures.province_of(child),
            "url": f"?{urlencode({'organization': child.code} | query)}",
            "value": hours(times.median),
            "tone": tone,
            "word": word,
            "few": times.is_few,
        }
        for key, child in children.items()
        if child.kind == Organization.Kind.HEALTH_DEPARTMENT
        for times in [seen.below.get(key, Times())]
        for tone, word in [limit.tone(times)]
    ]


def by_month(
    chosen: Organization,
    months: list[date],
    seen: figures.Overview,
    query: dict[str, str],
) -> dict[str, Any]:
    """Return the figures by month, the newest first."""
    return {
        "caption": _("By month"),
        "columns": _columns(_("Month")),
        "rows": [
            {
                "label": f"{month:%m/%Y}",
                "url": "",
                "cells": _linked(
                    seen.months.get(month, Times()),
                    chosen,
                    query,
                    month=f"{month:%Y-%m}",
                ),
            }
            for month in reversed(months)
        ],
    }


def reply(total: Times, said: Reply | None) -> dict[str, Any] | None:
    """Return what units say of these figures, and what they are without it."""
    if said is None:
        return None
    without = said.without
    table = None
    if without is not None:
        rows = [
            [_("Received"), vn_number(total.received), vn_number(without.received)],
            [_("Resolved"), vn_number(total.resolved), vn_number(without.resolved)],
            [
                _("On time"),
                percent(total.on_time_share),
                percent(without.on_time_share),
            ],
            [_("Open"), vn_number(total.open), vn_number(without.open)],
        ]
        if without.median is not None:
            rows.append(
                [_("Half done within"), hours(total.median), hours(without.median)]
            )
        table = {
            "caption": _("As counted, and without the accepted ones"),
            "columns": [
                {"label": _("Figure")},
                {"label": _("As counted"), "number": True},
                {"label": _("Without them"), "number": True},
            ],
            "rows": [{"cells": cells} for cells in rows],
        }
    return {
        "waiting": vn_number(said.waiting),
        "accepted": vn_number(said.accepted),
        "moved": vn_number(said.moved) if said.moved else "",
        "table": table,
    }
