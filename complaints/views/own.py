"""One's own reports by the telephone they hang on; putting a report aside, going on.

A code goes to the telephone that was typed, whatever hangs on it: nobody learns from
the page whether something does.
"""

import uuid
from datetime import datetime
from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.actions import drafts, opening
from complaints.choices import Kind
from complaints.forms import drafted
from complaints.forms.own import KeepForm, OwnCodeForm, OwnTelephoneForm
from complaints.forms.paper import AddPhotoForm
from complaints.models import Draft, Submission
from complaints.owndata import looks
from complaints.views import cards, drafting, limits, photos, telephone_codes
from complaints.views.lookup import (
    MOST_SUBMISSIONS,
    proved_telephone,
    remember_proof,
    wrong_code,
)
from portal.accounts import access, assistance, codes
from portal.accounts.models import OneTimeCode
from portal.audit import record as audit
from portal.common import codes as codes_of
from portal.common import crypto, phones
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.public
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the telephone that reports were sent with, and send a code to it."""
    return _ask(request, "citizen/own.html")


@require_http_methods(READ_AND_SEND)
@access.public
def resume(request: HttpRequest) -> HttpResponse:
    """The same for a report that was put aside."""
    return _ask(request, "citizen/resume.html")


def _ask(request: HttpRequest, template: str) -> HttpResponse:
    form = OwnTelephoneForm(request.POST or None)
    telephone = proved_telephone(request)
    seconds = 0
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        if form.cleaned_data["phone"] == telephone:
            return _show(request, telephone)
        try:
            return _send_code(request, form.cleaned_data["phone"], draft=None, at=at)
        except telephone_codes.NotNow as wait:
            form.add_error(wait.field, str(wait))
            seconds = wait.seconds
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "is_proved": bool(telephone)}
    page = render(request, template, context, status=status)
    return limits.later(page, seconds=seconds)


def _send_code(
    request: HttpRequest, phone: str, *, draft: Draft | None, at: datetime
) -> HttpResponse:
    """Send the code and go to the page that asks for it. Raise NotNow."""
    code = telephone_codes.send(request, phone, at=at)
    request.session["own"] = {
        "code": code.pk,
        "draft": str(draft.key) if draft else None,
    }
    return see_other("citizen:own_verify")


@require_http_methods(READ_AND_SEND)
@access.public
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code; then show what hangs on the telephone, or keep the draft."""
    pending = request.session.get("own")
    if pending is None:
        # Tapped again after the proof: what hangs on the telephone is listed there.
        has_proof = "proof" in request.session
        return redirect("citizen:own_reports" if has_proof else "citizen:own")
    at = timezone.now()
    form = OwnCodeForm(request.POST or None)
    draft = pending["draft"]
    too_many = limits.over_tries(request, at=at)
    if too_many:
        return too_many
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.prove(
                code_id=pending["code"], typed=form.cleaned_data["code"], at=at
            )
        except codes.WrongCode as error:
            form.add_error("code", wrong_code(error))
        else:
            remember_proof(request, code, at=at, keeps_person=True)
            request.session.pop("own", None)
            if draft is None:
                return _show(request, codes.telephone_of(code))
            drafts.put_aside(
                drafting.load(request, uuid.UUID(draft))[0], proof=code, at=at
            )
            return see_other("citizen:report_aside", draft=draft)
    issued = OneTimeCode.objects.get(pk=pending["code"])
    context = {
        "form": form,
        "telephone": phones.mask(codes.telephone_of(issued)),
        "again": reverse("citizen:report_aside", args=[draft])
        if draft
        else reverse("citizen:own"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/own_verify.html", context, status=status)


def _show(request: HttpRequest, telephone: str) -> HttpResponse:
    """Open the reports of a proved telephone for this session, and list them."""
    found = opening.with_telephone(telephone, limit=MOST_SUBMISSIONS)
    known = access.submissions_of(request)
    request.session["submissions"] = list(
        dict.fromkeys([*known, *(row.pk for row in found)])
    )
    return see_other("citizen:own_reports")


@require_http_methods(["GET", "HEAD"])
@access.citizen
def reports(request: HttpRequest) -> HttpResponse:
    """List the reports of the proved telephone, and what was put aside under it."""
    telephone = proved_telephone(request)
    if not telephone:
        return redirect("citizen:own")
    at = timezone.now()
    proved = access.submissions_of(request)
    items = cards.reported(proved).items
    listed = {item["code"] for item in items}
    joined = Submission.objects.filter(pk__in=proved).exclude(code__in=listed)
    items += [
        {
            "url": reverse("citizen:status", args=[row.code]),
            "label": codes_of.pretty(row.code),
            "small": _("Added to an earlier report"),
        }
        for row in joined.order_by("-pk")
    ]
    kept = drafts.kept_under(telephone, at=at)
    left = drafting.left(request, telephone)
    if left is not None and left not in kept:
        kept.insert(0, left)
    context = {
        "telephone": phones.mask_end(telephone),
        "submissions": items,
        "drafts": [_words(row) for row in kept],
    }
    return render(request, "citizen/own_reports.html", context)


def _words(draft: Draft) -> dict[str, Any]:
    matters = draft.answers["matters"]
    kinds = [str(Kind(matter["kind"]).label) for matter in matters]
    return {
        "key": draft.key,
        "kinds": ", ".join(kinds) or _("Report a mistake"),
        "until": draft.expires_at,
    }


@require_POST
@access.citizen
def go_on(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Go on with a report that was put aside, where it was left."""
    at = timezone.now()
    telephone = proved_telephone(request)
    kept = drafts.kept_under(telephone, at=at) if telephone else []
    left = drafting.left(request, telephone)
    row = next((one for one in [*kept, left] if one and one.key == draft), None)
    if row is None:
        raise Http404
    if telephone and row.phone_digest is None:
        drafts.keep_under(row, telephone=telephone)
    drafting.take_typed(request, row)
    answers = row.answers
    if answers["person"] is not None and not drafting.sees_record(request, answers):
        helper = assistance.helper(request)
        audit.look_up(
            at=at,
            actor="staff" if helper else "citizen",
            actor_id=helper.pk if helper else None,
            person_id=answers["person"],
            subject=looks.DRAFT,
            subject_id=row.pk,
        )
    # With its telephone it opens without the record; with the record alone it does not.
    is_by_telephone = row.phone_digest is not None
    for name in ("drafts", "resumed")[: 1 + is_by_telephone]:
        request.session[name] = [*request.session.get(name, []), str(row.key)][-10:]
    return see_other(drafting.where_left(row))


@require_POST
@access.public
def save(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Keep what a step holds as it is, finished or not, then ask for a telephone."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    step = request.GET.get("buoc", "")
    if not step.startswith("report_"):
        raise Http404
    place = drafting.place_of(request, step, answers)
    try:
        reverse(f"citizen:{step}", args=[draft])
    except NoReverseMatch:
        raise Http404 from None
    drafts.keep_typed(row, drafted.typed_in(request.POST), step=step, place=place)
    if request.FILES:
        form = AddPhotoForm(request.POST, request.FILES)
        form.is_valid()
        photos.take(request, form, row, at=timezone.now())
        # The page after this one says what is wrong with it; the words are kept.
        request.session["photo_refused"] = " ".join(map(str, form["evidence"].errors))
    return see_other("citizen:report_aside", draft=draft)


@require_http_methods(READ_AND_SEND)
@access.public
def put_aside(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Ask under which telephone to keep a report; then say how to go on."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    telephone = proved_telephone(request)
    form = KeepForm(
        request.POST or None, proved=phones.mask(telephone) if telephone else ""
    )
    seconds = 0
    if request.method == "POST":
        # No field at all is a yes to the proved telephone.
        form = form if form.is_bound else KeepForm({}, proved=telephone)
        if form.is_valid():
            wanted = form.cleaned_data["phone"] or telephone
            if wanted == telephone:
                proof = OneTimeCode.objects.get(pk=request.session["proof"])
                drafts.put_aside(row, proof=proof, at=at)
                return see_other("citizen:report_aside", draft=draft)
            try:
                return _send_code(request, wanted, draft=row, at=at)
            except telephone_codes.NotNow as wait:
                form.add_error(wait.field, str(wait))
                seconds = wait.seconds
    is_kept = _is_kept(row, telephone)
    context = {
        "form": form,
        "draft": draft,
        "is_kept": is_kept,
        "telephone": phones.mask(telephone) if is_kept else "",
        "until": row.expires_at,
        "back": _where_left(row),
        "photo_refused": request.session.get("photo_refused", ""),
    }
    status = 422 if request.method == "POST" else 200
    page = render(request, "citizen/put_aside.html", context, status=status)
    return limits.later(page, seconds=seconds)


def _is_kept(row: Draft, telephone: str) -> bool:
    if not telephone or row.phone_digest is None:
        return False
    return bytes(row.phone_digest) in crypto.digests("phone", telephone)


def _where_left(row: Draft) -> str:
    step, place = row.answers.get("left_at") or ["report_facts", ""]
    address = reverse(f"citizen:{step}", args=[row.key])
    return f"{address}?muc={place}" if place else address


def refill(request: HttpRequest, form: BaseForm, answers: dict[str, Any]) -> None:
    """Show in a step's form what it held when the report was put aside."""
    step, place = _where(request, answers)
    drafted.refill(form, drafts.typed_before(answers, step=step, place=place))


def answered(request: HttpRequest, answers: dict[str, Any]) -> None:
    """Forget what a step's form held before, as it was answered; the caller saves."""
    step, place = _where(request, answers)
    drafts.forget_typed(answers, step=step, place=place)


def _where(request: HttpRequest, answers: dict[str, Any]) -> tuple[str, str]:
    """Return which step this is, and of a step about one matter, which one."""
    match = request.resolver_match
    step = match.url_name or "" if match else ""
    return step, drafting.place_of(request, step, answers)
