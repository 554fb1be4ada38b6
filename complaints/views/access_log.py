"""The log of looks and changes, for administrators and overseers; they are in it, too.

Numbers of people are typed, sent by POST and never stand in an address: the session
keeps whom a search meant under a random token.
"""

import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms import scrutiny as forms
from complaints.owndata.looks import people_of
from complaints.scrutiny import entries, words
from complaints.scrutiny.entries import Wanted
from complaints.worklist import Place
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import crypto, phones
from portal.common.http import READ_AND_SEND, SeeOther
from portal.registry import identity
from portal.registry.models import IdentityDocument, Person, Telephone

AUDITORS: Final = (Role.OVERSEER, Role.ADMINISTRATOR)
# What is shown without a search.
_DAYS: Final = 7
# Around an entry: the account's others, and who else looked at the same person.
_AROUND: Final = timedelta(minutes=30)
_NEAR: Final = timedelta(days=1)
_FEW: Final = 10
# Searches of a session that can be returned to.
_KEPT: Final = 5
_KEY: Final = "audited"


@require_http_methods(READ_AND_SEND)
@access.staff(*AUDITORS)
def log(request: StaffRequest) -> HttpResponse:
    """Show entries of the log, newest first; a search is sent and then shown."""
    at = timezone.now()
    if request.method == "POST":
        form = _form(request, request.POST)
        if form.is_valid():
            return SeeOther(_address(request, form.cleaned_data))
        return render(request, "oversight/access_log.html", {"form": form}, status=422)
    wanted, query = _wanted(request, at=at)
    page = entries.read(wanted, after=Place.read(request.GET.get("after", "")))
    _note(request, wanted, at=at)
    next_url = ""
    if page.after:
        next_url = f"?{urlencode(query | {'after': str(page.after)})}"
    context = {
        "form": _form(request, None, initial=_initial(wanted, query)),
        "asked": _asked_words(wanted, query),
        "table": table(words.lines(page.rows), _("Looks and changes, newest first")),
        "next_url": next_url,
    }
    return render(request, "oversight/access_log.html", context)


@require_safe
@access.staff(*AUDITORS)
def entry(request: StaffRequest, entry_id: int) -> HttpResponse:
    """Show one entry: whose data it was, and what happened around it."""
    at = timezone.now()
    whole = {"first": date(2021, 1, 1), "last": timezone.localdate(at)}
    found = entries.read(everything(request, pk=entry_id, actor="", **whole)).rows
    if not found:
        raise Http404
    row = found[0]
    person = Person.objects.filter(pk=row.person).first() if row.person else None
    audit.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=row.person,
        organization=request.postings[0].organization_id,
        subject="audit.entry",
        subject_id=row.pk,
        detail="entry",
    )
    same = []
    if row.actor == "staff" and row.actor_id is not None:
        around = (row.at - _AROUND, row.at + _AROUND)
        same = shown(
            everything(request, user=row.actor_id, hours=around, **whole), but=row.pk
        )
    others = []
    if row.person is not None:
        near = (row.at - _NEAR, row.at + _NEAR)
        others = shown(
            everything(
                request, people=people_of(row.person), actor="", hours=near, **whole
            ),
            but=row.pk,
        )
    context = {
        "line": words.lines([row])[0],
        "person": person,
        "same": table(same, _("What the account did half an hour before and after")),
        "others": table(others, _("Who looked at this person a day before and after")),
    }
    return render(request, "oversight/access_entry.html", context)


def everything(request: StaffRequest, **facts: Any) -> Wanted:
    """Return a question within what the auditor may see."""
    return Wanted(
        paths=[posting.organization.path for posting in request.postings],
        sees_all=access.sees_country(request),
        **facts,
    )


def shown(wanted: Wanted, *, but: int) -> list[words.Line]:
    """Return the few newest entries of a question, but for one."""
    rows = entries.read(wanted, size=_FEW + 1).rows
    return words.lines([row for row in rows if row.pk != but][:_FEW])


def table(rows: list[words.Line], caption: str) -> dict[str, Any]:
    """Return lines of the log as a table."""
    return {
        "caption": caption,
        "columns": [
            {"label": _("When")},
            {"label": _("What was done")},
            {"label": _("Who")},
            {"label": _("Unit")},
            {"label": _("Purpose of access")},
        ],
        "rows": [
            {
                "url": reverse("oversight:access_entry", args=[row.pk]),
                "cells": [row.when, row.what, row.who, row.unit or "–", row.purpose],
            }
            for row in rows
        ],
        "empty": _("Nothing was looked at or changed."),
    }


def _form(request: StaffRequest, data: Any, **facts: Any) -> forms.SearchLog:
    return forms.SearchLog(
        data, users=_users(request), sees_all=access.sees_country(request), **facts
    )


def _users(request: StaffRequest) -> Any:
    """Return the accounts that were ever posted at or below the auditor's units."""
    reach = Q(pk__in=[])
    for posting in request.postings:
        path = posting.organization.path
        reach |= Q(postings__organization__path__startswith=path)
    return User.objects.filter(reach).distinct()


def _address(request: StaffRequest, facts: dict[str, Any]) -> str:
    """Return where a search leads; whom its number means stays in the session."""
    query = {"first": facts["first"].isoformat(), "last": facts["last"].isoformat()}
    query |= {
        name: facts[name] for name in ("purpose", "verb", "actor") if facts.get(name)
    }
    if facts["account"]:
        query["account"] = str(facts["account"].ref)
    if facts["number"]:
        token = secrets.token_urlsafe(9)
        kept = dict(request.session.get(_KEY, {}))
        newest = list(kept.items())[1 - _KEPT :]
        request.session[_KEY] = dict(newest) | {token: _people(facts["number"])}
        query["person"] = token
    return f"{reverse('oversight:access_log')}?{urlencode(query)}"


def _people(number: str) -> list[int]:
    """Return the records that an identity number or telephone means, joined ones too.

    What nobody has gives an empty list: the page then says that nothing was looked at,
    as for somebody whom nobody looked at.
    """
    found = set(
        IdentityDocument.objects.filter(
            number_digest__in=identity.number_digests(number), is_void=False
        ).values_list("person", flat=True)
    )
    try:
        digests = crypto.digests("phone", phones.normalise(number))
    except phones.NotAPhone:
        digests = []
    found |= set(
        Telephone.objects.filter(
            number_digest__in=digests, is_contact=True
        ).values_list("person", flat=True)
    )
    return sorted({pk for person in found for pk in people_of(person)})


def _wanted(request: StaffRequest, *, at: datetime) -> tuple[Wanted, dict[str, str]]:
    """Return what an address asks for; what is broken in it falls back to the usual.

    Raise Http404 for an account that is not the auditor's to ask about, and for a
    search of another session.
    """
    today = timezone.localdate(at)
    last = _day(request.GET.get("last", "")) or today
    first = _day(request.GET.get("first", "")) or last - timedelta(days=_DAYS - 1)
    first = max(first, last - timedelta(days=entries.MOST_DAYS - 1))
    query = {"first": first.isoformat(), "last": last.isoformat()}
    facts: dict[str, Any] = {"first": min(first, last), "last": last}
    for name, known in (
        ("purpose", list(entries.PURPOSES)),
        ("verb", ["look_up", "change"]),
    ):
        if request.GET.get(name) in known:
            facts[name] = query[name] = request.GET[name]
    account = request.GET.get("account", "")
    if account:
        user = _users(request).filter(ref=_uuid(account)).first()
        if user is None:
            raise Http404
        facts["user"], query["account"] = user.pk, account
    token = request.GET.get("person", "")
    if token:
        kept = request.session.get(_KEY, {})
        if token not in kept:
            raise Http404
        facts["people"], query["person"] = kept[token], token
    actor = request.GET.get("actor", "all" if token else "staff")
    if access.sees_country(request) and actor in ("staff", "citizen", "system", "all"):
        facts["actor"] = "" if actor == "all" else actor
        query["actor"] = actor
    return everything(request, **facts), query


def _initial(wanted: Wanted, query: dict[str, str]) -> dict[str, Any]:
    user = User.objects.filter(pk=wanted.user).first() if wanted.user else None
    return {
        **{name: query.get(name, "") for name in ("purpose", "verb", "actor")},
        "first": wanted.first,
        "last": wanted.last,
        "account": user.username if user else "",
    }


def _asked_words(wanted: Wanted, query: dict[str, str]) -> list[str]:
    """Return what is shown, in words: days, account, person, purpose."""
    said = [f"{wanted.first:%d/%m/%Y} – {wanted.last:%d/%m/%Y}"]
    if wanted.user:
        said.append(words.name_of(User.objects.filter(pk=wanted.user).first()))
    if wanted.people is not None:
        said.append(_("The person whose number you typed"))
    if wanted.purpose:
        said.append(str(entries.PURPOSES[wanted.purpose][0]))
    said += [str(label) for name, label in forms.VERBS if name and name == wanted.verb]
    if query.get("actor", "staff") != "staff":
        said.append(str(dict(forms.ACTORS)[query["actor"]]))
    return said


def _note(request: StaffRequest, wanted: Wanted, *, at: datetime) -> None:
    """Write down that the log was read; for each record that was asked about, too."""
    people: list[int | None] = [*(wanted.people or [])]
    for person in people or [None]:
        audit.look_up(
            at=at,
            actor="staff",
            actor_id=request.user.pk,
            person_id=person,
            organization=request.postings[0].organization_id,
            subject="audit.entry",
            subject_id=wanted.user,
            detail=f"log {wanted.first}..{wanted.last} {wanted.purpose}".strip(),
        )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2021 <= day.year <= 2100 else None


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error
