"""What the pages of data quality say of a finding: in words, people masked."""

from datetime import date

from django.utils.translation import gettext as _

from portal.registry.models import Organization, Person, QualityFinding
from portal.registry.quality.words import detail

__all__ = ["detail", "masked", "site_words"]


def masked(person: Person | None) -> str:
    """Return a person so that a list names nobody: N• T• H•, 1958."""
    if person is None:
        return _("nobody's (no owner known)")
    initials = " ".join(f"{word[0]}•" for word in person.full_name.split())
    return f"{initials}, {person.born_on.year}"


def site_words(found: QualityFinding, site: Organization | None) -> str:
    """Return a site with the day or lot in question."""
    day, _space, rest = found.part.partition(" ")
    try:
        shown = f"{date.fromisoformat(day):%d/%m/%Y} {rest}".strip()
    except ValueError:
        shown = found.part
    # The last word of a copied column says what; the detail has it in words.
    for word in ("birth", "number", "lot"):
        shown = shown.removesuffix(f" {word}")
    return " · ".join(filter(None, [site.name if site else "", shown]))
