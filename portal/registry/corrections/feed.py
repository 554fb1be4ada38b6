"""The corrections in order, for the national platform to follow.

A correction's key is taken before its transaction commits, so keys become visible out
of order and a reader who remembers the last one would skip what commits later. So
positions are given out on reading, by one reader at a time, to what is committed by
then: 1, 2, 3 without gaps, and those of one record in the order of its versions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from portal.registry.models import Correction, Dose, FeedEntry, Person

MOST: Final = 1000
# Whoever gives out positions holds this until they are committed.
_LOCK: Final = 0x44756D7569

# Keys of one record rise with its versions, as each is taken under the row's lock.
_GIVE_POSITIONS = """
WITH waiting AS (
  SELECT correction_id, row_number() OVER (ORDER BY correction_id) AS nth
  FROM (SELECT correction_id FROM registry_feedentry WHERE position IS NULL
        ORDER BY correction_id LIMIT %(limit)s) AS first
)
UPDATE registry_feedentry entry
SET position = waiting.nth
  + coalesce((SELECT max(position) FROM registry_feedentry), 0)
FROM waiting WHERE entry.correction_id = waiting.correction_id
"""


# Whoever was away for long confirms tens of thousands at once. A rule's reference is
# its name, then the complaint's.
_CONFIRM: Final = """
WITH confirmed AS (
  UPDATE registry_feedentry SET confirmed_upstream_at = %(at)s
  WHERE position <= %(up_to)s AND confirmed_upstream_at IS NULL
  RETURNING correction_id
)
SELECT DISTINCT c.reason_ref FROM registry_correction c
JOIN confirmed ON confirmed.correction_id = c.id
WHERE c.reason IN ('complaint', 'rule')
"""


@dataclass(frozen=True)
class Page:
    """Some corrections in order; ``after`` is the cursor for the next page."""

    corrections: list[dict[str, Any]]
    after: int


def read(*, after: int, limit: int) -> Page:
    """Return the corrections behind a cursor, oldest first; at most ``limit``.

    The same cursor always begins with the same correction, and none is ever put in
    before one that was read.
    """
    limit = min(limit, MOST)
    entries = _entries(after, limit)
    if len(entries) < limit:
        give_positions(limit)
        entries = _entries(after, limit)
    refs = _refs([entry.correction for entry in entries])
    written = [_written(entry, refs) for entry in entries]
    return Page(written, written[-1]["position"] if written else after)


def give_positions(limit: int = MOST) -> int:
    """Give the next positions to corrections that have none; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # A statement of its own: it sees what others committed before the lock.
        cursor.execute(_GIVE_POSITIONS, {"limit": limit})
        return cursor.rowcount


def confirm(*, up_to: int, at: datetime) -> set[str]:
    """Note that the national platform took over all up to a position.

    Return the references of complaints that some of it was done for; whether all of
    theirs is taken over, whoever knows them says. Harmless to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONFIRM, {"at": at, "up_to": up_to})
        return {ref.rpartition(" ")[2] for (ref,) in cursor.fetchall()}


def _entries(after: int, limit: int) -> list[FeedEntry]:
    return list(
        FeedEntry.objects.filter(position__gt=after)
        .select_related("correction__part_of", "correction__reverses")
        .order_by("position")[:limit]
    )


def _refs(corrections: list[Correction]) -> dict[str, dict[int, str]]:
    """Return the public references of all people and doses that are named, by key."""
    people = {c.target_id for c in corrections if c.target == "person"}
    doses = {c.target_id for c in corrections if c.target == "dose"}
    for correction in corrections:
        for side in (correction.before, correction.after):
            people |= {int(side[f]) for f in _KEYS if side.get(f)}
    return {
        "person": _by_key(Person.objects.filter(pk__in=people)),
        "dose": _by_key(Dose.objects.filter(pk__in=doses)),
    }


def _by_key(rows: Any) -> dict[int, str]:
    return {pk: str(ref) for pk, ref in rows.values_list("pk", "ref")}


_KEYS: Final = ("person", "origin", "merged_into")


def _written(entry: FeedEntry, refs: dict[str, dict[int, str]]) -> dict[str, Any]:
    """Return a correction as others read it: references instead of our keys."""
    correction = entry.correction
    people = refs["person"]

    def side(fields: dict[str, str]) -> dict[str, str]:
        return {
            field: people[int(value)] if field in _KEYS and value else value
            for field, value in fields.items()
        }

    return {
        "position": entry.position,
        "ref": str(correction.ref),
        "operation": correction.operation,
        "target": correction.target,
        "target_ref": refs[correction.target][correction.target_id],
        "version": correction.version_before + 1,
        "before": side(correction.before),
        "after": side(correction.after),
        "reason": correction.reason,
        "source": correction.source,
        "applied_at": correction.applied_at.isoformat(),
        "part_of": str(correction.part_of.ref) if correction.part_of else None,
        "reverses": str(correction.reverses.ref) if correction.reverses else None,
    }
