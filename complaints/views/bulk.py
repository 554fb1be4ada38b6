"""Many cases at once: chosen in the queue, moved by workers, followed on a page."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints import casefile, worklist
from complaints.actions import bulk as many
from complaints.actions import bulk_words
from complaints.choices import Kind, Move
from complaints.forms import bulk as forms
from complaints.forms import casework as one
from complaints.models import Bulk, BulkItem, Complaint
from complaints.rules.refused import Refused
from complaints.views import queue_filters, standard_texts
from complaints.views.receivers_of import organizations
from portal.accounts import access
from portal.accounts.access import CASEWORKERS, StaffRequest
from portal.common import names
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.common.templatetags import ui

State, Item = Bulk.State, BulkItem.State
PAGE: Final = 50
SHOWN: Final = 20
# No case done for so long: the worker died, or the outbox has given up.
STALLED_SECONDS: Final = 120

# Part of the address -> move and form, in the order of the page.
STEPS: Final[dict[str, tuple[Move, type[one.Step]]]] = {
    "tiep-nhan": (Move.ACCEPT, one.Accept),
    "ghi": (Move.RESOLVE, forms.ResolveMany),
    "hoi-them": (Move.ASK, one.Ask),
    "chuyen": (Move.HAND_OVER, forms.HandOverMany),
    "giao": (Move.ASSIGN, forms.AssignMany),
    "tu-choi-de-xuat": (Move.DECLINE, one.Decline),
    "ghi-chu": (Move.NOTE, one.Note),
}
STATES: Final[dict[str, Promise]] = {
    State.CHOSEN: gettext_lazy("Chosen, nothing done yet"),
    State.RUNNING: gettext_lazy("At work"),
    State.STOPPED: gettext_lazy("Stopped on the way"),
    State.FINISHED: gettext_lazy("All gone through"),
    State.UNDOING: gettext_lazy("Being taken back"),
}
RESULTS: Final[dict[str, tuple[Promise, str]]] = {
    Item.WAITING: (gettext_lazy("Still to do"), "plain"),
    Item.DONE: (gettext_lazy("Done"), "ok"),
    Item.REFUSED: (gettext_lazy("Not done"), "bad"),
    Item.CHANGED: (gettext_lazy("Changed meanwhile"), "warn"),
    Item.UNDONE: (gettext_lazy("Taken back"), "plain"),
}


@require_http_methods(READ_AND_SEND)
@access.staff(*CASEWORKERS)
def choose(request: StaffRequest) -> HttpResponse:
    """Show what one did to many at once; take the cases that were chosen (POST)."""
    if request.method != "POST":
        lines = [_line(bulk) for bulk in many.latest(by=request.user, limit=SHOWN)]
        return render(request, "casework/bulks.html", {"bulks": lines})
    at = timezone.now()
    mine = worklist.at_and_below(access.readable_paths(request))
    if request.POST.get("what") == "all":
        cases = queue_filters.asked_for(request, mine.open(), at=at).cases
    else:
        cases = mine.filter(_named(request.POST.getlist("case")))
    language = get_language() or "vi"
    try:
        chosen = many.choose(cases, by=request.user, at=at, language=language)
    except Refused as refused:
        messages.error(request, str(refused))
        return see_other(f"{reverse('casework:queue')}?{request.GET.urlencode()}")
    return see_other("casework:bulk", bulk_ref=chosen.ref)


@require_safe
@access.staff(*CASEWORKERS)
def show(request: StaffRequest, bulk_ref: uuid.UUID) -> HttpResponse:
    """Show a set: the moves it may get, how far it is, what became of each case."""
    return _show(request, _find(request, bulk_ref), at=timezone.now())


@require_POST
@access.staff(*CASEWORKERS)
def move(request: StaffRequest, bulk_ref: uuid.UUID, step: str) -> HttpResponse:
    """Begin a move on all, stop it, go on with it, or take back what was just done."""
    bulk = _find(request, bulk_ref)
    at = timezone.now()
    try:
        if step == "dung":
            many.stop(bulk.ref, by=request.user, at=at)
        elif step == "tiep":
            many.go_on(bulk.ref, by=request.user, at=at)
        elif step == "hoan-tac":
            many.take_back(bulk.ref, by=request.user, at=at)
        elif step in STEPS:
            data = _with_words(bulk, step, request.POST)
            form = _form_of(bulk, step, data=data, at=at)
            if request.POST.get("action") == "use":
                # Words that were kept ready: added to what was typed, nothing faulted.
                form.full_clean()
                form.errors.clear()
                return _show(request, bulk, at=at, bound={step: form}, put_in=step)
            if not form.is_valid():
                return _show(request, bulk, at=at, bound={step: form}, status=422)
            facts = form.facts()
            many.start(
                bulk.ref, move=STEPS[step][0], facts=facts, by=request.user, at=at
            )
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, str(refused))
    return see_other("casework:bulk", bulk_ref=bulk.ref)


def _find(request: StaffRequest, ref: uuid.UUID) -> Bulk:
    try:
        return many.of(ref, by=request.user)
    except Bulk.DoesNotExist as error:
        raise Http404 from error


def _named(references: list[str]) -> Q:
    """Return the condition that a case is one of these; nonsense names none."""
    wanted = Q(pk__in=[])
    for reference in references[:PAGE]:
        code, _dash, number = reference.partition("-")
        if number.isascii() and number.isdigit() and len(number) < 5:
            wanted |= Q(submission__code=code, number=int(number))
    return wanted


def _with_words(bulk: Bulk, step: str, typed: QueryDict) -> QueryDict:
    """Return what was typed, with the words added that were picked, if any were."""
    if typed.get("action") != "use":
        return typed
    offered = bulk_words.ready(bulk).get(STEPS[step][0], [])
    return standard_texts.added(typed, offered, lambda text: text.text)


def _form_of(bulk: Bulk, step: str, *, data: Any = None, at: datetime) -> one.Step:
    form = STEPS[step][1]
    if form is forms.AssignMany:
        people = bulk_words.colleagues(bulk, by=bulk.by, at=at)
        return forms.AssignMany(data, people=people)
    if form is forms.HandOverMany and data:
        return forms.HandOverMany(
            data, found=organizations(data.get("place", ""), at=at)
        )
    return form(data)


def _show(
    request: StaffRequest,
    bulk: Bulk,
    *,
    at: datetime,
    bound: dict[str, one.Step] | None = None,
    put_in: str = "",
    status: int = 200,
) -> HttpResponse:
    counts = many.counts(bulk)
    is_chosen, is_running = bulk.state == State.CHOSEN, bulk.state == State.RUNNING
    is_undoing = bulk.state == State.UNDOING
    wanted = request.GET.get("state", "")
    wanted = wanted if wanted in RESULTS else ""
    after = request.GET.get("after", "")
    after = after if after.isascii() and after.isdigit() and len(after) < 9 else "0"
    rows = many.items(bulk, state=wanted, after=int(after), limit=PAGE + 1)
    seconds = (at - bulk.progress_at).total_seconds() if bulk.progress_at else 0
    address = reverse("casework:bulk", args=[bulk.ref])
    context = {
        **_line(bulk),
        "address": address,
        "is_chosen": is_chosen,
        "is_running": is_running,
        "is_stopped": bulk.state == State.STOPPED,
        "is_at_work": is_running or is_undoing,
        "is_undoing": is_undoing,
        "is_stalled": (is_running or is_undoing) and seconds > STALLED_SECONDS,
        "fresh": 0 if is_undoing else many.can_be_taken_back(bulk, at=at),
        "gone_through": bulk.total - counts[Item.WAITING],
        "left": counts[Item.WAITING],
        "results": [
            {
                "name": name,
                "label": label,
                "count": counts[name],
                "is_current": name == wanted,
            }
            for name, (label, _tone) in RESULTS.items()
            if counts[name]
        ],
        "chosen_result": wanted,
        "rows": _rows(rows[:PAGE]),
        "next_url": _after(wanted, rows[PAGE - 1].place) if rows[PAGE:] else "",
        "is_later_page": after != "0",
        "steps": _steps(bulk, bound or {}, at=at) if is_chosen else [],
        "read": many.count_read(bulk) if is_chosen else 0,
        "form": next(iter((bound or {}).values()), None),
        "put_in": put_in,
    }
    return page_or_fragment(
        request, "casework/bulk.html", "casework/_bulk.html", context, status=status
    )


def _steps(
    bulk: Bulk, bound: dict[str, one.Step], *, at: datetime
) -> list[dict[str, Any]]:
    """Return the moves that the set may get, each with its form."""
    ready = bulk_words.ready(bulk)
    forms_of = {step: bound.get(step) or _form_of(bulk, step, at=at) for step in STEPS}
    return [
        {
            "slug": step,
            "move": move,
            "form": forms_of[step],
            "ready": ready.get(move, []),
            "url": reverse("casework:bulk_move", args=[bulk.ref, step]),
            "is_open": step in bound,
            "decides": move in many.DECIDES,
        }
        for step, (move, _form) in STEPS.items()
        # Whoever leads nobody here gives nothing to anybody.
        if getattr(forms_of[step], "people", True)
    ]


def _line(bulk: Bulk) -> dict[str, Any]:
    """Return what is said of a set in a line: its move, how many, since when."""
    return {
        "bulk": bulk,
        "url": reverse("casework:bulk", args=[bulk.ref]),
        "title": str(Move(bulk.move).label) if bulk.move else _("Chosen cases"),
        "state": STATES[State(bulk.state)],
        "total": bulk.total,
        "since": bulk.started_at or bulk.chosen_at,
    }


def _after(state: str, place: int) -> str:
    return f"?state={state}&after={place}" if state else f"?after={place}"


def _rows(items: list[BulkItem]) -> list[dict[str, Any]]:
    """Return the lines of a set; of cases out of sight by now only the code."""
    ids = [item.complaint_id for item in items]
    seen = set(Complaint.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [_row(item, in_sight=item.complaint_id in seen) for item in items]


def _row(item: BulkItem, *, in_sight: bool) -> dict[str, Any]:
    case = item.complaint
    sender = case.submission
    label, tone = RESULTS[Item(item.state)]
    was_proposed = item.event is not None and item.event.move == Move.PROPOSE
    words = item.words
    if was_proposed and item.state == Item.DONE and not words:
        words = _("A second person has to sign.")
    address = reverse("casework:case", args=[int(sender.code), case.number])
    return {
        "pretty": ui.pretty_code(case.reference),
        "url": address if in_sight else "",
        "kind": casefile.SHORT_KINDS[Kind(case.kind)],
        "who": casefile.who(names.initials(sender.full_name), sender.born_on)
        if in_sight
        else "",
        "status": casefile.status_words(case) if in_sight else "",
        "result": ui.tag(str(label), tone),
        "words": words,
    }
