"""Reporting what is missing or wrong, in four short steps, with or without a record.

A draft is found only through the session that began it; nothing is filed before the
last step, and the last step is safe to repeat.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import (
    addresses,
    drafts,
    foreseeing,
    intake,
    joining,
    opening,
    selfservice,
)
from complaints.actions.reported import Vouched
from complaints.choices import Kind, Outcome, Relation
from complaints.forms.report import SendForm
from complaints.models import Draft
from complaints.rules.plausibility import Doubt
from complaints.rules.refused import Refused
from complaints.views import (
    doubts,
    drafting,
    foreseen,
    limits,
    matters,
    own,
    photos,
    receipt,
    report_paper,
    report_urgent,
    summaries,
)
from complaints.views.lookup import of_open_record, proved_telephone, whose
from portal.accounts import access, assistance
from portal.accounts.assurance import Level, level_of
from portal.accounts.eid import client as eid
from portal.common import mail
from portal.common.http import READ_AND_SEND, see_other

DRAFTS_KEPT: Final = 10


@require_http_methods(READ_AND_SEND)
@access.public
def begin(request: HttpRequest) -> HttpResponse:
    """Step 1: what is wrong, for whom. A button on the record answers it already."""
    at = timezone.now()
    person_id = request.session.get("person")
    if request.method == "GET" and person_id is not None:
        kind_asked = request.GET.get("kind")
        if kind_asked in Kind.values:
            matter = _new_matter(kind_asked)
            dose = matters.own_dose(person_id, request.GET.get("dose", ""), at=at)
            if dose is not None:
                matter |= {"dose": dose.pk, "dose_ref": dose.ref}
            # The links of one's own record are followed often, and again.
            at_hand = request.session.get("drafts", [])
            begun = _start(request, whose(request), matter, begun=at_hand, at=at)
            if isinstance(begun, HttpResponse):
                return begun
            return redirect("citizen:report_facts", draft=begun.key)
    form = matters.kind_form(
        request.POST or None, person_id, kind=request.GET.get("kind", "")
    )
    form.initial["relation"] = whose(request)
    if request.method == "POST" and form.is_valid():
        matter = _new_matter(form.cleaned_data["kind"])
        begun = _start(request, form.cleaned_data["relation"], matter, at=at)
        if isinstance(begun, HttpResponse):
            return begun
        return see_other("citizen:report_facts", draft=begun.key)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "has_record": person_id is not None}
    context |= of_open_record(request, at=at)
    return render(request, "citizen/report_kind.html", context, status=status)


def _start(
    request: HttpRequest,
    relation: str,
    matter: dict[str, Any],
    *,
    begun: Sequence[str] = (),
    at: datetime,
) -> Draft | HttpResponse:
    """Begin a draft in this session; return it, or the page that says wait.

    ``begun``: drafts of which an untouched one may be gone on with. Not where anybody
    begins anew: telephones are shared, and a tab keeps what was typed by its address.
    """
    too_many = limits.over(
        request, (limits.DRAFTS_ADDRESS, limits.address(request)), at=at
    )
    if too_many:
        return too_many
    # For anybody but the one whose record is open there is none.
    person_id = request.session.get("person") if relation == whose(request) else None
    is_own = person_id is not None and relation == Relation.SELF
    draft = drafts.start(
        relation=relation,
        person_id=person_id,
        matter=matter,
        channel=assistance.way_of(request),
        vouched=_vouched(request) if is_own else None,
        begun=begun,
        browser="" if assistance.of(request) else limits.browser(request),
        at=at,
    )
    telephone = proved_telephone(request)
    if telephone:
        drafts.keep_under(draft, telephone=telephone)
    kept = [*request.session.get("drafts", []), str(draft.key)]
    request.session["drafts"] = drafts.most_worth(
        list(dict.fromkeys(kept)), limit=DRAFTS_KEPT
    )
    assistance.note_draft(request, str(draft.key))
    # From here on the session rests or is in use, also before anything is proved.
    request.session["seen_at"] = at.isoformat()
    return draft


def _vouched(request: HttpRequest) -> Vouched | None:
    """Return what the e-ID says of whoever opened the record with it, else None."""
    verified = eid.verified_by(request)
    if verified is None or level_of(request) != Level.EID:
        return None
    return Vouched(
        national_id=verified.national_id,
        full_name=verified.full_name,
        born_on=verified.born_on.isoformat(),
        sex=verified.sex,
        at=request.session["proved_at"],
    )


@require_http_methods(READ_AND_SEND)
@access.public
def kind(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 1 again: change the kind of a matter, or add another matter."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    place = drafting.place(request, answers, may_add=True)
    is_new = place == len(answers["matters"])
    before = "" if is_new else answers["matters"][place]["kind"]
    form = matters.kind_form(request.POST or None, answers["person"], kind=before)
    del form.fields["relation"]
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["kind"]
        if is_new:
            # A tab keeps what is typed by this: not for what comes in its place.
            answers["matters"].append(_new_matter(chosen, key=uuid.uuid4().hex))
        elif chosen != before:
            _change_kind(answers, place, chosen)
        drafts.save(row, answers)
        return see_other(drafting.step(draft, "facts", place))
    status = 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "draft": draft,
        "is_new": is_new,
        "has_record": drafting.sees_record(request, answers),
        # The way back leads to what was answered already, where there is such.
        "has_answers": any(map(drafts.is_complete, answers["matters"])),
    }
    return render(request, "citizen/report_kind.html", context, status=status)


def _change_kind(answers: dict[str, Any], place: int, chosen: str) -> None:
    """Make a matter one of another kind; what it said as it was is kept beside it.

    Who chose the kind by mistake, and chooses the old one again, finds it as it was.
    """
    before = answers["matters"][place]
    others = before.pop("of_other_kinds", {}) | {before["kind"]: before}
    other = _new_matter(chosen, key=before.get("key", ""))
    answers["matters"][place] = others.pop(chosen, other)
    answers["matters"][place]["of_other_kinds"] = others
    drafts.forget_typed(answers, step="report_facts", place=str(place))


@require_http_methods(READ_AND_SEND)
@access.public
def facts(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 2: the facts of the dose, or the personal details, as they should be."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    place = drafting.place(request, answers)
    data = doubts.taken(request) if request.method == "POST" else None
    sees = drafting.sees_record(request, answers)
    page = matters.page_for(answers, place, data, sees_record=sees, at=at)
    own.refill(request, page.form, answers)
    shown = page.context(draft) | {
        "place": place,
        "kept_as": f"{page.matter.get('key', '')}-{page.matter['kind']}",
        "back": drafting.step(draft, "kind", place),
        "may_drop": len(answers["matters"]) > 1,
    }
    if page.is_search:
        return render(request, page.template, shown)
    asked: list[Doubt] = []
    if data is not None and page.form.is_valid():
        asked = page.doubts(answers, sees_record=sees, today=timezone.localdate(at))
    is_answered = doubts.are_answered(request, asked)
    if data is not None and page.form.is_valid() and (not asked or is_answered):
        held = doubts.held(request, asked)
        answers["matters"][place] = page.answered() | {"held": held}
        own.answered(request, answers)
        drafts.save(row, answers)
        foreseeing.ask(row, answers, at=at)
        if not answers["matters"][place].get("done"):
            return see_other(drafting.step(draft, "facts", place))
        is_known = drafts.knows_sender(answers)
        if is_known and answers.get("paper"):
            # What was typed is held against the paper once more.
            return see_other(drafting.step(draft, "paper"))
        to = "check" if is_known else "contact"
        return see_other(drafting.step(draft, to))
    shown |= doubts.context(request, asked, before=page.reason)
    status = 422 if request.method == "POST" else 200
    return render(request, page.template, shown, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def check(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 4: everything once more, then one button. Sending twice is harmless."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if not answers["matters"]:
        return redirect(drafting.step(draft, "kind", 0))
    for place, matter in enumerate(answers["matters"]):
        if not drafts.is_complete(matter):
            return redirect(drafting.step(draft, "facts", place))
    if not drafts.knows_sender(answers):
        return redirect("citizen:report_contact", draft=draft)
    if request.method != "POST" and drafting.submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    form = SendForm(request.POST or None, initial={"key": answers["key"]})
    if request.method == "POST" and form.is_valid():
        if str(form.cleaned_data["key"]) != answers["key"]:
            form.add_error(
                None, _("This page is out of date. Check it and send again.")
            )
        elif not drafting.submission_of(answers) and report_paper.unasked(row, answers):
            return see_other(drafting.step(draft, "paper") + f"?{report_paper.ASK}=1")
        else:
            try:
                return _send(request, row, answers, at=at)
            except Refused as refusal:
                form.add_error(None, str(refusal))
    ahead = foreseeing.foresee(row, answers, at=at)
    sees = drafting.sees_record(request, answers)
    context = {
        "form": form,
        "key": answers["key"],
        "draft": draft,
        "matters": [
            matter | {"ahead": one}
            for matter, one in zip(
                summaries.of(answers, draft, at=at),
                foreseen.of(ahead, answers["person"], sees_record=sees, at=at),
                strict=True,
            )
        ],
        "agree": foreseen.button(ahead),
        "contact": summaries.of_contact(answers),
        "photos": photos.of_draft(row),
        "urgent": report_urgent.row_of(answers, draft),
        "held": summaries.of_held(answers),
        "earlier": _earlier(answers),
        "may_add": len(answers["matters"]) < intake.MOST_MATTERS,
        "next": len(answers["matters"]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/report_check.html", context, status=status)


def _earlier(answers: dict[str, Any]) -> list[opening.Earlier]:
    """Return what of this was reported already, before it is sent once more."""
    sender = drafts.sender_of(answers)
    found = joining.already_open(sender, drafts.matters_of(answers))
    return opening.earlier(found, phone=sender.phone)


def _send(
    request: HttpRequest, row: Draft, answers: dict[str, Any], *, at: datetime
) -> HttpResponse:
    matters = drafts.matters_of(answers)
    submitted = intake.submit(
        key=uuid.UUID(answers["key"]),
        sender=drafts.sender_of(answers),
        matters=matters,
        evidence=list(row.evidence.values_list("pk", flat=True)),
        by=assistance.helper(request),
        urgent=drafts.urgent_of(answers),
        traces=drafts.traces_of(answers, device=limits.browser(request)),
        at=at,
    )
    if answers.get("email") and not submitted.is_repeat:
        addresses.ask(submitted.submission, answers["email"], at=at)
    if any(selfservice.may_settle(matter.claims) for matter in matters):
        selfservice.settle_now(
            submitted.submission.complaints.values_list("pk", flat=True),
            heard=foreseeing.heard_for(row),
            at=at,
        )
    known = access.submissions_of(request)
    # What it joined is open to the same telephone, to add to it.
    first = opening.same_sender(submitted.submission, submitted.joined)
    added = [pk for pk in (submitted.submission.pk, *first) if pk not in known]
    if added:
        request.session["submissions"] = [*known, *dict.fromkeys(added)]
        # In the transaction of the report: one durable commit, not two.
        request.session.save()
        request.session.modified = False
    to = drafting.step(row.key, "sent")
    return see_other(to + ("?differs=1" if submitted.differs else ""))


@require_POST
@access.public
def look_again(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Ask what the first answer of the population database left open; check again."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers) is None:
        foreseeing.ask(row, answers, at=timezone.now())
    return see_other(drafting.step(draft, "check"))


@require_POST
@access.public
def drop(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Leave one of several matters out of the report."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    place = drafting.place(request, answers)
    del answers["matters"][place]
    # The others move up: what was typed for one must not show in another.
    drafts.forget_typed(answers, step="report_facts")
    drafts.save(row, answers)
    if not answers["matters"]:
        return see_other(drafting.step(draft, "kind", 0))
    return see_other(drafting.step(draft, "check"))


@require_safe
@access.public
def sent(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show the code, who handles it, by when, and what happens if it is late."""
    _row, answers = drafting.load(request, draft)
    submission = drafting.submission_of(answers)
    if submission is None:
        return redirect("citizen:report_check", draft=draft)
    filed = list(opening.own([submission.pk]).prefetch_related("claims"))
    sees = drafting.sees_record(request, answers)
    put_right = foreseen.done(filed, sees_record=sees)
    context = receipt.of(submission, filed) | {
        "put_right": put_right,
        "all_right": len(put_right) == len(filed) > 0,
        "corrected": Outcome.CORRECTED.label,
        "has_record": answers["person"] == request.session.get("person"),
        "earlier": opening.joined_by(submission),
        "differs": "differs" in request.GET,
        "add_url": next(
            (
                reverse("citizen:answer", args=[submission.code, complaint.number])
                for complaint in filed
                if complaint.is_open
            ),
            "",
        ),
        "email": mail.mask(answers["email"]) if answers.get("email") else "",
    }
    return render(request, "citizen/report_sent.html", context)


def _new_matter(kind: str, *, key: str = "") -> dict[str, Any]:
    return {"kind": kind, "dose": None, "claims": {}, "key": key}
