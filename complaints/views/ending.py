"""Ending a rule that is in force, or withdrawing one before its first day."""

from datetime import date, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions.rolling_back import Rule, can_end, end_rule
from complaints.models import Ladder, OfficeHours, Policy
from complaints.rules.refused import Refused
from complaints.views import rule_tables
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other

# The word in the address of each kind of rule.
RULES: Final[dict[str, type[Rule]]] = {
    "chinh-sach": Policy,
    "nac-nhac": Ladder,
    "gio-lam-viec": OfficeHours,
}


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def end(request: StaffRequest, subject: str, row: int) -> HttpResponse:
    """Show what ends and when; end it. One person is enough to go back."""
    model = RULES.get(subject)
    if model is None or not access.runs_country(request):
        raise Http404
    at = timezone.now()
    shown = model.objects.filter(pk=row).first()
    if shown is None:
        raise Http404
    trouble = ""
    if request.method == "POST":
        try:
            done = end_rule(model, row, by=request.user, at=at)
        except Refused as refusal:
            trouble = str(refusal)
        else:
            messages.success(request, _done(done))
            return see_other("oversight:rules")
    today = timezone.localdate(at)
    context = {
        "facts": rule_tables.rule_facts(shown),
        "is_coming": shown.valid_from > today,
        "day": rule_tables.day_words(_last_day(shown.valid_from, today)),
        "can_end": can_end(shown, model.objects.all(), today=today) and not trouble,
        "is_ladder": model is Ladder,
        "trouble": trouble,
    }
    status = 422 if trouble else 200
    return render(request, "oversight/rule_end.html", context, status=status)


def _last_day(valid_from: date, today: date) -> date:
    return max(today + timedelta(days=1), valid_from)


def _done(row: Any) -> str:
    if row.valid_to == row.valid_from:
        return _("Withdrawn. It will not come into force.")
    return _("It ends on %(day)s. What begins before keeps it.") % {
        "day": rule_tables.day_words(row.valid_to)
    }
