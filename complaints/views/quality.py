"""Data quality by unit: how much of what is wrong, where, and who mends it."""

from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.views import pair_rows, quality_rows, quality_words
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.templatetags.ui import vn_number
from portal.registry.models import (
    Organization,
    QualityFinding,
)
from portal.registry.quality import counts
from portal.registry.quality.rule import Rule, Severity, Subject
from portal.registry.quality.rules import RULES

DAYS: Final = 30
PAGE: Final = 50
MOST_BELOW: Final = 200
TONES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn"}


@require_safe
@access.staff()
def overview(request: StaffRequest) -> HttpResponse:
    """Show what is wrong at and below an organization, by rule, and the trend."""
    today = timezone.localdate()
    chosen = organization_of(request)
    seen = counts.trend(chosen.pk, last=today, days=DAYS)
    below = counts.below(
        chosen.pk,
        on=today,
        errors=_codes(Severity.ERROR),
        warnings=_codes(Severity.WARNING),
        most=MOST_BELOW,
    )
    may_read = any(posting.role in access.READERS for posting in request.postings)
    found = [rule for code, rule in RULES.items() if seen.now.get(code)]
    found.sort(key=lambda rule: ("EWI".index(rule.severity), -seen.now[rule.code]))
    context = {
        "chosen": chosen,
        "above": _above(request, chosen),
        "counted_at": seen.counted_at,
        "figures": _headline(seen),
        "rules": [_rule_row(rule, seen, chosen, may_read) for rule in found],
        "quiet": len(RULES) - len(found),
        "pairs": pair_rows.links(chosen) if may_read else [],
        "chart": _chart(seen),
        "table": {
            "caption": _("By unit below, most errors first"),
            "columns": [
                {"label": _("Unit")},
                {"label": _("Errors"), "number": True},
                {"label": _("Warnings"), "number": True},
            ],
            "rows": [
                {
                    "url": f"?{urlencode({'organization': code})}",
                    "cells": [name, vn_number(errors), vn_number(warnings)],
                }
                for code, name, errors, warnings in below
            ],
            "empty": _("Nothing is open below this unit."),
        },
    }
    return render(request, "casework/quality.html", context)


@require_safe
@access.staff(*access.READERS)
def rows(request: StaffRequest, rule: str) -> HttpResponse:
    """List what breaks a rule at and below an organization; people are masked."""
    asked = _rule(rule)
    chosen = organization_of(request)
    found = QualityFinding.objects.filter(
        rule=asked.code, resolved_at=None, path__below=chosen.path
    )
    after, _comma, pk = request.GET.get("after", "").rpartition(",")
    if after and pk.isascii() and pk.isdigit() and len(pk) < 18:
        found = found.filter(Q(path__gt=after) | Q(path=after, pk__gt=int(pk)))
    page = list(found.select_related("organization").order_by("path", "pk")[: PAGE + 1])
    next_url = ""
    if len(page) > PAGE:
        last = page[PAGE - 1]
        query = request.GET.copy()
        query["after"] = f"{last.path},{last.pk}"
        next_url = f"?{query.urlencode()}"
    context = {
        "rule": asked,
        "tone": TONES.get(asked.severity, "info"),
        "chosen": chosen,
        "back_url": overview_url(chosen),
        "next_url": next_url,
        "table": {
            "caption": _("What breaks the rule"),
            "columns": [
                *({"label": label} for label in quality_rows.which(asked)),
                {"label": _("What was found")},
                {"label": _("Unit")},
                {"label": _("Since")},
            ],
            "rows": quality_rows.finding_rows(page[:PAGE]),
            "empty": _("Nothing breaks this rule here."),
        },
    }
    return render(request, "casework/quality_rows.html", context)


@require_safe
@access.staff(*access.READERS)
def finding(request: StaffRequest, rule: str, finding: str) -> HttpResponse:
    """Show one finding with the record behind it; the look is written down."""
    at = timezone.now()
    asked = _rule(rule)
    one = get_object_or_404(
        QualityFinding.objects.select_related("organization"),
        ref=finding,
        rule=asked.code,
    )
    if not _may_see(request, one.organization):
        raise Http404
    if one.person_id is not None:
        record.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=one.person_id,
            organization=request.postings[0].organization_id,
            subject="registry.finding",
            subject_id=one.pk,
        )
    may_work = bool(request.roles & set(access.CASEWORKERS))
    context = {
        "rule": asked,
        "tone": TONES.get(Severity(one.severity), "info"),
        "severity": Severity(one.severity).label,
        "finding": one,
        "detail": quality_words.detail(one.detail, quality_rows.product_names()),
        "person": quality_rows.person_rows(one.person_id),
        "doses": quality_rows.dose_rows(one),
        "cases": quality_rows.cases(one),
        "list_url": quality_rows.list_url(one) if may_work else "",
        "may_send": may_work and one.subject == Subject.SITE,
        "pairs": pair_rows.about(
            [one.person_id],
            one.subject_id if one.subject == Subject.DOSE else None,
        ),
        "where": quality_words.site_words(one, one.organization)
        if one.subject == Subject.SITE
        else "",
        "back_url": f"{reverse('casework:quality_rows', args=[asked.code])}?"
        + urlencode({"organization": one.organization.code}),
    }
    return render(request, "casework/quality_finding.html", context)


def organization_of(request: StaffRequest) -> Organization:
    """Return the organization in the address, or the reader's own; 404 outside it."""
    code = request.GET.get("organization", "")
    own = request.postings[0].organization
    if not code or code == own.code:
        return own
    chosen = Organization.objects.select_related("parent").filter(code=code).first()
    if chosen is None or not _may_see(request, chosen):
        raise Http404
    return chosen


def _may_see(request: StaffRequest, organization: Organization | None) -> bool:
    return organization is not None and any(
        organization.path.startswith(posting.organization.path)
        for posting in request.postings
    )


def _above(request: StaffRequest, chosen: Organization) -> Organization | None:
    """Return the organization above, where the reader may see it."""
    own = [posting.organization_id for posting in request.postings]
    if chosen.pk in own or not _may_see(request, chosen.parent):
        return None
    return chosen.parent


def _rule(code: str) -> Rule:
    if code not in RULES:
        raise Http404
    return RULES[code]


def _codes(severity: Severity) -> list[str]:
    return [code for code, rule in RULES.items() if rule.severity == severity]


def overview_url(chosen: Organization) -> str:
    query = urlencode({"organization": chosen.code})
    return f"{reverse('casework:quality')}?{query}"


def _sum(seen: counts.Trend, severity: Severity) -> list[int]:
    """Return how many findings of a severity were open on each day."""
    lines = [seen.by_rule[c] for c in _codes(severity) if c in seen.by_rule]
    return [sum(line[n] for line in lines) for n in range(len(seen.days))]


def _headline(seen: counts.Trend) -> list[dict[str, Any]]:
    figures = []
    for severity in Severity:
        line = _sum(seen, severity)
        change = line[-1] - line[-8]
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        figures.append(
            {
                "label": severity.label,
                "value": vn_number(line[-1]),
                "note": _("%(change)s in seven days")
                % {"change": f"{sign}{vn_number(abs(change))}"},
            }
        )
    return figures


def _rule_row(
    rule: Rule, seen: counts.Trend, chosen: Organization, may_read: bool
) -> dict[str, Any]:
    query = urlencode({"organization": chosen.code})
    return {
        "rule": rule,
        "tone": TONES.get(rule.severity, "info"),
        "open": seen.now[rule.code],
        "url": f"{reverse('casework:quality_rows', args=[rule.code])}?{query}"
        if may_read
        else "",
    }


def _chart(seen: counts.Trend) -> dict[str, Any]:
    return {
        "title": _("Open errors and warnings by day"),
        "note": _("The last 30 days, this unit and those below."),
        "unit": "",
        "places": 0,
        "labels": [f"{day:%d/%m}" for day in seen.days],
        "series": [
            {
                "label": _("Warnings"),
                "tone": "a",
                "values": _sum(seen, Severity.WARNING),
            },
            {"label": _("Errors"), "tone": "b", "values": _sum(seen, Severity.ERROR)},
        ],
    }
