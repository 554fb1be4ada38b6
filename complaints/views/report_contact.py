"""Step 3 of a report: whose record, where to write to, and the code that proves it."""

import uuid
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions import drafts, plausible
from complaints.choices import Field, Relation
from complaints.forms.report import ContactForm, TelephoneCodeForm, from_iso, iso
from complaints.models import Draft
from complaints.rules.plausibility import Doubt, Given
from complaints.views import (
    doubts,
    drafting,
    limits,
    matters,
    naming,
    own,
    photos,
    telephone_codes,
)
from complaints.views.lookup import proved_telephone, remember_proof, wrong_code
from portal.accounts import access, assistance, codes
from portal.accounts.models import OneTimeCode
from portal.common import mail, phones
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.public
def contact(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 3: whose record, the telephone to write to, and a photo if there is one."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    if not answers["matters"]:
        return redirect(drafting.step(draft, "kind", 0))
    telephone = proved_telephone(request)
    sent = (doubts.taken(request), request.FILES) if request.method == "POST" else ()
    form = ContactForm(
        *sent,
        is_known=answers["person"] is not None,
        telephone=phones.mask(telephone) if telephone else "",
        acts_for_other=answers["relation"] != Relation.SELF,
        has_mail=mail.is_on(),
        initial=matters.contact_initial(answers["contact"])
        | {"email": answers.get("email", "")},
    )
    own.refill(request, form, answers)
    if assistance.of(request):
        form.fields["phone"].required = False
    asked: list[Doubt] = []
    seconds = 0
    if request.method == "POST":
        is_valid = form.is_valid()
        photos.take(request, form, row, at=at)
        if is_valid and not form.errors:
            asked = _doubts(form, answers, today=timezone.localdate(at))
            if not asked or doubts.are_answered(request, asked):
                answers["held"] = doubts.held(request, asked)
                own.answered(request, answers)
                try:
                    return _after_contact(request, form, row, answers, telephone, at=at)
                except telephone_codes.NotNow as wait:
                    form.add_error(wait.field, f"{wait} {_('Your answers are kept.')}")
                    seconds = wait.seconds
    before = next((one["reason"] for one in answers.get("held", ())), "")
    context = doubts.context(request, asked, before=before) | {
        "form": form,
        "draft": draft,
        "photos": photos.of_draft(row),
        "is_known": answers["person"] is not None,
        "back": drafting.step(draft, "facts", len(answers["matters"]) - 1),
    }
    status = 422 if request.method == "POST" else 200
    page = render(request, "citizen/report_contact.html", context, status=status)
    return limits.later(page, seconds=seconds)


def _doubts(form: ContactForm, answers: dict[str, Any], *, today: date) -> list[Doubt]:
    """Return what is to be asked about name and birth date as typed just now."""
    if answers["person"] is not None:
        return []
    claims = [matter.get("claims", {}) for matter in answers["matters"]]
    found = naming.doubts(
        form.cleaned_data["full_name"],
        others=[claimed.get("full_name", "") for claimed in claims],
    )
    for claimed in claims:
        given = Given(
            on=from_iso(claimed.get("given_on", "")),
            product=claimed.get("product", ""),
            born=form.cleaned_data["born_on"],
        )
        if given.on is not None:
            found += [
                doubt
                for doubt in plausible.of_dose(given, today=today)
                if doubt.field == Field.BORN_ON
                and doubt.check not in {one.check for one in found}
            ]
    return found


def _after_contact(
    request: HttpRequest,
    form: ContactForm,
    row: Draft,
    answers: dict[str, Any],
    telephone: str,
    *,
    at: datetime,
) -> HttpResponse:
    """Go to the check page; by way of a code where the telephone is not proved yet.

    Raise NotNow where no code may go there; the answers are kept before.
    """
    typed = form.cleaned_data
    if answers["person"] is None:
        answers["contact"] = {
            "full_name": typed["full_name"],
            "born_on": iso(typed["born_on"]),
            "sex": typed["sex"],
            "national_id": typed["national_id"],
        }
    email = typed.get("email", "")
    if email and email != answers.get("email"):
        drafts.save(row, answers)
        seconds = limits.seconds_left((limits.MAIL_ADDRESS, email.lower()), at=at)
        if seconds:
            words = _("Enough e-mails went there today. Leave it empty for now.")
            raise telephone_codes.NotNow(words, seconds=seconds, field="email")
    answers["email"] = email
    wanted = typed["phone"] or telephone
    if wanted == telephone:
        answers["proof"] = request.session.get("proof", drafts.NO_TELEPHONE)
    drafts.save(row, answers)
    if wanted == telephone:
        return see_other(_after_proof(row))
    code = telephone_codes.send(request, wanted, at=at)
    # Each report's own: in two tabs each code proves the telephone of its page.
    sent = request.session.get("report_codes", {})
    request.session["report_codes"] = sent | {str(row.key): code.pk}
    return see_other(drafting.step(row.key, "verify"))


def _after_proof(row: Draft) -> str:
    """Return where it goes on: to the paper where a photo of it was added."""
    return drafting.step(row.key, "paper" if row.evidence.exists() else "check")


@require_http_methods(READ_AND_SEND)
@access.public
def verify(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Step 3, second half: the code that proves the telephone to write to."""
    at = timezone.now()
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    sent = request.session.get("report_codes", {})
    code_id = sent.get(str(draft))
    if code_id is None:
        # Tapped again after the proof: go on to where it led.
        is_proved = drafts.knows_sender(answers)
        contact_step = drafting.step(draft, "contact")
        return redirect(_after_proof(row) if is_proved else contact_step)
    form = TelephoneCodeForm(request.POST or None)
    too_many = limits.over_tries(request, at=at)
    if too_many:
        return too_many
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.prove(code_id=code_id, typed=form.cleaned_data["code"], at=at)
        except codes.WrongCode as error:
            form.add_error("code", wrong_code(error))
        else:
            remember_proof(request, code, at=at, keeps_person=True)
            del sent[str(draft)]
            request.session["report_codes"] = sent
            answers["proof"] = code.pk
            drafts.save(row, answers)
            drafts.keep_under(row, telephone=codes.telephone_of(code))
            return see_other(_after_proof(row))
    code = OneTimeCode.objects.get(pk=code_id)
    context = {
        "form": form,
        "draft": draft,
        "telephone": phones.mask(codes.telephone_of(code)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/report_verify.html", context, status=status)
