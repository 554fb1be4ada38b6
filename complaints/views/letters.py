"""An answer or a question to the citizen on paper, for the counter or by post.

Who gave neither telephone nor e-mail hears of it in no other way. The page is the
paper; a PDF of it is offered where one can be made. The words are those of the message,
in the language of who reported.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from complaints import notifications, policies, retold
from complaints.actions import moving
from complaints.choices import Actor, Move, Status
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

# What is written of, by where the case stands.
_WRITTEN_OF: Final = {
    Status.RESOLVED: DECISIONS,
    Status.WAITING_CITIZEN: (Move.ASK,),
}


@require_safe
@access.staff(*access.READERS)
def letter(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Show the letter of a decision or question that stands; the look is noted."""
    at = timezone.now()
    told = _told(request, code, number, at=at)
    may_print = _stands(told, at=at)
    context = {
        "complaint": told.complaint,
        "paper": _paper(request, told) if may_print else "",
        "has_pdf": pdf.is_available(),
    }
    _note_look(request, told.complaint, at=at)
    return render(request, "casework/letter.html", context)


@require_safe
@access.staff(*access.READERS)
def letter_file(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Give the letter as PDF; 404 before it stands, and where none can be made."""
    at = timezone.now()
    told = _told(request, code, number, at=at)
    if not pdf.is_available() or not _stands(told, at=at):
        raise Http404
    case = told.complaint
    context = {"complaint": case, "paper": _paper(request, told)}
    html = render_to_string("casework/letter.html", context, request)
    _note_look(request, case, at=at)
    response = HttpResponse(pdf.render(html), content_type="application/pdf")
    name = f"{case.reference}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _told(request: StaffRequest, code: int, number: int, *, at: datetime) -> Event:
    """Return by what a case that the reader may see is resolved, or waits for them."""
    mine = Complaint.objects.visible_to(request.user, at=at)
    case = mine.filter(submission__code=str(code), number=number).first()
    moves = _WRITTEN_OF.get(Status(case.status), ()) if case else ()
    told: Event | None = (
        Event.objects.filter(complaint=case, move__in=moves)
        .select_related("complaint__submission", "complaint__policy", "holder__parent")
        .order_by("-seq")
        .first()
    )
    if told is None:
        raise Http404
    return told


def _stands(told: Event, *, at: datetime) -> bool:
    """Tell whether the move can be taken back no more; till then nobody is told."""
    return told.actor != Actor.STAFF or at >= told.at + UNDO


def _paper(request: StaffRequest, told: Event) -> str:
    """Return the sheet itself, in the language of who reported."""
    case = told.complaint
    sender = case.submission
    subject, sentences = notifications.on_paper(told)
    with translation.override(sender.language):
        context: dict[str, Any] = {
            **site(request),
            "language": sender.language,
            "subject": subject,
            "sentences": sentences,
            "claims": progress.claims(case, list(case.claims.order_by("pk"))),
            "explanation": told.note,
            "considered": retold.considered(told),
            # Of a question: what to bring, by when, and what the page asks for.
            "asked": progress.asked_for(told.data.get("reasons", [])),
            "answer_by": told.at + timedelta(days=policies.of_case(case).pause_days),
            "page_asks": composing.asks(
                sender.language, has_phone=sender.phone_digest is not None
            ),
            "is_question": told.move == Move.ASK,
            "sender": sender,
            "reference": case.pretty_reference,
            "holder": told.holder,
            "written_at": told.at,
            "above": moving.above(told.holder, at=told.at).name,
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
