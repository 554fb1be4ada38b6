"""Keeping the figures: measured and counted anew where something happened.

Three layers, each made from the one below and never added to: a measure of each matter,
exact figures of each organization's months, figures of whole subtrees.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from complaints.models import Figure, SubtreeFigure, Watermark
from complaints.rollups import cells, matters, subtrees
from complaints.rollups.counting import PLAN_ANEW
from complaints.rollups.matters import Cell
from complaints.rollups.measuring import REFILED
from portal.common import scope
from portal.registry.models import Organization

WATERMARK: Final = "figures"
# When a first count began that is not whole yet.
_BEGUN: Final = "figures begun"
# Events are numbered before they are committed: those of the last minutes are looked
# at again, so that one of a slow transaction is not passed over.
OVERLAP: Final = timedelta(minutes=10)
_CHUNK: Final = 2000
# Events of one part: a few seconds of a worker that is stopped after 50.
PART: Final = 20_000


def rebuild_changed(
    *, at: datetime, limit: int | None = PART, seconds: float | None = None
) -> int:
    """Bring the figures up to date; return how many figures of organizations changed.

    Measures the matters with events since the last time, and counts the cells where
    that changed anything or where an open matter fell due meanwhile. So many events at
    a time (None: all at once), each part a transaction: figures above never lag behind
    those below, and who is stopped keeps the parts before. After so many ``seconds``
    the rest waits for the next call; until all is counted the figures say the time at
    which that was so last. Safe to repeat; who calls at the same time takes turns, and
    nothing is counted as of an instant before that at which all was counted last.
    """
    begun = time.monotonic()
    written = 0
    while True:
        more, is_whole = _rebuild_part(at=at, limit=limit)
        written += more
        if is_whole or (seconds is not None and time.monotonic() - begun >= seconds):
            return written


def age(*, at: datetime) -> timedelta | None:
    """Return for how long the figures have not been brought up to date; None: never."""
    mark = Watermark.objects.filter(name=WATERMARK).first()
    return None if mark is None or mark.at is None else at - mark.at


def _rebuild_part(*, at: datetime, limit: int | None) -> tuple[int, bool]:
    """Count one part anew; return how many figures changed, and whether it was all.

    What is no event, a word of a citizen or time alone, is looked at in the last part:
    then no news is left that it could hide, and all parts were counted as of some
    instant since that from which it is looked for.
    """
    with scope.system():
        take_turn()
        mark, _ = Watermark.objects.get_or_create(name=WATERMARK)
        since = mark.at or _begun(at=at)
        at = max(at, since)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLED, [mark.event, mark.event, at - OVERLAP])
            settled = cursor.fetchone()[0]
            limits = [limit, REFILED.days, limit, since - OVERLAP]
            cursor.execute(_WITH_NEWS, [mark.event, *limits])
            rows = cursor.fetchall()
        last, read = rows[0][1:] if rows else (None, 0)
        is_whole = limit is None or read < limit
        changed = _measure([row[0] for row in rows])
        if is_whole:
            changed |= set(_fallen_due(since, at=at))
            mark.event, mark.at = settled, at
            Watermark.objects.filter(name=_BEGUN).delete()
        else:
            mark.event = max(mark.event, min(settled, last))
        written = _count(changed, at=at)
        mark.save()
    return written, is_whole


def _begun(*, at: datetime) -> datetime:
    """Return when the first count began, which may be now."""
    row, _ = Watermark.objects.get_or_create(name=_BEGUN, defaults={"at": at})
    return row.at or at


def rebuild_all(*, at: datetime) -> int:
    """Measure and count everything from nothing; return how many figures there are."""
    with scope.system():
        take_turn()
        with connection.cursor() as cursor:
            for table in ("subtreefigure", "figure", "measure", "gamingsign"):
                cursor.execute(f"DELETE FROM complaints_{table}")
        Watermark.objects.filter(name__in=(WATERMARK, _BEGUN)).delete()
        return rebuild_changed(at=at, limit=None)


def measure_anew(complaint_ids: list[int], *, at: datetime) -> None:
    """Measure matters again though nothing happened to them: the calendar changed.

    Those with news are left to the next refresh: measured here, they would hide what
    their news says of others. Needs the system's scope and its caller's transaction,
    which took its turn before it locked any of them.
    """
    take_turn()
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_NEWS, [complaint_ids])
        ids = [row[0] for row in cursor.fetchall()]
    _count(_measure(ids), at=at)


def follow_move(organization: Organization, *, was_below: int, at: datetime) -> None:
    """Put together anew the wholes that an organization left, and those it came to.

    Of all months, as figures follow the tree of the day; the organization's own are as
    before. Needs the system's scope and its caller's transaction.
    """
    take_turn()
    lower = Organization.objects.filter(path__below=organization.path)
    moved = [
        Cell(*row)
        for row in Figure.objects.filter(organization__in=lower)
        .order_by()
        .values_list("organization", "cohort", "month")
        .distinct()
    ]
    if organization.path.count("/") > subtrees.LEVELS + 1:
        SubtreeFigure.objects.filter(organization=organization).delete()
    left = [cell._replace(organization=was_below) for cell in moved]
    subtrees.merge([*moved, *left], at=at)


def _measure(ids: Sequence[int]) -> set[Cell]:
    """Measure matters anew, so many at a time; return the cells that changed."""
    changed: set[Cell] = set()
    for start in range(0, len(ids), _CHUNK):
        changed |= matters.keep(ids[start : start + _CHUNK])
    return changed


def _count(changed: set[Cell], *, at: datetime) -> int:
    """Recount cells and the wholes above them; return how many figures changed."""
    written = cells.recount(changed, at=at)
    subtrees.merge(changed, at=at)
    return written


def take_turn() -> None:
    """Wait until nobody else changes figures, until the end of the transaction.

    To be called before any matter or organization is locked: a refresh has the turn
    while it waits for both.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('figures'))")
        cursor.execute(PLAN_ANEW)


def _fallen_due(since: datetime, *, at: datetime) -> Iterator[Cell]:
    """Yield the cells of open matters that fell due between two instants."""
    with connection.cursor() as cursor:
        cursor.execute(_FALLEN_DUE, [since, at, since, at])
        for row in cursor.fetchall():
            yield Cell(*row)


# What is overdue is dated back, so it does not tell what was written when.
_SETTLED: Final = """
SELECT coalesce(max(id), %s::bigint) FROM complaints_event
WHERE id > %s::bigint AND at <= %s::timestamptz AND move <> 'overdue'"""

# A new matter may be an ended one reported again; one that was never measured will be
# when its own news is read, which is to tell what it repeats. A citizen's word is no
# event.
_WITH_NEWS: Final = """
WITH news AS MATERIALIZED (
  SELECT e.id, e.complaint_id, e.move FROM complaints_event e
  WHERE e.id > %s::bigint AND NOT EXISTS (
    SELECT FROM complaints_measure m
    WHERE m.complaint_id = e.complaint_id AND m.event >= e.id)
  ORDER BY e.id LIMIT %s::bigint
)
SELECT complaint_id, (SELECT max(id) FROM news), (SELECT count(*) FROM news) FROM (
SELECT complaint_id FROM news
UNION
SELECT before.id FROM news
JOIN complaints_complaint c ON c.id = news.complaint_id
JOIN complaints_complaint before ON before.subject_key = c.subject_key
  AND before.submitted_at < c.submitted_at
WHERE news.move = 'submit'
  AND before.ended_at >= c.submitted_at - make_interval(days => %s::int)
  AND EXISTS (SELECT FROM complaints_measure m WHERE m.complaint_id = before.id)
UNION
SELECT complaint_id FROM complaints_rating
WHERE (SELECT count(*) FROM news) < coalesce(%s::bigint, 'infinity'::float8)
  AND at >= %s::timestamptz
) found ORDER BY complaint_id"""

_WITHOUT_NEWS: Final = """
SELECT m.complaint_id FROM complaints_measure m
WHERE m.complaint_id = ANY(%s::bigint[]) AND NOT EXISTS (
  SELECT FROM complaints_event e
  WHERE e.complaint_id = m.complaint_id AND e.id > m.event)
ORDER BY 1"""

# Only open matters are overdue, and they belong to months of sending.
_FALLEN_DUE: Final = """
SELECT holder_id, 'opened', date_trunc('month', sent_on)::date
FROM complaints_measure
WHERE is_open AND late_from >= %s::timestamptz AND late_from < %s::timestamptz
UNION
SELECT holder_id, 'opened', date_trunc('month', sent_on)::date
FROM complaints_measure
WHERE first_answer IS NULL
  AND answer_late_from >= %s::timestamptz AND answer_late_from < %s::timestamptz"""
