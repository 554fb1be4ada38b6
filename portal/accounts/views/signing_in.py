"""Signing in and out. Answers never tell whether a user name exists."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import access, changes, factors, kept, passkeys, sign_ins
from portal.accounts.forms import NewPassword, SecondCode, SignIn
from portal.accounts.models import AccountChange, User
from portal.accounts.views import throttling
from portal.audit import record
from portal.common.http import READ_AND_SEND, see_other

# How long a password that was right waits for the code.
_STEP_LASTS: Final = timedelta(minutes=10)


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("password")
@access.public
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take user name and password; every failure reads the same."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect("casework:queue")
        return _page(request, SignIn())
    form = SignIn(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    at = timezone.now()
    wait = throttling.wait_for_password(request, form.cleaned_data["username"], at=at)
    if wait:
        return _too_many(request, form, wait)
    user = authenticate(request, **form.cleaned_data)
    if not isinstance(user, User):
        record.sign_in(at=at, user_id=None, detail="failed")
        form.add_error(None, _("User name or password do not fit. Try again."))
        return _page(request, form, status=422)
    throttling.password_was_right(request, user.username, at=at)
    if factors.is_on(user):
        request.session["signing_in"] = {
            "user": user.pk,
            "at": at.isoformat(),
            "next": _next(request),
            "passkey": passkeys.begin_proof(user),
        }
        return see_other("accounts:second_step")
    sign_ins.begin(request, user=user, with_factor=False, at=at)
    return _inside(request, user, _next(request))


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("code")
@access.public
def second_step(request: HttpRequest) -> HttpResponse:
    """Take a code of the app, or a recovery code, from who gave the right password."""
    at = timezone.now()
    user, target = _half_in(request, at=at)
    if user is None:
        return redirect("accounts:login")
    form = SecondCode(request.POST if request.method == "POST" else None)
    template = "accounts/second_step.html"
    if request.method == "POST" and form.is_valid():
        wait = throttling.wait_for_code(request, user, at=at)
        if wait:
            return _too_many(request, form, wait, template=template)
        try:
            factors.prove(user=user, typed=form.cleaned_data["code"], at=at)
        except factors.WrongCode:
            form.add_error("code", _("This code does not fit. Wait for the next one."))
        else:
            throttling.code_was_right(request, user, at=at)
            request.session.pop("signing_in", None)
            sign_ins.begin(request, user=user, with_factor=True, at=at)
            return _inside(request, user, target)
    context = {"form": form, "passkey": _passkey_options(request, user)}
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@sensitive_post_parameters("answer")
@access.public
def passkey_step(request: HttpRequest) -> HttpResponse:
    """Take the answer of a passkey from who gave the right password.

    A challenge is answered once, rightly or not; the next try gets another one.
    """
    at = timezone.now()
    user, target = _half_in(request, at=at)
    half = request.session.get("signing_in") or {}
    state = half.get("passkey")
    if user is None or not state:
        return redirect("accounts:login")
    wait = throttling.wait_for_code(request, user, at=at)
    if wait:
        template = "accounts/second_step.html"
        return _too_many(request, SecondCode({}), wait, template=template)
    answer = request.POST.get("answer", "")
    try:
        passkeys.prove(user=user, state=state, answer=answer, at=at)
    except factors.WrongCode:
        request.session["signing_in"] = half | {"passkey": passkeys.begin_proof(user)}
        messages.error(request, _("This passkey does not fit. Type a code instead."))
        return see_other("accounts:second_step")
    throttling.code_was_right(request, user, at=at)
    request.session.pop("signing_in", None)
    sign_ins.begin(request, user=user, with_factor=True, at=at)
    return _inside(request, user, target)


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

    Open to accounts without a posting, therefore not behind ``access.staff``. All
    other sessions of the account end.
    """
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.path)
    sent = request.POST if request.method == "POST" else None
    form = NewPassword(sent, user=user)
    if request.method == "POST":
        at = timezone.now()
        wait = throttling.wait_for_own_password(user, at=at)
        if wait:
            return _too_many(
                request, form, wait, template="accounts/change_password.html"
            )
        if form.is_valid():
            user.set_password(form.cleaned_data["new"])
            user.must_change_password = False
            user.save(update_fields=["password", "must_change_password"])
            sign_ins.go_on(request, user=user, at=at)
            record.sign_in(at=at, user_id=user.pk, detail="password changed")
            changes.note(user=user, what=AccountChange.What.PASSWORD, at=at)
            changes.made_here(request, user)
            messages.success(request, _("Your new password is in use."))
            return see_other("casework:queue")
    return render(
        request,
        "accounts/change_password.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


def _passkey_options(request: HttpRequest, user: User) -> str:
    """Return what the browser is asked for; '' where there is no passkey."""
    state = (request.session.get("signing_in") or {}).get("passkey")
    return passkeys.options_to_prove(user, state) if state else ""


def _half_in(request: HttpRequest, *, at: datetime) -> tuple[User | None, str]:
    """Return who has to type a code, and where they wanted to go.

    Who is signed in without a code is asked too, once a role of theirs needs it.
    """
    half = request.session.get("signing_in")
    if half and at - datetime.fromisoformat(half["at"]) <= _STEP_LASTS:
        user = User.objects.filter(pk=half["user"], is_active=True).first()
        return user, half["next"]
    inside = request.user
    if (
        isinstance(inside, User)
        and not request.session.get("second_factor")
        and factors.is_on(inside)
    ):
        return inside, ""
    return None, ""


def _inside(request: HttpRequest, user: User, target: str) -> HttpResponse:
    if user.must_change_password:
        return see_other("accounts:change_password")
    if kept.of(request, user) is not None:
        return see_other("accounts:kept_work")
    return see_other(target or "casework:queue")


def _too_many(
    request: HttpRequest,
    form: SignIn | NewPassword | SecondCode,
    wait: int,
    *,
    template: str = "accounts/login.html",
) -> HttpResponse:
    form.is_valid()
    form.add_error(None, throttling.words(wait))
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
