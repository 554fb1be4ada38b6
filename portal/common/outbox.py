"""Work that a committed transaction owes, done at least once and told once.

A row is written in the transaction that owes the work. Whoever looks first, a worker
woken by Celery, the sweep or the poller, claims due rows in a short transaction that
raises ``attempts`` and sets a lease, and does the work in a second one. So a crash
counts as an attempt, a lost message costs a second, and a row that fails five times is
parked for a person instead of looping (docs/adr/0001-outbox.md).
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from celery import Celery
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from portal.common import scope
from portal.common.models import Outbox

logger = logging.getLogger("portal.outbox")

ATTEMPTS: Final = 5
AT_ONCE: Final = 1000
LEASE: Final = timedelta(seconds=60)
# The n-th failure waits this long; five failures take about ten minutes.
DELAYS: Final = tuple(timedelta(seconds=s) for s in (2, 15, 60, 300, 300))
COALESCE_SECONDS: Final = 0.1
BREAKER_SECONDS: Final = 5.0

Handler = Callable[..., None]


def outside_transaction(handler: Handler) -> Handler:
    """Mark a handler that talks to another system: no transaction is held meanwhile."""
    handler.outside = True  # type: ignore[attr-defined]  # set on a function
    return handler


def add(
    kind: str,
    subjects: list[int],
    *,
    at: datetime,
    delay: timedelta = timedelta(0),
) -> None:
    """Owe work on each subject in this transaction, and wake a worker after it.

    The same kind and subject is owed once. A dead broker costs nothing here: the
    wake-up is skipped and the poller finds the row.
    """
    Outbox.objects.bulk_create(
        [Outbox(kind=kind, subject=pk, next_at=at + delay) for pk in subjects],
        ignore_conflicts=True,
    )
    if not delay:
        queue = settings.OUTBOX[kind][0]
        transaction.on_commit(partial(wake_up, queue), robust=True)


def postpone(kind: str, subjects: list[int], *, at: datetime, delay: timedelta) -> None:
    """Put work off that cannot be done now through no fault of its own.

    For handlers, about rows that they hold: no try is counted, so another system may
    be away for days without anything being parked.
    """
    Outbox.objects.filter(kind=kind, subject__in=subjects, done_at=None).update(
        next_at=at + delay, attempts=0, lease_until=None, claim=None
    )


def hasten(kind: str, subjects: list[int], *, at: datetime) -> None:
    """Make work due now that was owed for later, and wake a worker after commit."""
    Outbox.objects.filter(
        kind=kind, subject__in=subjects, done_at=None, next_at__gt=at
    ).update(next_at=at)
    transaction.on_commit(partial(wake_up, settings.OUTBOX[kind][0]), robust=True)


def withdraw(kind: str, subjects: list[int]) -> bool:
    """Owe work no longer; return whether none of it can have been done.

    Waits for who is doing it inside a transaction. What talks to another system counts
    as begun from the moment it was claimed, and stays owed then.
    """
    rows = Outbox.objects.filter(kind=kind, subject__in=subjects)
    locked = list(rows.select_for_update().order_by("pk"))
    handler = import_string(settings.OUTBOX[kind][1])
    is_outside = getattr(handler, "outside", False)
    if any(row.done_at or (is_outside and row.attempts) for row in locked):
        return False
    rows.filter(pk__in=[row.pk for row in locked]).delete()
    return True


def again(kind: str, subjects: list[int], *, at: datetime) -> None:
    """Owe work once more that was given up or is said to be done, with fresh tries."""
    Outbox.objects.filter(kind=kind, subject__in=subjects).update(
        next_at=at,
        attempts=0,
        lease_until=None,
        claim=None,
        done_at=None,
        dead_at=None,
    )
    add(kind, subjects, at=at)


def has_given_up(kind: str, subjects: list[int]) -> bool:
    """Tell whether some of this work was parked: nobody tries it any more."""
    return Outbox.objects.filter(
        kind=kind, subject__in=subjects, dead_at__isnull=False
    ).exists()


def unbegun(kind: str, subjects: list[int]) -> set[int]:
    """Return the subjects on which work is owed that nobody has begun, locked.

    Whoever changes what that work reads knows so that it will be seen.
    """
    rows = Outbox.objects.filter(kind=kind, subject__in=subjects, done_at=None)
    waiting = rows.filter(attempts=0).select_for_update().order_by("pk")
    return set(waiting.values_list("subject", flat=True))


_publisher = Celery("publisher", set_as_current=False)
_publisher.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options={
        "socket_connect_timeout": 0.3,
        "socket_timeout": 0.5,
        "retry_on_timeout": False,
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    broker_connection_retry=False,
    broker_connection_timeout=0.3,
    redis_socket_connect_timeout=0.3,
    redis_socket_timeout=0.5,
    redis_retry_on_timeout=False,
    task_ignore_result=True,
)
_woken: dict[str, float] = {}
_broken_until = 0.0


def wake_up(queue: str) -> bool:
    """Tell a worker of the queue to look; return whether a message was sent.

    At most one message per 100 ms, queue and process. After a failure none is tried
    for five seconds, so that a dead broker cannot slow the requests down.
    """
    global _broken_until
    now = time.monotonic()
    if not settings.REDIS_URL or now < _broken_until:
        return False
    if now - _woken.get(queue, -1.0) < COALESCE_SECONDS:
        return False
    _woken[queue] = now
    seconds = settings.OUTBOX_SECONDS.get(queue)
    limits = {"time_limit": seconds, "soft_time_limit": seconds - 10} if seconds else {}
    try:
        _publisher.send_task(
            "outbox.drain", kwargs={"queue": queue}, queue=queue, retry=False, **limits
        )
    except (OSError, KombuError, RedisError) as error:
        _broken_until = time.monotonic() + BREAKER_SECONDS
        logger.warning("wake_up.skipped", extra={"reason": type(error).__name__})
        return False
    return True


@dataclass(frozen=True)
class Claimed:
    """Rows of one kind that this process holds under one token until the lease ends."""

    kind: str
    token: uuid.UUID
    subjects: list[int]
    attempts: int
    at: datetime


def drain(
    *,
    queue: str,
    at: datetime | None = None,
    limit: int | None = None,
    rounds: int = 1000,
    seconds: float | None = None,
) -> int:
    """Do the work that is due in a queue; return how many rows were done.

    ``at`` is for tests and replays; None means the database's own clock, which is the
    only one that several machines share. After so many ``seconds`` nothing more is
    claimed, and a worker is woken to go on. ``limit`` rows are claimed at once, where
    not as many as the settings have it.
    """
    kinds = [kind for kind, (name, _) in settings.OUTBOX.items() if name == queue]
    limit = limit or settings.OUTBOX_AT_ONCE.get(queue, AT_ONCE)
    begun = time.monotonic()
    done = 0
    for _ in range(rounds):
        claims = _claim(kinds, at=at, limit=limit)
        if not claims:
            break
        done += sum(_work(claimed) for claimed in claims)
        if seconds is not None and time.monotonic() - begun > seconds:
            wake_up(queue)
            break
    return done


def _claim(kinds: list[str], *, at: datetime | None, limit: int) -> list[Claimed]:
    """Claim due rows: fresh ones as a set, those that failed before one by one.

    A row that kills its process takes its whole set with it once, never twice.
    """
    token = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH clock AS (
              SELECT coalesce(%(at)s, clock_timestamp()) AS now
            ), due AS (
              SELECT o.id, o.attempts,
                     row_number() OVER (PARTITION BY o.attempts > 0 ORDER BY o.next_at)
                       AS place
              FROM (
                SELECT id, attempts, next_at FROM common_outbox, clock
                WHERE kind = ANY(%(kinds)s) AND done_at IS NULL AND dead_at IS NULL
                  AND next_at <= clock.now
                  AND (lease_until IS NULL OR lease_until < clock.now)
                ORDER BY next_at LIMIT %(limit)s
                FOR UPDATE OF common_outbox SKIP LOCKED
              ) o
            )
            UPDATE common_outbox o SET
              attempts = o.attempts + (o.attempts < %(most)s)::int,
              dead_at = CASE WHEN o.attempts >= %(most)s THEN clock.now END,
              lease_until = clock.now + %(lease)s::interval,
              claim = %(token)s
            FROM due, clock
            WHERE o.id = due.id
              AND (due.attempts = 0 OR due.attempts > 0 AND due.place <= 1)
            RETURNING o.kind, o.subject, o.attempts, o.dead_at, clock.now
            """,
            {
                "at": at,
                "kinds": kinds,
                "limit": limit,
                "most": ATTEMPTS,
                "lease": f"{LEASE.total_seconds()} seconds",
                "token": token,
            },
        )
        rows = cursor.fetchall()
    for kind, subject, _, dead_at, _ in rows:
        if dead_at:
            logger.error("outbox.parked", extra={"kind": kind, "subject": subject})
    alive = sorted((r[0], r[2] > 1, r[1], r[2], r[4]) for r in rows if not r[3])
    claims = []
    for (kind, retried), group in groupby(alive, key=lambda row: row[:2]):
        members = list(group)
        if retried:
            claims += [Claimed(kind, token, [m[2]], m[3], m[4]) for m in members]
        else:
            claims.append(
                Claimed(kind, token, [m[2] for m in members], 1, members[0][4])
            )
    return claims


def _work(claimed: Claimed) -> int:
    """Do what was claimed; where a set fails, try its members one by one."""
    handler: Any = import_string(settings.OUTBOX[claimed.kind][1])
    try:
        if getattr(handler, "outside", False):
            handler(claimed.subjects, at=claimed.at)
            return _finish(claimed, claimed.subjects)
        with scope.system():
            mine = _still_mine(claimed)
            if mine:
                handler(mine, at=claimed.at)
            return _finish(claimed, mine)
    except Exception as error:  # a poison row may raise anything; it is put off, told
        logger.warning(
            "outbox.failed",
            extra={"kind": claimed.kind, "rows": len(claimed.subjects)},
            exc_info=True,
        )
        if len(claimed.subjects) > 1:
            return sum(
                _work(Claimed(claimed.kind, claimed.token, [pk], 1, claimed.at))
                for pk in claimed.subjects
            )
        _put_off(claimed, error)
        return 0


def _still_mine(claimed: Claimed) -> list[int]:
    """Lock and return the subjects that nobody took over since the claim."""
    return list(
        _rows(claimed, claimed.subjects)
        .select_for_update()
        .order_by("pk")
        .values_list("subject", flat=True)
    )


def _finish(claimed: Claimed, subjects: list[int]) -> int:
    return _rows(claimed, subjects).update(
        done_at=claimed.at, lease_until=None, last_error=""
    )


def _put_off(claimed: Claimed, error: Exception) -> None:
    """Release a row for a later try, or park it after the last one."""
    is_last = claimed.attempts >= ATTEMPTS
    delay = DELAYS[min(claimed.attempts, len(DELAYS)) - 1]
    _rows(claimed, claimed.subjects).update(
        lease_until=None,
        next_at=claimed.at + delay,
        dead_at=claimed.at if is_last else None,
        # The error's text may hold what somebody typed; its name does not.
        last_error=type(error).__name__,
    )
    if is_last:
        logger.error(
            "outbox.parked",
            extra={"kind": claimed.kind, "subject": claimed.subjects[0]},
        )


def _rows(claimed: Claimed, subjects: list[int]) -> Any:
    return Outbox.objects.filter(
        kind=claimed.kind, subject__in=subjects, claim=claimed.token, done_at=None
    )
