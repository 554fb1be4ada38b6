"""Words of messages: proposed with a preview, published by two, taken back by one."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.actions import rulebook
from complaints.actions.rolling_back import roll_back
from complaints.forms import texts as forms
from complaints.models import RuleDraft, Wording
from complaints.notifications import texts
from complaints.notifications.words import WORDS
from complaints.rules.refused import Refused
from complaints.views import message_lists, proposing
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common.http import READ_AND_SEND, see_other

TEXT = RuleDraft.Subject.TEXT


@require_http_methods(READ_AND_SEND)
@access.staff(Role.ADMINISTRATOR)
def new(request: StaffRequest, key: str) -> HttpResponse:
    """Write other words for a step; see them as people would, then propose them."""
    if key not in WORDS or not access.runs_country(request):
        raise Http404
    at = timezone.now()
    in_force = texts.of(key, day=timezone.localdate(at))
    form = forms.TextProposal(
        request.POST if request.method == "POST" else None,
        key=key,
        initial=forms.started_from(in_force),
    )
    context: dict[str, Any] = {"form": form, "key": key}
    context["title"] = message_lists.step_word(key)
    if form.is_valid():
        if request.POST.get("action") == "look":
            context |= message_lists.shown(key, form.words())
        else:
            draft = proposing.propose(request, TEXT, form, at=at)
            if draft is not None:
                return see_other("oversight:text_draft", draft.ref)
    status = 422 if form.errors else 200
    return render(request, "oversight/text_new.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.staff(Role.ADMINISTRATOR)
def draft(request: StaffRequest, draft_ref: uuid.UUID) -> HttpResponse:
    """Show proposed words as people would get them; confirm them or put them aside."""
    at = timezone.now()
    shown = (
        RuleDraft.objects.select_related("proposed_by", "confirmed_by", "dropped_by")
        .filter(ref=draft_ref, subject=TEXT)
        .first()
    )
    if shown is None or (request.method == "POST" and not access.runs_country(request)):
        raise Http404
    key = shown.content["key"]
    trouble = ""
    if request.method == "POST":
        try:
            done = _decide(request, shown, at=at)
        except Refused as refusal:
            trouble = str(refusal)
        else:
            messages.success(request, done)
            return see_other("oversight:message", key)
    context = message_lists.shown(key, texts.read(shown.content)) | {
        "draft": shown,
        "key": key,
        "title": message_lists.step_word(key),
        "trouble": trouble,
        "may_decide": shown.is_waiting and access.runs_country(request),
        "is_own": shown.proposed_by_id == request.user.pk,
    }
    status = 422 if trouble else 200
    return render(request, "oversight/text_draft.html", context, status=status)


@require_POST
@access.staff(Role.ADMINISTRATOR)
def end(request: StaffRequest, row: int) -> HttpResponse:
    """Go back to the words of before, from now on."""
    found = Wording.objects.filter(pk=row).first()
    if found is None or not access.runs_country(request):
        raise Http404
    try:
        roll_back(
            Wording,
            row,
            subject="complaints.wording",
            by=request.user,
            at=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Rolled back. The words of before count again."))
    return see_other("oversight:message", found.key)


def _decide(request: StaffRequest, shown: RuleDraft, *, at: Any) -> str:
    """Take a decision and return the sentence about it. Raise Refused."""
    action = request.POST.get("action", "")
    if action == "confirm":
        if texts.problems(shown.content["key"], texts.read(shown.content)):
            raise Refused(_("These words do not fit any more. Propose others."))
        rulebook.confirm(shown.ref, by=request.user, at=at)
        return _("Confirmed. It is in force from its day on.")
    if action == "drop":
        rulebook.drop(shown.ref, by=request.user, at=at)
        return _("The proposal is put aside.")
    raise Refused(_("Choose what to do with the proposal."))
