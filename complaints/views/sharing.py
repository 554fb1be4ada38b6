"""Whose record it is, where several people share a proved telephone.

A telephone is a contact, never an identity: families share one, and that of a nurse or
the head of a village may stand on the records of a hundred.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.choices import Relation
from complaints.forms.lookup import PersonForm
from complaints.views import limits
from complaints.views.lookup import open_record, proved_telephone, whose_form
from portal.accounts import access
from portal.accounts.assurance import Level, level_of
from portal.common.http import READ_AND_SEND, see_other
from portal.common.throttle import give_back
from portal.registry import identity
from portal.registry.models import Person


@require_http_methods(READ_AND_SEND)
@access.citizen
@limits.closed_at_the_counter
def people(request: HttpRequest) -> HttpResponse:
    """Let one of the people behind the proved telephone be chosen, by birth date."""
    at = timezone.now()
    alike: list[int] | None = request.session.get("alike")
    by_eid = level_of(request) == Level.EID and alike is not None
    telephone = "" if by_eid else proved_telephone(request)
    if by_eid:
        sharing = list(Person.objects.filter(pk__in=alike or []).order_by("pk"))
    elif telephone:
        sharing = identity.sharing(telephone, among=alike)
    else:
        return redirect("citizen:lookup")
    # Whether the birth date found several, of whom nobody could be chosen yet.
    is_asked = False
    if not by_eid and len(sharing) > identity.SHOWN:
        found = _born_then(request, telephone, alike, at=at)
        if isinstance(found, HttpResponse):
            return found
        sharing, is_asked = found, "person" not in request.POST
    form = _form(
        request, sharing, is_born_known=alike is not None, is_asked=is_asked, at=at
    )
    if by_eid:
        del form.fields["relation"]
    context = {"form": form, "people": sharing, "by_eid": by_eid}
    if request.method != "POST" or is_asked:
        return render(request, "citizen/people.html", context)
    if form.is_valid():
        by_ref = {str(person.ref): person for person in sharing}
        person = by_ref[form.cleaned_data["person"]]
        if by_eid:
            return open_record(request, person.pk, Level.EID, at=at)
        too_many = limits.over(
            request, (limits.OPEN_PERSON, f"{person.pk}:{telephone}"), at=at
        )
        if too_many:
            return too_many
        born = form.cleaned_data.get("born_on")
        if born is None or identity.resembles(person, born):
            give_back(limits.OPEN_PERSON, f"{person.pk}:{telephone}", at=at)
            return _open(request, person, form, at=at)
        form.add_error(
            "born_on", _("This birth date is not the one on record for this person.")
        )
    return render(request, "citizen/people.html", context, status=422)


def _born_then(
    request: HttpRequest, telephone: str, alike: list[int] | None, *, at: datetime
) -> HttpResponse | list[Person]:
    """Ask for the birth date first, as nobody finds a name among a hundred.

    Return the page to show, or the people among whom to choose: those born then.
    """
    form = _form(request, [], at=at)
    del form.fields["person"]
    context = {"form": form, "most": identity.SHOWN}
    if request.method != "POST":
        return render(request, "citizen/people.html", context)
    if form.is_valid():
        # Never given back: who knows one date could guess at the others without end.
        too_many = limits.over(request, (limits.OPEN_CROWD, telephone), at=at)
        if too_many:
            return too_many
        born = form.cleaned_data["born_on"]
        found = identity.sharing(telephone, among=alike, born=born)
        if len(found) == 1:
            return _open(request, found[0], form, at=at)
        if 1 < len(found) <= identity.SHOWN:
            return found
        form.add_error(
            "born_on",
            _("Many have this birth date on record. Look up with number or name.")
            if found
            else _("Nobody with this telephone has this birth date on record.")
            if born.day
            else _(
                "The year or month alone finds nobody here. Type the day, the month"
                " and the year."
            ),
        )
    return render(request, "citizen/people.html", context, status=422)


def _form(
    request: HttpRequest,
    sharing: list[Person],
    *,
    is_born_known: bool = False,
    is_asked: bool = False,
    at: datetime,
) -> PersonForm:
    """Return the question; who typed the birth date to find them is not asked again.

    ``is_asked``: what was sent answers an earlier question; it stands in this one.
    """
    born = {str(person.ref): person.born_on for person in sharing}
    # Who says nothing else looks at their own record.
    typed: dict[str, Any] = {"relation": Relation.SELF} | request.POST.dict()
    return PersonForm(
        typed if request.POST and not is_asked else None,
        initial=_as_typed(typed) if is_asked else None,
        people=[(str(p.ref), masked_name(p.full_name)) for p in sharing],
        found_by=born if is_born_known else None,
        today=timezone.localdate(at),
    )


def _as_typed(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what the form of the birth date was answered with, for the next one."""
    boxes = [sent.get(f"born_on_{n}", "") for n in range(3)]
    return {"born_on": boxes, "relation": sent["relation"]}


def _open(
    request: HttpRequest, person: Person, form: PersonForm, *, at: datetime
) -> HttpResponse:
    relation = Relation(form.cleaned_data["relation"])
    return open_record(
        request, person.pk, Level.RECORDED_PHONE, relation=relation, at=at
    )


@require_POST
@access.citizen
def whose(request: HttpRequest) -> HttpResponse:
    """Take who the person of the open record is to the visitor; note it anew."""
    person_id = request.session.get("person")
    if person_id is None:
        return redirect("citizen:people")
    person, _number = identity.opened(person_id)
    form = whose_form(request, person, request.POST, at=timezone.now())
    if form is None:
        return redirect("citizen:record")
    if form.is_valid():
        request.session["relation"] = Relation(form.cleaned_data["relation"])
        return see_other("citizen:record")
    context = {"form": form}
    return render(request, "citizen/whose.html", context, status=422)


def masked_name(full_name: str) -> str:
    """Return a name that its bearer knows again: the given name, first letters."""
    *before, given = full_name.split() or [""]
    return " ".join([*(f"{word[0]}•••" for word in before), given])
