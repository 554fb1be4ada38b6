"""Session lists: sent, checked, written into the registry, taken back, reported."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import unsettling
from complaints.forms import lists as forms
from complaints.rules.refused import Refused
from complaints.views.list_shown import PAGE, STATES, is_number, lines, rows_of
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.audit.together import TOGETHER
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags.ui import vn_number
from portal.registry.imports import (
    committing,
    report,
    reviewing,
    staging,
)
from portal.registry.imports.committing import CannotCommit, Moved, NotAlone, Together
from portal.registry.imports.conflict import Own
from portal.registry.imports.exceptions import WORDS, CannotRead
from portal.registry.models import Organization, SessionList, StagedRow

State = SessionList.State
Verdict = StagedRow.Verdict
# No step forward for so long: the worker died, or the outbox has given up.
STALLED_SECONDS: Final = 120


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the lists of one's sites, newest first, and take a new one."""
    at = timezone.now()
    sites = sites_of(request)
    if request.method == "POST":
        form = forms.Upload(request.POST, request.FILES, sites=sites)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                one, is_new = staging.take(
                    content=file.read(),
                    name=file.name,
                    site=form.cleaned_data["site"],
                    by=request.user.pk,
                    at=at,
                )
            except CannotRead as refusal:
                form.add_error("file", str(refusal.words))
            else:
                if not is_new:
                    messages.info(
                        request,
                        _("This file was sent before. Here is what became of it."),
                    )
                return see_other("casework:list", list_ref=one.ref)
    else:
        form = forms.Upload(sites=sites)
    below = SessionList.objects.select_related("site").order_by("-pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 18:
        below = below.filter(pk__lt=int(after))
    rows = list(below[: PAGE + 1])
    context = {
        "form": form,
        "lists": lines(rows[:PAGE]),
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        "has_sites": bool(sites),
    }
    status = 422 if form.errors else 200
    return render(request, "casework/lists.html", context, status=status)


@require_safe
@access.staff(*access.CASEWORKERS)
def show(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Show how far a list is, and its rows once they are judged."""
    one = find(list_ref)
    at = timezone.now()
    seconds = (at - one.progress_at).total_seconds()
    context: dict[str, Any] = {
        "list": one,
        "state_word": STATES[State(one.state)],
        "is_stalled": one.is_at_work and seconds > STALLED_SECONDS,
        "refusal": WORDS[one.refusal] if one.refusal else "",
        "url": reverse("casework:list", args=[one.ref]),
    }
    if not one.is_at_work and one.state != State.REFUSED and not one.forgotten_at:
        context |= rows_of(request, one)
        record.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=None,
            organization=request.postings[0].organization_id,
            subject="registry.sessionlist",
            subject_id=one.pk,
        )
    return page_or_fragment(
        request, "casework/list.html", "casework/_list.html", context
    )


@require_POST
@access.staff(*access.CASEWORKERS)
def commit(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Write a checked list into the registry, or go on where a worker stopped."""
    one = find(list_ref)
    at = timezone.now()
    try:
        if one.is_at_work:
            staging.go_on(one.pk, by=request.user.pk, at=at)
        else:
            by, own = request.user.pk, _own(request)
            revision = _revision(request)
            if not committing.commit(one.pk, by=by, own=own, revision=revision, at=at):
                messages.info(
                    request,
                    _(
                        "It corrects several doses, or names you or your telephone:"
                        " a second person has to write it."
                    ),
                )
    except NotAlone:
        messages.error(
            request, _("You asked for it yourself, so a colleague has to sign.")
        )
    except Together:
        messages.error(request, str(TOGETHER))
    except Moved:
        messages.error(
            request,
            _(
                "A colleague changed rows of this list meanwhile. Look at the numbers"
                " below again, then write it."
            ),
        )
    except CannotCommit:
        messages.error(request, _("This list cannot be written as it is now."))
    return see_other("casework:list", list_ref=list_ref)


@require_POST
@access.staff(*access.CASEWORKERS)
def take(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Take what chosen rows say, or all that differ; withdraw what waits."""
    one = find(list_ref)
    at = timezone.now()
    what = request.POST.get("what", "")
    # Each as it was on the page: "12:" and the mark of what the row was.
    chosen = [text.partition(":") for text in request.POST.getlist("place")]
    seen = {int(place): mark for place, _colon, mark in chosen if is_number(place)}
    places = list(seen)
    try:
        if what == "withdraw":
            committing.withdraw(one.pk, by=request.user.pk)
        elif what == "all":
            count = reviewing.take_all(one.pk, revision=_revision(request))
            messages.success(request, _taken_words(count))
        elif not places:
            messages.error(request, _("Choose a row first."))
        elif what == "exclude":
            count = reviewing.exclude_all(one.pk, places, at=at)
            messages.success(request, _taken_words(count))
        elif what in ("", *StagedRow.Taken.values):
            rows = reviewing.take(one.pk, places, what, seen=seen, at=at)
            messages.success(request, _taken_words(len(rows)))
            if len(rows) < len(places):
                left = _(
                    "The other rows are left as they were: they changed meanwhile, or"
                    " cannot be that. Look at them again."
                )
                messages.info(request, left)
        else:
            raise Http404
    except CannotCommit:
        messages.error(request, _("The list has moved on. Look at it again."))
    verdict = request.POST.get("verdict", "")
    address = reverse("casework:list", args=[list_ref])
    return see_other(f"{address}?verdict={verdict}" if verdict in Verdict else address)


def _revision(request: StaffRequest) -> int | None:
    """Return which state of the list was on the page."""
    seen = request.POST.get("revision", "")
    return int(seen) if is_number(seen) else None


def _own(request: StaffRequest) -> Own:
    return Own(request.user.phone_digest, request.user.number_digest)


def _taken_words(count: int) -> str:
    words = ngettext("Noted for %(n)s row.", "Noted for %(n)s rows.", count)
    return words % {"n": vn_number(count)}


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def undo(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Ask whether to take a list back, then do it."""
    one = find(list_ref)
    if request.method == "POST":
        try:
            if not unsettling.take_list_back(
                one.pk, by=request.user, at=timezone.now()
            ):
                messages.info(
                    request, _("A second person has to sign before it is taken back.")
                )
        except NotAlone:
            messages.error(
                request, _("You asked for it yourself, so a colleague has to sign.")
            )
        except Together:
            messages.error(request, str(TOGETHER))
        except CannotCommit:
            messages.error(request, _("This list cannot be taken back as it is now."))
        except Refused as refused:
            messages.error(request, str(refused))
        return see_other("casework:list", list_ref=list_ref)
    if one.state != State.COMMITTED or one.forgotten_at:
        raise Http404
    incident = unsettling.resting_on(one.pk)
    stays = unsettling.why_it_stays(incident) if incident else ""
    context = {"list": one, "incident": incident, "stays": stays}
    return render(request, "casework/list_undo.html", context)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def report_file(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Send the report; a long one is asked for (POST) and fetched when it is there."""
    one = find(list_ref)
    if one.is_at_work or one.state == State.REFUSED or one.forgotten_at:
        raise Http404
    at = timezone.now()
    if one.rows_read <= report.AT_ONCE:
        content = report.build(report.rows_of(one))
    elif request.method == "POST":
        report.ask(one, language=get_language(), by=request.user.pk, at=at)
        messages.info(request, _("The report is being made. Reload in a minute."))
        return see_other("casework:list", list_ref=list_ref)
    else:
        if not report.is_there(one, get_language()):
            raise Http404
        try:
            content = report.content_of(one)
        except FileNotFoundError:
            messages.info(request, _("The report is being made. Reload in a minute."))
            return see_other("casework:list", list_ref=list_ref)
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="registry.sessionlist",
        subject_id=one.pk,
        detail="report",
    )
    response = HttpResponse(content, content_type=report.MEDIA_TYPE)
    day = timezone.localtime(one.uploaded_at)
    response["Content-Disposition"] = (
        f'attachment; filename="bao-cao-{one.site.code.lower()}-{day:%Y%m%d-%H%M}.xlsx"'
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def find(list_ref: uuid.UUID) -> SessionList:
    """Return a list within the reader's scope; 404 for all others."""
    # The row policy of the table holds the scope; nothing else is ever returned.
    known = SessionList.objects.select_related("site", "asked_by")
    one = known.filter(ref=list_ref).first()
    if one is None:
        raise Http404
    return one


def sites_of(request: StaffRequest) -> list[Organization]:
    """Return the sites at and below the reader's organizations."""
    scope = Q(pk__in=[])
    for posting in request.postings:
        scope |= Q(path__startswith=posting.organization.path)
    found = Organization.objects.filter(scope, gives_doses=True)
    return list(found.order_by("sort_key", "pk"))
