"""Incidents: what many reports have in common, the missing list, a decision."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import casefile
from complaints.actions import incident_rows, incidents, unsettling
from complaints.choices import OPEN, Kind
from complaints.forms.incidents import Back, Upload
from complaints.models import Complaint, Incident, IncidentMember
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from complaints.views.lists import STATES as LIST_STATES
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.audit import record
from portal.common import names
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags import ui
from portal.common.templatetags.ui import vn_number
from portal.registry.imports.exceptions import CannotRead
from portal.registry.models import Dose, LotAllocation, SessionList

State, Member = Incident.State, IncidentMember.State
PAGE: Final = 50
SIMILAR: Final = 8
# Nothing moved for so long: the worker died, or the outbox has given up.
STALLED_SECONDS: Final = 120

# Part of the address -> what is done.
STEPS: Final[dict[str, Callable[..., Any]]] = {
    "de-xuat": incidents.propose,
    "ky": incidents.sign,
    "tra-lai": incidents.send_back,
    "khop-lai": incidents.match_again,
    "tiep": incidents.go_on,
    "ky-rut": unsettling.sign,
    "giu": unsettling.keep,
}
# Asked with the reason why.
ASK_BACK: Final = "rut"
STATES: Final[dict[str, Promise]] = {
    State.OPEN: gettext_lazy("To be settled"),
    State.PROPOSED: gettext_lazy("Proposed, waits for a second person"),
    State.SETTLING: gettext_lazy("Being settled"),
    State.SETTLED: gettext_lazy("Settled"),
    State.UNDOING: gettext_lazy("Being taken back as a whole"),
    State.UNDONE: gettext_lazy("Taken back as a whole"),
    State.DISSOLVED: gettext_lazy("Over: no report is open any more"),
}
VIEWS: Final = {
    "open": Q(state__in=(State.OPEN, State.PROPOSED, State.SETTLING)),
    "settled": Q(state__in=(State.SETTLED, State.UNDOING, State.UNDONE)),
    "dissolved": Q(state=State.DISSOLVED),
}


@require_safe
@access.staff(*CASEWORKERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the incidents of one's organizations, newest first."""
    view = request.GET.get("view", "open")
    view = view if view in VIEWS else "open"
    rows = Incident.objects.filter(VIEWS[view]).select_related("site", "product")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 18:
        rows = rows.filter(pk__lt=int(after))
    rows = rows.annotate(
        size=Count("members"),
        still_open=Count("members", filter=Q(members__complaint__status__in=OPEN)),
    )
    page = list(rows.order_by("-pk")[: PAGE + 1])
    words = {
        "open": _("To be settled"),
        "settled": _("Settled"),
        "dissolved": _("Over by themselves"),
    }
    context = {
        "incidents": [_line(one) for one in page[:PAGE]],
        "views": [
            {"name": name, "label": words[name], "is_current": name == view}
            for name in VIEWS
        ],
        "next_url": f"?view={view}&after={page[PAGE - 1].pk}" if page[PAGE:] else "",
    }
    return render(request, "casework/incidents.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*CASEWORKERS)
def show(request: StaffRequest, incident_ref: uuid.UUID) -> HttpResponse:
    """Show an incident; take in the list of its session (POST)."""
    incident = _find(incident_ref)
    at = timezone.now()
    if request.method != "POST":
        return _show(request, incident, Upload(), at=at)
    form = Upload(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            incidents.take_list(
                incident.ref,
                content=file.read(),
                name=file.name,
                by=request.user,
                at=at,
            )
        except CannotRead as refusal:
            form.add_error("file", str(refusal.words))
        except Refused as refused:
            form.add_error(None, str(refused))
        except Incident.DoesNotExist as error:
            raise Http404 from error
        else:
            return see_other("casework:incident", incident_ref=incident.ref)
    return _show(request, incident, form, at=at, status=422)


@require_POST
@access.staff(*CASEWORKERS)
def move(request: StaffRequest, incident_ref: uuid.UUID, step: str) -> HttpResponse:
    """Propose, sign, send back, match again, go on, or take all of it back."""
    incident, at = _find(incident_ref), timezone.now()
    act, said = STEPS.get(step), {}
    if step == ASK_BACK:
        form = Back(request.POST)
        if not form.is_valid():
            return _show(request, incident, Upload(), back=form, at=at, status=422)
        act, said = unsettling.ask, form.cleaned_data
    if act is None:
        raise Http404
    try:
        act(incident.ref, **said, by=request.user, at=at)
    except Refused as refused:
        messages.error(request, str(refused))
    except Incident.DoesNotExist as error:
        raise Http404 from error
    return see_other("casework:incident", incident_ref=incident.ref)


def _find(ref: uuid.UUID) -> Incident:
    """Return an incident within the reader's scope; 404 for all others."""
    # The row policy of the table holds the scope; nothing else is ever returned.
    known = Incident.objects.select_related(
        "site",
        "product",
        "holder",
        "proposed_by",
        "signed_by",
        "back_by",
        "back_signed_by",
    )
    incident = known.filter(ref=ref).first()
    if incident is None:
        raise Http404
    return incident


def _show(
    request: StaffRequest,
    incident: Incident,
    form: Upload,
    *,
    back: Back | None = None,
    at: datetime,
    status: int = 200,
) -> HttpResponse:
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="complaints.incident",
        subject_id=incident.pk,
    )
    one = incident_rows.list_of(incident)
    after = request.GET.get("after", "")
    after = after if after.isascii() and after.isdigit() and len(after) < 18 else "0"
    page = incident_rows.outlook(incident, after=int(after), limit=PAGE + 1)
    counts = incident_rows.counts(incident)
    seconds = (at - incident.progress_at).total_seconds() if incident.progress_at else 0
    is_settling = incident.state == State.SETTLING
    is_undoing = incident.state == State.UNDOING
    left = _seconds_left(incident, at=at)
    in_sight = one is not None and SessionList.objects.filter(pk=one.pk).exists()
    waits = bool(one) and incident.matched_at is None and incident.state == State.OPEN
    address = reverse("casework:incident", args=[incident.ref])
    context = {
        **_line(incident),
        "address": address,
        "form": form,
        "list": _list(one, in_sight=in_sight),
        "is_open": incident.state == State.OPEN,
        "is_proposed": incident.state == State.PROPOSED,
        "is_mine": incident.proposed_by_id == request.user.pk,
        "is_settling": is_settling,
        "is_settled": incident.state == State.SETTLED,
        "is_matched": incident.matched_at is not None,
        "is_undoing": is_undoing,
        "is_undone": incident.state == State.UNDONE,
        "is_mine_back": incident.back_by_id == request.user.pk,
        "back": back or Back(),
        "is_moving": is_settling or is_undoing or waits and not _is_refused(one),
        "is_stalled": (is_settling or is_undoing)
        and left <= 0
        and seconds > STALLED_SECONDS,
        "seconds_left": left,
        "counts": counts,
        "gone_through": counts["settled"] + counts["left"],
        "gone_back": counts["put_back"] + counts["kept"],
        "figures": _figures(incident, counts, one),
        "rows": _rows(page[:PAGE], one if in_sight else None),
        "next_url": f"?after={page[PAGE - 1][0].pk}" if page[PAGE:] else "",
        "is_later_page": after != "0",
        "similar": [_line(other) for other in _similar(incident)],
    }
    return page_or_fragment(
        request,
        "casework/incident.html",
        "casework/_incident.html",
        context,
        status=status,
    )


def _seconds_left(incident: Incident, *, at: datetime) -> int:
    """Return how long a signature can still be taken back; 0 where it cannot."""
    signed = {
        State.SETTLING: incident.signed_at,
        State.UNDOING: incident.back_signed_at,
    }.get(State(incident.state))
    return max(0, int((signed + UNDO - at).total_seconds())) if signed else 0


def _is_refused(one: SessionList | None) -> bool:
    """Tell whether the list can decide nothing: refused, or taken back."""
    ends = (SessionList.State.REFUSED, SessionList.State.UNDONE)
    return one is not None and one.state in ends


def _line(incident: Incident) -> dict[str, Any]:
    """Return what is said of an incident in a line of a list."""
    what = incident.product.name if incident.product else incident.lot
    return {
        "incident": incident,
        "url": reverse("casework:incident", args=[incident.ref]),
        "title": f"{incident.site.name}, {incident.given_on:%d/%m/%Y}",
        "what": what,
        "state": STATES[State(incident.state)],
        "size": getattr(incident, "size", None),
        "still_open": getattr(incident, "still_open", None),
    }


def _list(one: SessionList | None, *, in_sight: bool) -> dict[str, Any] | None:
    """Return what is shown of the list, with its address where it is in sight."""
    if one is None:
        return None
    return {
        "name": one.name or _("Forgotten list"),
        "state": LIST_STATES[SessionList.State(one.state)],
        "url": reverse("casework:list", args=[one.ref]) if in_sight else "",
        "is_refused": _is_refused(one),
        "rows": one.rows_read,
    }


def _figures(
    incident: Incident, counts: dict[str, int], one: SessionList | None
) -> list[dict[str, str]]:
    """Return the incident's size beside what is known of that day."""
    doses = Dose.objects.filter(
        site=incident.site, given_on=incident.given_on, status=Dose.Status.COMPLETED
    )
    lots = LotAllocation.objects.filter(
        organization=incident.site, received_on__lte=incident.given_on
    )
    if incident.product_id:
        doses = doses.filter(product=incident.product_id)
        lots = lots.filter(lot__product=incident.product_id)
    else:
        doses = doses.filter(lot_number=incident.lot)
        lots = lots.filter(lot__number=incident.lot)
    received = lots.aggregate(n=Sum("doses"))["n"]
    figures = [
        (_("Reports"), counts["members"]),
        (_("Doses recorded that day"), doses.count()),
        (_("Doses delivered by that day"), received or 0),
    ]
    if one is not None and one.rows_read:
        figures += [
            (_("Rows of the list"), one.rows_read),
            (_("Reports that a row is about"), counts["matched"]),
            (_("New doses of people who never complained"), counts["others"]),
        ]
    if incident.state in (State.SETTLED, State.UNDOING, State.UNDONE):
        figures.append((_("Told without having complained"), incident.told))
    return [{"label": label, "value": vn_number(value)} for label, value in figures]


def _similar(incident: Incident) -> list[Incident]:
    """Return other incidents of the place, or of the same lot or vaccine that day."""
    same_what = Q(product=incident.product_id, lot=incident.lot)
    alike = Q(site=incident.site_id) | same_what & Q(given_on=incident.given_on)
    return list(
        Incident.objects.filter(alike)
        .exclude(pk=incident.pk)
        .select_related("site", "product")
        .order_by("-pk")[:SIMILAR]
    )


def _rows(
    page: list[tuple[IncidentMember, str]], one: SessionList | None
) -> list[dict[str, Any]]:
    """Return the lines of members; of cases out of sight only the code.

    ``one``: the list, where the reader may open its rows.
    """
    ids = [member.complaint_id for member, _words in page]
    seen = set(Complaint.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [
        _row(member, words, one, in_sight=member.complaint_id in seen)
        for member, words in page
    ]


def _row(
    member: IncidentMember, words: str, one: SessionList | None, *, in_sight: bool
) -> dict[str, Any]:
    case, row = member.complaint, member.row
    sender = case.submission
    address = reverse("casework:case", args=[int(sender.code), case.number])
    result: str
    if member.back == IncidentMember.Back.DONE:
        result = ui.tag(_("Put back as it was"), "warn")
    elif member.back == IncidentMember.Back.STAYS:
        result = ui.tag(_("Stays as decided"), "plain")
    elif member.state == Member.SETTLED:
        result = ui.tag(_("Settled"), "ok")
    elif member.state == Member.LEFT:
        result = ui.tag(_("Left to a person"), "warn")
    elif member.row_id and not words:
        result = ui.tag(_("Row agrees"), "ok")
    else:
        result = ui.tag(_("No decision by the list"), "plain") if words else ""
    return {
        "pretty": ui.pretty_code(case.reference),
        "url": address if in_sight else "",
        "kind": casefile.SHORT_KINDS[Kind(case.kind)],
        # Masked as in every list: none of these names is noted as a look.
        "who": casefile.who(names.initials(sender.full_name), sender.born_on)
        if in_sight
        else "",
        "status": casefile.status_words(case) if in_sight else "",
        "line": row.line if row else "",
        "row_url": reverse("casework:list_row", args=[one.ref, row.place])
        if one and row
        else "",
        "result": result,
        "words": member.back_words or member.words or words,
    }
