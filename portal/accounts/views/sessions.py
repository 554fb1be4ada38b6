"""Where one is signed in, and ending it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.accounts import access, sign_ins
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.account
def sessions(request: StaffRequest) -> HttpResponse:
    """Show one's own sessions; end one, or all others."""
    at, this = timezone.now(), request.session.get("sign_in") or 0
    if request.method != "POST":
        rows = sign_ins.live(request.user, this=this, at=at)
        context = {"rows": rows, "others": [row for row in rows if not row.is_this]}
        return render(request, "accounts/sessions.html", context)
    others = request.user.sign_ins.exclude(pk=this)
    if "session" in request.POST:
        known = {str(row.ref): row.pk for row in others}
        others = others.filter(pk=known.get(request.POST["session"], 0))
        if not others:
            raise Http404
    ended = sign_ins.end(others, at=at)
    messages.success(
        request,
        ngettext("%(n)s session ended.", "%(n)s sessions ended.", ended) % {"n": ended}
        if ended
        else _("There was no other session."),
    )
    return see_other("accounts:sessions")
