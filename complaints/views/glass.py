"""A case of another unit opened in an emergency: the form, and the half hour's page."""

import uuid
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import casefile
from complaints.actions import evidence
from complaints.actions import glass as actions
from complaints.forms.glass import BreakGlass
from complaints.models import AccessSign, Complaint, Evidence
from complaints.rules.refused import Refused
from complaints.views.photos import as_picture
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common import scope, throttle
from portal.common.http import READ_AND_SEND, see_other

WHO: Final = (Role.LEAD, Role.OVERSEER)
# Emergencies are rare; who tries codes is stopped.
TRIES: Final = throttle.Limit("break_glass", 10, timedelta(hours=1))


@require_http_methods(READ_AND_SEND)
@access.staff(*WHO)
def glass(request: StaffRequest) -> HttpResponse:
    """Ask which case and why; then it opens for half an hour."""
    form = BreakGlass(request.POST if request.method == "POST" else None)
    status, wait = 200, 0
    if request.method == "POST":
        status, at = 422, timezone.now()
        if form.is_valid():
            tried = throttle.take(TRIES, str(request.user.pk), at=at)
            if not tried.allowed:
                status, wait = 429, max(1, int(tried.retry_after))
                form.add_error(None, _("Too many tries. Try again in an hour."))
            else:
                code, number = form.cleaned_data["code"]
                try:
                    sign = actions.break_open(
                        code=code,
                        number=number,
                        reason=form.cleaned_data["reason"],
                        organization=request.postings[0].organization,
                        by=request.user,
                        at=at,
                    )
                except Refused as refused:
                    form.add_error(None, str(refused))
                else:
                    return see_other("casework:glass_case", sign_ref=sign.ref)
    response = render(request, "casework/glass.html", {"form": form}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@require_safe
@access.staff(*WHO)
def glass_case(request: StaffRequest, sign_ref: uuid.UUID) -> HttpResponse:
    """Show the case that was opened, to whoever opened it, to read only."""
    at = timezone.now()
    case = actions.reading(sign_ref, by=request.user, at=at)
    if case is None:
        messages.info(request, _("The half hour is over. Nothing stays open."))
        return see_other("casework:glass")
    actions.note_look(
        sign_ref, organization=request.postings[0].organization, by=request.user, at=at
    )
    with scope.system():
        file = casefile.read(case)
        sign = AccessSign.objects.get(ref=sign_ref)
        context = {
            "case": case,
            "sender": case.submission,
            "phone": file.phone,
            "rows": file.rows(),
            "timeline": file.steps(),
            "until": sign.ends,
            "status_word": casefile.status_words(case),
            "photos": _photos(sign_ref, case),
        }
        return render(request, "casework/glass_case.html", context)


@require_safe
@access.staff(*WHO)
def glass_photo(
    request: StaffRequest, sign_ref: uuid.UUID, ref: uuid.UUID, page: int
) -> HttpResponse:
    """Show a checked page of a photo as long as its case stays open; else 404."""
    at = timezone.now()
    case = actions.reading(sign_ref, by=request.user, at=at)
    if case is None:
        raise Http404
    with scope.system():
        row = actions.photos_of(case).filter(ref=ref).first()
    if row is None:
        raise Http404
    try:
        content = evidence.read_page(row, page)
    except (Refused, FileNotFoundError):
        raise Http404 from None
    actions.note_look(
        sign_ref,
        detail="photo",
        organization=request.postings[0].organization,
        by=request.user,
        at=at,
    )
    return as_picture(content)


def _photos(sign_ref: uuid.UUID, case: Complaint) -> list[list[str]]:
    """Return the addresses of the pages of each photo that was checked."""
    checked = actions.photos_of(case).filter(state=Evidence.State.CHECKED)
    return [
        [
            reverse("casework:glass_photo", args=[sign_ref, row.ref, page])
            for page in range(1, row.pages + 1)
        ]
        for row in checked
    ]
