"""Find the places and sites that people mean by what they write.

Dictionary look-ups over an index of the loaded reference data, held in the process and
built again when rows are added. It never guesses in silence: when several places fit,
all are returned and none is certain.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from portal.common.names import fold
from portal.registry.addresses import Mention, Words
from portal.registry.models.site import Organization, OrganizationName
from portal.registry.models.unit import AdministrativeUnit
from portal.registry.unit_names import Index, split

# Candidates as near as this to the best one are not told apart.
NEAR = 1.6
# A site's name must hold this share of what was typed, by weight.
MOST_OF_IT = 0.7


@dataclass(frozen=True)
class Candidate:
    """A unit that a text may mean.

    ``certain`` holds when nothing else fits, or when all that fits is the same place
    today (a commune and its only successor of the same name).
    """

    unit: AdministrativeUnit
    score: float
    certain: bool


def find_units(text: str) -> list[Candidate]:
    """Return the units of both epochs that fit the text equally well, best first.

    Understands names with and without accents, types or commas, in any order,
    abbreviations (``TYT P.7 Q3``), names merged away since 2021 and mixtures of old and
    new addresses. An empty list means that nothing fits.
    """
    return _candidates(_unit_index(_stamp()), text)


def the_one(text: str) -> AdministrativeUnit | None:
    """Return the unit that a text names for certain, or None.

    Of an old commune and the new one of its name that is the one of today.
    """
    found = find_units(text)
    if not found or not all(candidate.certain for candidate in found):
        return None
    return today(found[0].unit)[0] if len(found) > 1 else found[0].unit


def today(unit: AdministrativeUnit) -> list[AdministrativeUnit]:
    """Return all units that hold its area today, the default one first.

    A unit of the present epoch is its own answer; a district or a split commune has
    several.
    """
    index = _unit_index(_stamp())
    return [index.instance(pk) for pk in index.today(unit.pk)]


def today_of(units: Iterable[int]) -> dict[int, list[AdministrativeUnit]]:
    """Return, for many units' keys at once, what ``today`` returns for each.

    Keys that name no unit are left out.
    """
    index = _unit_index(_stamp())
    return {
        unit: [index.instance(pk) for pk in index.today(unit)]
        for unit in units
        if unit in index.units
    }


def find_organizations(
    text: str, *, on: date | None = None, limit: int = 10
) -> list[Organization]:
    """Return the organizations whose name and place hold all words of the text.

    The last word may be unfinished. Those in the place that the text means come first;
    they alone where no name holds the words (a commune known by a former name). Where
    that is nothing, those around the place (a district, a province), and at last those
    whose names hold most of what was typed. With ``on`` only those open that day;
    without, those still open before the others.
    """
    stamp = _stamp()
    units, index = _unit_index(stamp), _site_index(stamp)
    meant = [candidate.unit.pk for candidate in _candidates(units, text)]
    there = index.at(meant)
    phrase = " ".join(_site_words(fold(text)))
    held: dict[int, float] = {}
    named = index.named(text)
    found = index.open(named, on)
    if not named:
        held = index.held(text)
        # Centres of former districts lie in communes of today, outside of them.
        found = index.open(there, on) or index.open(
            index.around(meant) | index.best(held), on
        )
    found.sort(
        key=lambda site: (
            site.pk not in there,
            -held.get(site.pk, 0.0),
            phrase not in site.name,
            site.closed_on is not None and not on,
            site.order,
        )
    )
    wanted = [site.pk for site in found[:limit]]
    rows = Organization.objects.select_related("commune", "province").in_bulk(wanted)
    return [rows[pk] for pk in wanted if pk in rows]


def _candidates(index: Index, text: str) -> list[Candidate]:
    words = Words(text, index)
    scored = sorted(
        words.scores(), key=lambda pair: (-pair[1], index.units[pair[0].unit].code)
    )
    if not scored or scored[0][1] <= 0:
        return []
    best = scored[0][1]
    kept: dict[int, tuple[Mention, float]] = {}
    for mention, score in scored:
        if score >= best - NEAR:
            kept.setdefault(mention.unit, (mention, score))
    kept = words.as_accented(words.most_specific(kept))
    certain = words.explains(kept.values()) and _same_place(index, kept)
    return [
        Candidate(index.instance(unit), round(score, 2), certain)
        for unit, (_, score) in kept.items()
    ]


class _Site(NamedTuple):
    pk: int
    name: str  # folded and in full
    opened_on: date
    closed_on: date | None
    order: tuple[int, str, int]  # short names first, then the alphabet

    def is_open_on(self, day: date) -> bool:
        return self.opened_on <= day < (self.closed_on or date.max)


class _SiteIndex:
    """Organizations by the words of their name and of the provinces around them."""

    def __init__(self, units: Index) -> None:
        self.sites: dict[int, _Site] = {}
        self.by_word: dict[str, set[int]] = defaultdict(set)
        self.by_commune: dict[int, list[int]] = defaultdict(list)
        self.by_area: dict[int, list[int]] = defaultdict(list)
        rows = Organization.objects.values_list(
            "pk", "folded", "sort_key", "commune", "province", "opened_on", "closed_on"
        )
        for pk, folded, sort_key, commune, province, opened_on, closed_on in rows:
            order = (len(folded.split()), sort_key, pk)
            if commune:
                self.by_commune[commune].append(pk)
            areas = {province, *(units.around[commune] if commune else ())} - {None}
            for area in areas:
                self.by_area[area].append(pk)
            name = _site_words(folded)
            self.sites[pk] = _Site(pk, " ".join(name), opened_on, closed_on, order)
            words = set(name)
            for unit in {province, *_provinces(units, commune)} - {None}:
                words.update(_site_words(units.units[unit].folded))
            for word in words:
                self.by_word[word].add(pk)
        for pk, folded in OrganizationName.objects.values_list(
            "organization", "folded"
        ):
            # People go on using a name that was given up.
            for word in _site_words(folded):
                self.by_word[word].add(pk)

    def named(self, text: str) -> set[int]:
        """Return the sites that have all words, the last of them perhaps begun only."""
        words = _site_words(fold(text))
        if not words:
            return set()
        *whole, last = words
        found = set().union(
            *(pks for word, pks in self.by_word.items() if word.startswith(last))
        )
        for word in whole:
            found &= self.by_word.get(word, set())
        return found & self.by_word.get(last, set()) or found

    def around(self, areas: Iterable[int]) -> set[int]:
        """Return the sites in these districts and provinces."""
        return {pk for unit in areas for pk in self.by_area.get(unit, ())}

    def held(self, text: str) -> dict[int, float]:
        """Return how much of what was typed each site's name holds, 0 to 1.

        A word weighs the more the fewer sites have it; one that none has weighs as
        much as the rarest, so that one known word of three is no find.
        """
        scores: dict[int, float] = defaultdict(float)
        total = 0.0
        for word in set(_without_types(_site_words(fold(text)))):
            having = self.by_word.get(word, set())
            weight = math.log(len(self.sites) / (len(having) or 1) + 1)
            total += weight
            for pk in having:
                scores[pk] += weight
        return {pk: round(score / total, 3) for pk, score in scores.items()}

    def best(self, held: Mapping[int, float]) -> set[int]:
        """Return the sites that hold the most of it, if that is most of it."""
        most = max(held.values(), default=0.0)
        if most < MOST_OF_IT:
            return set()
        return {pk for pk, share in held.items() if share == most}

    def open(self, keys: Iterable[int], on: date | None) -> list[_Site]:
        """Return the sites of these keys; with a day those open on it."""
        found = [self.sites[pk] for pk in keys]
        return [site for site in found if site.is_open_on(on)] if on else found

    def at(self, communes: Iterable[int]) -> set[int]:
        """Return the sites in these communes."""
        return {pk for unit in communes for pk in self.by_commune.get(unit, ())}


def _provinces(units: Index, commune: int | None) -> set[int]:
    """Return the provinces that the commune lies in, or that its old ones lay in."""
    if not commune:
        return set()
    communes = [commune, *units.predecessors.get(commune, ())]
    return {units.around[unit][-1] for unit in communes if units.around[unit]}


# What people write short in the names of sites.
_IN_FULL = {
    "tyt": ("tram", "y", "te"),
    "ttyt": ("trung", "tam", "y", "te"),
    "bv": ("benh", "vien"),
    "bvdk": ("benh", "vien", "da", "khoa"),
    "dk": ("da", "khoa"),
    "p": ("phuong",),
    "f": ("phuong",),
    "q": ("quan",),
    "x": ("xa",),
    "h": ("huyen",),
    "tt": ("thi", "tran"),
    "tx": ("thi", "xa"),
    "tp": ("thanh", "pho"),
    "cdc": ("trung", "tam", "kiem", "soat", "benh", "tat"),
    "syt": ("so", "y", "te"),
    "hcm": ("ho", "chi", "minh"),
    "brvt": ("ba", "ria", "vung", "tau"),
    "tphcm": ("thanh", "pho", "ho", "chi", "minh"),
    "hn": ("ha", "noi"),
}


def _site_words(folded: str) -> list[str]:
    """Return the words in full, a number joined to its type (phuong5 quan11)."""
    words: list[str] = []
    for token in split(folded):
        if token.isdigit() and words:
            words[-1] += token
        else:
            words += _IN_FULL.get(token, (token,))
    return words


def _without_types(words: list[str]) -> Iterator[str]:
    """Yield the words that are no type of a unit: those changed with each reform."""
    place = 0
    while place < len(words):
        if tuple(words[place : place + 2]) in _TYPES_OF_TWO:
            place += 2
            continue
        if words[place] not in _TYPES_OF_ONE:
            yield words[place]
        place += 1


_TYPES_OF_ONE = frozenset(("tinh", "quan", "huyen", "phuong", "xa"))
_TYPES_OF_TWO = frozenset((("thanh", "pho"), ("thi", "xa"), ("thi", "tran")))


def _same_place(index: Index, units: Iterable[int]) -> bool:
    units = list(units)
    places = {frozenset(index.today(unit)) for unit in units}
    return len(units) == 1 or (len(places) == 1 and len(places.pop()) == 1)


_Stamp = tuple[int | None, ...]
_built: dict[str, tuple[_Stamp, Any]] = {}


def _stamp() -> _Stamp:
    """Return the highest keys, and which sites closed when: new data changes them.

    One cheap statement. Sites that were loaded closed with their successions; those
    that closed in the portal, perhaps with none, are few and have an index.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM registry_administrativeunit),"
            " (SELECT max(id) FROM registry_unitsuccession),"
            " (SELECT max(id) FROM registry_unitalias),"
            " (SELECT max(id) FROM registry_organization),"
            # What was renamed, or has a successor, left a row there.
            " (SELECT max(id) FROM registry_organizationsuccession),"
            " (SELECT max(id) FROM registry_organizationname),"
            " (SELECT bit_xor(hashint8extended(id, closed_on - DATE '2000-01-01'))"
            " FROM registry_organization WHERE is_own AND closed_on IS NOT NULL)"
        )
        return cursor.fetchone()


def _unit_index(stamp: _Stamp) -> Index:
    stamp = stamp[:3]
    if _built.get("units", ((), None))[0] != stamp:
        _built["units"] = (stamp, Index())
    return _built["units"][1]


def _site_index(stamp: _Stamp) -> _SiteIndex:
    if _built.get("sites", ((), None))[0] != stamp:
        _built["sites"] = (stamp, _SiteIndex(_unit_index(stamp)))
    return _built["sites"][1]
