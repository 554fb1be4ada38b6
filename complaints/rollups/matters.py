"""The measured rows: read what happened to matters, measure them, keep the result."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.db import connection

from complaints import policies
from complaints.models import Policy
from complaints.rollups import signs
from complaints.rollups.measuring import REFILED, Matter, Step, measured
from complaints.rules import gaming, terms
from complaints.rules.clock import Moment, Terms
from portal.registry.models import Organization


class Cell(NamedTuple):
    """Names the figures of an organization's month, all kinds of it."""

    organization: int
    cohort: str
    month: date


# Instants travel as numbers: reading one as text takes longer than the clock does.
_MICROS: Final = "(extract(epoch FROM {}) * 1000000)::bigint"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MATTERS: Final = f"""
SELECT c.id, c.kind, c.status, c.round, c.holder_id, c.policy_id,
  {_MICROS.format("c.submitted_at")},
  {_MICROS.format("c.ended_at")},
  c.ended_at IS NOT NULL AND EXISTS (
    SELECT FROM complaints_complaint again WHERE again.subject_key = c.subject_key
      AND again.submitted_at > c.ended_at
      AND again.submitted_at <= c.ended_at + make_interval(days => %s::int)),
  s.channel, coalesce((
    SELECT r.word FROM complaints_rating r WHERE r.complaint_id = c.id
    ORDER BY r.round DESC LIMIT 1), '')
FROM complaints_complaint c JOIN complaints_submission s ON s.id = c.submission_id
WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id"""

_STEPS: Final = f"""
SELECT complaint_id, id, move, status, {_MICROS.format("at")}, round, holder_id, actor,
  coalesce(data ->> 'outcome', ''),
  jsonb_exists_any(data, ARRAY['unit_change', 'glass']), jsonb_exists(data, 'bulk'),
  CASE move WHEN 'extend' THEN coalesce((data ->> 'hours')::int, 0) ELSE 0 END
FROM complaints_event WHERE complaint_id = ANY(%s::bigint[])
ORDER BY complaint_id, seq"""

_COLUMNS: Final = {
    "complaint_id": "bigint",
    "holder_id": "bigint",
    "kind": "text",
    "channel": "text",
    "sent_on": "date",
    "ended_on": "date",
    "is_open": "boolean",
    "is_resolved": "boolean",
    "is_on_time": "boolean",
    "is_lapsed": "boolean",
    "is_left_late": "boolean",
    "is_untouched": "boolean",
    "late_from": "timestamptz",
    "runs_from": "timestamptz",
    "spent": "integer",
    "first_answer": "integer",
    "answer_late_from": "timestamptz",
    "bucket": "smallint",
    "answer_bucket": "smallint",
    "left_bucket": "smallint",
    "rounds": "smallint",
    "outcome": "text",
    "asks": "smallint",
    "hops": "smallint",
    "is_disagreed": "boolean",
    "is_reversed": "boolean",
    "is_self_corrected": "boolean",
    "is_kept_unseen": "boolean",
    "is_refiled": "boolean",
    "rating": "text",
    "waited": "integer",
    "checked": "integer",
    "paused": "integer",
    "elsewhere": "integer",
    "seconded": "integer",
    "held_by": "jsonb",
    "event": "bigint",
}
_NAMES: Final = ", ".join(_COLUMNS)
# What figures are counted from: a note is news, and changes none of it.
_FACTS: Final = [name for name in _COLUMNS if name != "event"]

# All parts of a statement see the rows as they were before it. Rows are put in by their
# key, so the planner's guess of how many there are does no harm.
_KEEP: Final = f"""
WITH fresh AS MATERIALIZED (
  SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())})
    AS f ({_NAMES})
), changed AS MATERIALIZED (
  SELECT f.holder_id, f.sent_on, f.ended_on, m.holder_id AS old_holder_id,
    m.sent_on AS old_sent_on, m.ended_on AS old_ended_on
  FROM fresh f LEFT JOIN complaints_measure m USING (complaint_id)
  WHERE ({", ".join(f"f.{name}" for name in _FACTS)})
    IS DISTINCT FROM ({", ".join(f"m.{name}" for name in _FACTS)})
), stored AS (
  INSERT INTO complaints_measure ({_NAMES}) SELECT {_NAMES} FROM fresh
  ON CONFLICT (complaint_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in list(_COLUMNS)[1:])}
), touched AS (
  SELECT holder_id, sent_on, ended_on FROM changed
  UNION
  SELECT old_holder_id, old_sent_on, old_ended_on FROM changed
  WHERE old_holder_id IS NOT NULL
)
SELECT holder_id, 'opened', date_trunc('month', sent_on)::date FROM touched
UNION
SELECT holder_id, 'closed', date_trunc('month', ended_on)::date FROM touched
WHERE ended_on IS NOT NULL"""


def keep(complaint_ids: Iterable[int]) -> set[Cell]:
    """Measure these matters anew; return the cells of all whose measure changed.

    Safe to repeat. Cells are those where a matter lay before and those where it lies
    now. Needs the system's scope, and its caller's transaction.
    """
    ids = list(complaint_ids)
    found: list[tuple[int, gaming.Sign]] = []
    rows = list(_measured(ids, found))
    if not rows:
        return set()
    signs.replace(ids, found)
    columns = [[row[name] for row in rows] for name in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, columns)
        return {Cell(*row) for row in cursor.fetchall()}


def _measured(
    ids: list[int], found: list[tuple[int, gaming.Sign]]
) -> Iterator[dict[str, Any]]:
    """Yield the measure of each matter; add the signs of gaming to ``found``."""
    with connection.cursor() as cursor:
        cursor.execute(_MATTERS, [REFILED.days, ids])
        matters = [_matter(row) for row in cursor.fetchall()]
        cursor.execute(_STEPS, [ids])
        happened = cursor.fetchall()
    events = {key: list(rows) for key, rows in groupby(happened, itemgetter(0))}
    allowed = _Allowed(happened)
    for matter in matters:
        rows = events[matter.complaint_id]
        steps = [_step(row) for row in rows]
        row, marks = measured(matter, steps, terms=allowed.to(matter, steps))
        found += [(matter.complaint_id, mark) for mark in marks]
        held_by = row["held_by"]
        yield row | {
            "held_by": None if held_by is None else json.dumps(held_by),
            "event": rows[-1][1],
        }


def _matter(row: Sequence[Any]) -> Matter:
    key, kind, status, number, holder, policy, submitted, ended, *flags = row
    is_refiled, channel, rating = flags
    return Matter(
        complaint_id=key,
        kind=kind,
        status=status,
        round=number,
        holder_id=holder,
        policy_id=policy,
        submitted_at=_at(submitted),
        ended_at=None if ended is None else _at(ended),
        is_refiled=is_refiled,
        channel=channel,
        rating=rating,
    )


def _step(row: Sequence[Any]) -> Step:
    _complaint, _event, move, status, micros, number, holder, *facts, hours = row
    extra = timedelta(hours=hours)
    return Step(Moment(move, status, _at(micros), number, holder, extra), *facts)


def _at(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


class _Allowed:
    """What policies allowed in each round; each is looked up once."""

    def __init__(self, events: Sequence[Sequence[Any]]) -> None:
        """``events``: rows of the matters that will be asked about."""
        instants = [row[4] for row in events]
        days = (min(instants), max(instants)) if instants else ()
        self._reading = policies.Reading([policies.day_of(_at(day)) for day in days])
        rows = Policy.objects.select_related("organization")
        self._rows = {row.pk: row for row in rows}
        self._bodies: dict[int, Organization] = {}
        # Where all count wall time and are for everybody, nobody's place matters.
        if any(row.in_office or not terms.is_general(row) for row in rows):
            given = {row[6] for row in events if row[2] in policies.GIVEN}
            self._bodies = Organization.objects.in_bulk(given)

    def to(self, matter: Matter, steps: Sequence[Step]) -> list[Terms]:
        """Return the terms of each round; raise LookupError where no policy held.

        Of the newest round by the row that the queue counts by, else by the one in
        force on the day on which the round began, for whoever got it first; so a later
        row, or a later round's, changes nothing of an earlier round. Office hours are
        those of whoever got the round first, else the country's.
        """
        found = []
        for number in range(1, steps[-1].moment.round + 1):
            moments = [s.moment for s in steps if s.moment.round == number]
            begins = min(moment.at for moment in moments)
            given = (m.holder for m in moments if m.move in policies.GIVEN)
            body = self._bodies.get(next(given, 0))
            day = policies.day_of(begins)
            policy = self._policy(matter, number, day=day, body=body)
            path = body.path if body else ""
            found.append(self._reading.terms(policy, path=path, day=day))
        return found

    def _policy(
        self,
        matter: Matter,
        number: int,
        *,
        day: date,
        body: Organization | None,
    ) -> Policy:
        if number == matter.round:
            if matter.policy_id is not None:
                return self._rows[matter.policy_id]
            body = None
        return terms.in_force(self._rows.values(), kind=matter.kind, day=day, body=body)
