"""Do waiting work without a broker: the poller that drains the same outbox."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from complaints import integrity, rollups
from complaints.actions import escalation
from portal.common import outbox


class Command(BaseCommand):
    help = "Drain the outbox: once, or with --poll every second until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--poll", action="store_true", help="go on until stopped")

    def handle(self, *, poll: bool, **options: Any) -> None:
        stop = threading.Event()
        if poll:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
        rounds = 0
        while True:
            try:
                self._round(rounds)
            except (OperationalError, InterfaceError):
                # The database is away: say so in the log it keeps, try again later.
                self.stderr.write("database away, trying again in a second")
                close_old_connections()
            rounds += 1
            if not poll or stop.wait(1.0):
                return

    def _round(self, rounds: int) -> None:
        for queue in sorted({queue for queue, _ in settings.OUTBOX.values()}):
            outbox.drain(queue=queue)
        if settings.REDIS_URL:
            return
        # Without a broker there is no beat: the poller does what it would start.
        at = timezone.now()
        if rounds % 20 == 0:
            rollups.rebuild_changed(at=at)
        if rounds % 60 == 0:
            escalation.mark_overdue(at=at)
            escalation.lapse(at=at)
        if rounds % 300 == 0:
            integrity.reconcile(at=at)
            integrity.seal_days(at=at)
