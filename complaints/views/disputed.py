"""Records about which two sources disagree: the list of whoever answers for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.actions import disputed
from complaints.actions.disputed import Disputed
from complaints.casefile import who
from complaints.choices import Field
from complaints.rules.selfcorrection.rule import Kind
from complaints.rules.selfcorrection.table import RULES
from complaints.views.cards import day
from complaints.views.quality import organization_of
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.registry.models import Dose, Organization, Person

PAGE: Final = 20
# Who says something, as staff read it in a list.
_SOURCES: Final = {
    Kind.POPULATION: gettext_lazy("the population register"),
    Kind.EID: gettext_lazy("the e-ID"),
    Kind.STRUCTURE: gettext_lazy("how such numbers are made"),
    Kind.CODE: gettext_lazy("a code sent to the telephone"),
    Kind.CERTIFICATE: gettext_lazy("a signed certificate"),
    Kind.LEDGER: gettext_lazy("the ledger of lots"),
    Kind.SESSION: gettext_lazy("what others had there that day"),
    Kind.DOSE: gettext_lazy("other doses on the record"),
    Kind.ORPHAN: gettext_lazy("a dose on nobody's record"),
    Kind.MATCH: gettext_lazy("the comparison of the two records"),
    Kind.SPELLING: gettext_lazy("the rules of spelling"),
}


@require_safe
@access.staff(*access.READERS)
def index(request: StaffRequest) -> HttpResponse:
    """List them at and below an organization; each look is written down."""
    chosen = organization_of(request)
    batch, _comma, place = request.GET.get("after", "").partition(",")
    after = (_key(batch), _key(place))
    found = disputed.listed(chosen.path, after=after, most=PAGE + 1)
    rows = _rows(found[:PAGE])
    _note_looks(request, found[:PAGE], at=timezone.now())
    query = {"organization": chosen.code}
    last = found[PAGE - 1] if len(found) > PAGE else None
    if last is not None:
        query["after"] = f"{last.batch_id},{last.place_in_batch}"
    context = {
        "chosen": chosen,
        "back_url": (
            f"{reverse('casework:quality_prepared')}?"
            f"{urlencode({'organization': chosen.code})}"
        ),
        "table": {
            "caption": _("Found by the last campaign"),
            "columns": [
                {"label": _("Who")},
                {"label": _("What is in doubt")},
                {"label": _("For a change")},
                {"label": _("Against it")},
                {"label": _("Unit")},
            ],
            "rows": rows,
            "is_cards": True,
            "empty": _("The last campaign found nothing of the kind here."),
        },
        "next_url": f"?{urlencode(query)}" if last is not None else "",
    }
    return render(request, "casework/disputed.html", context)


def _rows(found: Iterable[Disputed]) -> list[dict[str, Any]]:
    chosen = list(found)
    people = Person.objects.in_bulk({one.person_id for one in chosen})
    units = Organization.objects.in_bulk({one.organization_id for one in chosen})
    doses = Dose.objects.select_related("product").in_bulk(
        {key for one in chosen if (key := _dose_of(one))}
    )
    return [
        {
            "url": "",
            "cells": [
                who(people[one.person_id].full_name, people[one.person_id].born_on),
                _what(one, doses),
                _named(one.speaking_for),
                _named(one.against),
                units[one.organization_id].name,
            ],
        }
        for one in chosen
    ]


def _what(one: Disputed, doses: Mapping[int, Dose]) -> str:
    field, dose = one.field.rpartition(":")[2], doses.get(_dose_of(one))
    label = str(Field(field).label if field in Field.values else RULES[one.rule].name)
    if dose is None:
        return label
    named = f"{day(dose.given_on)}, {dose.product.name}"
    return _("%(label)s, dose of %(day)s") % {"label": label, "day": named}


def _named(kinds: Iterable[str]) -> str:
    return ", ".join(str(_SOURCES[Kind(kind)]) for kind in dict.fromkeys(kinds)) or "–"


def _dose_of(one: Disputed) -> int:
    what, _colon, rest = one.field.partition(":")
    return int(rest.partition(":")[0]) if what == "dose" else 0


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _note_looks(
    request: StaffRequest, found: Iterable[Disputed], *, at: datetime
) -> None:
    """Write down that the people of these rows were seen."""
    record.looks(
        [record.Seen(one.person_id, one.batch_id) for one in found],
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        organization=request.postings[0].organization_id,
        subject="complaints.prepared",
    )
