"""The pages of one's own passkeys: added, named, listed and taken off."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts import access, changes, factors, passkeys
from portal.accounts.access import StaffRequest
from portal.accounts.forms import NewPasskey, SecondCode
from portal.accounts.views import throttling
from portal.common.http import READ_AND_SEND, see_other

# How long a browser may take to answer; then the code is asked for again.
_LASTS: Final = timedelta(minutes=10)


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("code")
@access.account
def index(request: StaffRequest) -> HttpResponse:
    """List one's passkeys; add or remove one, each with a code of the app."""
    if not factors.is_on(request.user):
        return redirect("accounts:second_factor")
    if not request.session.get("second_factor"):
        return redirect("accounts:second_step")
    is_removal = request.POST.get("step") == "remove"
    sent = request.POST if request.method == "POST" else None
    new = NewPasskey(None if is_removal else sent)
    off = SecondCode(sent if is_removal else None, auto_id="off_%s")
    if request.method != "POST":
        return _page(request, new, off)
    form = off if is_removal else new
    at = timezone.now()
    if not form.is_valid():
        return _page(request, new, off, status=422)
    wait = throttling.wait_for_code(request, request.user, at=at)
    if wait:
        form.add_error(None, throttling.words(wait))
        response = _page(request, new, off, status=429)
        response["Retry-After"] = str(wait)
        return response
    try:
        factors.prove(user=request.user, typed=form.cleaned_data["code"], at=at)
    except factors.WrongCode:
        form.add_error("code", _("This code does not fit. Wait for the next one."))
        return _page(request, new, off, status=422)
    throttling.code_was_right(request, request.user, at=at)
    if not is_removal:
        request.session["adding_passkey"] = {
            "name": form.cleaned_data["name"],
            "state": passkeys.begin_adding(request.user),
            "at": at.isoformat(),
        }
        return see_other("accounts:passkey_new")
    ref = request.POST.get("passkey", "")
    if passkeys.remove(user=request.user, ref=ref, at=at):
        changes.made_here(request, request.user)
        messages.success(request, _("The passkey is taken off. It opens nothing now."))
    return see_other("accounts:passkeys")


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("answer")
@access.account
def new(request: StaffRequest) -> HttpResponse:
    """Let the browser make the passkey that was asked for, and keep it."""
    at = timezone.now()
    asked = request.session.get("adding_passkey")
    if not asked or at - datetime.fromisoformat(asked["at"]) > _LASTS:
        return redirect("accounts:passkeys")
    if request.method != "POST":
        context: dict[str, Any] = {
            "name": asked["name"],
            "options": passkeys.options_to_add(request.user, asked["state"]),
        }
        return render(request, "accounts/passkey_new.html", context)
    # A challenge is answered once, rightly or not.
    del request.session["adding_passkey"]
    try:
        passkeys.add(
            user=request.user,
            name=asked["name"],
            state=asked["state"],
            answer=request.POST.get("answer", ""),
            at=at,
        )
    except factors.WrongCode:
        messages.error(request, _("The passkey was not added. Try once more."))
    else:
        changes.made_here(request, request.user)
        messages.success(request, _("The passkey is added. It signs you in from now."))
    return see_other("accounts:passkeys")


def _page(
    request: StaffRequest, new: NewPasskey, off: SecondCode, *, status: int = 200
) -> HttpResponse:
    rows = passkeys.of(request.user)
    context = {
        "form": new if new.is_bound else off,
        "new": new,
        "off": off,
        "rows": rows,
        "is_full": len(rows) >= passkeys.MOST,
    }
    return render(request, "accounts/passkeys.html", context, status=status)
