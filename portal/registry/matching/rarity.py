"""How rare a name is: shares of syllables, counted in the registry itself.

Sharing "Nguyễn Văn" says next to nothing, sharing "Nghiêm Xuân Bách" nearly all. The
small table is counted anew by ``refresh``; before a registry holds enough people the
shares of ``reference/name_shares.csv`` stand in (usual counts of surnames, rounded).
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from portal.common import names
from portal.registry.models import NameShare

FILE: Final = Path(__file__).parent.parent / "reference" / "name_shares.csv"
# A syllable that is rarer than this is taken for as common: it may be usual among the
# people of one valley.
FLOOR: Final = 0.0005
# Fewer people do not tell what names are like.
ENOUGH_PEOPLE: Final = 10_000
# A syllable must stand on so many records to be listed, so that the table names nobody.
_LEAST_BEARERS: Final = 5

_COUNT = """
WITH people AS MATERIALIZED (
  SELECT string_to_array(name_key, ' ') AS toned,
         string_to_array(name_folded, ' ') AS folded
  FROM registry_person {sample}
), words AS (
  SELECT words, toned FROM people, LATERAL (VALUES (toned), (folded)) v (words)
), parts AS (
  SELECT part, key FROM words, LATERAL (
    SELECT 'given', words[cardinality(words)]
    UNION ALL SELECT 'family', words[1] WHERE cardinality(words) > 1
    UNION ALL SELECT 'middle', unnest(words[2:cardinality(words) - 1])
  ) p (part, key)
)
INSERT INTO registry_nameshare (part, key, share, counted_at)
SELECT part, key, count(*)::float8 / (SELECT count(*) FROM people), %(at)s
FROM parts WHERE key <> '' AND length(key) <= 60
GROUP BY part, key HAVING count(*) >= %(least)s
"""


@dataclass(frozen=True)
class Shares:
    """Shares of people by syllable, by the part of the name that it is."""

    of: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def chance(self, shared: Iterable[tuple[str, str]]) -> float:
        """Return the chance that a stranger has these syllables in these parts."""
        chance = 1.0
        parts = set()
        for part, key in shared:
            chance *= max(FLOOR, self.of.get(part, {}).get(key, 0.0))
            parts.add(part)
        # Middle and given names go together by sex, and sexes are two.
        return min(1.0, 2 * chance) if {"middle", "given"} <= parts else chance


def current() -> Shares:
    """Return the shares counted in the registry, else the shipped ones.

    One statement; hold on to the result for a batch.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for part, key, share in NameShare.objects.values_list("part", "key", "share"):
        found[part][key] = share
    return Shares(dict(found)) if found else shipped()


@lru_cache(1)
def shipped() -> Shares:
    """Return the usual shares, by tone key and by folded form."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            keys = {names.tone_key(row["name"]), names.fold(row["name"])}
            for key in keys - {""}:
                found[row["part"]][key] += float(row["share"])
    return Shares({part: dict(keys) for part, keys in found.items()})


def refresh(*, at: datetime, most: int = 300_000) -> int:
    """Count the syllables of the registry's names anew; return how many are listed.

    Safe to run twice at once. Above ``most`` people a sample of whole pages is read.
    Below 10,000 people the table is left empty and the shipped shares stand.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry_nameshare'))")
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname='registry_person'")
        people = cursor.fetchone()[0]
        sample = ""
        if people > most:
            percent = 100 * most / people
            sample = f"TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (1)"
        cursor.execute("DELETE FROM registry_nameshare")
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM registry_person LIMIT %s) p",
            [ENOUGH_PEOPLE],
        )
        if cursor.fetchone()[0] < ENOUGH_PEOPLE:
            return 0
        cursor.execute(
            _COUNT.format(sample=sample), {"at": at, "least": _LEAST_BEARERS}
        )
        return cursor.rowcount
