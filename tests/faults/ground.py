"""Committed rows for tests with several connections, and how their ends are read."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connections

from complaints.models import Policy
from portal.common import outbox, scope
from tests.factories import NOON


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
