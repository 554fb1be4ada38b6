"""Policies and the ladder: what is in force, what is to come, and proposals."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from complaints import policies, previews
from complaints.actions import rulebook, standing_in
from complaints.choices import Kind
from complaints.forms import rules as forms
from complaints.models import Ladder, OfficeHours, Policy, RuleDraft, Rung
from complaints.rules.refused import Refused
from complaints.views.selfcorrection import may_run
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import dated
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import percent, vn_number

Subject = RuleDraft.Subject
# The word in the address of each subject.
SUBJECTS: Final = {"chinh-sach": Subject.POLICY, "nac-nhac": Subject.LADDER}
_DECIDED_SHOWN: Final = 10


@require_safe
@access.staff(*access.OVERSEERS)
def rules(request: StaffRequest) -> HttpResponse:
    """Show what is in force, what begins later, what was, and what waits."""
    today = timezone.localdate()
    ladders = list(Ladder.objects.prefetch_related("rungs").order_by("-valid_from"))
    drafts = RuleDraft.objects.select_related("proposed_by", "confirmed_by")
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
        "policies": _policy_table(today),
        "ladders": [_ladder(one, ladders, today) for one in ladders],
        "offices": _office_table(today),
        "may_run": may_run(request),
    }
    return render(request, "oversight/rules.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def new(request: StaffRequest, subject: str) -> HttpResponse:
    """Propose a policy or a ladder; it holds once somebody else has confirmed it."""
    if subject not in SUBJECTS or not may_run(request):
        raise Http404
    at = timezone.now()
    data = request.POST if request.method == "POST" else None
    form = _form(SUBJECTS[subject], data, at=at)
    if form.is_valid():
        content, valid_from, source = form.facts()
        try:
            draft = rulebook.propose(
                SUBJECTS[subject],
                content,
                valid_from=valid_from,
                source=source,
                by=request.user,
                at=at,
            )
        except Refused as refusal:
            form.add_error("valid_from", str(refusal))
        else:
            messages.success(request, _("Proposed. Another person confirms it."))
            return see_other("oversight:rule_draft", draft.ref)
    is_ladder = SUBJECTS[subject] == Subject.LADDER
    context = {"form": form, "is_ladder": is_ladder}
    status = 422 if form.errors else 200
    return render(request, "oversight/rule_new.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def draft(request: StaffRequest, draft_ref: uuid.UUID) -> HttpResponse:
    """Show a proposal and what it would have changed; confirm it or put it aside."""
    at = timezone.now()
    shown = (
        RuleDraft.objects.select_related("proposed_by", "confirmed_by", "dropped_by")
        .filter(ref=draft_ref)
        .first()
    )
    if shown is None or (request.method == "POST" and not _at_the_root(request)):
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
        "facts": _draft_facts(shown),
        "lines": _draft_lines(shown),
        "preview": _preview(shown, at=at) if shown.is_waiting else None,
        "trouble": trouble,
        "may_decide": shown.is_waiting and _at_the_root(request),
        "is_own": shown.proposed_by_id == request.user.pk,
    }
    status = 422 if trouble else 200
    return render(request, "oversight/rule_draft.html", context, status=status)


def _at_the_root(request: StaffRequest) -> bool:
    return any(p.organization.parent_id is None for p in request.postings)


def _form(subject: str, data: Any, *, at: datetime) -> Any:
    if subject == Subject.LADDER:
        ladder = dated.in_force(
            Ladder.objects.prefetch_related("rungs"), day=timezone.localdate(at)
        )
        return forms.LadderProposal(data, ladder=ladder)
    general = policies.policy_for(Kind.MISSING_DOSE, at=at)
    return forms.PolicyProposal(data, initial=forms.started_from(general))


def _line(row: RuleDraft) -> dict[str, Any]:
    title = _("Policy") if row.subject == Subject.POLICY else _("Reminders")
    by = row.proposed_by.full_name or row.proposed_by.username
    second = row.confirmed_by
    text = _("from %(day)s, proposed by %(name)s") % {
        "day": _day(row.valid_from),
        "name": by,
    }
    if second:
        text += _(", confirmed by %(name)s") % {
            "name": second.full_name or second.username
        }
    url = reverse("oversight:rule_draft", args=[row.ref])
    return {"url": url, "title": title, "text": text}


def _policy_table(today: date) -> dict[str, Any]:
    rows = list(Policy.objects.select_related("organization").order_by("-valid_from"))
    known: dict[tuple[Any, ...], list[Policy]] = {}
    for row in rows:
        key = (row.kind, row.level, row.organization_id)
        known.setdefault(key, []).append(row)
    return {
        "caption": _("Policies"),
        "columns": [
            {"label": _("For what")},
            {"label": _("State")},
            {"label": _("First answer within")},
            {"label": _("Repaired within")},
            {"label": _("One extension of at most")},
            {"label": _("Waits for the citizen")},
            {"label": _("On what it rests")},
        ],
        "rows": [
            {"cells": [policy_title(row), _state(row, same, today), *_times(row)]}
            for same in known.values()
            for row in same
        ],
    }


def policy_title(row: Policy) -> str:
    """Return in words which cases a policy is for."""
    kind = str(Kind(row.kind).label) if row.kind else _("All kinds")
    if row.organization:
        return f"{kind} · {row.organization.name}"
    if row.level:
        return f"{kind} · {dict(forms.LEVELS)[row.level]}"
    return kind


def _times(row: Policy) -> list[str]:
    extension = (
        hours_words(row.extension_hours, in_office=row.in_office)
        if row.extension_hours
        else _("None")
    )
    days = ngettext("%(n)s day", "%(n)s days", row.pause_days)
    return [
        hours_words(row.first_answer_hours, in_office=row.in_office),
        hours_words(row.repair_hours, in_office=row.in_office),
        extension,
        days % {"n": row.pause_days},
        row.source,
    ]


def hours_words(hours: int, *, in_office: bool) -> str:
    """Return a policy's time in words: hours, or working days where they are whole."""
    if not in_office:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": vn_number(hours)}
    days, rest = divmod(hours, forms.WORKING_DAY)
    if rest:
        words = ngettext("%(n)s office hour", "%(n)s office hours", hours)
        return words % {"n": vn_number(hours)}
    words = ngettext("%(n)s working day", "%(n)s working days", days)
    return words % {"n": vn_number(days)}


def _state(row: Any, same: Sequence[Any], today: date) -> str:
    """Return whether a dated row is in force, to come or over."""
    if row.valid_from > today:
        return _("From %(day)s") % {"day": _day(row.valid_from)}
    current = dated.in_force(same, day=today)
    if current == row:
        return _("In force since %(day)s") % {"day": _day(row.valid_from)}
    return _("Over; began on %(day)s") % {"day": _day(row.valid_from)}


def _ladder(one: Ladder, all_of_them: Sequence[Ladder], today: date) -> dict[str, Any]:
    rungs = sorted(one.rungs.all(), key=lambda r: (r.clock, r.share, r.levels))
    return {
        "state": _state(one, all_of_them, today),
        "source": one.source,
        "lines": [*map(rung_words, rungs), *_away_words(one)],
    }


def rung_words(rung: Rung) -> str:
    """Return a rung as a sentence."""
    told = dict(forms.ABOVE)[rung.levels]
    time = dict(forms.CLOCKS)[rung.clock]
    words = _("%(time)s, at %(share)s %%: %(told)s is told") % {
        "time": time,
        "share": rung.share,
        "told": told,
    }
    return words + _(" and answers for the case, too") if rung.hands_up else words


def _away_words(ladder: Ladder) -> list[str]:
    words = []
    if ladder.idle_days is not None:
        words.append(
            _("After %(n)s working days without a log-in its cases go one level up.")
            % {"n": ladder.idle_days}
        )
    if ladder.capacity is not None:
        words.append(
            _("What is beyond %(n)s open cases goes to the level above.")
            % {"n": vn_number(ladder.capacity)}
        )
    return words


def _office_table(today: date) -> dict[str, Any]:
    rows = list(
        OfficeHours.objects.select_related("organization").order_by("-valid_from")
    )
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    found = []
    for row in rows:
        same = [r for r in rows if r.organization_id == row.organization_id]
        hours = f"{row.begins:%H:%M}–{row.ends:%H:%M}"
        if row.break_begins and row.break_ends:
            hours = (
                f"{row.begins:%H:%M}–{row.break_begins:%H:%M}, "
                f"{row.break_ends:%H:%M}–{row.ends:%H:%M}"
            )
        body = row.organization.name if row.organization else _("The whole country")
        days = _days(sorted(row.weekdays), names)
        found.append(
            {"cells": [body, days, hours, _state(row, same, today), row.source]}
        )
    return {
        "caption": _("Office hours"),
        "columns": [
            {"label": label}
            for label in (
                _("Organization"),
                _("Days"),
                _("Hours"),
                _("State"),
                _("On what it rests"),
            )
        ],
        "rows": found,
    }


def _days(weekdays: Sequence[int], names: Sequence[str]) -> str:
    """Return days of the week in words; a row of them by its ends."""
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{names[weekdays[0]]} – {names[weekdays[-1]]}"
    return ", ".join(names[day] for day in weekdays)


def _draft_facts(row: RuleDraft) -> list[tuple[str, str]]:
    """Return what a proposal says, label by label."""
    facts = [
        (_("In force from"), _day(row.valid_from)),
        (_("On what it rests"), row.source),
    ]
    if row.subject == Subject.LADDER:
        return facts
    policy = rulebook.as_policy(row)
    first, repair, extension, pause, _source = _times(policy)
    return [
        (_("For what"), policy_title(policy)),
        (_("First answer within"), first),
        (_("Repaired within"), repair),
        (_("One extension of at most"), extension),
        (_("Waits for the citizen"), pause),
        (_("Days in which the citizen may disagree"), vn_number(policy.disagree_days)),
        *facts,
    ]


def _draft_lines(row: RuleDraft) -> list[str]:
    """Return the rungs and limits of a proposed ladder; none for a policy."""
    if row.subject != Subject.LADDER:
        return []
    ladder, rungs = rulebook.as_ladder(row)
    return [*map(rung_words, rungs), *_away_words(ladder)]


def _preview(row: RuleDraft, *, at: datetime) -> dict[str, Any]:
    """Return what last month would have been under a proposal, as lines."""
    if row.subject == Subject.POLICY:
        found = previews.of_policy(rulebook.as_policy(row), at=at)
        lines = [
            (_("Overdue by the rules of that day"), found.late_now),
            (_("Overdue under the proposal"), found.late_then),
        ]
        sent, counted = found.sent, found.counted
    else:
        ladder, rungs = rulebook.as_ladder(row)
        reached = previews.of_rungs(rungs, at=at)
        sent, counted = reached.sent, reached.counted
        lines = list(zip(map(rung_words, rungs), reached.reached, strict=True))
    return {
        "sent": vn_number(sent),
        "counted": vn_number(counted),
        "is_sample": counted < sent,
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


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
