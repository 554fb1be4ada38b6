"""Who may call a view. Each decorator opens the database scope that goes with it.

Every view bears exactly one; a test walks the URL tree and fails on a view without.
The scope opens a transaction, so a view is all or nothing.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django_htmx.http import HttpResponseClientRedirect

from portal.accounts import assistance, factors, kept
from portal.accounts.models import Posting, User
from portal.common import polling, scope
from portal.common.htmx import HtmxRequest

View = Callable[..., HttpResponseBase]
Role = Posting.Role

# An overseer reads all below; a lead does what staff do; an administrator runs it.
CASEWORKERS = (Role.STAFF, Role.LEAD)
# Who reads cases: whoever works on them, helps at the counter or oversees.
READERS = (Role.CLERK, Role.STAFF, Role.LEAD, Role.OVERSEER)
OVERSEERS = (Role.LEAD, Role.OVERSEER, Role.ADMINISTRATOR)


class StaffRequest(HtmxRequest):
    """A request as a view behind ``staff`` gets it; for annotation only."""

    user: User
    all_postings: list[Posting]
    postings: list[Posting]
    roles: frozenset[str]


def public(view: View) -> View:
    """Let everybody in. The scope is that of what this session has proved."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return _as_citizen(view, request, *args, at=_arrived(request), **kwargs)

    opened.access = "public"  # type: ignore[attr-defined]  # set on a function
    return opened


def outside(view: View) -> View:
    """Let everybody in without any scope: for views that ask another system.

    No transaction is open while they wait; what they then show opens its own scope.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _arrived(request)
        return view(request, *args, **kwargs)

    opened.access = "public"  # type: ignore[attr-defined]  # set on a function
    return opened


def citizen(view: View) -> View:
    """Let in who has proved a telephone or a record; send others to the look-up."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at = _arrived(request)
        if "proved_at" not in request.session:
            return redirect("citizen:lookup")
        return _as_citizen(view, request, *args, at=at, **kwargs)

    opened.access = "citizen"  # type: ignore[attr-defined]  # set on a function
    return opened


def _arrived(request: HttpRequest) -> datetime:
    """End what rested too long, note whether staff help here; return the instant."""
    at = timezone.now()
    end_rest(request, at=at)
    request.assist = assistance.current(request, at=at)  # type: ignore[attr-defined]  # read by assistance.of
    return at


def _as_citizen(
    view: View, request: HttpRequest, *args: Any, at: datetime, **kwargs: Any
) -> HttpResponseBase:
    """Call a view in the citizen's scope; what staff see while helping is noted."""
    with scope.citizen(submissions_of(request)):
        response = view(request, *args, **kwargs)
        help_given = assistance.of(request)
        if help_given is not None:
            assistance.note_look(request, help_given, at=at)
        return response


def staff(*roles: str) -> Callable[[View], View]:
    """Let in members of staff who hold one of the roles now; others get 404.

    ``request.postings`` holds those postings; the scope is what lies at and below.
    Who chose one of several postings works as that one only. ``request.roles`` are the
    roles that are left, for the menu.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            at, let_in = timezone.now(), cast(StaffRequest, request)
            if polling.idle(request) is not None and _is_out(request, at=at):
                # The session is ended by what its owner does next, and that is kept.
                # htmx swaps nothing on a 204; the sign of life of rest.js is told.
                return HttpResponse(status=204 if let_in.htmx else 403)
            work = kept.sent(request) if _is_out(request, at=at) else None
            end_rest(request, at=at)
            if not request.user.is_authenticated:
                kept.keep(request, work)
                return _to_login(let_in)
            if request.user.must_change_password:
                return _to_page(let_in, "accounts:change_password")
            postings = _working_as(let_in, at=at)
            let_in.postings = [p for p in postings if not roles or p.role in roles]
            if needs_factor(let_in):
                return _to_page(let_in, "accounts:second_factor")
            if not let_in.postings:
                raise Http404
            paths = [posting.organization.path for posting in let_in.postings]
            with scope.staff(paths):
                return view(let_in, *args, **kwargs)

        opened.access = "staff"  # type: ignore[attr-defined]  # set on a function
        return opened

    return decorate


def _is_out(request: HttpRequest, *, at: datetime) -> bool:
    """Tell whether nobody is signed in here, or no longer."""
    return not request.user.is_authenticated or is_over(request, at=at)


def _to_login(request: StaffRequest) -> HttpResponse:
    """Send to the log-in: the whole page, where only a part of it was asked for."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    here = request.htmx.current_url_abs_path or request.get_full_path()
    return HttpResponseClientRedirect(redirect_to_login(here).url)


def _to_page(request: StaffRequest, route: str) -> HttpResponse:
    """Send to another page; never its content into a part of this one."""
    if request.htmx:
        return HttpResponseClientRedirect(reverse(route))
    return redirect(route)


def account(view: View) -> View:
    """Let in whoever is signed in, to what concerns the own account only.

    Open without a posting and before a second factor is set up; no case is in scope.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at = timezone.now()
        end_rest(request, at=at)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.must_change_password:
            return redirect("accounts:change_password")
        let_in = cast(StaffRequest, request)
        let_in.postings = _working_as(let_in, at=at)
        with scope.staff([]):
            return view(let_in, *args, **kwargs)

    opened.access = "account"  # type: ignore[attr-defined]  # set on a function
    return opened


def needs_factor(request: StaffRequest) -> bool:
    """Tell whether this session lacks the second factor that a role asks for."""
    return not request.session.get("second_factor") and must_have_factor(request)


def must_have_factor(request: StaffRequest) -> bool:
    """Tell whether any posting asks for a second factor, chosen for now or not."""
    roles = {posting.role for posting in request.all_postings}
    return factors.is_required(request.user, roles)


def bare(view: View) -> View:
    """Let everybody and every machine in, without session, scope or personal data."""
    view.access = "machine"  # type: ignore[attr-defined]  # set on a function
    return view


def machine(setting: str) -> Callable[[View], View]:
    """Let in a machine that bears the token of a setting, with all rows in sight.

    Others get 401; where the setting is empty there is nothing: 404.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            token = getattr(settings, setting)
            if not token:
                raise Http404
            sent = request.headers.get("Authorization", "")
            if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
                refused = HttpResponse(status=401)
                refused["WWW-Authenticate"] = "Bearer"
                return refused
            with scope.system():
                return view(request, *args, **kwargs)

        opened.access = "machine"  # type: ignore[attr-defined]  # set on a function
        return opened

    return decorate


def _working_as(request: StaffRequest, *, at: datetime) -> list[Posting]:
    """Fill in the postings of a request; return those as which somebody works now."""
    known = request.user.postings_read
    request.all_postings = (
        current_postings(request.user, at=at) if known is None else known
    )
    chosen = request.session.get("posting")
    found = [posting for posting in request.all_postings if posting.pk == chosen]
    if found:
        request.user.working_as = chosen
    postings = found or request.all_postings
    request.roles = frozenset(posting.role for posting in postings)
    return postings


def current_postings(user: User, *, at: datetime) -> list[Posting]:
    """Return the user's postings in force, with their organizations."""
    return list(
        user.postings.current(at=at).select_related("organization").order_by("pk")
    )


def readable_paths(request: StaffRequest) -> list[str]:
    """Return where the visitor reads cases, also in a view that lets others in."""
    return [
        posting.organization.path
        for posting in request.postings
        if posting.role in READERS
    ]


def sees_country(request: StaffRequest) -> bool:
    """Tell whether the user works at the root, so sees the whole country."""
    return any(posting.organization.parent_id is None for posting in request.postings)


def runs_country(request: StaffRequest) -> bool:
    """Tell whether the user administers the whole country."""
    return any(
        posting.role == Role.ADMINISTRATOR and posting.organization.parent_id is None
        for posting in request.postings
    )


def submissions_of(request: HttpRequest) -> list[int]:
    """Return the submissions that this session has proved to be its own."""
    return request.session.get("submissions", [])


def is_over(request: HttpRequest, *, at: datetime) -> bool:
    """Tell whether a session rested too long, or one of staff lasts too long.

    20 minutes of rest for citizens, 30 for staff; a working day of 8 hours for staff,
    however busy.
    """
    is_staff = "_auth_user_id" in request.session
    minutes = settings.STAFF_REST_MINUTES if is_staff else settings.CITIZEN_REST_MINUTES
    longest = timedelta(hours=settings.STAFF_SESSION_HOURS)
    seen, begun = (request.session.get(name) for name in ("seen_at", "begun_at"))
    return bool(
        (seen and at - datetime.fromisoformat(seen) > timedelta(minutes=minutes))
        or (is_staff and begun and at - datetime.fromisoformat(begun) > longest)
    )


def seconds_of_day_left(request: HttpRequest, *, at: datetime) -> float:
    """Return after how many seconds a session of staff ends however busy it is."""
    longest = timedelta(hours=settings.STAFF_SESSION_HOURS)
    begun = request.session.get("begun_at")
    ends = datetime.fromisoformat(begun) + longest if begun else at + longest
    return (ends - at).total_seconds()


def end_rest(request: HttpRequest, *, at: datetime) -> None:
    """End a session that is over; else note that it is in use.

    A page that asks by itself was last in use when somebody touched it.
    """
    seen = request.session.get("seen_at")
    in_use = ("proved_at", "drafts", "_auth_user_id")
    if seen is None and not any(name in request.session for name in in_use):
        return
    if is_over(request, at=at):
        owner = request.session.get("_auth_user_id")
        logout(request)
        kept.ended_for(request, owner)
        return
    used_at = at - (polling.idle(request) or timedelta(0))
    # Written at most once a minute: a session is one more statement on each page.
    if seen is None or used_at - datetime.fromisoformat(seen) > timedelta(minutes=1):
        request.session["seen_at"] = used_at.isoformat()
