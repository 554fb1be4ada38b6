"""How a citizen is told: language, marks, e-mail; the link that proves an address."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.actions import addresses, citizen
from complaints.forms.own import MailForm, NewsForm
from complaints.models import MailAddress
from complaints.rules.refused import Refused
from complaints.views import limits
from complaints.views.tracking import ask_first, own_submission
from portal.accounts import access
from portal.common import mail, phones
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@access.public
def how(request: HttpRequest, code: str) -> HttpResponse:
    """Choose how to be told of a report."""
    submission = own_submission(request, code)
    if submission is None:
        return ask_first(code)
    at = timezone.now()
    wanted = request.POST.get("action", "")
    form = NewsForm(
        request.POST if wanted == "language" else None,
        initial={
            "language": submission.language,
            "has_accents": submission.has_accents,
        },
    )
    mail_form = MailForm(request.POST if wanted == "email" else None)
    if form.is_bound and form.is_valid():
        citizen.choose_news(submission_id=submission.pk, **form.cleaned_data)
        messages.success(request, _("Kept. Messages from now on are written so."))
        return see_other("citizen:news", code=code)
    if wanted == "stop":
        for row in MailAddress.objects.proved().filter(submission=submission):
            addresses.stop(row, at=at)
        messages.success(request, _("No more e-mails are sent."))
        return see_other("citizen:news", code=code)
    if mail_form.is_bound and mail.is_on() and mail_form.is_valid():
        address = mail_form.cleaned_data["email"]
        too_many = limits.over(request, (limits.MAIL_ADDRESS, address.lower()), at=at)
        if too_many:
            return too_many
        try:
            addresses.ask(submission, address, at=at)
        except Refused as refusal:
            mail_form.add_error("email", str(refusal))
        else:
            messages.success(
                request, _("Open the e-mail that we have sent, and press “Yes”.")
            )
            return see_other("citizen:news", code=code)
    in_use = MailAddress.objects.proved().filter(submission=submission).first()
    dead = addresses.came_back(submission)
    context = {
        "code": code,
        "form": mail_form if mail_form.errors else form,
        "news_form": form,
        "mail_form": mail_form if mail.is_on() else None,
        "telephone": phones.mask_end(submission.phone),
        "address": mail.mask(in_use.address) if in_use else "",
        "returned": mail.mask(dead.address) if dead else "",
    }
    is_wrong = bool(form.errors or mail_form.errors)
    is_odd = request.method == "POST" and not wanted
    status = 422 if is_wrong or is_odd else 200
    return render(request, "citizen/news.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def address(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether an address belongs to who opens its link; a GET changes nothing."""
    at = timezone.now()
    row = addresses.by_token(token, at=at)
    if row is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("action") == "stop":
            addresses.stop(row, at=at)
            return render(request, "citizen/mail_stopped.html")
        addresses.confirm(row, at=at)
        return see_other("citizen:mail", token=token)
    context = {
        "address": mail.mask(row.address),
        "code": row.submission.code,
        "is_in_use": row.verified_at is not None and row.bounced_at is None,
    }
    return render(request, "citizen/mail.html", context)
