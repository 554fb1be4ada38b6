"""What the national platform has not taken over yet."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.actions import upstream
from complaints.models import Complaint
from complaints.views.cards import moment
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.templatetags.ui import vn_number
from portal.registry.models import Correction

Reason = Correction.Reason
MOST: Final = 100


@require_safe
@access.staff(*access.OVERSEERS)
def platform(request: StaffRequest) -> HttpResponse:
    """Show how far the platform follows, and what it lacks for too long.

    Cases in the reader's reach; what no report asked for nationwide, in counts.
    """
    at = timezone.now()
    standing = upstream.standing(request.user, at=at)
    rows = upstream.late(request.user, at=at, most=MOST) if standing.late else []
    alone = upstream.late_alone(at=at)
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
        "alone": _alone(alone),
        "is_part": sum(one.late for one in alone) >= upstream.MOST_READ,
        "more": standing.late > len(rows),
        "most": MOST,
    }
    return render(request, "oversight/platform.html", context)


# Corrections that belong to no report, by their reason; campaigns by batch.
_REASONS: Final = {
    Reason.RULE: gettext_lazy("Rules, by themselves"),
    Reason.REVIEW: gettext_lazy("Staff, without a report"),
    Reason.IMPORT: gettext_lazy("Lists and loads"),
    Reason.UNDO: gettext_lazy("Changes that were taken back"),
    Reason.CONTACT: gettext_lazy("Changes of telephone"),
    Reason.REQUEST: gettext_lazy("Requests about one's own data"),
}


def _alone(rows: list[upstream.Alone]) -> dict[str, Any]:
    return {
        "caption": _("Without a report, not confirmed for more than a day"),
        "is_cards": True,
        "columns": [
            {"label": _("Changed by")},
            {"label": _("Corrections")},
            {"label": _("The longest since")},
        ],
        "rows": [
            {
                "url": reverse("oversight:campaign") if row.batch else "",
                "cells": [_origin(row), vn_number(row.late), moment(row.since)],
            }
            for row in rows
        ],
        "empty": _("Nothing waits for more than a day."),
    }


def _origin(row: upstream.Alone) -> str:
    if row.batch is None:
        return str(_REASONS[Reason(row.reason)])
    return _("Campaign begun %(begun)s, batch %(n)s") % {
        "begun": moment(row.batch.campaign.started_at),
        "n": row.batch.pk,
    }


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
