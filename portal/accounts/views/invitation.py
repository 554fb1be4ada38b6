"""The page behind an invitation's link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts import access, invitations, own_numbers
from portal.accounts.account_forms import ChosenPassword
from portal.common.http import READ_AND_SEND, see_other


@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters("new", "again", "phone", "national_id")
@access.public
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let the owner of a link choose a password; opening it changes nothing."""
    at = timezone.now()
    try:
        row = invitations.find(token, at=at)
    except invitations.Ended:
        return render(request, "accounts/invitation_ended.html", status=404)
    form = ChosenPassword(
        request.POST if request.method == "POST" else None, user=row.user
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = invitations.accept(
            token=token,
            password=given["new"],
            phone=given["phone"],
            national_id=given["national_id"],
            at=at,
        )
        messages.success(request, _("Your password is set. Sign in with it."))
        if own_numbers.differing([user.pk]):
            messages.warning(
                request,
                _(
                    "The telephone or number that you typed is not the one kept here."
                    " That one stays until whoever runs your account changes it."
                ),
            )
        return see_other("accounts:login")
    return render(
        request,
        "accounts/invitation.html",
        {"form": form, "account": row.user},
        status=422 if form.errors else 200,
    )
