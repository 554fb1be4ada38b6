"""The sites and places that typed words may mean, as choices of the form."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from complaints.forms.report import NOT_LISTED, ONLY_PLACE
from complaints.views.cards import day
from portal.registry import places
from portal.registry.models import AdministrativeUnit, Organization

MOST_SITES = 8
LOOKED_UP = 30
MOST_PLACES = 3


@dataclass(frozen=True)
class Found:
    """Choices (value, label), and whether more sites fit than are shown."""

    sites: list[tuple[str, str]]
    places: list[tuple[str, str]]
    is_more: bool = False


def find(text: str, chosen: set[str], *, on: date | None) -> Found:
    """Return what the search found and what was chosen before, as choices."""
    looked_up = places.find_organizations(text, on=on, limit=LOOKED_UP) if text else []
    # Departments and the police answer for records, but give nobody a dose.
    found = [site for site in looked_up if site.gives_doses]
    sites = found[:MOST_SITES]
    wanted = chosen - {"", NOT_LISTED} - {site.code for site in sites}
    if wanted:
        before = Organization.objects.filter(code__in=wanted)
        sites = [*before.select_related("province"), *sites]
    return Found(
        sites=[(site.code, f"{site.name}\n{_about(site)}".strip()) for site in sites],
        places=_places(text) if text else [],
        is_more=len(found) > MOST_SITES,
    )


def _places(text: str) -> list[tuple[str, str]]:
    """Return the wards, districts and provinces meant, for who knows no more."""
    found: dict[str, str] = {}
    for candidate in places.find_units(text):
        words = name_of(candidate.unit)
        found.setdefault(words, f"{ONLY_PLACE}{words}")
    return [
        (value, f"{words}\n" + _("I only know the place, not the site"))
        for words, value in list(found.items())[:MOST_PLACES]
    ]


def name_of(unit: AdministrativeUnit) -> str:
    """Return a unit with what it lies in, as an address: ward, district, province."""
    names, above = [unit.name], unit.parent
    while above is not None:
        names.append(above.name)
        above = above.parent
    return ", ".join(names)


def _about(site: Organization) -> str:
    """Return the province, and until when a site that closed was there."""
    words = [site.province.name] if site.province else []
    if site.closed_on:
        words.append(_("until %(day)s") % {"day": day(site.closed_on)})
    return ". ".join(words)
