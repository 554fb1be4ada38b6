"""What rules put before staff and what is left of it, day by day and unit by unit."""

from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.views.quality import organization_of
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.models import Organization

DAYS: Final = 30
MOST_BELOW: Final = 200
# Found up to each day, less what was decided or fell away by then. No day's figure is
# another one later, save where a decision is taken back or a batch was withdrawn.
_BY_DAY: Final = """
SELECT day::date, count(p.id) FILTER (WHERE p.found_at < next AND (
    p.state IN ('open', 'signing')
    OR p.decided_at >= next))
FROM (
  SELECT day, ((day + interval '1 day')::timestamp
               AT TIME ZONE 'Asia/Ho_Chi_Minh') AS next
  FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day
) span
LEFT JOIN complaints_prepared p
  ON p.path LIKE %(below)s
GROUP BY day ORDER BY day
"""
_BELOW: Final = """
SELECT o.code, o.name, count(*) FILTER (WHERE p.state IN ('open', 'signing')),
       count(*) FILTER (WHERE p.state = 'made'),
       count(*) FILTER (WHERE p.state = 'refused')
FROM registry_organization o
JOIN complaints_prepared p ON p.path LIKE o.path || '%%' AND p.state <> 'gone'
WHERE o.parent_id = %(organization)s OR o.id = %(organization)s
  AND p.organization_id = o.id
GROUP BY o.id ORDER BY 3 DESC, o.sort_key, o.id LIMIT %(most)s
"""


@require_safe
@access.staff(*access.OVERSEERS)
def burndown(request: StaffRequest) -> HttpResponse:
    """Show what is left to decide at and below an organization."""
    chosen = organization_of(request)
    today = timezone.localdate()
    days = _by_day(chosen, last=today)
    context = {
        "chosen": chosen,
        "chart": {
            "title": _("Left to decide, by day"),
            "note": _("The last 30 days, this unit and those below."),
            "unit": "",
            "places": 0,
            "labels": [f"{day:%d/%m}" for day, _n in days],
            "series": [
                {
                    "label": _("Left to decide"),
                    "tone": "a",
                    "values": [n for _day, n in days],
                }
            ],
        },
        "table": _table(chosen),
    }
    return render(request, "oversight/burndown.html", context)


def _by_day(chosen: Organization, *, last: date) -> list[tuple[date, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_DAY,
            {
                "below": f"{chosen.path}%",
                "first": last - timedelta(days=DAYS - 1),
                "last": last,
            },
        )
        return cursor.fetchall()


def _table(chosen: Organization) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, {"organization": chosen.pk, "most": MOST_BELOW})
        rows = cursor.fetchall()
    return {
        "caption": _("By unit, most left first"),
        "columns": [
            {"label": _("Unit")},
            {"label": _("Left to decide"), "number": True},
            {"label": _("Recorded by staff"), "number": True},
            {"label": _("Refused by staff"), "number": True},
            {"label": _("Done, share"), "number": True},
        ],
        "rows": [
            {
                "url": (
                    ""
                    if code == chosen.code
                    else f"?{urlencode({'organization': code})}"
                ),
                "cells": [
                    name,
                    vn_number(left),
                    vn_number(made),
                    vn_number(refused),
                    percent((made + refused) / (left + made + refused)),
                ],
            }
            for code, name, left, made, refused in rows
        ],
        "empty": _("Rules have put nothing before this unit yet."),
    }
