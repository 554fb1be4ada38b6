"""Do waiting work without a broker: the poller that drains the same outbox."""

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from celery.schedules import maybe_schedule
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.utils import timezone

from portal.celery import app
from portal.common import database, outbox
from portal.common.tasks import BEGIN_WITHIN

logger = logging.getLogger("portal.work")


class Command(BaseCommand):
    help = "Drain the outbox: once, or with --poll every second until stopped."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._started: dict[str, datetime] = {}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--poll", action="store_true", help="go on until stopped")

    def handle(self, *, poll: bool, **options: Any) -> None:
        stop = threading.Event()
        if poll:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
        queues = sorted({queue for queue, _ in settings.OUTBOX.values()})
        if not poll:
            # Twice: what is done in one queue makes work for another.
            for queue in (*queues, *queues):
                outbox.drain(queue=queue)
            if not settings.REDIS_URL:
                for _name, entry in _duties():
                    if isinstance(entry["schedule"], float):
                        _start(entry)
            return
        # Each queue has a thread: routing never stands behind a gateway that is slow.
        works: list[Callable[[], object]] = [
            partial(outbox.drain, queue=queue, seconds=BEGIN_WITHIN) for queue in queues
        ]
        if not settings.REDIS_URL:
            works += [partial(self._start_due, queue) for queue in _queues_of_duties()]
        threads = [
            threading.Thread(target=self._loop, args=(work, stop)) for work in works
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _loop(self, work: Callable[[], object], stop: threading.Event) -> None:
        """Work every second until told to stop; give the thread's connection back.

        Whatever fails, the thread goes on: nobody would miss it while others live.
        """
        while True:
            try:
                work()
            except Exception as error:
                if database.is_away(error):
                    # Say so in the log that this process keeps, try again later.
                    self.stderr.write("database away, trying again in a second")
                else:
                    logger.exception("work.failed")
                # A server that only reads keeps the line open: ask for another one.
                connections.close_all()
            if stop.wait(1.0):
                break
        connections.close_all()

    def _start_due(self, queue: str) -> None:
        """Do what beat would start, by its own table: without a broker is no beat.

        Each queue's in a thread of its own: what reads the whole registry at night
        keeps no clock from being looked at.
        """
        now = timezone.now()
        for name, entry in _duties():
            if _queue_of(entry) != queue:
                continue
            last = self._started.setdefault(name, now)
            if maybe_schedule(entry["schedule"]).is_due(last).is_due:
                self._started[name] = now
                _start(entry)


def _duties() -> list[tuple[str, dict[str, Any]]]:
    """Return what beat starts, without the outbox, which the poller drains itself."""
    app.loader.import_default_modules()
    return [
        (name, entry)
        for name, entry in app.conf.beat_schedule.items()
        if not entry["task"].startswith("outbox.")
    ]


def _queue_of(entry: Mapping[str, Any]) -> str:
    """Return where beat would put a duty; '' for the workers' usual queue."""
    return str(entry.get("options", {}).get("queue", ""))


def _queues_of_duties() -> list[str]:
    return sorted({_queue_of(entry) for _name, entry in _duties()})


def _start(entry: Mapping[str, Any]) -> None:
    """Call a task here; one that fails keeps no other from its turn."""
    try:
        app.tasks[entry["task"]](**entry.get("kwargs", {}))
    except Exception as error:
        if database.is_away(error):
            raise
        logger.exception("beat.failed", extra={"task": entry["task"]})
