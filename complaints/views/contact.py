"""Changing the telephone on record, and stopping a change that was somebody else's.

Who has the record open does it at once; who has lost the old telephone proves the new
one and the facts of a slip, and waits. A wrong fact and a person who does not exist get
the same page.
"""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import telephones
from complaints.forms.contact import NewTelephoneForm, PaperForm, StopForm
from complaints.forms.lookup import CodeForm
from complaints.views import limits, telephone_codes
from complaints.views.cards import moment
from complaints.views.lookup import wrong_code
from portal.accounts import access, assistance, codes, contact
from portal.accounts.assurance import Level, level_of, rights_of
from portal.accounts.contact import CannotChange, Way
from portal.accounts.eid import client as eid
from portal.accounts.models import Assistance, ContactChange, OneTimeCode
from portal.common import codes as numbers
from portal.common import phones, scope
from portal.common.http import READ_AND_SEND, see_other
from portal.common.names import fold
from portal.registry import identity, places
from portal.registry.corrections import CannotCorrect
from portal.registry.quality.rules import lots

_WAYS: Final = {
    Level.EID: Way.EID,
    Level.COUNTER: Way.COUNTER,
    Level.RECORDED_PHONE: Way.BOTH_PHONES,
}


@require_safe
@access.public
@limits.closed_at_the_counter
def other_phone(request: HttpRequest) -> HttpResponse:
    """Say what to do whose telephone on record is lost or somebody else's."""
    return render(request, "citizen/other_phone.html", {"has_eid": eid.is_set_up()})


@require_http_methods(READ_AND_SEND)
@access.citizen
def change(request: HttpRequest) -> HttpResponse:
    """Ask for the new telephone of the record that is open."""
    person_id = request.session.get("person")
    if person_id is None or not rights_of(request).changes_contact_at_once:
        return redirect("citizen:other_phone")
    form = NewTelephoneForm(request.POST or None)
    seconds = 0
    if request.method == "POST" and form.is_valid():
        try:
            return _send_code(
                request,
                person_id=person_id,
                phone=form.cleaned_data["phone"],
                way=_WAYS[level_of(request)],
                at=timezone.now(),
            )
        except telephone_codes.NotNow as wait:
            form.add_error(wait.field, str(wait))
            seconds = wait.seconds
    status = 422 if request.method == "POST" else 200
    page = render(request, "citizen/contact.html", {"form": form}, status=status)
    return limits.later(page, seconds=seconds)


@require_http_methods(READ_AND_SEND)
@access.public
@limits.closed_at_the_counter
def by_paper(request: HttpRequest) -> HttpResponse:
    """Ask for the facts of a slip and the new telephone."""
    at = timezone.now()
    form = PaperForm(request.POST or None, today=timezone.localdate(at))
    seconds = 0
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        seconds = limits.seconds_left(
            (
                limits.CONTACT,
                typed["national_id"]
                or f"{fold(typed['full_name'])}|{typed['born_on']}",
            ),
            (limits.CONTACT, typed["phone"]),
            (limits.LOOK_UP_DEVICE, limits.device(request)),
            (limits.LOOK_UP_ADDRESS, limits.address(request)),
            at=at,
        )
        person_id = None if seconds else _person_of_slip(typed, at=at)
        if seconds:
            form.add_error(None, limits.try_later(seconds))
        elif person_id is None:
            form.add_error(
                None,
                _(
                    "These details together fit no record. Compare each with the slip,"
                    " or go to a health station."
                ),
            )
        else:
            try:
                return _send_code(
                    request,
                    person_id=person_id,
                    phone=typed["phone"],
                    way=Way.PAPER,
                    at=at,
                )
            except telephone_codes.NotNow as wait:
                form.add_error(wait.field, str(wait))
                seconds = wait.seconds
    status = 422 if request.method == "POST" else 200
    page = render(request, "citizen/contact_paper.html", {"form": form}, status=status)
    return limits.later(page, seconds=seconds)


@require_http_methods(READ_AND_SEND)
@access.public
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code that proves the new telephone; then the change is taken."""
    asked = request.session.get("contact_change")
    if asked is None:
        return _where_it_ended(request)
    form = CodeForm(request.POST or None)
    code = OneTimeCode.objects.get(pk=asked["code"])
    telephone = codes.telephone_of(code)
    at = timezone.now()
    too_many = limits.over_tries(request, at=at)
    if too_many:
        return too_many
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.prove(code_id=code.pk, typed=form.cleaned_data["code"], at=at)
        except codes.WrongCode as error:
            form.add_error("code", wrong_code(error))
        else:
            del request.session["contact_change"]
            if code.used_at != at:
                return _second_tap(request, asked, code)
            return _take(request, asked, telephone, at=at)
    context = {
        "form": form,
        "telephone": phones.mask(telephone),
        "by_paper": asked["way"] == Way.PAPER,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/contact_verify.html", context, status=status)


def _second_tap(
    request: HttpRequest, asked: dict[str, Any], code: OneTimeCode
) -> HttpResponse:
    """Lead to what the first tap of the same code did; nothing is asked for twice."""
    if asked["way"] == Way.PAPER:
        with scope.system():
            changes = ContactChange.objects.filter(
                person_id=asked["person"], requested_at__gte=code.used_at
            )
            made = changes.order_by("-pk").values_list("pk", flat=True).first()
        if made is not None:
            request.session["contact_taken"] = made
    return _where_it_ended(request)


def _where_it_ended(request: HttpRequest) -> HttpResponse:
    """Lead to what a change of telephone came to in this session; else to its start."""
    if "contact_taken" in request.session:
        return redirect("citizen:contact_taken")
    if request.session.get("person") is not None:
        return redirect("citizen:record")
    return redirect("citizen:other_phone")


def _take(
    request: HttpRequest, asked: dict[str, Any], telephone: str, *, at: datetime
) -> HttpResponse:
    """Ask for the change that the code has proved; say what comes of it."""
    is_paper = asked["way"] == Way.PAPER
    if not is_paper and request.session.get("person") != asked["person"]:
        return redirect("citizen:other_phone")
    helped = assistance.of(request)
    document = (
        Assistance.objects.values_list("document", flat=True).get(pk=helped.pk)
        if helped
        else ""
    )
    context: dict[str, Any] = {"by_paper": is_paper}
    try:
        with scope.system():
            made = telephones.change(
                person_id=asked["person"],
                phone=telephone,
                way=asked["way"],
                language=translation.get_language()[:2],
                by=assistance.helper(request),
                document=document,
                at=at,
            )
    except CannotChange as refusal:
        context["refusal"] = str(refusal)
        return render(request, "citizen/contact_done.html", context, status=409)
    if is_paper:
        request.session["contact_taken"] = made.pk
        return see_other("citizen:contact_taken")
    messages.success(
        request,
        _("From now on we write to %(phone)s. The old telephone was told.")
        % {"phone": contact.masked(made)},
    )
    return see_other("citizen:record")


@require_safe
@access.public
def taken(request: HttpRequest) -> HttpResponse:
    """Say from when the new telephone counts that this session asked for by a slip."""
    asked = request.session.get("contact_taken")
    if asked is None:
        return redirect("citizen:other_phone")
    with scope.system():
        made = ContactChange.objects.get(pk=asked)
        context = {
            "telephone": contact.masked(made),
            "due": moment(made.due_at),
            "has_eid": eid.is_set_up(),
        }
    return render(request, "citizen/contact_done.html", context)


@require_http_methods(READ_AND_SEND)
@access.public
def stop(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the message, then stop the change."""
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _stop(request, form, form.cleaned_data["code"])
    status = 422 if request.method == "POST" else 200
    return render(request, "citizen/contact_stop.html", {"form": form}, status=status)


@require_http_methods(READ_AND_SEND)
@access.public
def stop_by_link(request: HttpRequest, code: str) -> HttpResponse:
    """Show the button that stops the change; opening the link alone changes nothing."""
    form = StopForm({"code": code})
    if not form.is_valid():
        return redirect("citizen:contact_stop")
    if request.method == "POST":
        return _stop(request, form, form.cleaned_data["code"])
    context = {"form": form, "code": numbers.pretty(form.cleaned_data["code"])}
    return render(request, "citizen/contact_stop.html", context)


def _stop(request: HttpRequest, form: StopForm, code: str) -> HttpResponse:
    at = timezone.now()
    too_many = limits.over(
        request,
        (limits.STOP, limits.device(request)),
        (limits.TRACK_ADDRESS, limits.address(request)),
        at=at,
    )
    if too_many:
        return too_many
    try:
        with scope.system():
            change = contact.stop(code=code, at=at)
    except CannotCorrect:
        change = None
    if change is None:
        form.add_error(
            "code",
            _("Nothing can be stopped with this code any more. Call the help line."),
        )
        context = {"form": form}
        return render(request, "citizen/contact_stop.html", context, status=422)
    request.session["contact_stopped"] = True
    return see_other("citizen:contact_stopped")


@require_safe
@access.public
def stopped(request: HttpRequest) -> HttpResponse:
    """Say that the change was stopped, to who has just done it."""
    if "contact_stopped" not in request.session:
        return redirect("citizen:contact_stop")
    return render(request, "citizen/contact_stop.html", {"stopped": True})


def _send_code(
    request: HttpRequest, *, person_id: int, phone: str, way: str, at: datetime
) -> HttpResponse:
    """Send a code there and go to the page that asks for it. Raise NotNow."""
    code = telephone_codes.send(request, phone, at=at)
    request.session["contact_change"] = {
        "code": code.pk,
        "person": person_id,
        "way": way,
    }
    return see_other(reverse("citizen:contact_verify"))


def _person_of_slip(typed: dict[str, Any], *, at: datetime) -> int | None:
    """Return whose record bears all that was typed of a slip, if it is one person.

    The same statements run whether or not somebody was found.
    """
    people = identity.find(
        national_id=typed["national_id"],
        full_name=typed["full_name"],
        born=typed["born_on"],
    )
    meant = places.find_organizations(typed["site_text"], on=typed["given_on"])
    sites = {organization.code for organization in meant}
    today = timezone.localdate(at)
    # For nobody found the statement runs all the same, for a key that no row has.
    fitting = {
        person_id
        for person_id in [person.pk for person in people] or [0]
        for dose in identity.record(person_id, on=today)
        if dose.given_on == typed["given_on"]
        and lots.is_same(dose.lot, typed["lot"])
        and dose.site in sites
    }
    return fitting.pop() if len(fitting) == 1 else None
