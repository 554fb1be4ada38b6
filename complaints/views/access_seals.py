"""The daily heads of the sealed logs: to look at, and to keep somewhere else."""

from datetime import timedelta
from io import StringIO
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.views.access_log import AUDITORS
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import seals
from portal.common.templatetags.ui import vn_number

_DAYS: Final = 31


@require_safe
@access.staff(*AUDITORS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the heads of the last days, and how to check the log against kept ones."""
    since = timezone.localdate() - timedelta(days=_DAYS)
    names = {"entry": _("Looks and changes"), "event": _("Steps of cases")}
    context = {
        "table": {
            "caption": _("Daily heads, newest first"),
            "columns": [
                {"label": _("Day")},
                {"label": _("Log")},
                {"label": _("Last entry"), "number": True},
                {"label": _("Head")},
            ],
            "rows": [
                {
                    "cells": [
                        f"{head.day:%d/%m/%Y}",
                        names[head.of],
                        vn_number(head.last_id),
                        _groups(head.digest.hex()),
                    ]
                }
                for head in reversed(list(seals.heads(since=since)))
            ],
            "empty": _("No day is sealed yet. It happens soon after midnight."),
        }
    }
    return render(request, "oversight/access_seals.html", context)


@require_safe
@access.staff(*AUDITORS)
def heads(request: StaffRequest) -> HttpResponse:
    """Give all heads as CSV; they say nothing of anybody."""
    into = StringIO()
    seals.write(seals.heads(), into)
    response = HttpResponse(into.getvalue(), content_type="text/csv; charset=utf-8")
    day = timezone.localdate()
    response["Content-Disposition"] = f'attachment; filename="heads-{day}.csv"'
    return response


def _groups(digest: str) -> str:
    """Return a digest in groups of eight, which two people can compare aloud."""
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))
