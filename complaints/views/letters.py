"""The answer to the citizen on paper, for whoever is served at the counter or by post.

The page is the paper; a PDF of it is offered where one can be made. The words are those
of the message, in the language of who reported.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from complaints import notifications, policies
from complaints.actions import moving
from complaints.choices import Actor, Status
from complaints.models import Complaint, Event
from complaints.notifications import composing
from complaints.notifications.sending import DECISIONS, UNDO
from complaints.rules import statute
from complaints.views import progress, receipt
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common import pdf
from portal.common.context import site


@require_safe
@access.staff(*access.READERS)
def letter(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Show the letter about a decision, once it stands; the look is written down."""
    at = timezone.now()
    decision = _decision(request, code, number, at=at)
    may_print = _stands(decision, at=at)
    context = {
        "complaint": decision.complaint,
        "paper": _paper(request, decision) if may_print else "",
        "has_pdf": pdf.is_available(),
    }
    _note_look(request, decision.complaint, at=at)
    return render(request, "casework/letter.html", context)


@require_safe
@access.staff(*access.READERS)
def letter_file(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Give the letter as PDF; 404 before it stands, and where none can be made."""
    at = timezone.now()
    decision = _decision(request, code, number, at=at)
    if not pdf.is_available() or not _stands(decision, at=at):
        raise Http404
    case = decision.complaint
    context = {"complaint": case, "paper": _paper(request, decision)}
    html = render_to_string("casework/letter.html", context, request)
    _note_look(request, case, at=at)
    response = HttpResponse(pdf.render(html), content_type="application/pdf")
    name = f"{case.reference}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _decision(request: StaffRequest, code: int, number: int, *, at: datetime) -> Event:
    """Return the decision by which a case that the reader may see is resolved."""
    mine = Complaint.objects.visible_to(request.user, at=at)
    decision: Event | None = (
        Event.objects.filter(
            complaint__in=mine.filter(
                submission__code=str(code), number=number, status=Status.RESOLVED
            ),
            move__in=DECISIONS,
        )
        .select_related("complaint__submission", "complaint__policy", "holder__parent")
        .order_by("-seq")
        .first()
    )
    if decision is None:
        raise Http404
    return decision


def _stands(decision: Event, *, at: datetime) -> bool:
    """Tell whether the decision can be taken back no more; till then nobody is told."""
    return decision.actor != Actor.STAFF or at >= decision.at + UNDO


def _paper(request: StaffRequest, decision: Event) -> str:
    """Return the sheet itself, in the language of who reported."""
    case = decision.complaint
    sender = case.submission
    subject, sentences = notifications.on_paper(decision)
    with translation.override(sender.language):
        context: dict[str, Any] = {
            **site(request),
            "language": sender.language,
            "subject": subject,
            "sentences": sentences,
            "claims": progress.claims(case, list(case.claims.order_by("pk"))),
            "explanation": decision.note,
            "sender": sender,
            "reference": case.pretty_reference,
            "holder": decision.holder,
            "decided_at": decision.at,
            "above": moving.above(decision.holder, at=decision.at).name,
            "days": policies.of_case(case).disagree_days,
            "law": statute.TERMS,
            "link": composing.link_to(sender.code, language=sender.language),
            "qr": receipt.qr(sender.code),
        }
        return render_to_string("casework/_letter.html", context)


def _note_look(request: StaffRequest, case: Complaint, *, at: datetime) -> None:
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=case.submission.person_id,
        organization=request.postings[0].organization_id,
        subject="complaints.complaint",
        subject_id=case.pk,
    )
