"""Data quality by unit: how much of what is wrong, where, and who mends it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.choices import OPEN
from complaints.models import Complaint
from complaints.views import quality_words
from complaints.views.casework import READERS
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.templatetags.ui import vn_number
from portal.registry import identity, national_id
from portal.registry.models import (
    Dose,
    Organization,
    Person,
    Product,
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
    chosen = _organization(request)
    seen = counts.trend(chosen.pk, last=today, days=DAYS)
    below = counts.below(
        chosen.pk,
        on=today,
        errors=_codes(Severity.ERROR),
        warnings=_codes(Severity.WARNING),
        most=MOST_BELOW,
    )
    may_read = any(posting.role in READERS for posting in request.postings)
    found = [rule for code, rule in RULES.items() if seen.now.get(code)]
    found.sort(key=lambda rule: ("EWI".index(rule.severity), -seen.now[rule.code]))
    context = {
        "chosen": chosen,
        "above": _above(request, chosen),
        "counted_at": seen.counted_at,
        "figures": _headline(seen),
        "rules": [_rule_row(rule, seen, chosen, may_read) for rule in found],
        "quiet": len(RULES) - len(found),
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
@access.staff(*READERS)
def rows(request: StaffRequest, rule: str) -> HttpResponse:
    """List what breaks a rule at and below an organization; people are masked."""
    asked = _rule(rule)
    chosen = _organization(request)
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
        "back_url": _overview_url(chosen),
        "next_url": next_url,
        "table": {
            "caption": _("What breaks the rule"),
            "columns": [
                *({"label": label} for label in _which(asked)),
                {"label": _("What was found")},
                {"label": _("Unit")},
                {"label": _("Since")},
            ],
            "rows": _finding_rows(page[:PAGE], chosen),
            "empty": _("Nothing breaks this rule here."),
        },
    }
    return render(request, "casework/quality_rows.html", context)


@require_safe
@access.staff(*READERS)
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
    context = {
        "rule": asked,
        "tone": TONES.get(Severity(one.severity), "info"),
        "severity": Severity(one.severity).label,
        "finding": one,
        "detail": quality_words.detail(one.detail, _product_names()),
        "person": _person_rows(one.person_id),
        "doses": _dose_rows(one),
        "cases": _cases(one),
        "where": quality_words.site_words(one, one.organization)
        if one.subject == Subject.SITE
        else "",
        "back_url": f"{reverse('casework:quality_rows', args=[asked.code])}?"
        + urlencode({"organization": one.organization.code}),
    }
    return render(request, "casework/quality_finding.html", context)


def _organization(request: StaffRequest) -> Organization:
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


def _overview_url(chosen: Organization) -> str:
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


def _finding_rows(
    page: Sequence[QualityFinding], chosen: Organization
) -> list[dict[str, Any]]:
    words = _subjects(page)
    products = _product_names() if any("lot_product" in f.detail for f in page) else {}
    return [
        {
            "url": reverse("casework:quality_finding", args=[one.rule, one.ref]),
            "cells": [
                *words.get(one.subject_id, (_which_site(one),)),
                quality_words.detail(one.detail, products) or "–",
                one.organization.name,
                f"{timezone.localtime(one.since):%d/%m/%Y}",
            ],
        }
        for one in page
    ]


def _which(rule: Rule) -> list[str]:
    """Return the heads of the columns that say what a finding is about; short first."""
    if rule.subject == Subject.DOSE:
        return [_("Date given"), _("Vaccine"), _("Person")]
    if rule.subject == Subject.PERSON:
        return [_("Person")]
    if rule.subject == Subject.COMPLAINT:
        return [_("Code")]
    return [_("Which")]


def _which_site(one: QualityFinding) -> str:
    return quality_words.site_words(one, None) or _("this site")


def _subjects(page: Sequence[QualityFinding]) -> dict[int, tuple[str, ...]]:
    """Return what each finding is about, masked, as ``_which`` heads it: one statement.

    Nothing for sites: day and lot stand in the finding itself.
    """
    keys = [one.subject_id for one in page]
    subject = page[0].subject if page else ""
    if subject == Subject.DOSE:
        doses: Iterable[Dose] = Dose.objects.filter(pk__in=keys).select_related(
            "product", "person"
        )
        return {
            dose.pk: (
                f"{dose.given_on:%d/%m/%Y}",
                dose.product.name,
                quality_words.masked(dose.person),
            )
            for dose in doses
        }
    if subject == Subject.PERSON:
        people = Person.objects.in_bulk(keys)
        return {pk: (quality_words.masked(one),) for pk, one in people.items()}
    if subject == Subject.COMPLAINT:
        cases = Complaint.objects.filter(pk__in=keys).select_related("submission")
        return {case.pk: (case.pretty_reference,) for case in cases}
    return {}


def _product_names() -> dict[str, str]:
    return dict(Product.objects.values_list("code", "name"))


def _person_rows(person_id: int | None) -> list[dict[str, str]]:
    """Return the person of a finding as label and value; the number stays masked."""
    if person_id is None:
        return []
    person, number = identity.opened(person_id)
    born: date = person.born_on
    shown = {
        Person.Precision.YEAR: f"{born:%Y}",
        Person.Precision.MONTH: f"{born:%m/%Y}",
        Person.Precision.DAY: f"{born:%d/%m/%Y}",
    }[Person.Precision(person.born_precision)]
    sex = {"M": _("Male"), "F": _("Female")}.get(person.sex, "–")
    return [
        {"label": _("Full name"), "value": person.full_name},
        {"label": _("Birth date"), "value": shown},
        {"label": _("Sex"), "value": sex},
        {"label": _("Identity number"), "value": national_id.mask(number) or "–"},
    ]


def _dose_rows(one: QualityFinding) -> list[dict[str, Any]]:
    """Return the doses of the person, or the orphan in question, marked where found."""
    doses = Dose.objects.filter(status=Dose.Status.COMPLETED)
    if one.person_id is not None:
        doses = doses.filter(person=one.person_id)
    elif one.subject == Subject.DOSE:
        doses = doses.filter(pk=one.subject_id)
    else:
        return []
    found = doses.select_related("product", "site").order_by("given_on", "pk")[:PAGE]
    return [
        {
            "dose": dose,
            "is_it": one.subject == Subject.DOSE and dose.pk == one.subject_id,
            "recorded": f"{timezone.localtime(dose.recorded_at):%d/%m/%Y %H:%M}",
        }
        for dose in found
    ]


def _cases(one: QualityFinding) -> list[dict[str, str]]:
    """Return the open cases about it that the reader may see: the way to mend it."""
    about = Q(pk__in=[])
    if one.subject == Subject.COMPLAINT:
        about |= Q(pk=one.subject_id)
    if one.subject == Subject.DOSE:
        about |= Q(dose=one.subject_id)
    if one.person_id is not None:
        about |= Q(submission__person=one.person_id)
    if one.rule == "Q54":
        about |= Q(site=one.subject_id, given_on=_day_of(one.part))
    cases = (
        Complaint.objects.filter(about, status__in=OPEN)
        .select_related("submission", "holder")
        .order_by("due_at", "pk")[:10]
    )
    return [
        {
            "url": reverse(
                "casework:case", args=[int(case.submission.code), case.number]
            ),
            "label": f"{case.pretty_reference}: {case.get_kind_display()}",
            "holder": case.holder.name,
        }
        for case in cases
    ]


def _day_of(part: str) -> date | None:
    try:
        return date.fromisoformat(part[:10])
    except ValueError:
        return None
