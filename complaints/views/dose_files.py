"""The doses of a unit as a file: first how many and how large, then the file.

A small one comes at once; a large one is made by a worker while a page tells how far
it is.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final, cast

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from complaints.forms import choices_of
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import crypto
from portal.common.forms import Form
from portal.common.htmx import page_or_fragment
from portal.common.http import READ_AND_SEND, see_other
from portal.registry.exports import doses, files
from portal.registry.models import DoseFile, Organization

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# About two seconds of work; more is made by a worker.
AT_ONCE: Final = 10_000
# As long as any list of the portal.
MOST: Final = 100_000
_IN_MEMORY: Final = 8 << 20


def _day(label: "_StrPromise") -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": gettext_lazy("Choose a day."),
            "invalid": gettext_lazy("Choose a day."),
        },
    )


class DoseFileForm(Form):
    """Which doses, and as what."""

    first = _day(gettext_lazy("First day of doses"))
    last = _day(gettext_lazy("Last day of doses"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    form = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[
            (doses.XLSX, gettext_lazy("Workbook (XLSX)")),
            (doses.CSV, gettext_lazy("Text table (CSV)")),
        ],
    )

    def __init__(
        self, *args: Any, units: Sequence[Organization], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.units = {unit.code: unit for unit in units}
        if len(units) == 1:
            del self.fields["unit"]
            return
        field = choices_of(self, "unit")
        field.choices = [(unit.code, unit.name) for unit in units]

    @property
    def organization(self) -> Organization:
        """Return the unit that was chosen: the first one where none was."""
        chosen = self.cleaned_data.get("unit", "") if self.is_bound else ""
        return self.units.get(chosen) or next(iter(self.units.values()))

    def clean(self) -> None:
        """Refuse days in the wrong order."""
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))


@require_http_methods(READ_AND_SEND)
@access.staff(*access.CASEWORKERS)
def doses_file(request: StaffRequest) -> HttpResponseBase:
    """Say how many doses a file would hold, and give it out by POST.

    GET with days counts; the file itself leaves an entry in the audit.
    """
    at = timezone.now()
    asked = request.POST if request.method == "POST" else request.GET or None
    units = _units(request)
    form = DoseFileForm(asked, initial={"form": doses.XLSX}, units=units)
    if not form.is_valid():
        status = 422 if asked is not None else 200
        return _page(request, form, form.organization, status=status)
    organization = form.organization
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    kind = form.cleaned_data["form"]
    count = doses.doses_of(organization, first=first, last=last)[: MOST + 1].count()
    if request.method != "POST" or count > MOST:
        status = 422 if request.method == "POST" else 200
        return _page(request, form, organization, count=count, status=status)
    if count <= AT_ONCE:
        return _file(request, organization, first, last, kind, at=at)
    owed = files.ask(
        organization,
        first=first,
        last=last,
        form=kind,
        rows=count,
        by=request.user.pk,
        at=at,
    )
    return see_other(reverse("casework:dose_file", args=[owed.ref]))


@require_safe
@access.staff(*access.CASEWORKERS)
def made(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show how far a file is; 404 for what somebody else asked for."""
    asked = _mine(request, ref)
    context = {
        "asked": asked,
        "megabytes": (asked.size or 0) / 1024 / 1024,
        "is_waiting": asked.state == DoseFile.State.WAITING,
        "is_ready": asked.state == DoseFile.State.READY,
    }
    return page_or_fragment(
        request, "casework/dose_file.html", "casework/_dose_file.html", context
    )


@require_POST
@access.staff(*access.CASEWORKERS)
def give(request: StaffRequest, ref: uuid.UUID) -> HttpResponseBase:
    """Give a file that is ready to whoever asked for it; note that it was given."""
    asked = _mine(request, ref)
    try:
        content = files.give(asked, by=request.user.pk, at=timezone.now())
    except FileNotFoundError:
        raise Http404 from None
    except crypto.Unreadable:
        # Made before files were sealed, or sealed with a key that is gone.
        files.drop(asked)
        messages.error(request, _("This file cannot be opened. Ask for it again."))
        return see_other(reverse("casework:dose_file", args=[ref]))
    return _download(content, asked.organization, asked.first, asked.last, asked.form)


def _mine(request: StaffRequest, ref: uuid.UUID) -> DoseFile:
    paths = tuple(posting.organization.path for posting in request.postings)
    asked = (
        DoseFile.objects.filter(ref=ref, by=request.user)
        .select_related("organization")
        .first()
    )
    # Who was moved to another unit since does not take the old one's people along.
    if asked is None or not asked.organization.path.startswith(paths):
        raise Http404
    return asked


def _units(request: StaffRequest) -> list[Organization]:
    """Return the units of all the user's postings, each once, the first one first."""
    units = {
        posting.organization_id: posting.organization for posting in request.postings
    }
    return list(units.values())


def _page(
    request: StaffRequest,
    form: DoseFileForm,
    organization: Organization,
    *,
    count: int | None = None,
    status: int = 200,
) -> HttpResponse:
    kind = form.cleaned_data.get("form", doses.XLSX) if form.is_bound else doses.XLSX
    several = "unit" in form.fields
    size = (count or 0) * doses.BYTES_A_ROW.get(kind, 0) / 1024 / 1024
    context = {
        "form": form,
        "organization": organization,
        "several": several,
        "count": count,
        "most": MOST,
        "is_later": count is not None and count > AT_ONCE,
        "is_too_many": count is not None and count > MOST,
        "megabytes": size,
    }
    return render(request, "casework/doses_file.html", context, status=status)


def _file(
    request: StaffRequest,
    organization: Organization,
    first: date,
    last: date,
    kind: str,
    *,
    at: datetime,
) -> FileResponse:
    # Closed by the response, which reads it.
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  -- outlives this function
    doses.write(
        cast(IO[bytes], file),
        organization=organization,
        first=first,
        last=last,
        form=kind,
        by=request.user.pk,
        at=at,
    )
    file.seek(0)
    return _download(cast(IO[bytes], file), organization, first, last, kind)


def _download(
    content: IO[bytes], organization: Organization, first: date, last: date, kind: str
) -> FileResponse:
    response = FileResponse(
        content,
        as_attachment=True,
        filename=doses.filename(organization, first=first, last=last, form=kind),
        content_type=doses.MEDIA_TYPES[kind],
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
