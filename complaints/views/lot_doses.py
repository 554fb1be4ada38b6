"""Everybody who had a lot, where the reader works and below."""

from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from complaints import casefile
from portal.accounts import access
from portal.accounts.access import READERS, StaffRequest
from portal.audit import record
from portal.common import names
from portal.registry.models import Dose, Lot

PAGE: Final = 50


@require_safe
@access.staff(*READERS)
def lot(request: StaffRequest) -> HttpResponse:
    """Show the doses on record of a lot, newest day first; the look is written down."""
    number = request.GET.get("lot", "")[:30]
    found = Lot.objects.select_related("product").filter(number=number)
    # The database takes no NUL.
    one = found.first() if number.isprintable() else None
    if one is None:
        raise Http404
    reach = Q(pk__in=[])
    for path in access.readable_paths(request):
        reach |= Q(site__path__startswith=path)
    rows = Dose.objects.filter(reach, lot=one, status=Dose.Status.COMPLETED)
    after = _place(request.GET.get("after", ""))
    if after is not None:
        day, pk = after
        rows = rows.filter(Q(given_on__lt=day) | Q(given_on=day, pk__lt=pk))
    page = list(
        rows.select_related("person", "site").order_by("-given_on", "-pk")[: PAGE + 1]
    )
    record.look_up(
        at=timezone.now(),
        actor="staff",
        actor_id=request.user.pk,
        person_id=None,
        organization=request.postings[0].organization_id,
        subject="registry.lot",
        subject_id=one.pk,
    )
    own = urlencode({"lot": one.number})
    last = page[PAGE - 1] if page[PAGE:] else None
    context = {
        "lot": one,
        "rows": [_row(dose) for dose in page[:PAGE]],
        "first_url": f"?{own}" if after else "",
        "next_url": f"?{own}&after={last.given_on}_{last.pk}" if last else "",
    }
    return render(request, "casework/lot.html", context)


def _row(dose: Dose) -> dict[str, Any]:
    person = dose.person
    who = (
        casefile.who(names.initials(person.full_name), person.born_on) if person else ""
    )
    return {
        "given_on": dose.given_on,
        "site": dose.site.name,
        # A dose of nobody on record is shown too: it is one of the lot.
        "who": who,
        "dose_number": dose.dose_number,
    }


def _place(text: str) -> tuple[date, int] | None:
    """Return after which dose a page begins; None for the first, and for nonsense."""
    day, _gap, pk = text.partition("_")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return None
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None
