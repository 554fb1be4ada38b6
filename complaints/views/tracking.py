"""Following a report: by code and four digits, or by the link in the message.

A GET never changes anything. A code or a link alone shows nothing, not even whether
there is such a report.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import figures
from complaints.actions import addresses, citizen, evidence, opening
from complaints.choices import Status
from complaints.forms import choices_of
from complaints.forms.own import RatingForm
from complaints.forms.tracking import (
    AnswerForm,
    LastFourForm,
    ReopenForm,
    ResultForm,
    TrackForm,
)
from complaints.models import Complaint, Event, Submission
from complaints.notifications import receipts
from complaints.rules.refused import Refused
from complaints.views import limits, photos, progress, receipt
from complaints.views.cards import Words
from complaints.views.proved import knows_sender
from portal.accounts import access
from portal.common import codes, mail
from portal.common.http import READ_AND_SEND, see_other
from portal.common.throttle import give_back, is_used_up


class UnusableFile(Refused):
    """What is wrong is the file that was sent along, not that it comes too late."""


@require_http_methods(READ_AND_SEND)
@access.public
def track(request: HttpRequest) -> HttpResponse:
    """Ask for the code and the four digits."""
    form = TrackForm(request.POST or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        return _open(
            request, form, form.cleaned_data["code"], "citizen/track.html", context
        )
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/track.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def by_link(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the four digits only; the code came with the link."""
    code = codes.clean(code)
    if not codes.is_valid(code):
        return redirect("citizen:track")
    form = LastFourForm(request.POST or None)
    context = {"form": form, "code": code}
    if request.method == "POST" and form.is_valid():
        return _open(request, form, code, "citizen/link.html", context)
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/link.html", context, status=status)


def _open(
    request: HttpRequest,
    form: LastFourForm,
    code: str,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Open a submission for this session, or say that nothing fits."""
    at = timezone.now()
    too_many = limits.over(
        request,
        (limits.TRACK, code),
        (limits.TRACK_DEVICE, limits.device(request)),
        (limits.TRACK_ADDRESS, limits.address(request)),
        at=at,
    )
    if too_many:
        return too_many
    guesser = _guesser(request)
    if is_used_up(limits.TRACK_WRONG, guesser, at=at):
        return limits.wait(request, seconds=limits.A_WHILE)
    submission = opening.with_last_four(
        code=code,
        last4=form.cleaned_data["phone_last4"],
        full_name=form.cleaned_data["full_name"],
    )
    if submission is None:
        limits.seconds_over(limits.TRACK_WRONG, guesser, at=at)
        form.add_error(
            "phone_last4",
            _("Nothing was found with this code and these four digits. Compare both."),
        )
        return render(request, template, context, status=422)
    give_back(limits.TRACK, code, at=at)
    known = access.submissions_of(request)
    request.session.cycle_key()
    request.session["submissions"] = list(dict.fromkeys([*known, submission.pk]))
    request.session.setdefault("proved_at", at.isoformat())
    request.session["seen_at"] = at.isoformat()
    return see_other("citizen:status", code=code)


def _guesser(request: HttpRequest) -> str:
    """Return whose wrong tries are counted: those of the proof, or of the address.

    So who proved a telephone is not shut out by others behind the same address.
    """
    proof = request.session.get("proof")
    return f"proof:{proof}" if proof else limits.address(request)


@require_safe
@access.public
def status(request: HttpRequest, code: str) -> HttpResponse:
    """Show how far each matter is, who has it, until when, and what was decided."""
    submission = own_submission(request, code)
    if submission is None:
        return ask_first(code)
    at = timezone.now()
    complaints = list(
        opening.own([submission.pk]).prefetch_related(
            "claims", "events__holder", "ratings"
        )
    )
    usual = figures.usual({c.holder_id for c in complaints}, at=at)
    dead = addresses.came_back(submission)
    known = knows_sender(request, submission)
    words = progress.words_of(complaints)
    context = {
        "submission": submission,
        "code": submission.code,
        "has_phone": submission.phone_digest is not None,
        "single": len(complaints) == 1,
        "matters": [
            _matter(c, usual, words, knows_sender=known, at=at) for c in complaints
        ],
        "earlier": opening.joined_by(submission),
        "photos": photos.sent(submission),
        "returned": mail.mask(dead.address) if dead else "",
        "lost_text": receipts.was_lost(submission),
        "qr": receipt.qr(submission.code),
        "at": at,
    }
    return render(request, "citizen/status.html", context)


def _matter(
    complaint: Complaint,
    usual: dict[int, figures.Usual],
    words: Words,
    *,
    knows_sender: bool,
    at: datetime,
) -> dict[str, Any]:
    events = sorted(complaint.events.all(), key=lambda event: event.seq)
    is_proved = not complaint.submission.is_known_to_its_unit
    may_disagree = citizen.may_disagree(complaint, at=at)
    claims = progress.claims(
        complaint,
        sorted(complaint.claims.all(), key=lambda claim: claim.pk),
        knows_sender=knows_sender,
        words=words,
    )
    return {
        "complaint": complaint,
        "headline": progress.headline(complaint, may_disagree=may_disagree, at=at),
        "steps": progress.steps(complaint, events, at=at),
        "claims": claims,
        "is_hidden": any(claim["is_hidden"] for claim in claims),
        "since": progress.since(complaint, events),
        "upstream": progress.upstream(complaint),
        "usual": progress.usual(usual.get(complaint.holder_id)),
        "rating": next(
            (r for r in complaint.ratings.all() if r.round == complaint.round), None
        ),
        "may_rate": is_proved and complaint.status == Status.RESOLVED,
        "may_add": complaint.is_open,
        "may_confirm": is_proved and bool(complaint.outcome),
        "may_withdraw": is_proved and complaint.is_open,
        "asks": complaint.status == Status.WAITING_CITIZEN,
        "may_judge": may_disagree and not complaint.confirmed_at,
        "may_take_back": may_disagree and bool(complaint.confirmed_at),
        "is_too_late": not may_disagree
        and complaint.status in (Status.RESOLVED, Status.LAPSED)
        and not complaint.confirmed_at,
    }


@require_http_methods(READ_AND_SEND)
@access.public
def answer(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Answer a question of staff, or add something, with a photo if there is one."""
    complaint = own_complaint(request, code, number)
    if complaint is None:
        return ask_first(code)
    if request.method != "POST" and not complaint.is_open:
        return redirect("citizen:status", code=code)
    form = AnswerForm(
        request.POST or None,
        request.FILES or None,
        answers=complaint.status == Status.WAITING_CITIZEN,
    )
    http = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _answer(request, form, complaint, at=timezone.now())
        except UnusableFile as refusal:
            form.add_error("evidence", str(refusal))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            http = 409
        else:
            return see_other("citizen:status", code=code)
    asked = _last_question(complaint)
    context = {
        "form": form,
        "code": code,
        "complaint": complaint,
        "question": asked.note if asked else "",
        "reasons": progress.asked_for(asked.data.get("reasons", [])) if asked else [],
        "answer_by": progress.answer_by(complaint),
    }
    return render(request, "citizen/answer.html", context, status=http)


@transaction.atomic
def _answer(
    request: HttpRequest, form: AnswerForm, complaint: Complaint, *, at: datetime
) -> None:
    """Take the photo first: if it is refused, nothing is said to be sent."""
    citizen.hold(complaint.pk)
    file = form.cleaned_data["evidence"]
    submission = complaint.submission
    is_new = file is not None and not evidence.sent_before(
        file, submission.evidence.all()
    )
    if is_new:
        if submission.evidence.count() >= 4 * evidence.MAX_FILES:
            raise UnusableFile(
                _("There are many photos already. Write instead, please.")
            )
        try:
            photo = evidence.keep(file=file, draft=None, at=at)
        except Refused as refusal:
            raise UnusableFile(str(refusal)) from refusal
        photo.submission, photo.complaint = submission, complaint
        photo.save(update_fields=["submission", "complaint"])
    note = form.cleaned_data["note"].strip() or _("I added a photo.")
    citizen.tell(complaint_id=complaint.pk, note=note, brings_photo=is_new, at=at)


def _last_question(
    complaint: Complaint, *, status: str = Status.WAITING_CITIZEN
) -> Event | None:
    """Return what staff asked last, if the matter stands there still; else None."""
    if complaint.status != status:
        return None
    return complaint.events.filter(move="ask").order_by("-seq").first()


@require_http_methods(READ_AND_SEND)
@access.public
def result(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take the citizen's word on the result: right now, or still not right and why."""
    complaint = own_complaint(request, code, number)
    if complaint is None:
        return ask_first(code)
    at = timezone.now()
    if request.method != "POST" and not citizen.may_disagree(complaint, at=at):
        return redirect("citizen:status", code=code)
    form = _result_form(request, complaint)
    http = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data.get("answer") == "confirm":
                citizen.confirm(complaint_id=complaint.pk, at=at)
            else:
                citizen.disagree(
                    complaint_id=complaint.pk, note=form.cleaned_data["note"], at=at
                )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            http = 409
        else:
            return see_other("citizen:status", code=code)
    asked = _last_question(complaint, status=Status.LAPSED)
    context = {
        "form": form,
        "code": code,
        "complaint": complaint,
        "opens_again": complaint.status == Status.LAPSED,
        "is_top": complaint.holder.parent_id is None,
        "question": asked.note if asked else "",
        "reasons": progress.asked_for(asked.data.get("reasons", [])) if asked else [],
    }
    return render(request, "citizen/result.html", context, status=http)


def _result_form(request: HttpRequest, complaint: Complaint) -> ResultForm | ReopenForm:
    """Return what can be said of a result; where there is none, how to go on."""
    data = request.POST or None
    # What opened it again comes a second time by a second tap.
    opened_again = data is not None and "answer" not in data and complaint.is_open
    if complaint.status == Status.LAPSED or opened_again:
        return ReopenForm(data)
    form = ResultForm(data, initial={"answer": request.GET.get("answer")})
    if complaint.submission.is_known_to_its_unit:
        choices_of(form, "answer").choices = [("disagree", _("Still not right"))]
    return form


@require_http_methods(READ_AND_SEND)
@access.public
def withdraw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a matter back, after one question."""
    complaint = own_complaint(request, code, number)
    if complaint is None:
        return ask_first(code)
    if request.method != "POST" and not complaint.is_open:
        return redirect("citizen:status", code=code)
    refusal = ""
    if request.method == "POST":
        try:
            citizen.withdraw(complaint_id=complaint.pk, at=timezone.now())
        except Refused as error:
            refusal = str(error)
        else:
            return see_other("citizen:status", code=code)
    context = {"code": code, "complaint": complaint, "refusal": refusal}
    http = 409 if refusal else 200
    return render(request, "citizen/withdraw.html", context, status=http)


@require_http_methods(READ_AND_SEND)
@access.public
def rate(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a word on how the matter was handled."""
    complaint = own_complaint(request, code, number)
    if complaint is None:
        return ask_first(code)
    said = complaint.ratings.filter(round=complaint.round).first()
    form = RatingForm(
        request.POST or None,
        initial={"word": said.word, "note": said.note} if said else None,
    )
    http = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            citizen.rate(
                complaint_id=complaint.pk, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            http = 409
        else:
            return see_other("citizen:status", code=code)
    context = {"form": form, "code": code, "complaint": complaint}
    return render(request, "citizen/rate.html", context, status=http)


def ask_first(code: str) -> HttpResponse:
    """Send a visitor without proof to the four digits, whether it exists or not."""
    return redirect("citizen:link", code=code)


def own_submission(request: HttpRequest, code: str) -> Submission | None:
    """Return the submission of a code if this session proved it; else None."""
    return Submission.objects.filter(
        pk__in=access.submissions_of(request), code=codes.clean(code)
    ).first()


def own_complaint(request: HttpRequest, code: str, number: int) -> Complaint | None:
    """Return the matter; None without proof of the code, 404 for a wrong number."""
    submission = own_submission(request, code)
    if submission is None:
        return None
    complaint = opening.own([submission.pk]).filter(number=number).first()
    if complaint is None:
        raise Http404
    return complaint
