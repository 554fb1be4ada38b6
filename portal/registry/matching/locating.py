"""From what people write of their commune, or what is on record, to today's units."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from portal.common.names import fold
from portal.registry import places
from portal.registry.matching.facts import Place
from portal.registry.models import AdministrativeUnit

# More communes than this are a province or a guess; they say nothing of a commune.
_MOST_COMMUNES: Final = 80


def locator() -> Callable[[str], Place]:
    """Return a reader of places that remembers, for one batch.

    Without reference data the first words before a comma stand for the commune, and
    communes that differ count as the same province: nothing is made of them.
    """
    has_units = AdministrativeUnit.objects.exists()

    @lru_cache(1 << 14)
    def locate(text: str) -> Place:
        if has_units:
            found = places.find_units(text)
            place = of_units([candidate.unit for candidate in found])
            if all(candidate.certain for candidate in found):
                return place
            # Several fit: that they lie in one province is all that is known.
            sure = len(place.provinces) == 1
            return Place(provinces=place.provinces if sure else frozenset())
        commune = fold(text.split(",")[0])
        return Place(frozenset({commune} - {""}), frozenset({"?"}))

    return locate


def residences(units: Iterable[int]) -> dict[int, Place]:
    """Return the places of recorded residences by the unit's key, all at once."""
    units = set(units)
    if not units:
        return {}
    return {pk: _place(new) for pk, new in places.today_of(units).items()}


def of_units(units: Iterable[AdministrativeUnit]) -> Place:
    """Return the place that units of either epoch are today.

    A province, or more communes than a district has, is no commune.
    """
    units = list(units)
    found = places.today_of(unit.pk for unit in units)
    place = _place([new for pk in found for new in found[pk]])
    if any(unit.level == AdministrativeUnit.Level.PROVINCE for unit in units):
        return Place(provinces=place.provinces)
    return place


def _place(units: list[AdministrativeUnit]) -> Place:
    communes = frozenset(
        unit.code for unit in units if unit.level != AdministrativeUnit.Level.PROVINCE
    )
    return Place(
        communes if len(communes) <= _MOST_COMMUNES else frozenset(),
        frozenset(unit.path.split("/")[1] for unit in units),
    )
