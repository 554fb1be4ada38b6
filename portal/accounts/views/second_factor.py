"""The page of one's own second factor: set up, recovery codes, removal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts import access, changes, factors
from portal.accounts.access import StaffRequest
from portal.accounts.forms import FirstCode, SecondCode
from portal.accounts.views import pictures, throttling
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("code", "sealed")
@access.account
def second_factor(request: StaffRequest) -> HttpResponse:
    """Set up a second factor, or show that there is one and change it."""
    if not factors.is_on(request.user):
        return _set_up(request)
    if not request.session.get("second_factor"):
        return redirect("accounts:second_step")
    return _change(request)


@require_http_methods(READ_AND_SEND)
@access.account
def recovery_codes(request: StaffRequest) -> HttpResponse:
    """Show new recovery codes until their owner says that they are kept."""
    if request.method == "POST":
        factors.hide_codes(user=request.user, at=timezone.now())
        return see_other("casework:queue")
    if not request.session.get("second_factor"):
        return redirect("accounts:second_factor")
    codes = factors.recovery_codes(request.user)
    if not codes:
        return redirect("accounts:second_factor")
    halves = [f"{code[:4]} {code[4:]}" for code in codes]
    return render(request, "accounts/recovery_codes.html", {"codes": halves})


def _set_up(request: StaffRequest) -> HttpResponse:
    user, at = request.user, timezone.now()
    if request.method != "POST":
        secret, sealed = factors.offer(user)
        return _offer(request, FirstCode(initial={"sealed": sealed}), secret)
    form = FirstCode(request.POST)
    try:
        secret = factors.offered(user, request.POST.get("sealed", ""))
    except factors.WrongCode:
        secret, sealed = factors.offer(user)
        form = FirstCode({"sealed": sealed})
        form.add_error(None, _("This page is out of date. Take in the new picture."))
        return _offer(request, form, secret, status=422)
    if not form.is_valid():
        return _offer(request, form, secret, status=422)
    wait = throttling.wait_for_code(request, user, at=at)
    if wait:
        form.add_error(None, throttling.words(wait))
        response = _offer(request, form, secret, status=429)
        response["Retry-After"] = str(wait)
        return response
    try:
        factors.set_up(user=user, secret=secret, typed=form.cleaned_data["code"], at=at)
    except factors.WrongCode:
        form.add_error("code", _("This code does not fit. Wait for the next one."))
        return _offer(request, form, secret, status=422)
    request.session["second_factor"] = True
    changes.made_here(request, user)
    return see_other("accounts:recovery_codes")


def _offer(
    request: StaffRequest, form: FirstCode, secret: str, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "groups": [secret[i : i + 4] for i in range(0, len(secret), 4)],
        "picture": pictures.qr(
            factors.address(request.user, secret),
            label=_("Picture for the authenticator app"),
        ),
        "is_required": access.must_have_factor(request),
    }
    return render(request, "accounts/second_factor_new.html", context, status=status)


def _change(request: StaffRequest) -> HttpResponse:
    """Make new recovery codes or remove the second factor; each takes a code."""
    user, at = request.user, timezone.now()
    is_required = access.must_have_factor(request)
    form = SecondCode(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        wait = throttling.wait_for_code(request, user, at=at) if form.is_valid() else 0
        if wait:
            form.add_error(None, throttling.words(wait))
            status = 429
        elif form.is_valid() and _proved(request, form):
            throttling.code_was_right(request, user, at=at)
            if request.POST.get("step") == "remove" and not is_required:
                factors.remove(user=user, by=user, at=at)
                changes.made_here(request, user)
                request.session["second_factor"] = False
                messages.success(request, _("The second step is taken off."))
                return see_other("accounts:second_factor")
            factors.renew_codes(user=user, at=at)
            changes.made_here(request, user)
            return see_other("accounts:recovery_codes")
        else:
            status = 422
    context = {
        "form": form,
        "left": factors.codes_left(user),
        "is_required": is_required,
    }
    response = render(request, "accounts/second_factor.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(wait)
    return response


def _proved(request: StaffRequest, form: SecondCode) -> bool:
    try:
        factors.prove(
            user=request.user, typed=form.cleaned_data["code"], at=timezone.now()
        )
    except factors.WrongCode:
        form.add_error("code", _("This code does not fit. Wait for the next one."))
        return False
    return True
