"""Whose is a dose that stands on nobody's record: owners proposed, never decided.

An orphan bears a name, a day, a product and a site. So its owner is sought among people
of that name who live in the site's commune or had another dose there.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection

from portal.registry.matching import grading, naming, rarity
from portal.registry.matching.blocks import Candidate, settled
from portal.registry.matching.rarity import Shares
from portal.registry.matching.weights import Weights
from portal.registry.models import Dose

# Bearers of one name that are looked at; the commonest names have more, and then only
# those bound to the site count in any case.
_MOST: Final = 5_000
# The shortest usual gap between two doses (domain paper b: three weeks).
_GAP_DAYS: Final = 21
# Youngest ages: 12 years, from April 2022 five (domain paper b, Q08).
_YOUNGEST: Final = ((date(2022, 4, 1), 5), (date(1900, 1, 1), 12))

_BEARERS: Final = """
SELECT q.dose, p.id, p.full_name, p.born_on,
  coalesce(p.residence_id = ANY (h.homes), false),
  coalesce(o.at_site, false), coalesce(o.that_day, false), coalesce(o.crowded, false)
FROM unnest(%(doses)s::bigint[], %(names)s::text[]) q (dose, folded)
JOIN registry_dose d ON d.id = q.dose
JOIN registry_organization s ON s.id = d.site_id,
LATERAL (
  SELECT array_agg(id) AS homes FROM (
    SELECT s.commune_id AS id
    UNION SELECT x.new_id FROM registry_unitsuccession x WHERE x.old_id = s.commune_id
    UNION SELECT x.old_id FROM registry_unitsuccession x WHERE x.new_id = s.commune_id
  ) u
) h,
LATERAL (
  SELECT id, full_name, born_on, residence_id FROM registry_person
  WHERE name_folded = q.folded AND status = 'active' LIMIT %(most)s
) p
LEFT JOIN LATERAL (
  SELECT bool_or(e.site_id = d.site_id) AS at_site,
    bool_or(e.given_on = d.given_on) AS that_day,
    bool_or(abs(e.given_on - d.given_on) < %(gap)s) AS crowded
  FROM registry_dose e
  WHERE e.person_id = p.id AND e.status = 'completed' AND e.id <> d.id
) o ON true
"""


@dataclass(frozen=True)
class _Orphan:
    pk: int
    name: str
    given_on: date


def owners_of(
    doses: Sequence[int], *, weights: Weights, shares: Shares | None = None
) -> dict[int, list[Candidate]]:
    """Return for each orphan dose who may be its owner, the likeliest first.

    Never better than probable: a dose bears a name and no birth date. Doses that have
    an owner, are void or bear no name get no proposal. Two statements for all of them
    and one for the shares of names.
    """
    orphans = {
        dose.pk: _Orphan(dose.pk, dose.name_recorded, dose.given_on)
        for dose in Dose.objects.filter(
            pk__in=doses, person=None, status=Dose.Status.COMPLETED
        ).exclude(name_recorded="")
    }
    asked = [
        (orphan.pk, folded)
        for orphan in orphans.values()
        for folded in naming.alternatives(orphan.name)
    ]
    shares = shares or rarity.current()
    found: dict[int, dict[int, Candidate]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            _BEARERS,
            {
                "doses": [pk for pk, _ in asked],
                "names": [folded for _, folded in asked],
                "most": _MOST,
                "gap": _GAP_DAYS,
            },
        )
        for row in cursor.fetchall():
            judgement = _judge(orphans[row[0]], row[2:], weights, shares)
            found[row[0]][row[1]] = Candidate(row[1], judgement)
    return {pk: settled(found[pk].values(), lead=weights.lead) for pk in doses}


def _judge(
    orphan: _Orphan, row: Sequence[Any], weights: Weights, shares: Shares
) -> grading.Judgement:
    full_name, born_on, is_home, at_site, that_day, is_crowded = row
    name = naming.compare(orphan.name, full_name)
    levels = {
        "name": name.level,
        "dose": "same_site" if at_site else "home" if is_home else "away",
        "gap": _gap(orphan.given_on, born_on, is_crowded),
    }
    doubts = ["orphan", "same_day"] if that_day else ["orphan"]
    return grading.judge(
        levels, doubts, rarity=shares.chance(name.shared), weights=weights
    )


def _gap(given_on: date, born_on: date, is_crowded: bool) -> str:
    years = next(years for since, years in _YOUNGEST if given_on >= since)
    if given_on.year - born_on.year < years:
        return "too_young"
    return "crowded" if is_crowded else "fits"
