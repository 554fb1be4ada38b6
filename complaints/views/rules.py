"""Policies and the ladder: what is in force, what is to come, and proposals."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import policies, previews
from complaints.actions import rulebook, standing_in
from complaints.choices import Kind
from complaints.forms import rules as forms
from complaints.forms.days_off import DaysProposal
from complaints.models import Ladder, RuleDraft
from complaints.rules.refused import Refused
from complaints.views import proposing, rule_tables
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import dated
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import percent, vn_number

Subject = RuleDraft.Subject
# The word in the address of each subject.
SUBJECTS: Final = {
    "chinh-sach": Subject.POLICY,
    "nac-nhac": Subject.LADDER,
    "gio-lam-viec": Subject.OFFICE,
    "ngay-nghi": Subject.DAYS,
}
# What last month would have been is told of these.
_WITH_PREVIEW: Final = (Subject.POLICY, Subject.LADDER)
_DECIDED_SHOWN: Final = 10


@require_safe
@access.staff(*access.OVERSEERS)
def rules(request: StaffRequest) -> HttpResponse:
    """Show what is in force, what begins later, what was, and what waits."""
    today = timezone.localdate()
    may_run = access.runs_country(request)
    ladders = list(
        Ladder.objects.select_related("ended_by")
        .prefetch_related("rungs")
        .order_by("-valid_from")
    )
    drafts = RuleDraft.objects.select_related("proposed_by", "confirmed_by").filter(
        subject__in=SUBJECTS.values()
    )
    context = {
        "waiting": [
            _line(draft)
            for draft in drafts.filter(confirmed_at=None, dropped_at=None).order_by(
                "pk"
            )
        ],
        "decided": [
            _line(draft)
            for draft in drafts.exclude(confirmed_at=None).order_by("-pk")[
                :_DECIDED_SHOWN
            ]
        ],
        "policies": rule_tables.policy_table(today, may_run=may_run),
        "ladders": [
            rule_tables.ladder(one, ladders, today, may_run=may_run) for one in ladders
        ],
        "offices": rule_tables.office_table(today, may_run=may_run),
        "days": rule_tables.days_table(today),
        "may_run": may_run,
    }
    return render(request, "oversight/rules.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def new(request: StaffRequest, subject: str) -> HttpResponse:
    """Propose a policy or a ladder; it holds once somebody else has confirmed it."""
    if subject not in SUBJECTS or not access.runs_country(request):
        raise Http404
    at = timezone.now()
    data = request.POST if request.method == "POST" else None
    form = _form(SUBJECTS[subject], data, at=at)
    if form.is_valid():
        draft = proposing.propose(request, SUBJECTS[subject], form, at=at)
        if draft is not None:
            return see_other("oversight:rule_draft", draft.ref)
    titles = {
        Subject.POLICY: _("Propose a policy"),
        Subject.LADDER: _("Propose reminders"),
        Subject.OFFICE: _("Propose office hours"),
        Subject.DAYS: _("Propose days off"),
    }
    context = {
        "form": form,
        "title": titles[SUBJECTS[subject]],
        "is_ladder": SUBJECTS[subject] == Subject.LADDER,
        "has_preview": SUBJECTS[subject] in _WITH_PREVIEW,
    }
    status = 422 if form.errors else 200
    return render(request, "oversight/rule_new.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def draft(request: StaffRequest, draft_ref: uuid.UUID) -> HttpResponse:
    """Show a proposal and what it would have changed; confirm it or put it aside."""
    at = timezone.now()
    shown = (
        RuleDraft.objects.select_related("proposed_by", "confirmed_by", "dropped_by")
        .filter(ref=draft_ref, subject__in=SUBJECTS.values())
        .first()
    )
    if shown is None or (request.method == "POST" and not access.sees_country(request)):
        raise Http404
    trouble = ""
    if request.method == "POST":
        act = {"confirm": rulebook.confirm, "drop": rulebook.drop}.get(
            request.POST.get("action", "")
        )
        try:
            if act is None:
                raise Refused(_("Choose what to do with the proposal."))
            act(draft_ref, by=request.user, at=at)
        except Refused as refusal:
            trouble = str(refusal)
        else:
            done = (
                _("Confirmed. It is in force from its day on.")
                if act is rulebook.confirm
                else _("The proposal is put aside.")
            )
            messages.success(request, done)
            return see_other("oversight:rules")
    context = {
        "draft": shown,
        "facts": rule_tables.draft_facts(shown),
        "lines": rule_tables.draft_lines(shown),
        "title": _draft_title(shown),
        "preview": _preview(shown, at=at)
        if shown.is_waiting and shown.subject in _WITH_PREVIEW
        else None,
        "trouble": trouble,
        "may_decide": shown.is_waiting and access.sees_country(request),
        "is_own": shown.proposed_by_id == request.user.pk,
    }
    status = 422 if trouble else 200
    return render(request, "oversight/rule_draft.html", context, status=status)


def _form(subject: str, data: Any, *, at: datetime) -> Any:
    if subject == Subject.OFFICE:
        return forms.OfficeProposal(data)
    if subject == Subject.DAYS:
        return DaysProposal(data)
    if subject == Subject.LADDER:
        ladder = dated.in_force(
            Ladder.objects.prefetch_related("rungs"), day=timezone.localdate(at)
        )
        return forms.LadderProposal(data, ladder=ladder)
    general = policies.policy_for(Kind.MISSING_DOSE, at=at)
    return forms.PolicyProposal(data, initial=forms.started_from(general))


def _draft_title(row: RuleDraft) -> str:
    return {
        Subject.POLICY: _("Proposal: a policy"),
        Subject.LADDER: _("Proposal: reminders"),
        Subject.OFFICE: _("Proposal: office hours"),
        Subject.DAYS: _("Proposal: days off"),
    }[Subject(row.subject)]


def _line(row: RuleDraft) -> dict[str, Any]:
    by = row.proposed_by.full_name or row.proposed_by.username
    second = row.confirmed_by
    text = _("from %(day)s, proposed by %(name)s") % {
        "day": rule_tables.day_words(row.valid_from),
        "name": by,
    }
    if second:
        text += _(", confirmed by %(name)s") % {
            "name": second.full_name or second.username
        }
    url = reverse("oversight:rule_draft", args=[row.ref])
    return {"url": url, "title": _draft_title(row), "text": text}


def _preview(row: RuleDraft, *, at: datetime) -> dict[str, Any]:
    """Return what last month would have been under a proposal, as lines."""
    if row.subject == Subject.POLICY:
        found = previews.of_policy(rulebook.as_policy(row), at=at)
        lines = [
            (_("Overdue by the rules of that day"), found.late_now),
            (_("Overdue under the proposal"), found.late_then),
        ]
        sent, looked, counted = found.sent, found.looked, found.counted
    else:
        ladder, rungs = rulebook.as_ladder(row)
        reached = previews.of_rungs(rungs, at=at)
        sent, looked, counted = reached.sent, reached.counted, reached.counted
        lines = list(
            zip(map(rule_tables.rung_words, rungs), reached.reached, strict=True)
        )
    return {
        "sent": vn_number(sent),
        "looked": vn_number(looked),
        "is_sample": looked < sent,
        "counted": vn_number(counted) if counted < looked else "",
        "table": _preview_table(lines, counted),
        "away": vn_number(standing_in.silent(ladder, at=at))
        if row.subject == Subject.LADDER
        else "",
    }


def _preview_table(lines: Sequence[tuple[str, int]], counted: int) -> dict[str, Any]:
    return {
        "caption": _("What last month would have been"),
        "columns": [
            {"label": _("Of these")},
            {"label": _("Cases"), "number": True},
            {"label": _("Share"), "number": True},
        ],
        "rows": [
            {"cells": [label, vn_number(n), percent(n / counted if counted else None)]}
            for label, n in lines
        ],
    }
