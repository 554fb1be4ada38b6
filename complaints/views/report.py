"""Reporting what is missing or wrong, in four short steps, with or without a record.

A draft is found only through the session that began it; nothing is filed before the
last step, and the last step is safe to repeat.
"""

import uuid
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import drafts, evidence, intake, opening
from complaints.choices import Kind, Relation
from complaints.forms.report import (
    ContactForm,
    SendForm,
    TelephoneCodeForm,
    iso,
)
from complaints.models import Draft, Submission
from complaints.rules.refused import Refused
from complaints.views import limits, matters, receipt
from complaints.views.lookup import proved_telephone, remember_proof, wrong_code
from portal.accounts import access, codes
from portal.accounts.models import OneTimeCode
from portal.common import phones
from portal.common.http import see_other
from portal.registry import identity

READ_AND_SEND: Final = ["GET", "HEAD", "POST"]
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
            dose = _own_dose(person_id, request.GET.get("dose", ""), at=at)
            if dose is not None:
                matter |= {"dose": dose.pk, "dose_ref": dose.ref}
            return _start(request, Relation.SELF, matter, at=at, status=302)
    form = matters.kind_form(
        request.POST or None, person_id, kind=request.GET.get("kind", "")
    )
    if request.method == "POST" and form.is_valid():
        matter = _new_matter(form.cleaned_data["kind"])
        return _start(request, form.cleaned_data["relation"], matter, at=at)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "has_record": person_id is not None}
    return render(request, "citizen/report_kind.html", context, status=status)


def _start(
    request: HttpRequest,
    relation: str,
    matter: dict[str, Any],
    *,
    at: datetime,
    status: int = 303,
) -> HttpResponse:
    too_many = limits.over(
        request, (limits.DRAFTS_ADDRESS, limits.address(request)), at=at
    )
    if too_many:
        return too_many
    draft = drafts.start(
        relation=relation,
        person_id=request.session.get("person"),
        matter=matter,
        at=at,
    )
    kept = request.session.get("drafts", [])
    request.session["drafts"] = [*kept, str(draft.key)][-DRAFTS_KEPT:]
    to = reverse("citizen:report_facts", args=[draft.key])
    return see_other(to) if status == 303 else redirect(to)


@require_http_methods(READ_AND_SEND)
@access.public
def kind(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 1 again: change the kind of a matter, or add another matter."""
    row, answers = _load(request, draft)
    if _submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    place = _place(request, answers, may_add=True)
    is_new = place == len(answers["matters"])
    before = "" if is_new else answers["matters"][place]["kind"]
    form = matters.kind_form(request.POST or None, answers["person"], kind=before)
    del form.fields["relation"]
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["kind"]
        if is_new:
            answers["matters"].append(_new_matter(chosen))
        elif chosen != before:
            answers["matters"][place] = _new_matter(chosen)
        drafts.save(row, answers)
        return see_other(_step(draft, "facts", place))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "draft": draft, "is_new": is_new}
    return render(request, "citizen/report_kind.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def facts(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 2: the facts of the dose, or the personal details, as they should be."""
    at = timezone.now()
    row, answers = _load(request, draft)
    if _submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    place = _place(request, answers)
    page = matters.page_for(answers, place, request.POST or None, at=at)
    if request.method == "POST" and page.is_search:
        return render(request, page.template, page.context(draft))
    if request.method == "POST" and page.form.is_valid():
        answers["matters"][place] = page.answered()
        drafts.save(row, answers)
        if not answers["matters"][place].get("done"):
            return see_other(_step(draft, "facts", place))
        to = "check" if answers["proof"] else "contact"
        return see_other(_step(draft, to))
    status = 422 if request.method == "POST" else 200
    return render(request, page.template, page.context(draft), status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def contact(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 3: whose record, the telephone to write to, and a photo if there is one."""
    at = timezone.now()
    row, answers = _load(request, draft)
    if _submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    telephone = proved_telephone(request)
    form = ContactForm(
        request.POST or None,
        request.FILES or None,
        is_known=answers["person"] is not None,
        telephone=phones.mask(telephone) if telephone else "",
        acts_for_other=answers["relation"] != Relation.SELF,
        initial=matters.contact_initial(answers["contact"]),
    )
    if request.method == "POST":
        is_valid = form.is_valid()
        _keep_photo(request, form, row, at=at)
        if is_valid and not form.errors:
            return _after_contact(request, form, row, answers, telephone, at=at)
    context = {
        "form": form,
        "draft": draft,
        "photos": row.evidence.count(),
        "is_known": answers["person"] is not None,
        "back": _step(draft, "facts", len(answers["matters"]) - 1),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/report_contact.html", context, status=status)


def _keep_photo(
    request: HttpRequest, form: ContactForm, row: Draft, *, at: datetime
) -> None:
    """Keep the photo even where another field is wrong: it need not be sent twice."""
    file = request.FILES.get("evidence")
    if file is None or "evidence" in form.errors:
        return
    if row.evidence.count() >= evidence.MAX_FILES:
        form.add_error("evidence", _("You can add at most five photos."))
        return
    try:
        evidence.keep(file=file, draft=row, at=at)
    except Refused as refusal:
        form.add_error("evidence", str(refusal))


def _after_contact(
    request: HttpRequest,
    form: ContactForm,
    row: Draft,
    answers: dict[str, Any],
    telephone: str,
    *,
    at: datetime,
) -> HttpResponse:
    """Go to the check page; by way of a code where the telephone is not proved yet."""
    typed = form.cleaned_data
    if answers["person"] is None:
        answers["contact"] = {
            "full_name": typed["full_name"],
            "born_on": iso(typed["born_on"]),
            "sex": typed["sex"],
            "national_id": typed["national_id"],
        }
    wanted = typed["phone"] or telephone
    if wanted == telephone:
        answers["proof"] = request.session["proof"]
        drafts.save(row, answers)
        return see_other(_step(row.key, "check"))
    too_many = limits.over(
        request,
        (limits.CODE_PHONE, wanted),
        (limits.CODE_ADDRESS, limits.address(request)),
        at=at,
    )
    if too_many:
        return too_many
    try:
        code = codes.issue(
            purpose=OneTimeCode.Purpose.TELEPHONE,
            subject=wanted,
            person_id=None,
            telephone=wanted,
            language=translation.get_language()[:2],
            at=at,
        )
    except codes.TooManyCodes as error:
        return limits.wait(request, seconds=error.retry_after)
    drafts.save(row, answers)
    request.session["report_code"] = code.pk
    return see_other(_step(row.key, "verify"))


@require_http_methods(READ_AND_SEND)
@access.public
def verify(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 3, second half: the code that proves the telephone to write to."""
    at = timezone.now()
    row, answers = _load(request, draft)
    code_id = request.session.get("report_code")
    if code_id is None:
        return redirect("citizen:report_contact", draft=draft)
    form = TelephoneCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.prove(code_id=code_id, typed=form.cleaned_data["code"], at=at)
        except codes.WrongCode as error:
            form.add_error("code", wrong_code(error))
        else:
            remember_proof(request, code, at=at, keeps_person=True)
            request.session.pop("report_code", None)
            answers["proof"] = code.pk
            drafts.save(row, answers)
            return see_other(_step(draft, "check"))
    code = OneTimeCode.objects.get(pk=code_id)
    context = {
        "form": form,
        "draft": draft,
        "telephone": phones.mask(codes.telephone_of(code)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/report_verify.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def check(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 4: everything once more, then one button. Sending twice is harmless."""
    at = timezone.now()
    row, answers = _load(request, draft)
    for place, matter in enumerate(answers["matters"]):
        if not drafts.is_complete(matter):
            return redirect(_step(draft, "facts", place))
    if answers["proof"] is None:
        return redirect("citizen:report_contact", draft=draft)
    if request.method != "POST" and _submission_of(answers):
        return redirect("citizen:report_sent", draft=draft)
    form = SendForm(request.POST or None, initial={"key": answers["key"]})
    if request.method == "POST" and form.is_valid():
        if str(form.cleaned_data["key"]) != answers["key"]:
            form.add_error(
                None, _("This page is out of date. Check it and send again.")
            )
        else:
            try:
                return _send(request, row, answers, at=at)
            except Refused as refusal:
                form.add_error(None, str(refusal))
    context = {
        "form": form,
        "key": answers["key"],
        "draft": draft,
        "matters": matters.summaries(answers, draft, at=at),
        "contact": matters.contact_summary(answers),
        "photos": row.evidence.count(),
        "may_add": len(answers["matters"]) < intake.MOST_MATTERS,
        "next": len(answers["matters"]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/report_check.html", context, status=status)


def _send(
    request: HttpRequest, row: Draft, answers: dict[str, Any], *, at: datetime
) -> HttpResponse:
    submitted = intake.submit(
        key=uuid.UUID(answers["key"]),
        sender=drafts.sender_of(answers),
        matters=drafts.matters_of(answers),
        evidence=list(row.evidence.values_list("pk", flat=True)),
        at=at,
    )
    known = access.submissions_of(request)
    if submitted.submission.pk not in known:
        request.session["submissions"] = [*known, submitted.submission.pk]
        # In the transaction of the report: one durable commit, not two.
        request.session.save()
        request.session.modified = False
    to = _step(row.key, "sent")
    return see_other(to + ("?differs=1" if submitted.differs else ""))


@require_POST
@access.public
def drop(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Leave one of several matters out of the report."""
    row, answers = _load(request, draft)
    if _submission_of(answers):
        return see_other(_step(draft, "sent"))
    place = _place(request, answers)
    del answers["matters"][place]
    drafts.save(row, answers)
    if not answers["matters"]:
        return see_other(_step(draft, "kind", 0))
    return see_other(_step(draft, "check"))


@require_safe
@access.public
def sent(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show the code, who handles it, by when, and what happens if it is late."""
    _row, answers = _load(request, draft)
    submission = _submission_of(answers)
    if submission is None:
        return redirect("citizen:report_check", draft=draft)
    filed = list(opening.own([submission.pk]))
    context = receipt.of(submission, filed) | {
        "earlier": opening.joined_by(submission),
        "differs": "differs" in request.GET,
    }
    return render(request, "citizen/report_sent.html", context)


def _load(request: HttpRequest, key: uuid.UUID) -> tuple[Draft, dict[str, Any]]:
    """Return a draft of this session and its answers; 404 for any other."""
    if str(key) not in request.session.get("drafts", []):
        raise Http404
    row = Draft.objects.filter(key=key, expires_at__gt=timezone.now()).first()
    if row is None:
        raise Http404
    answers = row.answers
    if answers["person"] not in (None, request.session.get("person")):
        raise Http404
    return row, answers


def _submission_of(answers: dict[str, Any]) -> Submission | None:
    return Submission.objects.filter(key=answers["key"]).first()


def _new_matter(kind: str) -> dict[str, Any]:
    return {"kind": kind, "dose": None, "claims": {}}


def _own_dose(
    person_id: int, ref: str, *, at: datetime
) -> identity.RecordedDose | None:
    doses = identity.record(person_id, on=timezone.localdate(at)) if ref else []
    return next((dose for dose in doses if dose.ref == ref), None)


def _place(
    request: HttpRequest, answers: dict[str, Any], *, may_add: bool = False
) -> int:
    """Return which matter the address means; the last one where it names none."""
    last = len(answers["matters"]) - 1
    text = request.GET.get("muc", str(max(last, 0)))
    most = last + 1 if may_add and last + 1 < intake.MOST_MATTERS else last
    if not text.isdecimal() or not 0 <= int(text) <= most:
        raise Http404
    return int(text)


def _step(draft: uuid.UUID, step: str, place: int | None = None) -> str:
    address = reverse(f"citizen:report_{step}", args=[draft])
    return address if place is None else f"{address}?muc={place}"
