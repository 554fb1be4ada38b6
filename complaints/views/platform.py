"""What the national platform has not taken over yet."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.actions import upstream
from complaints.models import Complaint
from complaints.views.cards import moment
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.templatetags.ui import vn_number

MOST: Final = 100


@require_safe
@access.staff(*access.OVERSEERS)
def platform(request: StaffRequest) -> HttpResponse:
    """Show how far the platform follows, and the cases that it lacks for too long."""
    at = timezone.now()
    standing = upstream.standing(request.user, at=at)
    rows = upstream.late(request.user, at=at, most=MOST) if standing.late else []
    context = {
        "is_set_up": bool(settings.FEED_TOKEN),
        "figures": [
            {
                "label": _("Corrected, not confirmed"),
                "value": vn_number(standing.waiting),
            },
            {"label": _("For more than a day"), "value": vn_number(standing.late)},
            {
                "label": _("The longest since"),
                "value": moment(standing.since) if standing.since else "–",
            },
        ],
        "table": _table(rows),
        "more": standing.late > len(rows),
        "most": MOST,
    }
    return render(request, "oversight/platform.html", context)


def _table(rows: list[Complaint]) -> dict[str, Any]:
    return {
        "caption": _("Not confirmed for more than a day, the longest first"),
        "columns": [
            {"label": _("Complaint code")},
            {"label": _("What")},
            {"label": _("Corrected by")},
            {"label": _("Corrected at")},
        ],
        "rows": [
            {
                "url": reverse("casework:case", args=[row.submission.code, row.number]),
                "cells": [
                    row.pretty_reference,
                    row.get_kind_display(),
                    row.holder.name,
                    moment(row.ended_at) if row.ended_at else "–",
                ],
            }
            for row in rows
        ],
        "empty": _("Nothing waits for more than a day."),
    }
