"""Step 3 of a report, for who has a paper: photos of it, each with how far it is."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from complaints.actions import evidence
from complaints.forms.paper import AddPhotoForm
from complaints.views import drafting, photos
from complaints.views.drafting import READ_AND_SEND
from portal.accounts import access
from portal.common.http import see_other


@require_http_methods(READ_AND_SEND)
@access.public
def paper(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show the photos of the paper, take more of them, and go on when all is said."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = AddPhotoForm(*sent)
    if form.is_valid():
        is_kept = photos.take(request, form, row, at=at)
        if is_kept:
            return see_other(drafting.step(draft, "paper"))
        if not form.errors and request.POST.get("action") != "look":
            return see_other(drafting.step(draft, "check"))
    shown = photos.of_draft(row)
    context = {
        "form": form,
        "draft": draft,
        "photos": shown,
        "is_checking": any(photo.state == "quarantined" for photo in shown),
        "may_add": len(shown) < evidence.MAX_FILES,
        "back": drafting.step(draft, "contact"),
    }
    status = 422 if form.errors else 200
    return render(request, "citizen/report_paper.html", context, status=status)
