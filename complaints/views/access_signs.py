"""Unusual looks at people's data: the list, each with its reason, and its review."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import access_signs
from complaints.choices import Unusual
from complaints.forms import scrutiny as forms
from complaints.models import AccessSign
from complaints.owndata.looks import people_of
from complaints.rules.refused import Refused
from complaints.scrutiny import entries, words
from complaints.views import access_log
from complaints.worklist import Place
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record as audit
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import vn_number

PAGE: Final = 50
# What is counted by rule.
_SPAN: Final = timedelta(days=90)


@require_safe
@access.staff(*access_log.AUDITORS)
def signs(request: StaffRequest) -> HttpResponse:
    """List what was unusual, newest first: what waits for a review, or all of it."""
    at = timezone.now()
    shows_all = request.GET.get("state") == "all"
    rule = request.GET.get("rule", "")
    rule = rule if rule in Unusual.values else ""
    rows = AccessSign.objects.select_related("user", "organization")
    if not shows_all:
        rows = rows.filter(outcome="")
    if rule:
        rows = rows.filter(rule=rule)
    after = Place.read(request.GET.get("after", ""))
    if after:
        rows = rows.filter(
            Q(begins__lt=after.at) | Q(begins=after.at, pk__lt=after.pk),
            begins__lte=after.at,
        )
    found = list(rows.order_by("-begins", "-pk")[: PAGE + 1])
    query = {"state": "all" if shows_all else "", "rule": rule}
    next_url = ""
    if len(found) > PAGE:
        last = found[PAGE - 1]
        place = Place(last.begins, last.pk)
        next_url = f"?{urlencode(query | {'after': str(place)})}"
    context = {
        "rules": Unusual.choices,
        "rule": rule,
        "shows_all": shows_all,
        "table": _table(found[:PAGE]),
        "counts": _counts(at=at),
        "next_url": next_url,
    }
    return render(request, "oversight/access_signs.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access_log.AUDITORS)
def sign(request: StaffRequest, sign_ref: uuid.UUID) -> HttpResponse:
    """Show why a look is unusual and what it consisted of; take its review."""
    at = timezone.now()
    row = (
        AccessSign.objects.select_related(
            "user", "person", "organization", "reviewed_by", "event"
        )
        .filter(ref=sign_ref)
        .first()
    )
    if row is None:
        raise Http404
    form = forms.Review(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            access_signs.review(sign_ref, by=request.user, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Noted. Thank you for asking."))
            return see_other("oversight:access_signs")
    if request.method != "POST":
        audit.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=row.person_id,
            organization=request.postings[0].organization_id,
            subject="audit.entry",
            subject_id=row.pk,
            detail=f"sign {row.rule}",
        )
    behind = entries.read(_behind(request, row))
    context = {
        "sign": row,
        "who": words.name_of(row.user),
        "reason": words.reason(row),
        "span": words.span(row.begins, row.ends),
        "form": form,
        "is_open": not row.outcome,
        "is_over": at >= row.ends
        if row.rule == Unusual.GLASS
        else row.day < timezone.localdate(at),
        "said": row.event.note if row.event else "",
        "reviewed_by": words.name_of(row.reviewed_by),
        "table": access_log.table(
            words.lines(behind.rows), _("What was looked at and changed then")
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/access_sign.html", context, status=status)


def _behind(request: StaffRequest, row: AccessSign) -> entries.Wanted:
    """Return the question for the entries behind a sign, its last one among them."""
    facts: dict[str, Any] = {"user": row.user_id} if row.user_id else {}
    if row.person_id:
        facts["people"] = people_of(row.person_id)
    return access_log.everything(
        request,
        first=row.day,
        last=row.day,
        hours=(row.begins, row.ends + timedelta(microseconds=1)),
        **facts,
    )


def _table(rows: list[AccessSign]) -> dict[str, Any]:
    return {
        "caption": _("Unusual access"),
        "columns": [
            {"label": _("What is unusual")},
            {"label": _("Who")},
            {"label": _("Unit")},
            {"label": _("When")},
            {"label": _("How many"), "number": True},
            {"label": _("Reviewed")},
        ],
        "rows": [
            {
                "url": reverse("oversight:access_sign", args=[row.ref]),
                "cells": [
                    row.get_rule_display(),
                    words.name_of(row.user) or _("Many accounts"),
                    row.organization.name,
                    words.span(row.begins, row.ends),
                    vn_number(row.count),
                    row.get_outcome_display() or _("Not yet"),
                ],
            }
            for row in rows
        ],
        "empty": _("Nothing unusual waits for a review."),
    }


def _counts(*, at: datetime) -> dict[str, Any]:
    """Count by rule what was found and what came of it: how well the rules tell."""
    outcomes = AccessSign.Outcome
    found = (
        AccessSign.objects.filter(begins__gt=at - _SPAN)
        .values("rule")
        .annotate(
            all=Count("pk"),
            open=Count("pk", Q(outcome="")),
            **{name: Count("pk", Q(outcome=name)) for name in outcomes.values},
        )
    )
    by_rule: dict[str, Any] = {row["rule"]: row for row in found.order_by("rule")}
    return {
        "caption": _("In the last 90 days"),
        "columns": [
            {"label": _("What is unusual")},
            {"label": _("Found"), "number": True},
            {"label": _("Not reviewed"), "number": True},
            *({"label": outcome.label, "number": True} for outcome in outcomes),
        ],
        "rows": [
            {
                "cells": [
                    rule.label,
                    *(
                        vn_number(by_rule.get(rule.value, {}).get(name, 0))
                        for name in ("all", "open", *outcomes.values)
                    ),
                ]
            }
            for rule in Unusual
        ],
    }
