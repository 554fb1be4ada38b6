"""Committed rows for tests with several connections, and how their ends are read."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.db import connection, connections

from complaints.models import Policy
from portal.common import outbox, scope
from tests.factories import NOON

_WAITS: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def lay_ground() -> None:
    """Put the policy back, which the flush after a committed test takes away."""
    Policy.objects.get_or_create(
        kind="",
        valid_from=date(2021, 3, 8),
        defaults={
            "repair_hours": 48,
            "first_answer_hours": 24,
            "pause_days": 10,
            "disagree_days": 30,
            "source": "dispatch 9458/BYT-CNTT",
        },
    )


def at_once(count: int, action: Callable[[int], Any]) -> list[Any]:
    """Call an action from so many threads at the same moment, each with a connection.

    Return what each returned or raised, in order of the threads.
    """
    ends: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def call(index: int) -> None:
        try:
            barrier.wait(20)
            ends[index] = action(index)
        except Exception as error:  # what was raised is what the test looks at
            ends[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return ends


def behind(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Return what ``second`` returns or raises, begun while ``first`` is uncommitted.

    The first commits once the second waits for a lock, or has ended. Both see all rows.
    """
    is_held, ended = threading.Event(), threading.Event()

    def hold() -> None:
        first()
        is_held.set()
        with connection.cursor() as cursor:
            for _ in range(400):
                cursor.execute(_WAITS)
                if cursor.fetchone()[0] or ended.wait(0.05):
                    return

    def follow() -> Any:
        assert is_held.wait(20)
        try:
            return second()
        finally:
            ended.set()

    held, followed = at_once(2, lambda n: in_system((hold, follow)[n]))
    assert held is None, held
    return followed


def drain_all(at=NOON) -> int:
    """Do all that is due at an instant, follow-ups included; return how many rows."""
    done = 0
    for _ in range(3):
        for queue in ("route", "population", "notify", "import"):
            done += outbox.drain(queue=queue, at=at)
    return done


def in_system(action: Callable[[], Any]) -> Any:
    """Return what an action reads with all rows in sight."""
    with scope.system():
        return action()
