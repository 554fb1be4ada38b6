"""The sites that a typed place may mean, as choices of the form."""

from datetime import date

from django.utils.translation import gettext as _

from complaints.forms.report import NOT_LISTED
from complaints.views.cards import day
from portal.registry import places
from portal.registry.models import Organization


def found(text: str, codes: set[str], *, on: date | None) -> list[tuple[str, str]]:
    """Return what the search found and what was chosen before, as choices."""
    sites = list(places.find_organizations(text, on=on, limit=8)) if text else []
    wanted = codes - {"", NOT_LISTED} - {site.code for site in sites}
    if wanted:
        chosen = Organization.objects.filter(code__in=wanted)
        sites = [*chosen.select_related("province"), *sites]
    return [(site.code, f"{site.name}\n{_about(site)}".strip()) for site in sites]


def _about(site: Organization) -> str:
    """Return the province, and until when a site that closed was there."""
    words = [site.province.name] if site.province else []
    if site.closed_on:
        words.append(_("until %(day)s") % {"day": day(site.closed_on)})
    return ". ".join(words)
