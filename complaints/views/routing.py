"""The routing workbench: explain one, replay a draft, publish it, roll it back."""

import uuid
from datetime import date, datetime
from typing import Any

from django.contrib import messages
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

from complaints import ways
from complaints.actions import atlas as atlases
from complaints.actions import replaying, routing, rulebook
from complaints.actions.rolling_back import roll_back
from complaints.choices import Kind
from complaints.forms import routing as forms
from complaints.models import Delegation, Replay, RuleDraft
from complaints.rules.refused import Refused
from complaints.rules.responsibility import Facts, responsible_for
from complaints.views import proposing
from complaints.views.rule_tables import day_words
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import percent, pretty_code, vn_number
from portal.registry import places
from portal.registry.models import Organization

ROUTE = RuleDraft.Subject.ROUTE


@require_safe
@access.staff(*access.OVERSEERS)
def workbench(request: StaffRequest) -> HttpResponse:
    """Explain who would answer; show the rows that let another unit do it."""
    today = timezone.localdate()
    asked = forms.Explain(request.GET if "kind" in request.GET else None)
    answer = _explained(asked.cleaned_data, today) if asked.is_valid() else None
    waiting = RuleDraft.objects.filter(
        subject=ROUTE, confirmed_at=None, dropped_at=None
    ).select_related("proposed_by")
    context = {
        "form": asked,
        "answer": answer,
        "waiting": [
            {
                "url": reverse("oversight:routing_draft", args=[row.ref]),
                "text": _words(rulebook.as_delegation(row)),
            }
            for row in waiting.order_by("pk")
        ],
        "rows": [_row(row, today) for row in _known()],
        "may_run": access.runs_country(request),
    }
    return render(request, "oversight/routing.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def new(request: StaffRequest) -> HttpResponse:
    """Propose that another unit answers; last month is routed again under it."""
    if not access.runs_country(request):
        raise Http404
    at = timezone.now()
    form = forms.DelegationProposal(
        request.POST if request.method == "POST" else None,
        today=timezone.localdate(at),
    )
    if form.is_valid():
        draft = proposing.propose(request, ROUTE, form, at=at)
        if draft is not None:
            replaying.start(draft, at=at)
            return see_other("oversight:routing_draft", draft.ref)
    return render(
        request,
        "oversight/routing_new.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(READ_AND_SEND)
@access.staff(*access.OVERSEERS)
def draft(request: StaffRequest, draft_ref: uuid.UUID) -> HttpResponse:
    """Show a proposal; who runs the country sees last month under it and decides."""
    at = timezone.now()
    shown = (
        RuleDraft.objects.select_related("proposed_by", "confirmed_by", "dropped_by")
        .filter(ref=draft_ref, subject=ROUTE)
        .first()
    )
    may_look = access.runs_country(request)
    if shown is None or (request.method == "POST" and not may_look):
        raise Http404
    trouble = ""
    if request.method == "POST":
        action = request.POST.get("action", "")
        try:
            done = _decide(request, shown, action, at=at)
        except Refused as refusal:
            trouble = str(refusal)
        else:
            messages.success(request, done)
            if action == "replay":
                return see_other("oversight:routing_draft", shown.ref)
            return see_other("oversight:routing")
    # Codes and counts of the whole country are for who runs it.
    replay = replaying.newest(shown) if may_look else None
    context = {
        "draft": shown,
        "text": _words(rulebook.as_delegation(shown)),
        "address": reverse("oversight:routing_draft", args=[shown.ref]),
        "replay": _replayed(replay) if replay else None,
        "trouble": trouble,
        "may_look": may_look,
        "may_decide": shown.is_waiting and may_look,
        "is_own": shown.proposed_by_id == request.user.pk,
    }
    return page_or_fragment(
        request,
        "oversight/routing_draft.html",
        "oversight/_replay.html",
        context,
        status=422 if trouble else 200,
    )


@require_POST
@access.staff(*access.OVERSEERS)
def end(request: StaffRequest, row: int) -> HttpResponse:
    """Roll a row back: cases go again where they went without it."""
    if not access.runs_country(request):
        raise Http404
    try:
        roll_back(
            Delegation,
            row,
            subject="complaints.routing",
            by=request.user,
            at=timezone.now(),
        )
    except Delegation.DoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, _("Rolled back. New cases go where they went before.")
        )
    return see_other("oversight:routing")


def _decide(
    request: StaffRequest, shown: RuleDraft, action: str, *, at: datetime
) -> str:
    """Take a decision and return the sentence about it. Raise Refused."""
    if action == "confirm":
        rulebook.confirm(shown.ref, by=request.user, at=at)
        return _("Confirmed. It is in force from its day on.")
    if action == "drop":
        rulebook.drop(shown.ref, by=request.user, at=at)
        return _("The proposal is put aside.")
    if action == "replay" and shown.is_waiting:
        replaying.start(shown, at=at)
        return _("Last month is routed again.")
    raise Refused(_("Choose what to do with the proposal."))


def _explained(typed: dict[str, Any], today: date) -> dict[str, Any]:
    """Return who would answer and each step of the way, in words."""
    meant = routing.Found()
    if typed["place"]:
        coded = Organization.objects.filter(code__iexact=typed["place"].strip())
        meant = routing.Found(coded.values_list("pk", flat=True).first())
        if meant.site is None:
            meant = routing.find_place(typed["place"], typed["given_on"])
    home = places.the_one(typed["residence"])
    facts = Facts(
        typed["kind"], residence=home.code if home else None, **meant._asdict()
    )
    atlas = atlases.read([facts], day=today)
    found = responsible_for(facts, atlas=atlas, day=today)
    body = Organization.objects.select_related("province").get(pk=found.body)
    home_unknown = bool(typed["residence"]) and home is None
    return {
        "name": body.name,
        "code": body.code,
        "province": body.province.name if body.province else "",
        "is_certain": found.is_certain and not home_unknown,
        "path": [ways.sentence(reason.step, reason.names) for reason in found.path],
        "home_unknown": home_unknown,
        "place_unknown": bool(typed["place"]) and meant == routing.Found(),
    }


def _known() -> list[Delegation]:
    rows = Delegation.objects.select_related("organization", "to", "ended_by")
    return list(rows.order_by("-valid_from", "-pk")[:50])


def _row(row: Delegation, today: date) -> dict[str, Any]:
    ended = row.ended_at is not None
    is_over = ended or (row.valid_to is not None and row.valid_to <= today)
    if is_over and row.ended_by is not None:
        state = _("Rolled back by %(name)s") % {
            "name": row.ended_by.full_name or row.ended_by.username
        }
    elif is_over:
        state = _("Over")
    elif row.valid_from > today:
        state = _("From %(day)s") % {"day": day_words(row.valid_from)}
    else:
        state = _("In force since %(day)s") % {"day": day_words(row.valid_from)}
    return {
        "pk": row.pk,
        "text": _words(row),
        "state": state,
        "source": row.source,
        "can_end": not is_over,
    }


def _words(row: Delegation) -> str:
    """Return in a sentence which cases go to whom."""
    facts = {
        "kind": str(Kind(row.kind).label) if row.kind else _("All kinds"),
        "unit": row.organization.name,
        "to": row.to.name,
    }
    if row.with_below:
        return _("%(kind)s: %(to)s answers for %(unit)s and all below it") % facts
    return _("%(kind)s: %(to)s answers for %(unit)s") % facts


def _replayed(row: Replay) -> dict[str, Any]:
    """Return how far a replay is and what it found, as tables."""
    elsewhere = sum(pair["n"] for pair in row.pairs)
    return {
        "is_running": row.state == Replay.State.RUNNING,
        "is_stopped": row.state == Replay.State.STOPPED,
        "looked": row.looked,
        "looked_text": vn_number(row.looked),
        "total": row.total,
        "total_text": vn_number(row.total),
        "elsewhere": vn_number(elsewhere),
        "share": percent(elsewhere / row.looked if row.looked else None),
        "seconds": vn_number(row.seconds, 1),
        "asked_at": row.asked_at,
        "pairs": {
            "caption": _("From whom to whom"),
            "columns": [
                # First, so that both names share the width of a telephone.
                {"label": _("Reports"), "number": True},
                {"label": _("Would leave")},
                {"label": _("Would go to")},
            ],
            "rows": [
                {"cells": [vn_number(pair["n"]), pair["from_name"], pair["to_name"]]}
                for pair in row.pairs[:50]
            ],
            "empty": _("No report would go elsewhere."),
        },
        "more": max(len(row.pairs) - 50, 0),
        "examples": {
            "caption": _("Some of these reports"),
            "columns": [
                {"label": _("Code")},
                {"label": _("Would leave")},
                {"label": _("Would go to")},
            ],
            "rows": [
                {"cells": [pretty_code(one["case"]), one["from"], one["to"]]}
                for one in row.examples
            ],
        },
    }
