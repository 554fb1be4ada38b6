"""Accounts of a unit: the list, a new one, one with its postings."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.contrib import messages
from django.db.models import Prefetch, Subquery
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import access, factors, invitations, own_numbers, staffing
from portal.accounts.access import Role, StaffRequest
from portal.accounts.account_forms import (
    LastDay,
    Leave,
    NewAccount,
    NewPosting,
    Own,
    short_role,
)
from portal.accounts.models import Posting, User
from portal.accounts.views import pictures
from portal.common.forms import Form
from portal.common.http import READ_AND_SEND, see_other

PAGE: Final = 50


@require_safe
@access.staff(Role.LEAD, Role.ADMINISTRATOR)
def accounts(request: StaffRequest) -> HttpResponse:
    """List the accounts at and below one's units, by user name, 50 a page."""
    at, typed = timezone.now(), request.GET.get("unit", "").strip()
    rows = staffing.accounts(request.postings)
    units = staffing.organization_named(typed, request.postings) if typed else []
    if typed:
        rows = rows.filter(postings__organization__in=units).distinct()
    after = _ref(request.GET.get("after", ""))
    if after is not None:
        names = User.objects.filter(ref=after).values("username")
        rows = rows.filter(username__gt=Subquery(names))
    posted = Posting.objects.select_related("organization")
    rows = rows.order_by("username").prefetch_related(Prefetch("postings", posted))
    found = list(rows[: PAGE + 1])
    shown = []
    differing = own_numbers.differing([user.pk for user in found])
    for user in found:
        current = [p for p in user.postings.all() if _state(p, at) == "now"]
        shown.append(
            {
                "user": user,
                "now": [(short_role(p.role), p) for p in current],
                "is_known": own_numbers.are_known(user),
                "differs": user.pk in differing,
            }
        )
    context = {
        "rows": shown[:PAGE],
        "last": found[PAGE - 1].ref if len(found) > PAGE else None,
        "unit": typed,
        "is_unknown": typed and not units,
    }
    return render(request, "accounts/accounts.html", context)


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("email")
@access.staff(Role.LEAD, Role.ADMINISTRATOR)
def new_account(request: StaffRequest) -> HttpResponse:
    """Make an account with its first posting; its owner is invited."""
    at, today = timezone.now(), timezone.localdate()
    form = NewAccount(
        request.POST if request.method == "POST" else None,
        postings=request.postings,
        today=today,
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = staffing.create(
                username=given["username"],
                full_name=given["full_name"],
                email=given["email"],
                language=translation.get_language() or "vi",
                organization=given["organization"],
                role=given["role"],
                valid_from=_start(given["valid_from"], at=at),
                valid_to=_end(given["valid_to"]),
                by=request.user,
                postings=request.postings,
                at=at,
            )
        except staffing.NotYours as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The account is made."))
            return see_other("accounts:account", user.ref)
    return render(
        request,
        "accounts/new_account.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("phone", "national_id")
@access.staff(Role.LEAD, Role.ADMINISTRATOR)
def account(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show an account with its postings, and do what the pressed button says."""
    at, today = timezone.now(), timezone.localdate()
    user = get_object_or_404(staffing.accounts(request.postings), ref=ref)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    rows = _rows(request, user, at=at)
    choices = [
        (str(row["row"].pk), f"{row['role']}, {row['row'].organization}")
        for row in rows
        if row["is_mine"] and row["state"] != "over"
    ]
    colleagues = staffing.accounts(request.postings).filter(is_active=True)
    forms: dict[str, Form] = {
        "post": NewPosting(
            _sent(request, "post", step),
            postings=request.postings,
            today=today,
            auto_id="post_%s",
        ),
        "extend": LastDay(
            _sent(request, "extend", step),
            choices=choices,
            today=today,
            auto_id="extend_%s",
        ),
        "leave": Leave(
            _sent(request, "leave", step),
            choices=choices,
            colleagues=colleagues.exclude(pk=user.pk),
            today=today,
            auto_id="leave_%s",
        ),
    }
    forms["own"] = Own(_sent(request, "own", step), auto_id="own_%s")
    form = forms.get(step)
    status = 200
    if request.method == "POST":
        if form is None or form.is_valid():
            try:
                done = _do(request, user, step, form.cleaned_data if form else {}, at)
            except staffing.NotYours as refused:
                if form is None:
                    messages.error(request, str(refused))
                    return see_other("accounts:account", user.ref)
                form.add_error(None, str(refused))
            else:
                messages.success(request, done)
                return see_other("accounts:account", user.ref)
        status = 422
    return render(
        request,
        "accounts/account.html",
        _shown(request, user, rows, at=at) | {"forms": forms, "form": form},
        status=status,
    )


def _do(request: StaffRequest, user: User, step: str, given: dict, at: datetime) -> str:
    """Take one step and return the sentence about it. Raise NotYours, Http404."""
    facts: dict[str, Any] = {"by": request.user, "postings": request.postings, "at": at}
    if step == "post":
        staffing.post(
            user=user,
            organization=given["organization"],
            role=given["role"],
            valid_from=_start(given["valid_from"], at=at),
            valid_to=_end(given["valid_to"]),
            **facts,
        )
        return _("The posting is given.")
    if step == "extend":
        staffing.change_end(
            posting=_own_posting(user, given["posting"]),
            valid_to=_end(given["valid_to"]),
            **facts,
        )
        return _("The last day is changed.")
    if step == "leave":
        staffing.deputise(
            posting=_own_posting(user, given["posting"]),
            deputy=given["deputy"],
            valid_from=_start(given["valid_from"], at=at),
            valid_to=_last(given["valid_to"]),
            **facts,
        )
        return _("The deputy is posted for that time.")
    if step == "own":
        staffing.know(user=user, **given, **facts)
        return _("Kept. Cases of that telephone or number go to somebody else.")
    if step == "end":
        posting = _own_posting(user, request.POST.get("posting", ""))
        staffing.end_now(posting=posting, **facts)
        return _("The posting is ended.")
    if step == "invite":
        language = translation.get_language() or "vi"
        staffing.invite_again(user=user, language=language, **facts)
        return _("There is a new link. Earlier ones open nothing.")
    if step == "handed":
        if not staffing.may_reset(user, request.user, request.postings, at=at):
            raise Http404
        invitations.handed_over(user=user)
        return _("The link is not shown again.")
    if step == "factor":
        staffing.remove_factor(user=user, **facts)
        return _("The second step is taken off, all sessions are ended.")
    raise Http404


def _rows(request: StaffRequest, user: User, *, at: datetime) -> list[dict[str, Any]]:
    """Return the postings of an account, newest first, and whether one may end them."""
    rows = user.postings.select_related("organization", "deputy_for__user")
    return [
        {
            "row": row,
            "role": short_role(row.role),
            "state": _state(row, at),
            "last": row.valid_to and row.valid_to - timedelta(seconds=1),
            "is_mine": user.pk != request.user.pk
            and row.role in staffing.givable(request.postings, row.organization),
        }
        for row in rows.order_by("-valid_from", "-pk")
    ]


def _shown(
    request: StaffRequest, user: User, rows: list[dict[str, Any]], *, at: datetime
) -> dict[str, Any]:
    may_reset = staffing.may_reset(user, request.user, request.postings, at=at)
    invitation = getattr(user, "invitation", None)
    link = invitations.open_link(user, at=at) if may_reset else ""
    return {
        "account": user,
        "rows": rows,
        "can_change": any(row["is_mine"] and row["state"] != "over" for row in rows),
        "may_reset": may_reset,
        "has_factor": factors.is_on(user),
        "is_known": own_numbers.are_known(user),
        "differs": bool(own_numbers.differing([user.pk])),
        "link": link,
        "picture": pictures.qr(link, label=_("Picture of the link")) if link else "",
        "invitation": invitation,
        "is_expired": invitation is not None and invitation.expires_at <= at,
        "goes_by_mail": invitations.goes_by_mail(user),
        "is_me": user.pk == request.user.pk,
    }


def _own_posting(user: User, pk: str) -> Posting:
    if not str(pk).isdecimal():
        raise Http404
    return get_object_or_404(user.postings.select_related("organization"), pk=pk)


def _sent(request: StaffRequest, name: str, step: str) -> QueryDict | None:
    return request.POST if name == step else None


def _state(posting: Posting, at: datetime) -> str:
    if posting.valid_to is not None and posting.valid_to <= at:
        return "over"
    return "now" if posting.valid_from <= at else "later"


def _start(day: date, *, at: datetime) -> datetime:
    """Return the first instant of a day, or now where it is today."""
    return max(at, timezone.make_aware(datetime.combine(day, time())))


def _end(day: date | None) -> datetime | None:
    return None if day is None else _last(day)


def _last(day: date) -> datetime:
    """Return the end of a day: the first instant of the next."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def _ref(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
