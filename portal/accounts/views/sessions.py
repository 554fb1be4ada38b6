"""Where one is signed in, ending it, and what changed about signing in."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import access, changes, sign_ins
from portal.accounts.access import StaffRequest
from portal.common.http import READ_AND_SEND, see_other


@require_safe
@access.staff()
def here(request: StaffRequest) -> HttpResponse:
    """Take a sign of life: who types long without sending is still at work."""
    return HttpResponse(status=204)


@require_http_methods(READ_AND_SEND)
@access.account
def sessions(request: StaffRequest) -> HttpResponse:
    """Show one's own sessions; end one, or all others; say that a change was me."""
    at, this = timezone.now(), request.session.get("sign_in") or 0
    if request.method != "POST":
        rows = sign_ins.live(request.user, this=this, at=at)
        context = {
            "rows": rows,
            "others": [row for row in rows if not row.is_this],
            "changes": changes.latest(request.user, at=at),
            "may_answer": changes.KNOWN not in request.session,
        }
        return render(request, "accounts/sessions.html", context)
    if request.POST.get("step") == "was-me":
        if changes.KNOWN in request.session:
            raise Http404
        changes.was_me(user=request.user, at=at)
        messages.success(request, _("Noted: it was you."))
        return see_other("accounts:sessions")
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
