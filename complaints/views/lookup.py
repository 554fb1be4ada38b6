"""Looking up a record: who, a code to the telephone on record, the doses.

A page never tells whether somebody was found: the answer to step 1 is the same, made
by the same statements, and the code goes to nobody but the telephone on record.
"""

from datetime import datetime
from typing import Any, Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.actions import left_drafts
from complaints.choices import Relation
from complaints.forms.lookup import (
    CodeForm,
    LookUpForm,
    TelephoneForm,
    WhoseForm,
    is_of_age,
)
from complaints.models import Submission
from complaints.views import cards, drafting, limits, put_right
from portal.accounts import access, assistance, codes, contact
from portal.accounts.assurance import RIGHTS, Level, level_of, rights_of
from portal.accounts.eid import client as eid
from portal.accounts.models import OneTimeCode
from portal.audit import record as audit
from portal.common import sessions
from portal.common.http import READ_AND_SEND, see_other
from portal.common.names import fold
from portal.registry import identity
from portal.registry.certificates import issuing
from portal.registry.models import Person

# A device that is asked for more than this many submissions holds a family's worth.
MOST_SUBMISSIONS: Final = 50


@require_http_methods(READ_AND_SEND)
@access.public
@limits.closed_at_the_counter
def lookup(request: HttpRequest) -> HttpResponse:
    """Ask who it is; send a code to the telephone on record, or seem to."""
    form = LookUpForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        context = {"form": form, "has_eid": eid.is_set_up()}
        return render(request, "citizen/lookup.html", context, status=status)
    at = timezone.now()
    typed = form.cleaned_data
    number, born = typed["national_id"], typed["born_on"]
    too_many = limits.over_look_up(
        request, national_id=number, full_name=typed["full_name"], born=born, at=at
    )
    if too_many:
        return too_many
    people = identity.find(national_id=number, full_name=typed["full_name"], born=born)
    person, telephone = _reachable(people)
    alike = [p.pk for p in people if person and _same_contact(p, person)]
    return _send_code(
        request,
        # All that decides who is found, or the count would tell whether somebody is.
        subject=f"{number}|{fold(typed['full_name'])}|{born}",
        a_day=codes.A_DAY if number or born.day else codes.A_DAY_OF_MANY,
        person=person,
        telephone=telephone,
        people=alike,
        at=at,
    )


@require_http_methods(READ_AND_SEND)
@access.public
@limits.closed_at_the_counter
def by_phone(request: HttpRequest) -> HttpResponse:
    """Send a code to a telephone that was typed; who shares it is asked afterwards."""
    form = TelephoneForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "citizen/by_phone.html", {"form": form}, status=status)
    at = timezone.now()
    phone = form.cleaned_data["phone"]
    too_many = limits.over(
        request,
        (limits.CODE_PHONE, phone),
        (limits.CODE_ADDRESS, limits.address(request)),
        at=at,
    )
    if too_many:
        return too_many
    return _send_code(
        request,
        subject=phone,
        person=None,
        telephone=phone,
        people=[],
        by_phone=True,
        at=at,
    )


def _send_code(
    request: HttpRequest,
    *,
    subject: str,
    person: Person | None,
    telephone: str,
    people: list[int],
    by_phone: bool = False,
    a_day: int = codes.A_DAY,
    at: datetime,
) -> HttpResponse:
    """Issue the code or its decoy and go to the page that asks for it."""
    try:
        code = codes.issue(
            purpose=OneTimeCode.Purpose.LOOK_UP,
            subject=subject,
            person_id=person.pk if person else None,
            telephone=telephone or None,
            language=translation.get_language()[:2],
            a_day=a_day,
            at=at,
        )
    except codes.TooManyCodes as error:
        return limits.wait(request, seconds=error.retry_after)
    request.session["pending"] = {
        "code": code.pk,
        "people": people,
        "by_phone": by_phone,
    }
    return see_other("citizen:verify")


@require_http_methods(READ_AND_SEND)
@access.public
@limits.closed_at_the_counter
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code; whoever has it holds the telephone on record."""
    pending = request.session.get("pending")
    if pending is None:
        # Tapped again after the proof: go on to where it led.
        has_proof = "proof" in request.session
        return redirect("citizen:record" if has_proof else "citizen:lookup")
    at = timezone.now()
    form = CodeForm(request.POST or None)
    # A session of before an update has no word about the way, and nobody by telephone.
    by_phone = pending.get("by_phone", pending["people"] is None)
    context = {"form": form, "by_phone": by_phone}
    too_many = limits.over_tries(request, at=at)
    if too_many:
        return too_many
    if request.method != "POST":
        return render(request, "citizen/verify.html", context)
    if form.is_valid():
        try:
            code = codes.prove(
                code_id=pending["code"], typed=form.cleaned_data["code"], at=at
            )
        except codes.WrongCode as error:
            form.add_error("code", wrong_code(error))
        else:
            people = pending["people"] or []
            remember_proof(request, code, at=at)
            if len(people) == 1:
                return open_record(request, people[0], Level.RECORDED_PHONE, at=at)
            if not by_phone:
                request.session["alike"] = people
            return see_other("citizen:people")
    return render(request, "citizen/verify.html", context, status=422)


@require_safe
@access.citizen
def record(request: HttpRequest) -> HttpResponse:
    """Show the doses on record, their buttons, and what was reported of them."""
    person_id = request.session.get("person")
    if person_id is None:
        return redirect("citizen:people")
    at = timezone.now()
    if assistance.of(request) is None:
        audit.look_up(
            at=at,
            actor="citizen",
            actor_id=None,
            person_id=person_id,
            subject="person",
            subject_id=person_id,
            detail=f"{level_of(request)} {whose(request)}",
        )
    person, number = identity.opened(person_id)
    doses = identity.record(person_id, on=timezone.localdate(at))
    is_child = not is_of_age(person.born_on, on=timezone.localdate(at))
    if is_child and whose(request) == Relation.SELF:
        request.session["relation"] = Relation.CHILD
    reason, tone = cards.certificate(person, doses)
    reported = cards.reported(request.session.get("submissions", []))
    context: dict[str, Any] = {
        "person": person,
        "facts": cards.facts_of_person(
            person,
            number,
            telephone=identity.contact_of(person),
            puts_right_phone=rights_of(request).changes_contact_at_once,
        ),
        "whose": whose_form(request, person, at=at),
        "certificate": reason,
        "certificate_tone": tone,
        "has_certificate": bool(doses)
        and issuing.is_set_up()
        and person.population == Person.Population.MATCHED,
        "eid_name": eid.name_to_correct(person.full_name, eid.verified_by(request)),
        "rights": rights_of(request),
        "has_proof": "proof" in request.session,
        "doses": doses,
        "put_right": put_right.notes(person.pk, doses, at=at),
        "cards": [
            cards.dose_card(dose, person=person, open_doses=reported.open_doses)
            for dose in doses
        ],
        "missing": cards.what_is_missing(doses),
        "submissions": reported.items,
        "further": cards.further(doses),
        "left": (
            drafting.left(request, proved_telephone(request))
            if "left_draft" in request.session
            else None
        ),
    }
    return render(request, "citizen/record.html", context)


@require_POST
@access.public
def leave(request: HttpRequest) -> HttpResponse:
    """End the session, on a telephone that others use too."""
    left = request.session.get("left_draft")
    keys = [*request.session.get("drafts", []), *([left] if left else [])]
    left_drafts.part_from_browser(keys)
    logout(request)
    return see_other("home")


def remember_proof(
    request: HttpRequest, code: OneTimeCode, *, at: datetime, keeps_person: bool = False
) -> None:
    """Note in the session which telephone was proved; the session gets a new key.

    A record that was open is closed, unless the code only proves where to write to.
    For as long as the code may be tapped again the old key leads to what was before,
    but never into the session of staff.
    """
    if "_auth_user_id" in request.session:
        request.session.cycle_key()
    else:
        sessions.renew(request.session, old_ends=at + codes.SECOND_TAP)
    request.session.pop("pending", None)
    if not keeps_person:
        forget_record(request)
    request.session["proof"] = code.pk
    request.session["proved_at"] = at.isoformat()
    request.session["seen_at"] = at.isoformat()


def proved_telephone(request: HttpRequest) -> str:
    """Return the telephone that this session proved, as E.164, or ''."""
    proof = request.session.get("proof")
    code = OneTimeCode.objects.filter(pk=proof).first() if proof else None
    return codes.telephone_of(code) if code else ""


def wrong_code(error: codes.WrongCode) -> str:
    """Return the words for a code that is not the one."""
    if error.tries_left == 0:
        return _("This code no longer works. Ask for a new one below.")
    return _("Wrong code; %(n)s tries left") % {"n": error.tries_left}


def forget_record(request: HttpRequest) -> None:
    """Close the record that is open, and forget what opened it."""
    for name in ("person", "alike", "level", "eid", "relation", "contact_change"):
        request.session.pop(name, None)


def open_record(
    request: HttpRequest,
    person_id: int,
    level: Level,
    *,
    relation: Relation = Relation.SELF,
    at: datetime,
) -> HttpResponse:
    """Open a person's record for this session, with what was reported for it.

    While the telephone on record is new, a code to it alone opens nothing.
    """
    if not RIGHTS[level].passes_hold:
        held_until = contact.held_until(person_id, at=at)
        if held_until is not None:
            context = {"until": cards.moment(held_until), "has_eid": eid.is_set_up()}
            return render(request, "citizen/held.html", context)
    own = Submission.objects.filter(person=person_id).order_by("-pk")
    known = access.submissions_of(request)
    added = list(own.values_list("pk", flat=True)[:MOST_SUBMISSIONS])
    request.session["person"] = person_id
    request.session["submissions"] = list(dict.fromkeys([*known, *added]))
    request.session["level"] = level
    request.session.pop("alike", None)
    request.session.pop("relation", None)
    if relation != Relation.SELF:
        request.session["relation"] = relation
    return see_other("citizen:record")


def whose(request: HttpRequest) -> Relation:
    """Return who the person of the open record is to the visitor, as they said."""
    return Relation(request.session.get("relation", Relation.SELF))


def whose_form(
    request: HttpRequest,
    person: Person,
    data: QueryDict | None = None,
    *,
    at: datetime,
) -> WhoseForm | None:
    """Return what asks who the person of the open record is to the visitor.

    None where that is no question: the e-ID says it, and at the counter staff look.
    """
    if level_of(request) != Level.RECORDED_PHONE:
        return None
    form = WhoseForm(data, initial={"relation": whose(request)})
    is_child = not is_of_age(person.born_on, on=timezone.localdate(at))
    form.offer_for(is_child=is_child)
    return form


def of_open_record(request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    """Return what step 1 says of the record that is open; nothing where none is."""
    person_id = request.session.get("person")
    if person_id is None:
        return {}
    person, _number = identity.opened(person_id)
    return {"open_record": person, "whose": whose_form(request, person, at=at)}


def _reachable(people: list[Person]) -> tuple[Person | None, str]:
    """Return the person to open and the telephone on record; several only if shared.

    Where people who look alike have different telephones, nobody is written to: the
    number, or the way by telephone, tells them apart.
    """
    contacts = {_digest(person) for person in people}
    if len(contacts) != 1 or None in contacts:
        return None, ""
    return people[0], identity.contact_of(people[0])


def _same_contact(one: Person, other: Person) -> bool:
    return _digest(one) == _digest(other)


def _digest(person: Person) -> bytes | None:
    value = person.contact_digest  # type: ignore[attr-defined]  # see find()
    return None if value is None else bytes(value)
