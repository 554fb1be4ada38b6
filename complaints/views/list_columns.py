"""How the columns of a session list are read, and saying that they mean otherwise."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.forms import lists as forms
from complaints.views.lists import find
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import national_id
from portal.registry.imports import reading, reviewing, staging, vocabulary, wording
from portal.registry.imports.committing import CannotCommit
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.headers import Column
from portal.registry.models import Product, SessionList

_NUMBERS: Final = frozenset(("id_number", "id_old", "id_new", "phones"))


@dataclass(frozen=True, slots=True)
class Line:
    """A column on the page: its place, its heading, what it is taken for."""

    number: int
    sheet: str
    column: Column

    @property
    def is_sure(self) -> bool:
        """Tell whether nobody needs to look."""
        return self.column.confidence >= 0.8

    @property
    def examples(self) -> list[str]:
        """Return its first cells; of numbers and telephones no more than tells them."""
        looks = self.column.profile
        is_number = self.column.role in _NUMBERS or any(
            looks.share(kind) >= 0.5 for kind in ("id", "phone")
        )
        return [
            national_id.mask(cell) if is_number else cell
            for cell in self.column.examples
        ]


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def columns(request: StaffRequest, list_ref: uuid.UUID) -> HttpResponse:
    """Show the guess of each column; take another one and read the list anew."""
    one = find(list_ref)
    is_read = one.state in (SessionList.State.CHECKED, SessionList.State.REFUSED)
    if not is_read or one.forgotten_at:
        raise Http404
    said = staging.columns_of(one) or {}
    try:
        lines = headings(staging.content_of(one), said)
    except CannotRead as refusal:
        messages.error(request, str(refusal.words))
        return see_other("casework:list", list_ref=list_ref)
    known = staging.facts_of(one)
    form = forms.Whole(
        request.POST if request.method == "POST" else None,
        initial={
            "given_on": known.given_on,
            "product": known.product or "",
            "lot": known.lot,
        },
        products=list(Product.objects.order_by("name", "pk")),
    )
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.set_columns(
                one.pk,
                chosen(request, lines, said),
                facts=form.facts(),
                keep_for_site="keep" in request.POST,
                by=request.user.pk,
                at=timezone.now(),
            )
        except CannotCommit:
            messages.error(request, _("The list has moved on. Look at it again."))
        return see_other("casework:list", list_ref=list_ref)
    record.look_up(
        at=timezone.now(),
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="registry.sessionlist",
        subject_id=one.pk,
        detail="columns",
    )
    context = {
        "back": reverse("casework:list", args=[one.ref]),
        "site": one.site,
        "lines": lines,
        "form": form,
        "roles": wording.ROLES.items(),
    }
    status = 422 if form.errors else 200
    return render(request, "casework/list_columns.html", context, status=status)


def headings(content: bytes, columns: Mapping[str, str] | None) -> list[Line]:
    """Return each heading of a file once, in the order of the sheets.

    ``columns``: what headings were said to mean. Raise CannotRead.
    """
    survey = reading.survey(content, vocabulary=vocabulary.load(), columns=columns)
    found: dict[str, Line] = {}
    for sheet in survey.sheets:
        for column in (c for table in sheet.tables for c in table.columns):
            found.setdefault(column.key, Line(len(found), sheet.name, column))
    return list(found.values())


def chosen(
    request: StaffRequest, lines: Sequence[Line], said: Mapping[str, str]
) -> dict[str, str]:
    """Return what headings were said to mean, with what the form says otherwise.

    What stands as it was guessed is left to the guess: that knows more of a column
    than its role.
    """
    otherwise = {
        line.column.key: role
        for line in lines
        if (role := request.POST.get(f"role_{line.number}")) in {"", *wording.ROLES}
        and role != line.column.role
    }
    return {**said, **otherwise}
