"""Which organization a proposal is put before: whoever answers for both records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from os.path import commonprefix
from typing import Final

from django.db import connection
from django.db.models import Q

from portal.registry.models import Dose, Organization, Person, Proposal
from portal.registry.quality.staging import WAY

_TODAY: Final = f"""
WITH RECURSIVE needed AS (SELECT unnest(%(sites)s::bigint[]) AS id), {WAY}
SELECT DISTINCT ON (w.start) w.start, w.id FROM way w ORDER BY w.start, w.step DESC
"""
_LAST_SITES: Final = """
SELECT p.id, d.site_id FROM unnest(%(people)s::bigint[]) p (id), LATERAL (
  SELECT site_id FROM registry_dose
  WHERE person_id = p.id AND status = 'completed' ORDER BY given_on DESC, id DESC
  LIMIT 1
) d
"""

# What a proposal is about: person, other person, dose, other dose.
Key = tuple[int | None, int | None, int | None, int | None]


@dataclass
class Holders:
    """The organizations that answer today, by dose or person."""

    kind: str
    root: Organization
    by_key: dict[int, Organization] = field(default_factory=dict)
    by_path: dict[str, Organization] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, keys: Iterable[Key], *, on: date) -> "Holders":
        """Read who answers for the records of these pairs; statements do not grow.

        For a dose its site, the one that entered it later where there are two; for a
        person the health station of the residence, else the site of the last dose.
        """
        pairs = list(keys)
        root = Organization.objects.get(parent=None)
        found = cls(str(kind), root)
        if kind == Proposal.Kind.PEOPLE:
            sites = _sites_of_people({pk for k in pairs for pk in k[:2] if pk})
        else:
            doses = {k[3] or k[2] or 0 for k in pairs}
            sites = dict(Dose.objects.filter(pk__in=doses).values_list("pk", "site_id"))
        today = _today(set(sites.values()), on=on)
        rows = Organization.objects.in_bulk(set(today.values()))
        found.by_key = {pk: rows[today[site]] for pk, site in sites.items()}
        if kind == Proposal.Kind.PEOPLE:
            found._read_common(pairs)
        return found

    def of_pair(self, key: Key) -> Organization:
        """Return who answers for a pair: for two people who stands above both."""
        if self.kind != Proposal.Kind.PEOPLE:
            return self.by_key[key[3] or key[2] or 0]
        return self.by_path.get(self._common(key), self.root)

    def _common(self, key: Key) -> str:
        paths = [self.by_key[pk].path for pk in key[:2] if pk in self.by_key]
        # Of one of the two nothing is known: the other's station answers.
        shared = commonprefix(paths) if paths else self.root.path
        return shared[: shared.rfind("/") + 1]

    def _read_common(self, pairs: Iterable[Key]) -> None:
        known = {one.path: one for one in self.by_key.values()}
        wanted = {self._common(key) for key in pairs} - known.keys()
        above = Organization.objects.filter(path__in=wanted)
        self.by_path = known | {one.path: one for one in above}


def _sites_of_people(people: set[int]) -> dict[int, int]:
    """Return the health station of each person's commune, else the last dose's site."""
    homes = dict(
        Person.objects.filter(Q(pk__in=people) & ~Q(residence=None)).values_list(
            "pk", "residence_id"
        )
    )
    stations: dict[int, int] = {}
    rows = Organization.objects.filter(
        kind=Organization.Kind.HEALTH_STATION, commune__in=set(homes.values())
    )
    for pk, commune in rows.order_by("-pk").values_list("pk", "commune_id"):
        stations[commune] = pk
    found = {pk: stations[home] for pk, home in homes.items() if home in stations}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SITES, {"people": sorted(people - found.keys())})
        return found | dict(cursor.fetchall())


def _today(sites: set[int], *, on: date) -> Mapping[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, {"sites": sorted(sites), "today": on})
        return dict(cursor.fetchall())
