"""One row of a session list: looked at, fixed, left out, given to somebody."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from complaints.forms import lists as forms
from complaints.views.list_shown import shown_row
from complaints.views.lists import find
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common import phones, scope
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import national_id
from portal.registry.corrections import born_text, read_person
from portal.registry.imports import contents, reviewing, wording
from portal.registry.imports.committing import OPEN, CannotCommit, Moved
from portal.registry.imports.contents import Opened
from portal.registry.models import Dose, Person, Product, SessionList, StagedRow

NEWCOMER = "new"
Verdict, Taken = StagedRow.Verdict, StagedRow.Taken
ADD_TO_PERSON: Final = gettext_lazy("Add it to the person's record")
# What can be said of a row that meets a dose on record, by its result.
CHOICES: Final[dict[tuple[str, str], Promise]] = {
    (Verdict.DIFFERS, Taken.LIST): gettext_lazy("Take the list's value"),
    (Verdict.DIFFERS, ""): gettext_lazy("Leave the record as it is"),
    (Verdict.AMBIGUOUS, Taken.ORPHAN): gettext_lazy("It is this dose: give it to them"),
    (Verdict.AMBIGUOUS, Taken.APART): gettext_lazy("It is another dose"),
    (Verdict.NEW, ""): gettext_lazy("Decide again"),
    (Verdict.NEW, Taken.PERSON): ADD_TO_PERSON,
    (Verdict.SAME, Taken.PERSON): ADD_TO_PERSON,
    (Verdict.SAME, ""): gettext_lazy("Leave the record as it is"),
}


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def row(request: StaffRequest, list_ref: uuid.UUID, place: int) -> HttpResponse:
    """Show a row with its cells and findings; take one change of it."""
    one = find(list_ref)
    staged = one.staged.filter(place=place).first()
    if staged is None or one.is_at_work:
        raise Http404
    at = timezone.now()
    opened = contents.unseal(staged, of=one)
    step = request.POST.get("step", "fix")
    data = request.POST if request.method == "POST" and step == "fix" else None
    form = _form(opened, at=at, data=data)
    if request.method == "POST" and (step != "fix" or form.is_valid()):
        try:
            _change(request, one, place, step, form, at=at)
        except Moved:
            staged = one.staged.get(place=place)
            opened = contents.unseal(staged, of=one)
            return _show(request, one, opened, form, at=at, has_moved=True)
        except (CannotCommit, reviewing.NotOffered):
            messages.error(request, _("The list has moved on. Look at it again."))
        return see_other("casework:list_row", list_ref=list_ref, place=place)
    return _show(request, one, opened, form, at=at)


def _change(
    request: StaffRequest,
    one: SessionList,
    place: int,
    step: str,
    form: forms.Row,
    *,
    at: datetime,
) -> None:
    """Make the change that was asked for, and say what the row is now."""
    seen = request.POST.get("seen", "")
    if step == "fix":
        changed = reviewing.fix(one.pk, place, form.values(), seen=seen, at=at)
    elif step == "take":
        taken = request.POST.get("taken", "")
        if taken not in ("", *StagedRow.Taken.values):
            raise Http404
        found = reviewing.take(one.pk, [place], taken, seen={place: seen}, at=at)
        if not found:
            raise reviewing.NotOffered
        changed = found[0]
    elif step in ("exclude", "include"):
        changed = reviewing.exclude(
            one.pk, place, excluded=step == "exclude", seen=seen, at=at
        )
    elif step == "choose":
        chosen = request.POST.get("person", "")
        is_number = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
        if chosen != NEWCOMER and not is_number:
            messages.error(request, _("Choose whose row it is."))
            return
        person = None if chosen == NEWCOMER else int(chosen)
        changed = reviewing.choose(one.pk, place, person, seen=seen, at=at)
    else:
        raise Http404
    verdict = wording.VERDICTS[changed.verdict]
    messages.success(
        request, _("Checked again. The row is now: %(verdict)s.") % {"verdict": verdict}
    )


def _form(opened: Opened, *, at: datetime, data: Any) -> forms.Row:
    return forms.Row(
        data,
        initial=forms.initial_of(opened.row.values),
        products=list(Product.objects.order_by("name", "pk")),
        today=timezone.localdate(at),
    )


def _show(
    request: StaffRequest,
    one: SessionList,
    opened: Opened,
    form: forms.Row,
    *,
    at: datetime,
    has_moved: bool = False,
) -> HttpResponse:
    staged = opened.staged
    products = wording.product_names()
    owners = _owners(opened)
    for person in [*(owner["pk"] for owner in owners), staged.person_id]:
        if person is not None:
            record.look_up(
                at=at,
                actor="staff",
                actor_id=request.user.pk,
                person_id=person,
                organization=request.postings[0].organization_id,
                subject="registry.sessionlist",
                subject_id=one.pk,
                detail="row",
            )
    context = {
        "list": one,
        "line": shown_row(one, opened, products, in_full=True),
        "cells": opened.row.cells,
        "form": form,
        "owners": owners,
        "person": person_line(staged.person_id) if staged.person_id else None,
        "is_open": one.state in OPEN and staged.done_at is None,
        "seen": reviewing.stamp_of(staged),
        "now": _now(form, opened) if has_moved else (),
        "is_excluded": staged.is_excluded,
        "is_chosen": staged.is_chosen,
        "beside": _beside(opened, products),
        "choices": [
            {"value": value, "label": CHOICES[staged.verdict, value]}
            for value in reviewing.choices(staged, of=one)
            if value != staged.taken and (staged.verdict, value) in CHOICES
        ],
        "next_place": one.staged.filter(
            verdict=staged.verdict,
            place__gt=staged.place,
            done_at__isnull=staged.done_at is None,
        )
        .order_by("place")
        .values_list("place", flat=True)
        .first(),
    }
    status = 422 if form.errors else 409 if has_moved else 200
    return render(request, "casework/list_row.html", context, status=status)


def _now(form: forms.Row, opened: Opened) -> list[dict[str, str]]:
    """Return what a row says, by the labels of its form."""
    values = opened.row.values
    names = wording.product_names()
    texts = {
        "full_name": values.full_name,
        "sex": wording.shown("sex", values.sex or "", names),
        "born_on": wording.shown("born_on", values.born_on, names),
        "id_number": national_id.mask(values.id_number),
        "phones": " / ".join(map(phones.mask, values.phones)),
        "given_on": _day(values.given_on),
        "product": wording.shown("product", values.product or "", names),
        "lot": values.lot,
        "dose_number": str(values.dose_number or ""),
    }
    return [
        {"label": str(form.fields[field].label), "value": text}
        for field, text in texts.items()
    ]


def _owners(opened: Opened) -> list[dict[str, Any]]:
    """Return the people whom a row may name, with what speaks for and against each."""
    return [
        {
            **person_line(owner.person),
            "reasons": owner.words,
        }
        for owner in opened.findings.candidates
    ]


def _beside(opened: Opened, products: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what the dose on record says beside the row, where the row meets one."""
    if opened.staged.dose_id is None or opened.staged.done_at:
        return []
    with scope.system():
        doses = Dose.objects.select_related("product", "site")
        dose = doses.get(pk=opened.staged.dose_id)
    said = opened.row.values
    pairs = (
        (_("Day of the injection"), _day(said.given_on), _day(dose.given_on)),
        (_("Vaccine"), products.get(said.product or "", ""), dose.product.name),
        (_("Lot number"), said.lot, dose.lot_number),
        (_("Dose number"), str(said.dose_number or ""), str(dose.dose_number or "")),
        (_("Vaccination site"), "", dose.site.name),
        (_("Name as recorded with the dose"), said.full_name, dose.name_recorded),
    )
    return [
        {"label": label, "list": row, "record": recorded}
        for label, row, recorded in pairs
    ]


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def person_line(pk: int) -> dict[str, Any]:
    """Return how a person on record is named on a page, the number masked."""
    with scope.system():
        person = Person.objects.get(pk=pk)
        return {
            "pk": pk,
            "full_name": person.full_name,
            "born_on": born_text(person.born_on, person.born_precision),
            "number": national_id.mask(read_person(person, "national_id")),
        }
