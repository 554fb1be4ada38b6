"""Closed cases checked once more: samples, checks, what units answer, and the rates."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import figures
from complaints.actions import rechecks
from complaints.actions.selfservice import ACTING
from complaints.forms import rechecks as forms
from complaints.models import Complaint, Recheck, Sample
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.table import RULES
from complaints.scrutiny import agreement, words
from complaints.scrutiny.agreement import Rate
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.audit import record as audit
from portal.common import scope
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import percent, vn_number

DRAWERS: Final = (Role.OVERSEER, Role.ADMINISTRATOR)
_ROWS: Final = 100
_SAMPLES: Final = 12
# Counted no further, as long queues elsewhere.
_COUNTED: Final = 1_000


@require_safe
@access.staff(*access.OVERSEERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show what there is to check and to answer, and how often people agreed."""
    return _index(request, forms.Draw(), status=200)


@require_POST
@access.staff(*DRAWERS)
def draw(request: StaffRequest) -> HttpResponse:
    """Draw a sample of the cases that were closed in a month."""
    at = timezone.now()
    form = forms.Draw(request.POST)
    if form.is_valid():
        month: date = form.cleaned_data["month"]
        try:
            sample = rechecks.draw(
                request.postings[0].organization,
                first=month,
                last=_last_day(month),
                per_stratum=form.cleaned_data["per_stratum"],
                most=form.cleaned_data["most"],
                by=request.user,
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            n = sample.rechecks.count()
            messages.success(
                request,
                _("Cases drawn: %(n)s of %(of)s.")
                % {"n": vn_number(n), "of": vn_number(sample.closed)},
            )
            return see_other("oversight:rechecks")
    return _index(request, form, status=422)


@require_POST
@access.staff(*rechecks.CHECKERS)
def take(request: StaffRequest) -> HttpResponse:
    """Give the user a case to check."""
    row = rechecks.take(by=request.user, at=timezone.now())
    if row is None:
        messages.info(request, _("There is no case that you may check now."))
        return see_other("oversight:rechecks")
    return see_other("oversight:recheck", row.ref)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def one(request: StaffRequest, recheck_ref: uuid.UUID) -> HttpResponse:
    """Show a drawn case; take the second opinion, or what the unit says to it."""
    at = timezone.now()
    row = rechecks.read(recheck_ref, by=request.user, at=at)
    if row is None:
        raise Http404
    may_decide = row.checker_id == request.user.pk and not row.verdict
    may_answer = (
        row.verdict == Recheck.Verdict.DISAGREE
        and not row.answer
        and row.checker_id != request.user.pk
        and rechecks.leads(request.user, row, at=at)
    )
    form: forms.Check | forms.Answer | None = None
    if may_decide or may_answer:
        kind = forms.Check if may_decide else forms.Answer
        form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            act = rechecks.decide if may_decide else rechecks.answer
            try:
                act(row.ref, by=request.user, at=at, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Noted. Thank you for looking."))
                return see_other("oversight:rechecks")
    else:
        audit.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=row.complaint.submission.person_id,
            organization=request.postings[0].organization_id,
            subject="recheck",
            subject_id=row.pk,
        )
    case = row.complaint
    # The case may lie elsewhere by now; the check stays with the unit that decided.
    sees_case = Complaint.objects.filter(pk=case.pk).exists()
    context = {
        "row": row,
        "sees_case": sees_case,
        "case_url": reverse(
            "casework:case", args=[int(case.submission.code), case.number]
        )
        if sees_case and set(request.roles) & set(rechecks.CHECKERS)
        else "",
        "claims": [
            {
                "field": claim.get_field_display(),
                "verdict": claim.get_verdict_display(),
                "ground": claim.get_ground_display() if claim.ground else "",
            }
            for claim in case.claims.order_by("pk")
        ],
        "checker": words.name_of(row.checker),
        "answered_by": words.name_of(row.answered_by),
        "form": form,
        "may_decide": may_decide,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "oversight/recheck.html", context, status=status)


def _index(request: StaffRequest, form: forms.Draw, *, status: int) -> HttpResponse:
    at = timezone.now()
    roles = set(request.roles)
    may_check = bool(roles & set(rechecks.CHECKERS))
    waiting = 0
    if may_check:
        waiting = rechecks.to_check(request.user, at=at)[: _COUNTED + 1].count()
    context = {
        "form": form,
        "may_draw": bool(roles & set(DRAWERS)),
        "may_check": may_check,
        "waiting": waiting,
        "many": _COUNTED,
        "mine": Recheck.objects.filter(checker=request.user, verdict="").first(),
        "to_answer": _disagreed(request, at=at) if Role.LEAD in roles else None,
        "disagreed": _disagreements(),
        "units": _rates(agreement.by_unit(at=at, most=_ROWS), _("By unit"), _("Unit")),
        "outcomes": _rates(
            agreement.by_outcome(at=at), _("By outcome of the decision"), _("Decision")
        ),
        "rules": _rates(
            agreement.by_rule(ACTING),
            _("Automatic corrections"),
            _("Rule"),
            names={code: f"{code} {RULES[code].name}" for code in ACTING},
            urls={
                code: reverse("oversight:selfcorrection_rule", args=[code])
                for code in ACTING
            },
        ),
        "samples": _samples(),
    }
    return render(request, "oversight/rechecks.html", context, status=status)


def _last_day(month: date) -> date:
    return date.fromordinal(figures.month_after(month, 1).toordinal() - 1)


def _rates(
    rates: Sequence[Rate],
    caption: str,
    label: str,
    *,
    names: dict[str, str] | None = None,
    urls: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "caption": caption,
        "columns": [
            {"label": label},
            {"label": _("Checked"), "number": True},
            {"label": _("Decided the same"), "number": True},
            {"label": _("Share"), "number": True},
            {"label": _("Between, by 95 %"), "number": True},
        ],
        "rows": [
            {
                "url": (urls or {}).get(rate.name, ""),
                "cells": [
                    (names or {}).get(rate.name, rate.name),
                    vn_number(rate.checked),
                    vn_number(rate.agreed),
                    percent(rate.share),
                    f"{percent(rate.bounds[0])} – {percent(rate.bounds[1])}"
                    if rate.checked
                    else "–",
                ],
            }
            for rate in rates
        ],
        "empty": _("Nothing was checked in the last year."),
    }


def _samples() -> dict[str, Any]:
    rows = (
        Sample.objects.select_related("organization")
        .annotate(
            drawn=Count("rechecks"), done=Count("rechecks", ~Q(rechecks__verdict=""))
        )
        .order_by("-pk")[:_SAMPLES]
    )
    return {
        "caption": _("Samples"),
        "columns": [
            {"label": _("Drawn")},
            {"label": _("Unit")},
            {"label": _("Closed in")},
            {"label": _("Of each unit and outcome"), "number": True},
            {"label": _("Cases"), "number": True},
            {"label": _("Checked"), "number": True},
            {"label": _("Seed")},
        ],
        "rows": [
            {
                "cells": [
                    _moment(row.at),
                    row.organization.name,
                    f"{row.first:%m/%Y}",
                    vn_number(row.per_stratum),
                    f"{vn_number(row.drawn)} / {vn_number(row.closed)}",
                    vn_number(row.done),
                    row.seed,
                ]
            }
            for row in rows
        ],
        "empty": _("No sample was drawn yet."),
    }


def _disagreed(request: StaffRequest, *, at: datetime) -> dict[str, Any]:
    """Return what the units that the user leads have to answer."""
    return _cases(
        rechecks.to_answer(request.user, at=at),
        _("Answer these"),
        _("Nobody disagreed with a decision of your unit."),
    )


def _disagreements() -> dict[str, Any]:
    rows = Recheck.objects.filter(verdict=Recheck.Verdict.DISAGREE)
    newest = rows.order_by("-checked_at", "-pk").values_list("pk", flat=True)
    return _cases(
        newest[:_SAMPLES],
        _("Decided otherwise by the check"),
        _("No check so far decided otherwise."),
    )


def _cases(keys: Iterable[int], caption: str, empty: str) -> dict[str, Any]:
    """Return a table of these checks, the newest; ``keys`` are of those in sight.

    Of their cases the code alone, whoever holds them by now.
    """
    wanted = list(keys)
    with scope.system():
        rows = Recheck.objects.filter(pk__in=wanted).order_by("-checked_at", "-pk")
        found = list(
            rows.select_related("complaint__submission", "organization")[:_SAMPLES]
        )
    return {
        "caption": caption,
        "columns": [
            {"label": _("Code")},
            {"label": _("Unit")},
            {"label": _("Why")},
            {"label": _("Checked")},
            {"label": _("The unit says")},
        ],
        "rows": [
            {
                "url": reverse("oversight:recheck", args=[row.ref]),
                "cells": [
                    row.complaint.pretty_reference,
                    row.organization.name,
                    row.get_reason_display(),
                    _moment(row.checked_at),
                    row.get_answer_display() or _("Not yet"),
                ],
            }
            for row in found
        ],
        "empty": empty,
    }


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at else "–"
