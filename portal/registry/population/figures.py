"""How the comparison stands, by unit: computed now and then, read as a small table.

The columns are those of the country's own figures (domain paper 0.3): matched, wrong,
no or malformed number, not checked; the wrong ones also by field.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from portal.registry.models import AdministrativeUnit, PopulationBatch, PopulationFigure

# Corrections and imports change figures outside of runs as well.
STALE: Final = timedelta(hours=1)

# Who lives in a unit of the old epoch counts for its main successor.
_REBUILD = """
INSERT INTO registry_populationfigure (unit_id, people, matched, mismatched,
  wrong_number, wrong_name, wrong_birth, wrong_sex, no_number, bad_format, not_sent,
  computed_at)
SELECT coalesce(s.new_id, g.residence_id), sum(people), sum(matched),
  sum(mismatched), sum(wrong_number), sum(wrong_name), sum(wrong_birth),
  sum(wrong_sex), sum(no_number), sum(bad_format), sum(not_sent), %s
FROM (
  SELECT residence_id, count(*) AS people,
    count(*) FILTER (WHERE population = 'matched') AS matched,
    count(*) FILTER (WHERE population = 'mismatched') AS mismatched,
    count(*) FILTER (WHERE population_wrong ~ '\\mnational_id\\M') AS wrong_number,
    count(*) FILTER (WHERE population_wrong ~ '\\mfull_name\\M') AS wrong_name,
    count(*) FILTER (WHERE population_wrong ~ '\\mborn_on\\M') AS wrong_birth,
    count(*) FILTER (WHERE population_wrong ~ '\\msex\\M') AS wrong_sex,
    count(*) FILTER (WHERE population = 'no_number') AS no_number,
    count(*) FILTER (WHERE population = 'bad_format') AS bad_format,
    count(*) FILTER (WHERE population = 'not_sent') AS not_sent
  FROM registry_person WHERE status = 'active' GROUP BY residence_id
) g
LEFT JOIN registry_unitsuccession s ON s.old_id = g.residence_id AND s.is_default
GROUP BY coalesce(s.new_id, g.residence_id)
"""

_READ = """
SELECT split_part(substr(u.path, length(%s::text) + 1), '/', 1) AS below,
  sum(people), sum(matched), sum(mismatched), sum(wrong_number), sum(wrong_name),
  sum(wrong_birth), sum(wrong_sex), sum(no_number), sum(bad_format), sum(not_sent),
  max(computed_at)
FROM registry_populationfigure f
LEFT JOIN registry_administrativeunit u ON u.id = f.unit_id
WHERE u.path LIKE %s::text || '%%' OR (%s AND u.id IS NULL)
GROUP BY below
"""


@dataclass(frozen=True)
class Counts:
    """People by what the comparison came to."""

    people: int = 0
    matched: int = 0
    mismatched: int = 0
    wrong_number: int = 0
    wrong_name: int = 0
    wrong_birth: int = 0
    wrong_sex: int = 0
    no_number: int = 0
    bad_format: int = 0
    not_sent: int = 0

    @property
    def compared(self) -> int:
        """Return how many were asked about and answered."""
        return self.matched + self.mismatched


@dataclass(frozen=True)
class Overview:
    """Counts of a unit, or the country, and of its parts; and when they were counted.

    ``parts`` has the unit itself for people of whom no more is known; that is None
    for the country.
    """

    total: Counts
    parts: dict[AdministrativeUnit | None, Counts]
    computed_at: datetime | None


def rebuild(*, at: datetime) -> int:
    """Count everybody anew; return the number of units. One pass over all people."""
    with transaction.atomic(), connection.cursor() as cursor:
        PopulationFigure.objects.all().delete()
        cursor.execute(_REBUILD, [at])
        return cursor.rowcount


def rebuild_changed(*, at: datetime) -> bool:
    """Count anew if a batch ended since, or an hour has passed; return whether."""
    computed = PopulationFigure.objects.aggregate(at=Max("computed_at"))["at"]
    ended = PopulationBatch.objects.aggregate(at=Max("done_at"))["at"]
    if computed and at - computed < STALE and (ended is None or ended <= computed):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        # Two at once would count everybody twice for nothing.
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('population'))")
        if not cursor.fetchone()[0]:
            return False
        rebuild(at=at)
    return True


def overview(unit: AdministrativeUnit | None) -> Overview:
    """Return the figures of a unit by its parts; of the country without one.

    Two statements.
    """
    path = unit.path if unit else "/"
    with connection.cursor() as cursor:
        cursor.execute(_READ, [path, path, unit is None])
        rows = cursor.fetchall()
    of = {code or "": Counts(*map(int, counts)) for code, *counts, _ in rows}
    units = {
        part.code: part
        for part in AdministrativeUnit.objects.filter(code__in=filter(None, of))
    }
    return Overview(
        total=add(of.values()),
        parts={units.get(code, unit): counts for code, counts in of.items()},
        computed_at=max((row[-1] for row in rows), default=None),
    )


def add(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    columns = [
        [getattr(count, field.name) for field in fields(Counts)] for count in counts
    ]
    return Counts(*map(sum, zip(*columns, strict=True))) if columns else Counts()
