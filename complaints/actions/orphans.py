"""Doses on nobody's record that may be the missing one of a report (rule B5).

For staff only: a citizen never learns that such a dose exists before it is theirs.
"""

from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.models import Complaint
from complaints.rules.selfcorrection import facts as told
from portal.common import names
from portal.registry.corrections import read_dose
from portal.registry.models import Dose, Proposal

# A campaign's day at a large site leaves hundreds; one that fits bears the name.
_MOST: Final = 500
# What a dose that was found may lack and the report says.
FILLED: Final = ("lot", "dose_number")
FACTS: Final = ("given_on", "product", "site", *FILLED)


_ORPHANS: Final = Dose.objects.filter(
    person=None, status=Dose.Status.COMPLETED
).exclude(name_recorded="")
_OWNERS: Final = Proposal.objects.filter(
    kind=Proposal.Kind.OWNER,
    state__in=(Proposal.State.OPEN, Proposal.State.SIGNING),
)


def near(case: Complaint, full_name: str) -> tuple[told.Orphan, ...]:
    """Return the orphans of a report's day, at its site or by its person's name.

    Without a site those are asked for to which matching already found a name.
    """
    if case.given_on is None:
        return ()
    return tuple(
        told.Orphan(
            key=dose.pk,
            given_on=dose.given_on,
            product=dose.product.code,
            lot=dose.lot_number,
            site=dose.site.code,
            name=dose.name_recorded,
        )
        for dose in _of_day(case.given_on, case.site_id, full_name)
    )


def there_are() -> Q:
    """Return the condition on reports that ``near`` would find some; see there."""
    day = OuterRef("given_on")
    there = _ORPHANS.filter(given_on=day, site=OuterRef("site"))
    named = _OWNERS.filter(
        dose__given_on=day,
        name_folded=OuterRef("submission__person__name_folded"),
    )
    return Q(Exists(there)) | Q(Exists(named), site=None)


def facts_of(dose: Dose) -> dict[str, str]:
    """Return what is on record of a dose, by field, without what it lacks."""
    found = {field: read_dose(dose, field) for field in FACTS}
    return {field: value for field, value in found.items() if value}


def _of_day(day: date, site: int | None, full_name: str) -> QuerySet[Dose]:
    rows = _ORPHANS.filter(given_on=day)
    if site is not None:
        rows = rows.filter(site=site)
    else:
        named = _OWNERS.filter(name_folded=names.fold(full_name))
        rows = rows.filter(pk__in=named.values("dose"))
    return rows.select_related("product", "site").order_by("pk")[:_MOST]
