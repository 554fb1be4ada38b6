"""Do waiting work without a broker: the poller that drains the same outbox."""

import signal
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)
from django.utils import timezone

from complaints import integrity, rollups
from complaints.actions import clockwork
from portal.common import outbox
from portal.registry.imports import staging as lists
from portal.registry.population import figures


class Command(BaseCommand):
    help = "Drain the outbox: once, or with --poll every second until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--poll", action="store_true", help="go on until stopped")

    def handle(self, *, poll: bool, **options: Any) -> None:
        stop = threading.Event()
        if poll:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
        if not poll:
            self._round(0)
            self._ask_others(0)
            return
        # What waits for another system waits in a thread of its own.
        slow = threading.Thread(target=self._loop, args=(self._ask_others, stop))
        slow.start()
        self._loop(self._round, stop)
        slow.join()

    def _loop(self, work: Callable[[int], None], stop: threading.Event) -> None:
        """Work every second until told to stop; give the thread's connection back."""
        rounds = 0
        while True:
            try:
                work(rounds)
            except (OperationalError, InterfaceError):
                # The database is away: say so in the log it keeps, try again later.
                self.stderr.write("database away, trying again in a second")
                close_old_connections()
            rounds += 1
            if stop.wait(1.0):
                break
        connections.close_all()

    def _ask_others(self, rounds: int) -> None:
        for queue in settings.OUTBOX_SLOW:
            outbox.drain(queue=queue, rounds=5)

    def _round(self, rounds: int) -> None:
        queues = {queue for queue, _ in settings.OUTBOX.values()}
        for queue in sorted(queues - set(settings.OUTBOX_SLOW)):
            outbox.drain(queue=queue)
        if settings.REDIS_URL:
            return
        # Without a broker there is no beat: the poller does what it would start.
        at = timezone.now()
        if rounds % 20 == 0:
            rollups.rebuild_changed(at=at)
        if rounds % 30 == 0:
            figures.rebuild_changed(at=at)
        if rounds % 60 == 0:
            clockwork.run(at=at)
        if rounds % 300 == 0:
            integrity.reconcile(at=at)
            integrity.seal_days(at=at)
            lists.forget_expired(at=at)
