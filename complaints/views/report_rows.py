"""One row of a unit's list of reports: looked at, fixed, left out, given an owner."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions import report_lists, report_review, report_rows
from complaints.choices import Field, Kind
from complaints.forms.lists import initial_of
from complaints.forms.report_lists import ReportRowForm, initial_kind
from complaints.models import ReportList, ReportRow
from complaints.rules.refused import Refused
from complaints.views import report_words as words
from complaints.views.list_rows import person_line
from complaints.views.report_lists import find, is_shown, shown_row
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common import scope
from portal.common.http import READ_AND_SEND, see_other
from portal.registry.models import Product

NOBODY: Final = "nobody"


@require_http_methods(READ_AND_SEND)
@access.staff(*access.READERS)
def row(request: StaffRequest, reports_ref: uuid.UUID, place: int) -> HttpResponse:
    """Show a row with its cells and findings; take one change of it."""
    one = find(reports_ref)
    staged = one.rows.select_related("submission").filter(place=place).first()
    if staged is None or not is_shown(one):
        raise Http404
    at = timezone.now()
    opened = report_rows.unseal(staged, of=one)
    step = request.POST.get("step", "fix")
    is_fix = request.method == "POST" and step == "fix"
    form = _form(opened, at=at, data=request.POST if is_fix else None)
    if request.method == "POST" and (step != "fix" or form.is_valid()):
        try:
            changed = _change(request, one, place, step, form, at=at)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            said = {"verdict": words.VERDICTS[changed.verdict]}
            messages.success(
                request, _("Checked again. The row is now: %(verdict)s.") % said
            )
        return see_other("casework:report_row", reports_ref=one.ref, place=place)
    return _show(request, one, opened, form, at=at)


def _change(
    request: StaffRequest,
    one: ReportList,
    place: int,
    step: str,
    form: ReportRowForm,
    *,
    at: datetime,
) -> ReportRow:
    """Make the change that was asked for. Raise Refused."""
    if step == "fix":
        return report_review.fix(
            one.ref,
            place,
            values=form.values(),
            kind=Kind(form.cleaned_data["kind"]),
            site=form.cleaned_data["site"].strip(),
            at=at,
        )
    if step in ("exclude", "include"):
        leave_out = step == "exclude"
        return report_review.exclude(one.ref, place, excluded=leave_out, at=at)
    if step != "choose":
        raise Http404
    who = request.POST.get("person", "")
    if who != NOBODY and not (who.isascii() and who.isdigit() and len(who) < 19):
        raise Refused(_("Choose whose row it is."))
    person = None if who == NOBODY else int(who)
    return report_review.choose(one.ref, place, person, at=at)


def _form(opened: report_rows.Opened, *, at: datetime, data: Any) -> ReportRowForm:
    initial = initial_of(opened.row.values) | {
        "kind": initial_kind(opened.staged),
        "site": opened.row.aside.site,
    }
    return ReportRowForm(
        data,
        initial=initial,
        products=list(Product.objects.order_by("name", "pk")),
        today=timezone.localdate(at),
    )


def _show(
    request: StaffRequest,
    one: ReportList,
    opened: report_rows.Opened,
    form: ReportRowForm,
    *,
    at: datetime,
) -> HttpResponse:
    staged = opened.staged
    is_open = one.state in report_lists.REVIEWED and staged.done_at is None
    owners = [
        {**person_line(owner.person), "reasons": owner.words}
        for owner in opened.findings.candidates
    ]
    for person in [*(owner["pk"] for owner in owners), staged.person_id]:
        if person is not None:
            record.look_up(
                at=at,
                actor="staff",
                actor_id=request.user.pk,
                person_id=person,
                organization=request.postings[0].organization_id,
                subject="complaints.list",
                subject_id=one.pk,
                detail="row",
            )
    later = one.rows.filter(verdict=staged.verdict, place__gt=staged.place)
    context = {
        "list": one,
        "line": shown_row(one, opened),
        "cells": opened.row.cells,
        "form": form,
        "owners": owners,
        "is_unknown": staged.verdict == ReportRow.Verdict.NOT_FOUND,
        "person": person_line(staged.person_id) if staged.person_id else None,
        "is_open": is_open,
        "is_excluded": staged.is_excluded,
        "claims": _claims(one, opened, at=at) if is_open else [],
        "next_place": later.order_by("place").values_list("place", flat=True).first(),
    }
    status = 422 if form.errors else 200
    return render(request, "casework/report_row.html", context, status=status)


def _claims(
    one: ReportList, opened: report_rows.Opened, *, at: datetime
) -> list[dict[str, str]]:
    """Return what the row would claim if it were sent now; nothing where it is not."""
    with scope.system():
        found = report_rows.judge(one, [opened], at=at)[opened.staged.place]
    if found.matter is None:
        return []
    return [
        {"label": str(Field(name).label), "value": value}
        for name, value in found.matter.claims.items()
        if name != Field.DOSE
    ]
