"""My data: who looked at it, all of it as a file, and what may be done with it.

For the citizen alone: at a counter it stays closed, as others stand at that screen.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import data_requests, own_files
from complaints.forms.own_data import DataRequestForm
from complaints.models import DataRequest
from complaints.owndata import document, held, looks
from complaints.rules.refused import Refused
from complaints.views import limits
from complaints.views.cards import moment
from portal.accounts import access
from portal.accounts.assurance import level_of, rights_of
from portal.audit import record as audit
from portal.common import pdf, scope
from portal.common.http import READ_AND_SEND, see_other

View = Callable[..., HttpResponseBase]


def _own(view: View) -> View:
    """Give the view the person whose record is open, if the proof is good enough."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person_id = request.session.get("person")
        if person_id is None or not rights_of(request).sees_own_data:
            return redirect("citizen:lookup")
        return view(request, person_id, *args, **kwargs)

    return guarded


@require_safe
@access.citizen
@_own
def own_data(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show who looked at the record, newest first, and what else can be done here."""
    text = request.GET.get("truoc", "")
    before = int(text) if text.isdecimal() and len(text) < 19 else None
    people = looks.people_of(person_id)
    rows = looks.entries(people, before=before, limit=looks.PAGE + 1)
    shown = looks.in_words(rows[: looks.PAGE])
    context = {
        "looks": [
            {
                "at": moment(look.at),
                "who": look.who,
                "what": look.what,
                "pages": look.pages,
            }
            for look in shown
        ],
        "next_url": f"?truoc={rows[looks.PAGE - 1].pk}"
        if len(rows) > looks.PAGE
        else "",
        "is_later_page": before is not None,
        "requests": [_request_row(row) for row in data_requests.of_person(person_id)],
        "has_pdf": pdf.is_available(),
        "file": own_files.newest(person_id),
    }
    return render(request, "citizen/own_data.html", context)


@require_safe
@access.citizen
@_own
def as_json(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give everything that is held, as a file that machines read."""
    with scope.system():
        facts = held.everything(person_id, at=_note_copy(request, person_id, "json"))
    response = JsonResponse(
        facts, json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    response["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.json"'
    return response


@require_safe
@access.citizen
@_own
def as_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show it as a page to print."""
    at = _note_copy(request, person_id, "page")
    with scope.system():
        facts = document.context(person_id, at=at, today=timezone.localdate(at))
    return render(request, document.TEMPLATE, facts)


@require_POST
@access.citizen
@_own
def ask_pdf(request: HttpRequest, person_id: int) -> HttpResponse:
    """Have the page made into a PDF; the page before says when it is there."""
    if pdf.is_available():
        own_files.ask(
            person_id=person_id,
            language=translation.get_language()[:2],
            at=timezone.now(),
        )
    return see_other("citizen:own_data")


@require_safe
@access.citizen
@_own
def as_pdf(request: HttpRequest, person_id: int, ref: uuid.UUID) -> HttpResponse:
    """Give the PDF; 404 for anybody else's, and while it is made."""
    content = own_files.content_of(str(ref), person_id=person_id)
    if not content:
        raise Http404
    _note_copy(request, person_id, "pdf")
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.pdf"'
    return response


@require_http_methods(READ_AND_SEND)
@access.citizen
@_own
def ask_request(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take a request to restrict the use of the data, or an objection to a use."""
    form = DataRequestForm(request.POST or None)
    seconds = 0
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        seconds = limits.seconds_left((limits.DATA_REQUEST, str(person_id)), at=at)
        try:
            if seconds:
                raise Refused(limits.try_later(seconds))
            data_requests.ask(person_id=person_id, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return see_other("citizen:own_data")
    status = 422 if request.method == "POST" else 200
    page = render(request, "citizen/data_request.html", {"form": form}, status=status)
    return limits.later(page, seconds=seconds)


def _request_row(row: DataRequest) -> dict[str, str]:
    """Return a request as the page shows it: what, until when, what came of it."""
    if row.outcome:
        state = row.get_outcome_display()
    elif row.taken_at is None:
        state = _("You hear from us by %(date)s") % {"date": moment(row.answer_by)}
    else:
        state = _("Read. Decided by %(date)s") % {"date": moment(row.due_at)}
    return {
        "kind": row.get_kind_display(),
        "asked": moment(row.asked_at),
        "text": row.text,
        "state": str(state),
        "extension": row.extension,
        "answer": row.answer,
    }


def _note_copy(request: HttpRequest, person_id: int, form: str) -> datetime:
    """Write down that a copy was taken; return when."""
    at = timezone.now()
    audit.look_up(
        at=at,
        actor="citizen",
        actor_id=None,
        person_id=person_id,
        subject="own_data",
        detail=f"{level_of(request)} {form}",
    )
    return at
