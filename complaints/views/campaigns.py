"""Campaigns of self-correction: begun, followed, stopped, taken back by batch."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions import campaigns
from complaints.forms import selfcorrection as forms
from complaints.models import Campaign, CampaignBatch
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.table import RULES
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import vn_number

_SHOWN: Final = 20


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def campaign(request: StaffRequest) -> HttpResponse:
    """Show the last campaign as it goes on, and batches of all; begin, stop, undo."""
    form = forms.Campaign(request.POST or None)
    status = 200
    if request.method == "POST":
        if not access.runs_country(request):
            raise Http404
        status = 422
        if form.is_valid():
            try:
                done = _do(form.cleaned_data, request)
            except (Campaign.DoesNotExist, CampaignBatch.DoesNotExist):
                raise Http404 from None
            except Refused as refusal:
                messages.error(request, str(refusal))
                status = 409
            else:
                messages.success(request, done)
                return see_other("oversight:campaign")
    latest = campaigns.latest()
    after = request.GET.get("after", "")
    rows, next_url = _page(after)
    context = {
        "form": form,
        "may_run": access.runs_country(request),
        "campaign": _shown(latest) if latest else None,
        "batches": _batches(rows),
        "next_url": next_url,
        "poll_url": f"?after={after}" if after else "",
        "may_start": latest is None or latest.state != Campaign.State.RUNNING,
    }
    return page_or_fragment(
        request,
        "oversight/campaign.html",
        "oversight/_campaign.html",
        context,
        status=status,
    )


def _do(facts: dict[str, Any], request: StaffRequest) -> str:
    by, at = request.user, timezone.now()
    if facts["move"] == "start":
        campaigns.start(
            rules=facts["rules"],
            cap=facts["cap"],
            invites=facts["invites"],
            by=by,
            at=at,
        )
        return _("The campaign has begun.")
    if facts["move"] == "stop":
        campaigns.stop(facts["meant"], by=by, at=at)
        return _("Stopped. What was put right stays; batches can be taken back.")
    if facts["move"] == "resume":
        campaigns.resume(facts["meant"], by=by, at=at)
        return _("It goes on.")
    found = campaigns.undo_batch(facts["meant"], by=by, at=at)
    said = _("Taken back: %(n)s changes. The people are told.") % {
        "n": vn_number(found.firings)
    }
    if not found.left:
        return said
    stays = _("%(n)s stay, changed again since or on your own record: look at them.")
    return f"{said} {stays % {'n': vn_number(found.left)}}"


def _shown(one: Campaign) -> dict[str, Any]:
    return {
        "id": one.pk,
        "state": one.get_state_display(),
        "is_running": one.state == Campaign.State.RUNNING,
        "stands_still": campaigns.stands_still(one, at=timezone.now()),
        "failed": vn_number(one.failed) if one.failed else "",
        "disputed": vn_number(one.disputed) if one.disputed else "",
        "rules": ", ".join(f"{code} {RULES[code].name}" for code in one.rules),
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "by": one.started_by.full_name or one.started_by.username,
        "looked_at": one.looked_at,
        "total": one.total,
        "looked_at_text": vn_number(one.looked_at),
        "total_text": vn_number(one.total),
        "changed": vn_number(one.changed),
        "cap": vn_number(one.cap),
        "prepared": vn_number(one.prepared_count) if one.prepared_count else "",
        "invited": vn_number(campaigns.invited(one)) if one.invites else "",
    }


def _page(after: str) -> tuple[list[Any], str]:
    """Return batches of all campaigns, the newest first, and where the next begin."""
    rows = CampaignBatch.objects.filter(Q(changed__gt=0) | Q(prepared_count__gt=0))
    if after.isascii() and after.isdigit() and len(after) < 18:
        rows = rows.filter(pk__lt=int(after))
    left = Count(
        "self_corrections__whole",
        Q(undone_at__isnull=False, self_corrections__undone_at=None),
        distinct=True,
    )
    found = list(
        rows.annotate(left=left)
        .select_related("campaign")
        .order_by("-pk")[: _SHOWN + 1]
    )
    more = len(found) > _SHOWN
    return found[:_SHOWN], f"?after={found[_SHOWN - 1].pk}" if more else ""


def _batches(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "done_at": row.done_at,
            "size": vn_number(row.size),
            "changed": vn_number(row.changed),
            "prepared": vn_number(row.prepared_count) if row.prepared_count else "",
            "undone_at": row.undone_at,
            "begun": row.campaign.started_at,
            "left": vn_number(row.left) if row.left else "",
            "url": f"{reverse('oversight:selfcorrection_changes')}?batch={row.pk}",
        }
        for row in rows
    ]
