"""The work of staff: queue, case, moves. Pages first, panes by htmx on top."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from complaints import (
    casefile,
    notifications,
    permissions,
    policies,
    presence,
    subjects,
    voices,
    worklist,
)
from complaints.actions import assigning, casework, referrals, trying, turns
from complaints.actions import standard_texts as kept_ready
from complaints.choices import Move, Status, Verdict
from complaints.forms import casework as forms
from complaints.forms import handing_over, records
from complaints.forms import referrals as referral_forms
from complaints.models import Complaint, Incident, Skip
from complaints.rules.refused import Refused, Stale
from complaints.views import (
    case_photos,
    conflict,
    deciding,
    next_case,
    outlook_rows,
    pair_rows,
    prepared_rows,
    receivers_of,
    standard_texts,
    surroundings,
    undoing,
)
from complaints.views import referrals as asked
from complaints.views.case_keys import LETTERS
from complaints.views.done_words import DONE
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.accounts.models import Posting, User
from portal.audit import record
from portal.common import polling
from portal.common.htmx import page_or_fragment
from portal.common.http import see_other

Role = Posting.Role

# Part of the address -> move, form and action. The order is that of the buttons.
STEPS: Final[dict[str, tuple[Move, type[forms.Step], Callable[..., Complaint]]]] = {
    "tiep-nhan": (Move.ACCEPT, forms.Accept, casework.accept),
    "dong-y": (Move.COUNTERSIGN, forms.Countersign, casework.countersign),
    "tu-choi-de-xuat": (Move.DECLINE, forms.Decline, casework.decline),
    "ghi": (Move.RESOLVE, forms.Resolve, casework.resolve),
    "hoi-them": (Move.ASK, forms.Ask, casework.ask),
    "chuyen": (Move.HAND_OVER, handing_over.HandOver, casework.hand_over),
    "tra-loi-co-quan": (Move.RESUME, referral_forms.Resume, referrals.resume),
    "hoi-co-quan": (Move.WAIT, referral_forms.Wait, referrals.wait),
    "giao": (Move.ASSIGN, forms.Assign, assigning.assign),
    "len-cap-tren": (Move.ESCALATE, forms.Escalate, casework.escalate),
    "gia-han": (Move.EXTEND, forms.Extend, casework.extend),
    "ghi-chu": (Move.NOTE, forms.Note, casework.note),
}
# Buttons that look something up for a move and make none.
SEARCHES: Final = (("ghi", "find"), ("chuyen", "suggest"))


@require_safe
@access.staff(*access.READERS)
def case(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Show a case; the look is written down."""
    at = timezone.now()
    complaint = _find(request, code, number, at=at)
    return _show(request, complaint, at=at)


@require_POST
@access.staff(*access.READERS)
def move(request: StaffRequest, code: int, number: int, step: str) -> HttpResponse:
    """Make a move on a case: form, one action, then the case as it is now."""
    if step not in STEPS:
        raise Http404
    at = timezone.now()
    complaint = _find(request, code, number, at=at)
    act = STEPS[step][2]
    form = _form_of(step, complaint, data=request.POST, by=request.user, at=at)
    stale = conflict.words(complaint, request.POST, is_sent=form.is_valid())
    if stale:
        form.errors.clear()
        form.add_error(None, stale)
        return _show(request, complaint, at=at, bound={step: form}, status=409)
    if request.POST.get("action") == "use":
        # Words that were kept ready: added to what was typed, nothing is faulted.
        data = standard_texts.put_in(request.POST, complaint, STEPS[step][0])
        form = _form_of(step, complaint, data=data, by=request.user, at=at)
        form.full_clean()
        form.errors.clear()
        return _show(request, complaint, at=at, bound={step: form}, put_in=step)
    if (step, request.POST.get("action")) in SEARCHES:
        # A search is no decision yet: it shows what was found and faults nothing.
        form.full_clean()
        form.errors.clear()
        return _show(request, complaint, at=at, bound={step: form})
    if not form.is_valid():
        return _show(request, complaint, at=at, bound={step: form}, status=422)
    try:
        if request.POST.get("action") == "preview" and STEPS[step][0] in trying.OF:
            outlook = trying.OF[STEPS[step][0]](
                complaint_id=complaint.pk, by=request.user, at=at, **form.facts()
            )
            # What was sent by the one button needs no form that stands open.
            kept = {step: form} if "note" in request.POST else {}
            return _show(request, complaint, at=at, bound=kept, outlook=outlook)
        moved = act(complaint_id=complaint.pk, by=request.user, at=at, **form.facts())
    except Stale as stale:
        complaint = _find(request, code, number, at=at)
        form.add_error(None, str(stale))
        return _show(request, complaint, at=at, bound={step: form}, status=409)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _show(request, complaint, at=at, bound={step: form}, status=422)
    proposed = step == "ghi" and moved.status == Status.AWAITING_SECOND
    if step == "chuyen" and moved.holder != form.facts()["to"]:
        words = _("It went round already, so it is with the level above now: %(name)s.")
        messages.info(request, words % {"name": moved.holder.name})
    else:
        done = DONE[Move.PROPOSE if proposed else STEPS[step][0]]
        messages.success(request, f"{complaint.pretty_reference}: {done}")
    undoing.remember(request, moved, at=at)
    if STEPS[step][0] in permissions.DECIDING:
        following = next_case.give(request, at=at)
        if following is not None:
            return _go_on_to(request, following, at=at)
    mine = Complaint.objects.visible_to(request.user, at=at)
    if mine.filter(pk=complaint.pk).exists():
        return see_other(next_case.address_of(complaint, request))
    if request.htmx:
        return HttpResponseClientRedirect(next_case.queue_of(request))
    return see_other(next_case.queue_of(request))


@require_POST
@access.staff(*access.READERS)
def who_is_here(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Note that the case is still before this user, and say who else has it.

    An open page asks every 45 s; a case that was given out stays with its reader, as
    long as the page is touched now and then.
    """
    at = timezone.now()
    complaint = _find(request, code, number, at=at)
    if not polling.is_left(request):
        presence.note(complaint, by=request.user, at=at)
        turns.renew(complaint, by=request.user, at=at)
    there = presence.others(complaint, by=request.user, at=at)
    return render(request, "casework/_presence.html", {"there": there})


@require_safe
@access.staff(*access.READERS)
def suggested(request: StaffRequest, code: int, number: int) -> HttpResponse:
    """Say who answers for a case by the rule, when its hand-over is opened."""
    at = timezone.now()
    complaint = _find(request, code, number, at=at)
    url = reverse("casework:move", args=[code, number, "chuyen"])
    known = receivers_of.choices(complaint, "", by=request.user, at=at)
    form = handing_over.HandOver(complaint=complaint, **known)
    context = {"complaint": complaint, "form": form, "url": url, "is_asked": True}
    # The page that it comes into was perhaps read before the case changed.
    version = request.GET.get("version", "")
    context["version"] = int(version) if version.isdecimal() else None
    return render(request, "casework/_suggested.html", context)


def _find(request: StaffRequest, code: int, number: int, *, at: datetime) -> Complaint:
    mine: QuerySet[Complaint] = Complaint.objects.visible_to(request.user, at=at)
    complaint = (
        mine.filter(submission__code=str(code), number=number)
        .select_related(
            "submission__person__merged_into",
            "submission__person__residence",
            "holder__parent",
            "co_holder",
            "dose__product",
            "dose__site",
            "site",
            "assignee",
        )
        .first()
    )
    if complaint is None:
        raise Http404
    return complaint


def _go_on_to(request: StaffRequest, case: Complaint, *, at: datetime) -> HttpResponse:
    """Show the next case: beside the list where there is one, else as a page."""
    if not next_case.is_beside_list(request):
        return next_case.lead_to(case, request)
    found = _find(request, int(case.submission.code), case.number, at=at)
    response = _show(request, found, at=at)
    response["HX-Push-Url"] = next_case.address_of(case, request)
    return response


def _form_of(
    step: str, complaint: Complaint, *, data: Any = None, by: User, at: datetime
) -> forms.Step:
    """Return the form of a move, bound where something was sent."""
    _move, form, _action = STEPS[step]
    if form is forms.Resolve:
        return deciding.form_of(complaint, data=data, at=at)
    facts: dict[str, Any] = {"complaint": complaint}
    if form is forms.Assign:
        facts["people"] = assigning.colleagues(complaint.holder, at=at)
    if form is referral_forms.Wait:
        facts["claims"] = complaint.claims.order_by("pk")
        facts["bodies"] = asked.bodies_near(complaint, on=timezone.localdate(at))
    if form is handing_over.HandOver and data:
        place = data.get("place", "")
        facts |= receivers_of.choices(complaint, place, by=by, at=at)
    return form(data, **facts)


def _note_look(
    request: StaffRequest,
    person_id: int | None,
    subject: str,
    subject_id: int | None = None,
    *,
    at: datetime,
) -> None:
    """Write down that somebody's record, or a case about it, was seen."""
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=person_id,
        organization=request.postings[0].organization_id,
        subject=subject,
        subject_id=subject_id or person_id,
    )


def _show(
    request: StaffRequest,
    complaint: Complaint,
    *,
    at: datetime,
    bound: dict[str, forms.Step] | None = None,
    outlook: trying.Outlook | None = None,
    status: int = 200,
    put_in: str = "",
) -> HttpResponse:
    """Show a case as page or pane and write down that it was seen."""
    _note_look(
        request,
        complaint.submission.person_id,
        "complaints.complaint",
        complaint.pk,
        at=at,
    )
    presence.note(complaint, by=request.user, at=at, shown=True)
    lease = turns.lease_of(complaint, at=at)
    is_given = lease is not None and lease.user == request.user
    file = casefile.read(complaint)
    allowed, withheld = permissions.offered(request.user, complaint, at=at)
    steps = {
        step: (bound or {}).get(step)
        or _form_of(step, complaint, by=request.user, at=at)
        for step, (move, _form, _action) in STEPS.items()
        if move in allowed
        and (move != Move.EXTEND or casework.can_be_extended(complaint, at=at))
    }
    ready = kept_ready.for_case(complaint)
    may_take = any(p.role in access.CASEWORKERS for p in request.postings)
    mine = worklist.at_and_below(access.readable_paths(request))
    faulty = next((f for step, f in (bound or {}).items() if step in steps), None)
    told = {}
    if status == 409 and bound:
        told = conflict.since(file, bound, can=set(steps), by=request.user)
    resolve = steps.get("ghi")
    if isinstance(resolve, records.ResolveWithRecord):
        for shown in resolve.records:
            _note_look(request, shown.person_id, "registry.person", at=at)
    prepared = prepared_rows.beside(complaint, by=request.user)
    for other in {row["other_id"] for row in prepared} - {None}:
        _note_look(request, other, "registry.person", at=at)
    named = [complaint.submission.code, complaint.number]
    listed = next_case.listed(request)
    context = {
        "file": file,
        "complaint": complaint,
        "rows": file.rows(),
        "around": surroundings.of(file, paths=access.readable_paths(request)),
        "outlook": outlook_rows.shown(outlook, file) if outlook else None,
        "photos": case_photos.of_case(
            file.evidence, complaint, user=request.user, at=at
        ),
        "again": voices.again(complaint, file.words),
        "ratings": voices.ratings(complaint),
        "caveats": list(complaint.caveats.order_by("pk")),
        "steps": [
            {
                "slug": step,
                "key": LETTERS.get(step, ""),
                "move": STEPS[step][0],
                "form": form,
                "url": reverse(
                    "casework:move",
                    args=[int(complaint.submission.code), complaint.number, step],
                )
                + listed,
                "is_open": step in (bound or {}),
                "ready": ready.get(STEPS[step][0], []),
            }
            for step, form in steps.items()
        ],
        "can": set(steps),
        "withheld": withheld,
        "nobody_signs": not assigning.may_sign(complaint, at=at),
        "uphold_all": [
            (f"verdict_{claim.pk}", Verdict.UPHELD.value) for claim in file.claims
        ],
        "can_uphold_all": isinstance(resolve, forms.Resolve) and not resolve.needs_more,
        "seen": subjects.version(complaint),
        # After so many days a question ends the case of who can be told nothing.
        "unreachable": policies.of_case(complaint).pause_days
        if complaint.is_open and not notifications.can_reach(complaint.submission)
        else 0,
        "timeline": file.steps(),
        "ended": casefile.ended_words(complaint),
        "paused": casefile.is_paused(complaint),
        "status_word": casefile.status_words(complaint),
        "following": None if may_take else worklist.next_after(mine, complaint),
        "listed": listed,
        "asked": asked.of_case(complaint),
        "undo": undoing.offered(request, at=at),
        "incident": Incident.objects.filter(
            members__complaint=complaint, state__in=Incident.RUNNING
        )
        .select_related("site")
        .first(),
        "may_take": may_take,
        "there": presence.others(complaint, by=request.user, at=at),
        "given_to": lease.user.full_name if lease and not is_given else "",
        "is_given": is_given,
        "skips": list(complaint.skips.select_related("user").order_by("at")),
        "skip_reasons": Skip.Reason.choices,
        "pairs": pair_rows.about(
            [person.surviving_id if (person := file.person) else None],
            complaint.dose_id,
        ),
        "prepared": prepared,
        "is_alone": not request.htmx
        or not next_case.is_beside_list(request)
        and (request.htmx.current_url_abs_path or "").partition("?")[0]
        == reverse("casework:case", args=named),
        "on_case": f"{complaint.submission.code}-{complaint.number}",
        "may_decide": Move.RESOLVE in allowed,
        "form": faulty,
        "put_in": put_in,
        "conflict": told,
        "changed": told.get("changed", ""),
    }
    # Read before the page shows them: after a move the list beside the pane is old.
    moved = bool(len(messages.get_messages(request)))
    response = page_or_fragment(
        request, "casework/case.html", "casework/_case.html", context, status=status
    )
    if request.htmx and moved:
        # Sent to the body, because the form that asked is gone from the page by then.
        response["HX-Trigger"] = '{"case-changed": {"target": "body"}}'
    return response
