"""Signing in and out. Answers never tell whether a user name exists."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth import (
    authenticate,
    login,
    logout,
    update_session_auth_hash,
)
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import access
from portal.accounts.forms import NewPassword, SignIn
from portal.accounts.models import User
from portal.audit import record
from portal.common.http import READ_AND_SEND, see_other
from portal.common.throttle import Limit, client_address, give_back, take

# Strict for a user name from one address, mild for the name from everywhere: a
# stranger can slow down guesses, but lock nobody out for longer than minutes.
PER_NAME_AND_ADDRESS: Final = Limit("sign_in_pair", 8, timedelta(minutes=5))
PER_NAME: Final = Limit("sign_in_name", 60, timedelta(minutes=5))
PER_ADDRESS: Final = Limit("sign_in_address", 120, timedelta(minutes=5))


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("password")
@access.public
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign a member of staff in; every failure reads the same."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect("casework:queue")
        return _page(request, SignIn())
    form = SignIn(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    at = timezone.now()
    wait = _wait(request, form.cleaned_data["username"], at=at)
    if wait:
        return _too_many(request, form, wait)
    user = authenticate(request, **form.cleaned_data)
    if user is None:
        record.sign_in(at=at, user_id=None, detail="failed")
        form.add_error(None, _("User name or password do not fit. Try again."))
        return _page(request, form, status=422)
    login(request, user)
    give_back(PER_NAME_AND_ADDRESS, _pair(request, user.username), at=at)
    record.sign_in(at=at, user_id=user.pk, detail="signed in")
    if user.must_change_password:
        return see_other("accounts:change_password")
    return see_other(_next(request) or "casework:queue")


@require_POST
@access.public
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        record.sign_in(at=timezone.now(), user_id=request.user.pk, detail="signed out")
    logout(request)
    return see_other("accounts:login")


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("old", "new", "again")
@access.public
def change_password(request: HttpRequest) -> HttpResponse:
    """Let the owner of an account choose a password; forced at the first sign-in.

    Open to accounts without a posting, therefore not behind ``access.staff``.
    """
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.path)
    sent = request.POST if request.method == "POST" else None
    form = NewPassword(sent, user=user)
    if request.method == "POST":
        at = timezone.now()
        wait = _wait(request, user.username, at=at)
        if wait:
            return _too_many(
                request, form, wait, template="accounts/change_password.html"
            )
        if form.is_valid():
            user.set_password(form.cleaned_data["new"])
            user.must_change_password = False
            user.save(update_fields=["password", "must_change_password"])
            update_session_auth_hash(request, user)
            record.sign_in(at=at, user_id=user.pk, detail="password changed")
            messages.success(request, _("Your new password is in use."))
            return see_other("casework:queue")
    return render(
        request,
        "accounts/change_password.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


def _wait(request: HttpRequest, username: str, *, at: datetime) -> int:
    """Count this attempt; return the seconds to wait, 0 where it may go on."""
    name, address = username.strip().lower(), client_address(request)
    verdicts = [
        take(PER_NAME_AND_ADDRESS, _pair(request, username), at=at),
        take(PER_NAME, name, at=at),
        take(PER_ADDRESS, address, at=at),
    ]
    return max(
        (max(1, int(v.retry_after)) for v in verdicts if not v.allowed), default=0
    )


def _pair(request: HttpRequest, username: str) -> str:
    return f"{username.strip().lower()}|{client_address(request)}"


def _too_many(
    request: HttpRequest,
    form: SignIn | NewPassword,
    wait: int,
    *,
    template: str = "accounts/login.html",
) -> HttpResponse:
    form.is_valid()
    form.add_error(
        None,
        _("Too many attempts. Try again in %(n)s minutes.") % {"n": -(-wait // 60)},
    )
    context = {"form": form, "next": _next(request)}
    response = render(request, template, context, status=429)
    response["Retry-After"] = str(wait)
    return response


def _page(request: HttpRequest, form: SignIn, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": _next(request)}
    return render(request, "accounts/login.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Return where the reader wanted to go, if it is a page of ours."""
    target = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else ""
