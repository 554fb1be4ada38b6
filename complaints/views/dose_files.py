"""The doses of a unit as a file: first how many and how large, then the file."""

from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final, cast

from django import forms
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common.forms import Form
from portal.registry.exports import doses
from portal.registry.models import Organization

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# About two seconds of work, and five megabytes.
MOST: Final = 20_000
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
    form = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[
            (doses.XLSX, gettext_lazy("Workbook (XLSX)")),
            (doses.CSV, gettext_lazy("Text table (CSV)")),
        ],
    )

    def clean(self) -> None:
        """Refuse days in the wrong order."""
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))


@require_http_methods(["GET", "HEAD", "POST"])
@access.staff(*access.CASEWORKERS)
def doses_file(request: StaffRequest) -> HttpResponseBase:
    """Say how many doses a file would hold, and give it out by POST.

    GET with days counts; the file itself leaves an entry in the audit.
    """
    at = timezone.now()
    organization = _organization(request)
    asked = request.POST if request.method == "POST" else request.GET or None
    form = DoseFileForm(asked, initial={"form": doses.XLSX})
    if not form.is_valid():
        status = 422 if asked is not None else 200
        return _page(request, form, organization, status=status)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    kind = form.cleaned_data["form"]
    found = doses.doses_of(organization, first=first, last=last)
    count = found[: MOST + 1].count()
    if request.method != "POST" or count > MOST:
        status = 422 if request.method == "POST" else 200
        return _page(request, form, organization, count=count, status=status)
    return _file(request, organization, first, last, kind, at=at)


def _organization(request: StaffRequest) -> Organization:
    """Return the unit whose doses are meant: the one of the user's first posting."""
    return request.postings[0].organization


def _page(
    request: StaffRequest,
    form: DoseFileForm,
    organization: Organization,
    *,
    count: int | None = None,
    status: int = 200,
) -> HttpResponse:
    kind = form.cleaned_data.get("form", doses.XLSX) if form.is_bound else doses.XLSX
    size = (count or 0) * doses.BYTES_A_ROW.get(kind, 0) / 1024 / 1024
    context = {
        "form": form,
        "organization": organization,
        "count": count,
        "most": MOST,
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
    response = FileResponse(
        file,
        as_attachment=True,
        filename=doses.filename(organization, first=first, last=last, form=kind),
        content_type=doses.MEDIA_TYPES[kind],
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
