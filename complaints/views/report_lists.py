"""A unit's list of reports: sent in, checked row by row, filed, with its codes."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import casefile
from complaints.actions import report_lists as actions
from complaints.actions import report_rows
from complaints.choices import Kind
from complaints.forms.report_lists import ReportUpload
from complaints.models import ReportList, ReportRow
from complaints.rules.refused import Refused
from complaints.views import report_words as words
from complaints.views.list_columns import chosen, headings
from complaints.views.lists import STALLED_SECONDS, sites_of
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags import ui
from portal.registry import national_id
from portal.registry.imports import report, wording
from portal.registry.imports.exceptions import WORDS, CannotRead

State, Verdict = ReportList.State, ReportRow.Verdict
PAGE: Final = 50


@require_http_methods(READ_AND_SEND)
@access.staff(*access.READERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the lists of one's units, newest first, and take a new one."""
    sites = sites_of(request)
    if request.method == "POST":
        form = ReportUpload(request.POST, request.FILES, sites=sites)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                one, is_new = actions.take(
                    content=file.read(),
                    name=file.name,
                    organization=request.postings[0].organization,
                    site=form.cleaned_data["site"],
                    language=(get_language() or "vi")[:2],
                    by=request.user,
                    at=timezone.now(),
                )
            except CannotRead as refusal:
                form.add_error("file", str(refusal.words))
            else:
                if not is_new:
                    messages.info(
                        request,
                        _("This file was sent before. Here is what became of it."),
                    )
                return see_other("casework:report_list", reports_ref=one.ref)
    else:
        form = ReportUpload(sites=sites)
    below = ReportList.objects.select_related("organization").order_by("-pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 18:
        below = below.filter(pk__lt=int(after))
    rows = list(below[: PAGE + 1])
    context = {
        "form": form,
        "lists": [_line(one) for one in rows[:PAGE]],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
    }
    status = 422 if form.errors else 200
    return render(request, "casework/report_lists.html", context, status=status)


@require_safe
@access.staff(*access.READERS)
def show(request: StaffRequest, reports_ref: uuid.UUID) -> HttpResponse:
    """Show how far a list is, and its rows once they are judged."""
    one = find(reports_ref)
    at = timezone.now()
    seconds = (at - one.progress_at).total_seconds()
    context: dict[str, Any] = {
        "list": one,
        "state_word": words.STATES[State(one.state)],
        "is_stalled": one.is_at_work and seconds > STALLED_SECONDS,
        "refusal": WORDS[one.refusal] if one.refusal else "",
        "url": reverse("casework:report_list", args=[one.ref]),
    }
    if is_shown(one):
        context |= _rows(request, one)
        _note_look(request, one, "list")
    return page_or_fragment(
        request, "casework/report_list.html", "casework/_report_list.html", context
    )


@require_POST
@access.staff(*access.READERS)
def send(request: StaffRequest, reports_ref: uuid.UUID) -> HttpResponse:
    """Send the new rows of a checked list, or go on where a worker stopped."""
    one = find(reports_ref)
    act = actions.go_on if one.is_at_work else actions.file_rows
    try:
        act(one.ref, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return see_other("casework:report_list", reports_ref=one.ref)


@require_http_methods(READ_AND_SEND)
@access.staff(*access.READERS)
def columns(request: StaffRequest, reports_ref: uuid.UUID) -> HttpResponse:
    """Show the guess of each column; take another one and read the list anew."""
    one = find(reports_ref)
    if one.state not in (State.CHECKED, State.REFUSED) or one.forgotten_at:
        raise Http404
    try:
        said = one.columns or {}
        lines = headings(actions.content_of(one), said)
    except CannotRead as refusal:
        messages.error(request, str(refusal.words))
        return see_other("casework:report_list", reports_ref=one.ref)
    if request.method == "POST":
        try:
            actions.set_columns(
                one.ref,
                chosen(request, lines, said),
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            messages.error(request, str(refused))
        return see_other("casework:report_list", reports_ref=one.ref)
    _note_look(request, one, "columns")
    context = {
        "back": reverse("casework:report_list", args=[one.ref]),
        "site": None,
        "lines": lines,
        "roles": wording.ROLES.items(),
    }
    return render(request, "casework/list_columns.html", context)


@require_safe
@access.staff(*access.READERS)
def report_file(request: StaffRequest, reports_ref: uuid.UUID) -> HttpResponse:
    """Send the list's own rows with what became of each, and the codes."""
    one = find(reports_ref)
    if not is_shown(one):
        raise Http404
    head = [_("Row"), _("Result"), _("Why"), _("Complaint code"), _("To follow it")]
    content = report.workbook(head, _lines(one))
    _note_look(request, one, "report")
    response = HttpResponse(content, content_type=report.MEDIA_TYPE)
    day = timezone.localtime(one.uploaded_at)
    response["Content-Disposition"] = (
        f'attachment; filename="phan-anh-{day:%Y%m%d-%H%M}.xlsx"'
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def find(reports_ref: uuid.UUID) -> ReportList:
    """Return a list within the reader's scope; 404 for all others."""
    # The row policy of the table holds the scope; nothing else is ever returned.
    known = ReportList.objects.select_related("organization", "site")
    one: ReportList | None = known.filter(ref=reports_ref).first()
    if one is None:
        raise Http404
    return one


def is_shown(one: ReportList) -> bool:
    """Tell whether the rows of a list can be looked at."""
    at_rest = not one.is_at_work and one.state != State.REFUSED
    return at_rest and one.forgotten_at is None


def shown_row(one: ReportList, opened: report_rows.Opened) -> dict[str, Any]:
    """Return one line of the review page."""
    values, staged = opened.row.values, opened.staged
    kind = casefile.SHORT_KINDS[Kind(staged.kind)] if staged.kind else ""
    return {
        "place": staged.place,
        "url": reverse("casework:report_row", args=[one.ref, staged.place]),
        "sheet": opened.row.sheet,
        "row": opened.row.row,
        "full_name": values.full_name,
        "born_on": values.born_on,
        "number": national_id.mask(values.id_number) if values.id_number else "",
        "kind": kind,
        "words": opened.words,
        "result": words.result(staged),
        "tone": words.TONES.get(staged.verdict, ""),
        "code": ui.pretty_code(staged.submission.code) if staged.submission else "",
        "is_fixed": staged.is_fixed,
        "reasons": [words.of(reason) for reason in opened.reasons],
    }


def _line(one: ReportList) -> dict[str, Any]:
    return {
        "url": reverse("casework:report_list", args=[one.ref]),
        "name": one.name or _("Forgotten list"),
        "organization": one.organization.name,
        "uploaded_at": one.uploaded_at,
        "state": words.STATES[State(one.state)],
        "rows": one.rows_read,
        "done": one.rows_done,
    }


def _rows(request: StaffRequest, one: ReportList) -> dict[str, Any]:
    """Return the counts by verdict and one page of rows of the chosen one."""
    counted = one.rows.values_list("verdict").annotate(n=Count("pk"))
    counts = dict(counted.order_by("verdict"))
    wanted = request.GET.get("verdict", "")
    wanted = wanted if wanted in Verdict.values else ""
    after = request.GET.get("after", "")
    after = after if after.isascii() and after.isdigit() and len(after) < 9 else "0"
    rows = one.rows.select_related("submission").filter(place__gt=int(after))
    if wanted:
        rows = rows.filter(verdict=wanted)
    page = list(rows.order_by("place")[: PAGE + 1])
    next_url = ""
    if len(page) > PAGE:
        query = request.GET.copy()
        query["after"] = str(page[PAGE - 1].place)
        next_url = f"?{query.urlencode()}"
    shown = [("", _("All"), one.rows_read)] + [
        (name, label, counts[name])
        for name, label in words.VERDICTS.items()
        if counts.get(name)
    ]
    new = one.rows.filter(verdict=Verdict.NEW, done_at=None).count()
    return {
        "rows": [
            shown_row(one, report_rows.unseal(row, of=one)) for row in page[:PAGE]
        ],
        "next_url": next_url,
        "is_later_page": after != "0",
        "verdicts": [
            {"name": name, "label": label, "count": n, "is_current": name == wanted}
            for name, label, n in shown
        ],
        "new_count": new,
        "open_count": sum(
            counts.get(name, 0) for name in ("not_found", "several", "unclear", "error")
        ),
        "can_send": one.state == State.CHECKED or new,
        "can_map": one.state == State.CHECKED,
    }


def _lines(one: ReportList) -> Iterator[tuple[str, list[str]]]:
    """Yield each row of the list as the workbook holds it, with its code."""
    for staged in one.rows.select_related("submission").order_by("place"):
        opened = report_rows.unseal(staged, of=one)
        sent = staged.submission
        code = with_it = ""
        if sent is not None:
            code = ui.pretty_code(sent.code)
            with_it = (
                _("with the last four digits of the telephone")
                if sent.phone_sealed
                else _("with the year of birth and the name")
            )
        yield (
            opened.row.sheet,
            [
                str(opened.row.row),
                words.result(staged),
                "" if sent else words.of_all(opened.reasons),
                code,
                with_it,
                *opened.row.cells,
            ],
        )


def _note_look(request: StaffRequest, one: ReportList, detail: str) -> None:
    record.look_up(
        at=timezone.now(),
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="complaints.list",
        subject_id=one.pk,
        detail=detail,
    )
