"""One's own postings, and as which of them one works."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.accounts.account_forms import short_role
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.account
def postings(request: StaffRequest) -> HttpResponse:
    """Show one's postings; choose one to work as, or all of them."""
    if request.method != "POST":
        rows = [
            {
                "row": row,
                "role": short_role(row.role),
                "is_chosen": request.user.working_as == row.pk,
            }
            for row in request.all_postings
        ]
        context = {"rows": rows, "is_all": request.user.working_as is None}
        return render(request, "accounts/postings.html", context)
    chosen = request.POST.get("posting", "")
    if chosen == "":
        request.session.pop("posting", None)
        messages.success(request, _("You work in all your postings."))
        return see_other("casework:queue")
    for row in request.all_postings:
        if str(row.pk) == chosen:
            request.session["posting"] = row.pk
            messages.success(
                request, _("You work at %(unit)s now.") % {"unit": row.organization}
            )
            return see_other("casework:queue")
    raise Http404
