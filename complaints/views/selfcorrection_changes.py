"""What rules changed: listed, looked at with all that speaks for it, taken back."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import selfcorrection
from complaints.casefile import who
from complaints.forms import selfcorrection as forms
from complaints.models import Complaint, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.table import RULES
from complaints.views import selfcorrection_rows as rows_of
from complaints.views.cards import moment
from complaints.views.quality_words import masked
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.audit import record
from portal.common import codes
from portal.common.http import READ_AND_SEND, see_other

PAGE: Final = 50


@require_safe
@access.staff(*access.OVERSEERS)
def changes(request: StaffRequest) -> HttpResponse:
    """List what rules changed, the newest first; people are masked.

    Narrowed to a rule, a batch or a report, and to what still stands.
    """
    form = forms.Changes(request.GET)
    form.full_clean()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    rows = seen(request).filter(**_narrowed(chosen))
    if chosen.get("after"):
        rows = rows.filter(pk__lt=chosen["after"])
    found = list(rows.select_related("person", "province").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    query = {name: value for name, value in chosen.items() if name != "after"}
    context = {
        "form": form,
        "next_url": (
            "?" + urlencode(query | {"after": shown[-1].pk})
            if len(found) > PAGE
            else ""
        ),
        "table": {
            "caption": _("What rules changed"),
            "columns": [
                {"label": _("When")},
                {"label": _("Rule")},
                {"label": _("Who")},
                {"label": _("Province")},
                {"label": _("How it stands")},
            ],
            "rows": [
                {
                    "url": reverse("oversight:selfcorrection_change", args=[row.ref]),
                    "cells": [
                        moment(row.at),
                        f"{row.rule} {RULES[row.rule].name}",
                        masked(row.person),
                        row.province.name if row.province else "–",
                        rows_of.standing(row),
                    ],
                }
                for row in shown
            ],
        },
    }
    return render(request, "oversight/selfcorrection_changes.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def change(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show one change with all that it can be held against; the look is written down.

    Sent, it shows the numbers in full, which is written down as a look of its own.
    """
    return _show(request, _find(request, ref), in_full=request.method == "POST")


@require_POST
@access.staff(*access.OVERSEERS)
def check(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Take what somebody found of a sampled change."""
    row = to_check(request).filter(ref=ref).first()
    if row is None:
        raise Http404
    form = forms.Finding(request.POST)
    if not form.is_valid():
        return _show(request, _find(request, ref), form=form, status=422)
    try:
        done = selfcorrection.check(
            ref,
            is_right=form.cleaned_data["finding"] == SelfCorrection.Finding.RIGHT,
            against=form.cleaned_data["against"],
            by=request.user,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _show(request, _find(request, ref), form=form, status=409)
    if done.finding == SelfCorrection.Finding.RIGHT:
        messages.success(request, _("Noted. Thank you for looking."))
    elif done.undone_at:
        messages.success(
            request, _("Noted. The record is as it was before; the person is told.")
        )
    else:
        messages.warning(
            request,
            _("Noted. The record was changed again since, so it stays as it is."),
        )
        return see_other("oversight:selfcorrection_change", ref)
    return see_other("oversight:selfcorrection_rule", row.rule)


@require_POST
@access.staff(Role.ADMINISTRATOR)
def undo(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Take back what a rule changed; the person is told."""
    row = seen(request).filter(ref=ref).first()
    if row is None or not access.runs_country(request):
        raise Http404
    try:
        selfcorrection.undo(ref, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is as it was before; the person is told."))
    return see_other("oversight:selfcorrection_change", ref)


def seen(request: StaffRequest) -> QuerySet[SelfCorrection]:
    """Return the changes that a reader may see: of their province, or all."""
    rows = SelfCorrection.objects.all()
    if access.sees_country(request):
        return rows
    own = [p.organization.province_id for p in request.postings]
    return rows.filter(province__in=[pk for pk in own if pk is not None])


def to_check(request: StaffRequest) -> QuerySet[SelfCorrection]:
    """Return the changes that wait for somebody to say whether they were right."""
    return seen(request).filter(is_sampled=True, finding="")


def _find(request: StaffRequest, ref: uuid.UUID) -> SelfCorrection:
    row = seen(request).filter(ref=ref).select_related("person__merged_into").first()
    if row is None:
        raise Http404
    return row


def _narrowed(chosen: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        name: chosen[name] for name in ("rule", "batch") if name in chosen
    }
    if "report" in chosen:
        facts["complaint__submission__code"] = chosen["report"]
    if chosen.get("left"):
        facts["undone_at"] = None
    return facts


def _show(
    request: StaffRequest,
    row: SelfCorrection,
    *,
    in_full: bool = False,
    form: forms.Finding | None = None,
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=row.person_id,
        organization=request.postings[0].organization_id,
        subject="complaints.rule_open" if in_full else "complaints.rule",
        subject_id=row.pk,
    )
    rows = list(
        SelfCorrection.objects.filter(whole=row.whole)
        .select_related("correction", "checked_by", "undone_by")
        .order_by("pk")
    )
    doses = rows_of.doses_around(row, rows)
    waits = row.is_sampled and not row.finding
    context = {
        "change": row,
        "rule": RULES[row.rule],
        "who": who(row.person.full_name, row.person.born_on),
        "in_full": in_full,
        "standing": rows_of.standing(row),
        "table": rows_of.before_and_after(rows, doses, in_full=in_full),
        "doses": rows_of.dose_table(doses, rows),
        "proofs": [rows_of.proof(proof) for proof in row.proofs],
        "case": _case(request, row),
        "form": (form or forms.Finding()) if waits else None,
        "may_undo": access.runs_country(request) and row.undone_at is None,
    }
    return render(
        request, "oversight/selfcorrection_change.html", context, status=status
    )


def _case(request: StaffRequest, row: SelfCorrection) -> dict[str, str] | None:
    """Return the report by which it was changed; with a link where it may be read."""
    if row.complaint_id is None:
        return None
    found = Complaint.objects.select_related("submission").filter(pk=row.complaint_id)
    one = found.first()
    if one is None:
        return {"code": "", "url": ""}
    reads = any(posting.role in access.READERS for posting in request.postings)
    mine = Complaint.objects.visible_to(request.user, at=timezone.now())
    url = ""
    if reads and mine.filter(pk=one.pk).exists():
        url = reverse("casework:case", args=[one.submission.code, one.number])
    return {"code": f"{codes.pretty(one.submission.code)}-{one.number}", "url": url}
