"""What rules prepared for a click: the list of a body, and the decisions on it."""

import uuid
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from complaints.actions import prepared as actions
from complaints.forms.prepared import Decision
from complaints.models import Complaint, Prepared
from complaints.rules.refused import Refused
from complaints.views import pair_rows, prepared_rows
from complaints.views.quality import organization_of, overview_url
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.http import see_other
from portal.registry.models import Organization

State = Prepared.State
PAGE: Final = 20
# Part of the address -> what is done; accepting is apart, as it takes more.
ACCEPT: Final = "ghi"
STEPS: Final = {
    "giu-nguyen": (
        actions.refuse,
        gettext_lazy("Noted. The record stays, and this is not put forward again."),
    ),
    "ky": (actions.sign, gettext_lazy("Signed. The record is corrected.")),
    "hoan-tac": (actions.take_back, gettext_lazy("Taken back, it is open again.")),
}


@require_safe
@access.staff(*access.READERS)
def index(request: StaffRequest) -> HttpResponse:
    """List what waits at and below an organization, each with its two buttons."""
    at = timezone.now()
    chosen = organization_of(request)
    state = "decided" if request.GET.get("state") == "decided" else "open"
    found = _page(chosen, state, request.GET.get("after", ""))
    rows = prepared_rows.shown(found[:PAGE], by=request.user)
    _note_looks(request, rows, at=at)
    query = {"organization": chosen.code, "state": state}
    last = found[PAGE - 1] if len(found) > PAGE else None
    after = f"{last.path},{last.pk}" if last else ""
    context = {
        "chosen": chosen,
        "back_url": overview_url(chosen),
        "rows": rows,
        "state": state,
        "states": [
            {
                "url": "?" + urlencode(query | {"state": name}),
                "label": label,
                "is_current": name == state,
            }
            for name, label in (("open", _("To decide")), ("decided", _("Decided")))
        ],
        "count": pair_rows.counts(chosen.path)[pair_rows.PREPARED],
        "may_decide": _may_decide(request, chosen.path),
        "next_url": f"?{urlencode(query | {'after': after})}" if after else "",
    }
    return render(request, "casework/prepared.html", context)


@require_POST
@access.staff(*access.CASEWORKERS)
def decide(request: StaffRequest, ref: uuid.UUID, step: str) -> HttpResponse:
    """Take one decision; then show the case, or the list, that it came from."""
    if step != ACCEPT and step not in STEPS:
        raise Http404
    row = (
        Prepared.objects.filter(ref=ref)
        .select_related("organization", "complaint__submission")
        .first()
    )
    case = row.complaint if row else None
    if row is None or not (
        _may_decide(request, row.path)
        or (case and _may_decide(request, case.holder_path))
    ):
        raise Http404
    form = Decision(request.POST)
    form.full_clean()
    at = timezone.now()
    try:
        if step == ACCEPT:
            done = actions.accept(
                ref,
                concerns_oneself=form.cleaned_data["concerns_oneself"],
                by=request.user,
                at=at,
            )
            said = (
                _("The record is corrected.")
                if done.state == State.MADE
                else _("Proposed. A second person has to sign.")
            )
        else:
            act, words = STEPS[step]
            act(ref, by=request.user, at=at)
            said = str(words)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    shown_on = _case_of(request, form, at=at)
    if shown_on is not None:
        return see_other(
            "casework:case",
            code=int(shown_on.submission.code),
            number=shown_on.number,
        )
    state = "decided" if step == "hoan-tac" else "open"
    response = see_other("casework:quality_prepared")
    query = urlencode({"organization": row.organization.code, "state": state})
    response["Location"] += f"?{query}"
    return response


def _case_of(
    request: StaffRequest, form: Decision, *, at: datetime
) -> Complaint | None:
    """Return the case on whose page the button stood, if the reader may see it."""
    code, number = form.case
    mine = Complaint.objects.visible_to(request.user, at=at)
    return (
        mine.filter(submission__code=code, number=number)
        .select_related("submission")
        .first()
        if code
        else None
    )


def _may_decide(request: StaffRequest, path: str) -> bool:
    return any(
        posting.role in access.CASEWORKERS
        and path.startswith(posting.organization.path)
        for posting in request.postings
    )


def _note_looks(request: StaffRequest, rows: list[dict], *, at: datetime) -> None:
    """Write down that the people of these rows were seen."""
    record.looks(
        [
            record.Seen(person_id, row["pk"])
            for row in rows
            for person_id in filter(None, (row["person_id"], row["other_id"]))
        ],
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        organization=request.postings[0].organization_id,
        subject="complaints.prepared",
    )


def _page(chosen: Organization, state: str, after: str) -> list[Prepared]:
    """Return the rows of a page and one more."""
    rows = Prepared.objects.filter(path__below=chosen.path)
    if state == "open":
        rows = rows.filter(state__in=prepared_rows.OPEN)
    else:
        rows = rows.filter(state__in=(State.MADE, State.REFUSED))
    path, _comma, pk = after.rpartition(",")
    if path and pk.isascii() and pk.isdigit() and len(pk) < 18:
        rows = rows.filter(Q(path__gt=path) | Q(path=path, pk__gt=int(pk)))
    rows = rows.select_related("person", "organization", "decided_by")
    return list(rows.order_by("path", "pk")[: PAGE + 1])
