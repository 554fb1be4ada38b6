"""What is printed: the receipt, and the form of a complaint by the law on complaints.

The page is the paper; a PDF of the same page is offered where it can be made.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from complaints.actions import opening
from complaints.choices import Move, Outcome
from complaints.models import Complaint, Submission
from complaints.rules import statute
from complaints.views import limits, receipt
from complaints.views.proved import has_its_telephone
from complaints.views.tracking import ask_first, own_complaint, own_submission
from portal.accounts import access
from portal.common import codes, pdf, phones


@require_safe
@access.public
def receipt_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the receipt as it is printed, on half a sheet."""
    submission = own_submission(request, code)
    if submission is None:
        return ask_first(code)
    context = _receipt(submission) | {"has_pdf": pdf.is_available()}
    return render(request, "citizen/receipt.html", context)


@require_safe
@access.public
def receipt_file(request: HttpRequest, code: str) -> HttpResponse:
    """Give the receipt as PDF; 404 where none can be made, the page is there then."""
    submission = own_submission(request, code)
    if submission is None:
        return ask_first(code)
    if not pdf.is_available():
        raise Http404
    too_many = limits.over(
        request, (limits.PAPER, str(submission.pk)), at=timezone.now()
    )
    if too_many:
        return too_many
    html = render_to_string("citizen/receipt.html", _receipt(submission), request)
    response = HttpResponse(pdf.render(html), content_type="application/pdf")
    name = f"{submission.code}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _receipt(submission: Submission) -> dict[str, Any]:
    return receipt.of(submission, list(opening.own([submission.pk]))) | {
        "earlier": opening.joined_by(submission),
        "sent_at": submission.submitted_at,
    }


@require_safe
@access.public
def statutory(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Explain the complaint by law, and show its form with what is known filled in."""
    complaint = own_complaint(request, code, number)
    if complaint is None:
        return ask_first(code)
    decided = (
        complaint.events.filter(move__in=(Move.RESOLVE, Move.COUNTERSIGN))
        .select_related("holder")
        .order_by("-seq")
        .first()
    )
    outcome = decided.data.get("outcome", "") if decided else ""
    # The paper is an official one: Vietnamese, whoever reads the page round it.
    with translation.override("vi"):
        about = {
            "kind": complaint.get_kind_display(),
            "outcome": str(Outcome(outcome).label) if outcome else "",
        }
    context = {
        "code": code,
        "complaint": complaint,
        "terms": statute.TERMS,
        "body": (decided.holder if decided else complaint.holder).name,
        "decided_at": decided.at if decided else None,
        "about": about,
        "sender": _sender(request, complaint),
        "reference": f"{codes.pretty(complaint.submission.code)}-{complaint.number}",
    }
    return render(request, "citizen/statutory.html", context)


def _sender(request: HttpRequest, complaint: Complaint) -> dict[str, Any]:
    """Return who sent it, for the form; blanks for who proved four digits only."""
    submission = complaint.submission
    if not has_its_telephone(request, submission):
        return {}
    return {
        "name": submission.full_name,
        "born_on": submission.born_on,
        "phone": phones.pretty(submission.phone),
    }
