"""Records that may belong together: orphan doses, people and doses twice on record."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from complaints import permissions
from complaints.actions import prepared_grounds
from complaints.forms import pairs as forms
from complaints.rules.refused import Refused
from complaints.views import pair_rows
from complaints.views.quality import organization_of, overview_url
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.http import see_other
from portal.registry.models import Organization, Proposal
from portal.registry.proposals import deciding
from portal.registry.proposals.deciding import CannotDecide, Moved

Kind, State = Proposal.Kind, Proposal.State
PAGE: Final = 50
STATES: Final = {
    "open": gettext_lazy("To decide"),
    "signing": gettext_lazy("Waiting for a second person"),
    "decided": gettext_lazy("Decided"),
}
# Part of the address -> what is done, and what to say then.
ACCEPT: Final = "dung"
STEPS: Final = {
    "ky": (deciding.sign, gettext_lazy("Signed.")),
    "khong-ky": (deciding.decline, gettext_lazy("Not signed. It is open again.")),
    "khong-phai": (
        deciding.refuse,
        gettext_lazy("Noted. This pair is not proposed again."),
    ),
    "hoan-tac": (deciding.take_back, gettext_lazy("Taken back.")),
}
_JOINED: Final = (
    *("person__residence", "other_person__residence", "organization"),
    *("dose__product", "dose__site", "other_dose__product", "other_dose__site"),
)


@require_safe
@access.staff(*access.READERS)
def index(request: StaffRequest) -> HttpResponse:
    """List the pairs of one kind at and below an organization; people are masked."""
    chosen = organization_of(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Kind.values else Kind.OWNER.value
    state = request.GET.get("state", "")
    state = state if state in STATES else "open"
    found = _page(chosen, kind, state, request.GET.get("after", ""))
    rows = found[:PAGE]
    counts = pair_rows.counts(chosen.path)
    query = {"organization": chosen.code, "kind": kind, "state": state}
    after = _place(rows[-1], state) if len(found) > PAGE else ""
    context = {
        "chosen": chosen,
        "back_url": overview_url(chosen),
        "kinds": [
            {
                "url": "?" + urlencode(query | {"kind": name, "state": "open"}),
                "label": label,
                "count": counts[name, "open"],
                "is_current": name == kind,
            }
            for name, label in pair_rows.KINDS.items()
        ],
        "states": [
            {
                "url": "?" + urlencode(query | {"state": name}),
                "label": label,
                "count": counts.get((kind, name)),
                "is_current": name == state,
            }
            for name, label in STATES.items()
        ],
        "next_url": f"?{urlencode(query | {'after': after})}" if after else "",
        "table": {
            "caption": pair_rows.KINDS[Kind(kind)],
            "columns": pair_rows.columns(kind),
            "rows": pair_rows.lines(rows),
            "empty": _("Nothing here."),
        },
    }
    return render(request, "casework/pairs.html", context)


@require_safe
@access.staff(*access.READERS)
def pair(request: StaffRequest, pair: uuid.UUID) -> HttpResponse:
    """Show two records side by side with the evidence; the look is written down."""
    return _show(request, _find(pair), at=timezone.now())


@require_POST
@access.staff(*access.CASEWORKERS)
def decide(request: StaffRequest, pair: uuid.UUID, step: str) -> HttpResponse:
    """Take one decision on a pair, then show it as it is now."""
    if step != ACCEPT and step not in STEPS:
        raise Http404
    at = timezone.now()
    one = _find(pair)
    form = _form(one, step, request.POST)
    if not form.is_valid():
        return _show(request, one, form=form, status=422, at=at)
    try:
        permissions.require_other(request.user, None, _people(one))
        if step == ACCEPT or (step == "ky" and one.state == State.SIGNING):
            prepared_grounds.require_pair_on(one, at=at)
        if step == ACCEPT:
            done = deciding.accept(
                str(pair), by=request.user.pk, at=at, **form.cleaned_data
            )
            is_made = done.state == State.MADE
            said = (
                _("Done. The record says so now.")
                if is_made
                else _("Proposed. A second person has to sign.")
            )
        else:
            act, words = STEPS[step]
            done = act(
                str(pair), seen=form.cleaned_data["seen"], by=request.user.pk, at=at
            )
            said = str(words)
            if step == "hoan-tac" and done.undo_by_id is not None:
                said = _("A second person has to sign before it is taken back.")
    except Moved as moved:
        form.add_error(None, str(moved))
        return _show(request, _find(pair), form=form, status=409, at=at)
    except (CannotDecide, Refused) as refusal:
        form.add_error(None, str(refusal))
        return _show(request, one, form=form, status=422, at=at)
    messages.success(request, said)
    return see_other("casework:quality_pair", pair=pair)


def _people(one: Proposal) -> set[int]:
    """Return whose records a pair is about, with those that answer for them by now."""
    people = [p for p in (one.person, one.other_person) if p is not None]
    return {key for person in people for key in (person.pk, person.surviving_id)}


def _find(ref: uuid.UUID) -> Proposal:
    """Return a pair within the reader's scope; 404 for all others."""
    # The row policy of the table holds the scope; nothing else is ever returned.
    found = Proposal.objects.filter(ref=ref).exclude(state=State.GONE)
    one = found.select_related(*_JOINED, "proposed_by", "decided_by", "undo_by").first()
    if one is None:
        raise Http404
    return one


def _page(chosen: Organization, kind: str, state: str, after: str) -> list[Proposal]:
    """Return the rows of a page and one more; each order has an index."""
    below = Proposal.objects.filter(kind=kind, path__below=chosen.path)
    order: tuple[str, ...]
    if state == "decided":
        below = below.filter(state__in=(State.MADE, State.REFUSED))
        order = ("-decided_at", "-pk")
    elif state == "signing":
        below = below.filter(state=State.SIGNING)
        order = ("pk",)
    else:
        below = below.filter(state=State.OPEN, is_leading=True)
        order = ("path", "strength", "pk")
    below = _behind(below, state, after.split(","))
    return list(below.select_related(*_JOINED).order_by(*order)[: PAGE + 1])


def _place(row: Proposal, state: str) -> str:
    """Return where a page ends, for the address of the next."""
    if state == "decided":
        assert row.decided_at is not None
        return f"{row.decided_at.isoformat()},{row.pk}"
    return f"{row.path},{row.strength},{row.pk}" if state == "open" else f"{row.pk}"


def _behind(
    rows: QuerySet[Proposal], state: str, place: list[str]
) -> QuerySet[Proposal]:
    """Return what comes after a place; all where the place makes no sense."""
    *before, last = place
    if not (last.isascii() and last.isdigit() and len(last) < 18):
        return rows
    pk = int(last)
    try:
        if state == "decided":
            (instant,) = before
            at = datetime.fromisoformat(instant)
            if timezone.is_naive(at):
                return rows
            return rows.filter(Q(decided_at__lt=at) | Q(decided_at=at, pk__lt=pk))
        if state == "signing":
            return rows.filter(pk__gt=pk)
        path, strength = before[0], int(before[1])
    except (IndexError, ValueError):
        return rows
    return rows.filter(
        Q(path__gt=path)
        | Q(path=path, strength__gt=strength)
        | Q(path=path, strength=strength, pk__gt=pk)
    )


def _form(one: Proposal, step: str, data: Any) -> forms.Seen:
    if step != ACCEPT:
        return forms.Seen(data)
    return forms.Decide(data, kind=one.kind, titles=pair_rows.titles(one))


def _show(
    request: StaffRequest,
    one: Proposal,
    *,
    at: datetime,
    form: forms.Seen | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a pair, and write down that the people in it were seen."""
    for person in (one.person, one.other_person):
        if person is not None:
            record.look_up(
                at=at,
                actor="staff",
                actor_id=request.user.pk,
                person_id=person.pk,
                organization=request.postings[0].organization_id,
                subject="registry.proposal",
                subject_id=one.pk,
            )
    may_decide = any(
        posting.role in access.CASEWORKERS
        and one.path.startswith(posting.organization.path)
        for posting in request.postings
    )
    bound = form if isinstance(form, forms.Decide) else None
    initial = {"seen": one.version, "choice": pair_rows.likelier(one)}
    context = {
        "pair": one,
        "title": pair_rows.TITLES[Kind(one.kind)],
        "how_sure": pair_rows.how_sure(one),
        "tone": pair_rows.TONES.get(one.strength, "plain"),
        "sides": pair_rows.sides(one),
        "reasons": pair_rows.reasons(one),
        "others": pair_rows.others(one),
        "said": pair_rows.said(one),
        "words": pair_rows.WORDS[Kind(one.kind)],
        "may_decide": may_decide,
        "may_sign": may_decide
        and request.user.pk not in (one.proposed_by_id, one.undo_by_id),
        "decision": bound
        or forms.Decide(kind=one.kind, titles=pair_rows.titles(one), initial=initial),
        "form": form,
        "version": one.version,
        "urls": {
            step.replace("-", "_"): reverse(
                "casework:quality_pair_decide", args=[one.ref, step]
            )
            for step in (ACCEPT, *STEPS)
        },
        "back_url": reverse("casework:quality_pairs")
        + f"?{urlencode({'kind': one.kind, 'organization': one.organization.code})}",
    }
    return render(request, "casework/pair.html", context, status=status)
