"""Looking up with the national e-ID: there, back, and the record that it proves.

It opens the record whose number and birth date agree with what it vouches for, so the
telephone on record is not needed. These views ask another system, hence hold no
transaction while they wait.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.views import limits
from complaints.views.lookup import forget_record, open_record
from portal.accounts import access
from portal.accounts.assurance import Level
from portal.accounts.eid import client
from portal.accounts.eid.client import EidRefused, Verified
from portal.common import scope
from portal.common.forms import PartialDate
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import identity
from portal.registry.models import Person


@require_http_methods(READ_AND_SEND)
@access.outside
@limits.closed_at_the_counter
def begin(request: HttpRequest) -> HttpResponse:
    """Say what happens; on the button's press send the browser to the e-ID."""
    if not client.is_set_up():
        raise Http404
    if request.method != "POST":
        return _page(request)
    too_many = limits.over(
        request,
        (limits.LOOK_UP_DEVICE, limits.device(request)),
        (limits.LOOK_UP_ADDRESS, limits.address(request)),
        at=timezone.now(),
    )
    if too_many:
        return too_many
    request.session["language"] = translation.get_language()
    try:
        return client.begin(request, callback=_callback())
    except EidRefused as refusal:
        return _page(request, refusal.reason, status=503)


@require_safe
@access.outside
@limits.closed_at_the_counter
def finish(request: HttpRequest) -> HttpResponse:
    """Take the e-ID's answer, once, and open the record that is theirs."""
    if not client.is_set_up():
        raise Http404
    at = timezone.now()
    with translation.override(request.session.get("language", settings.LANGUAGE_CODE)):
        try:
            verified = client.finish(request, callback=_callback())
        except EidRefused as refusal:
            status = 503 if refusal.reason == "away" else 422
            return _page(request, refusal.reason, status=status)
        return _open(request, verified, at=at)


def _open(request: HttpRequest, verified: Verified, *, at: datetime) -> HttpResponse:
    request.session.cycle_key()
    forget_record(request)
    for name in ("pending", "proof"):
        request.session.pop(name, None)
    request.session["proved_at"] = request.session["seen_at"] = at.isoformat()
    request.session["level"] = Level.EID
    client.keep(request, verified)
    with scope.citizen(access.submissions_of(request)):
        people = _people_of(verified)
        if len(people) == 1:
            return open_record(request, people[0].pk, Level.EID, at=at)
    if people:
        request.session["alike"] = [person.pk for person in people]
        return see_other("citizen:people")
    return _page(request, "unknown", name=verified.full_name)


def _people_of(verified: Verified) -> list[Person]:
    """Return the records with this number whose birth date agrees, not one swapped."""
    born = PartialDate(
        verified.born_on.year, verified.born_on.month, verified.born_on.day
    )
    found = identity.find(national_id=verified.national_id, full_name="", born=born)
    return [person for person in found if identity.agrees(person, born)]


def _callback() -> str:
    """Return the one address of return: that of the first language."""
    with translation.override(settings.LANGUAGE_CODE):
        return settings.BASE_URL.rstrip("/") + reverse("citizen:eid_return")


def _page(
    request: HttpRequest, reason: str = "", *, status: int = 200, name: str = ""
) -> HttpResponse:
    """Show the way in; after a refusal with what happened and how to go on."""
    context: dict[str, Any] = {
        "reason": reason,
        "heading": _heading(reason),
        "words": _words(reason),
        "name": name,
    }
    response = render(request, "citizen/eid.html", context, status=status)
    # A form may only be sent to ourselves, and the redirect after it counts, too.
    response._csp_update = {"form-action": [settings.EID_ISSUER]}  # type: ignore[attr-defined]  # read by django-csp
    return response


def _heading(reason: str) -> str:
    return {
        "": _("Look up with the national e-ID"),
        "unknown": _("No record with this number and birth date"),
    }.get(reason, _("The e-ID did not sign you in"))


def _words(reason: str) -> str:
    """Return what happened, in one sentence or two."""
    return {
        "cancelled": _("You stopped on the page of the e-ID. You can try again."),
        "expired": _("This sign-in was used already, or took too long. Start again."),
        "away": _("The e-ID does not answer now. Use another way, or try again later."),
        "invalid": _("Its answer could not be trusted, so nothing was opened."),
        "level": _(
            "Your e-ID account is not verified yet. The commune police verify it"
            " (level 2)."
        ),
        "incomplete": _("The e-ID did not give your number and birth date."),
        "unknown": _(
            "Your e-ID is proved. But no record bears your number and birth date."
        ),
    }.get(reason, "")
