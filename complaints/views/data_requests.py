"""Requests about personal data, for the administrators who answer them in time."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import data_requests
from complaints.forms.own_data import AnswerForm, ExtendForm
from complaints.models import DataRequest
from complaints.rules.refused import Refused
from complaints.views.cards import moment
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.audit import record as audit
from portal.common.http import READ_AND_SEND, see_other


@require_safe
@access.staff(Role.ADMINISTRATOR)
def index(request: StaffRequest) -> HttpResponse:
    """Show the requests that wait, due first."""
    at = timezone.now()
    rows = data_requests.to_answer()
    context = {
        "rows": [
            {
                "ref": row.ref,
                "kind": row.get_kind_display(),
                "asked": moment(row.asked_at),
                "first": "" if row.taken_at else moment(row.answer_by),
                "due": row.due_at,
                "is_late": at > (row.due_at if row.taken_at else row.answer_by),
                "is_extended": row.extended_at is not None,
            }
            for row in rows
        ],
        "at": at,
    }
    return render(request, "oversight/data_requests.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(Role.ADMINISTRATOR)
def one(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show a request and take what is done with it; the look is written down."""
    at = timezone.now()
    row = _found(ref)
    step = request.POST.get("step", "")
    answer = AnswerForm(request.POST if step == "answer" else None)
    longer = ExtendForm(request.POST if step == "extend" else None)
    if request.method == "POST":
        forms: dict[str, AnswerForm | ExtendForm] = {"answer": answer, "extend": longer}
        form = forms.get(step)
        if form is None or form.is_valid():
            try:
                _act(request, step, form, ref=str(ref), at=at)
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Done. The person was told."))
                return see_other("oversight:data_requests")
    else:
        audit.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=row.person_id,
            organization=request.postings[0].organization_id,
            subject="data_request",
            subject_id=row.pk,
        )
    context: dict[str, Any] = {
        "row": row,
        "person": row.person,
        "answer_form": answer,
        "longer_form": longer,
        "form": longer if longer.errors else answer,
        "asked": moment(row.asked_at),
        "first": moment(row.answer_by),
        "due": moment(row.due_at),
        "may_extend": row.extended_at is None and at <= row.due_at,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "oversight/data_request.html", context, status=status)


def _act(
    request: StaffRequest,
    step: str,
    form: AnswerForm | ExtendForm | None,
    *,
    ref: str,
    at: Any,
) -> None:
    if step == "take":
        data_requests.take(ref=ref, at=at)
    elif step == "extend" and form is not None:
        data_requests.extend(ref=ref, at=at, **form.cleaned_data)
    elif step == "answer" and form is not None:
        data_requests.answer(ref=ref, by=request.user, at=at, **form.cleaned_data)
    else:
        raise Refused(_("Choose what to do."))


def _found(ref: uuid.UUID) -> DataRequest:
    try:
        return data_requests.found(str(ref))
    except DataRequest.DoesNotExist:
        raise Http404 from None
