"""The rules of self-correction: what they did, what people found, their switches."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import preparing, switches, telephones
from complaints.actions.selfservice import ACTING
from complaints.forms import selfcorrection as forms
from complaints.models import RuleSwitch, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.reasons import WORDS
from complaints.rules.selfcorrection.rule import Rule, Tier
from complaints.rules.selfcorrection.table import RULES
from complaints.views.selfcorrection_changes import seen, to_check
from complaints.views.selfcorrection_rows import value
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import percent, vn_number

_LAST: Final = timedelta(days=30)
_SHOWN: Final = 20
SWITCHED: Final = (*ACTING, telephones.RULE, *preparing.EVERY)
_TIERS: Final = (Tier.A, Tier.B, Tier.C, Tier.D)


@require_safe
@access.staff(*access.OVERSEERS)
def rules(request: StaffRequest) -> HttpResponse:
    """List all rules: whether they act, how often they did, how often rightly."""
    at = timezone.now()
    counts = _counts(at)
    context = {
        "waiting": to_check(request).values("whole").distinct().count(),
        "tables": [
            {
                "title": title,
                "table": _table(tier, counts, at=at),
            }
            for tier, title in zip(_TIERS, _tier_titles(), strict=True)
        ],
        "may_run": access.runs_country(request),
    }
    return render(request, "oversight/selfcorrection.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def rule(request: StaffRequest, rule_code: str) -> HttpResponse:
    """Show one rule with its switches, its sample and its last changes; switch it."""
    shown = _rule(rule_code)
    at = timezone.now()
    form = forms.Switch(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not access.runs_country(request) or shown.code not in SWITCHED:
            raise Http404
        if form.is_valid():
            facts = dict(form.cleaned_data)
            province = facts.pop("province")
            try:
                switches.switch(
                    shown.code,
                    province=province.pk if province else None,
                    by=request.user,
                    at=at,
                    **facts,
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The rule is switched from now on."))
                return see_other("oversight:selfcorrection_rule", shown.code)
    acts = shown.code in SWITCHED
    context = {
        "rule": shown,
        "acts": acts,
        "state": _state_words(shown, at=at),
        "sample": _sample_words(shown.code),
        "least": percent(switches.state_of(shown.code, at=at).least_precision / 10_000),
        "form": form,
        "may_run": access.runs_country(request),
        "to_check": _changes(request, to_check(request).filter(rule=shown.code)),
        "changes": _changes(request, seen(request).filter(rule=shown.code)),
        "switches": [
            f"{timezone.localtime(row.at):%H:%M %d/%m/%Y} · {_switch_words(row)}"
            for row in RuleSwitch.objects.filter(rule=shown.code)
            .select_related("by", "province")
            .order_by("-pk")[:_SHOWN]
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/selfcorrection_rule.html", context, status=status)


def _rule(code: str) -> Rule:
    if code not in RULES:
        raise Http404
    return RULES[code]


def _counts(at: datetime) -> dict[str, dict[str, int]]:
    """Return by rule how many changes were made, lately, and taken back."""
    rows = SelfCorrection.objects.values("rule").annotate(
        all=Count("whole", distinct=True),
        lately=Count("whole", Q(at__gt=at - _LAST), distinct=True),
        undone=Count("whole", Q(undone_at__isnull=False), distinct=True),
    )
    return {
        row["rule"]: {name: row[name] for name in ("all", "lately", "undone")}
        for row in rows.order_by("rule")
    }


def _tier_titles() -> list[str]:
    return [
        _("A: put right at once"),
        _("B: one click by those who answer for it"),
        _("C: a person decides with proof"),
        _("D: two people or another authority decide"),
    ]


def _table(
    tier: Tier, counts: dict[str, dict[str, int]], *, at: datetime
) -> dict[str, Any]:
    chosen = [rule for rule in RULES.values() if rule.tier == tier]
    if tier in (Tier.C, Tier.D):
        return {
            "caption": tier,
            "columns": [{"label": _("Rule")}, {"label": _("Proof that it takes")}],
            "rows": [
                {"url": _url(rule), "cells": [_title(rule), rule.proof]}
                for rule in chosen
            ],
        }
    columns: list[dict[str, Any]] = [{"label": _("Rule")}, {"label": _("State")}]
    if tier == Tier.A:
        columns += [
            {"label": _("In 30 days"), "number": True},
            {"label": _("Altogether"), "number": True},
            {"label": _("Taken back"), "number": True},
            {"label": _("Found right in the sample")},
        ]
    if tier == Tier.B:
        columns += [
            {"label": _("Waiting"), "number": True},
            {"label": _("Recorded by staff"), "number": True},
            {"label": _("Refused by staff"), "number": True},
            {"label": _("Found right by staff")},
        ]
    decided = preparing.decided() if tier == Tier.B else {}
    rows = []
    for rule in chosen:
        cells = [_title(rule), _state_words(rule, at=at)]
        if tier == Tier.B:
            cells += _decided_cells(decided.get(rule.code), rule.code)
        if rule.code in ACTING:
            made = counts.get(rule.code, {"all": 0, "lately": 0, "undone": 0})
            cells += [
                vn_number(made["lately"]),
                vn_number(made["all"]),
                vn_number(made["undone"]),
                _sample_words(rule.code),
            ]
        elif tier == Tier.A:
            cells += ["–", "–", "–", "–"]
        rows.append({"url": _url(rule), "cells": cells})
    return {"caption": tier, "columns": columns, "rows": rows}


def _decided_cells(counts: Mapping[str, int] | None, code: str) -> list[str]:
    """Return how often staff agreed with what a rule prepared."""
    if code not in preparing.EVERY:
        return ["–", "–", "–", "–"]
    found = counts or {}
    made, refused = found.get("made", 0), found.get("refused", 0)
    return [
        vn_number(found.get("waiting", 0)),
        vn_number(made),
        vn_number(refused),
        _found_right(made, made + refused),
    ]


def _title(rule: Rule) -> str:
    return f"{rule.code} {rule.name}"


def _url(rule: Rule) -> str:
    return reverse("oversight:selfcorrection_rule", args=[rule.code])


def _state_words(rule: Rule, *, at: datetime) -> str:
    if rule.code not in SWITCHED:
        return _("Changes nothing by itself")
    state = switches.state_of(rule.code, at=at)
    if not state.is_on:
        return str(WORDS[state.reason])
    elsewhere = [
        row
        for row in switches.newest([rule.code])[rule.code]
        if not row.is_on and (row.province_id or row.use)
    ]
    return _("On, with exceptions") if elsewhere else _("On")


def _sample_words(code: str) -> str:
    sample = switches.sample_of(code)
    return _found_right(sample.right, sample.right + sample.wrong)


def _found_right(right: int, n: int) -> str:
    if not n:
        return _("Nobody has looked yet")
    return _("%(right)s of %(n)s; at least %(low)s by 95 %%") % {
        "right": vn_number(right),
        "n": vn_number(n),
        "low": percent(wilson(right, n)[0]),
    }


def _switch_words(row: RuleSwitch) -> str:
    parts = [_("On") if row.is_on else _("Off")]
    if row.province:
        parts.append(row.province.name)
    if row.use:
        parts.append(row.get_use_display())
    if row.daily_cap is not None:
        parts.append(_("at most %(n)s a day") % {"n": vn_number(row.daily_cap)})
    parts.append(
        row.by.full_name or row.by.username if row.by else _("The rule itself")
    )
    return ", ".join(parts) + f": {row.reason}"


def _changes(request: StaffRequest, rows: Any) -> list[dict[str, Any]]:
    """Return changes as people read them; each look at a person is written down."""
    chosen = list(
        rows.select_related("person", "correction", "province").order_by("-pk")[:_SHOWN]
    )
    record.looks(
        [record.Seen(row.person_id, row.pk) for row in chosen],
        at=timezone.now(),
        actor="staff",
        actor_id=request.user.pk,
        organization=request.postings[0].organization_id,
        subject="complaints.rule",
    )
    return [
        {
            "ref": row.ref,
            "at": row.at,
            "who": f"{row.person.full_name}, {row.person.born_on.year}",
            "province": row.province.name if row.province else "",
            "before": value(row, row.correction.before),
            "after": value(row, row.correction.after),
            "proofs": ", ".join(sorted({p["source"] for p in row.proofs})),
            "undone_at": row.undone_at,
            "finding": row.get_finding_display() if row.finding else "",
        }
        for row in chosen
    ]
