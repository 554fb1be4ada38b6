"""Follow the feed of corrections as the national platform would, for demo and tests."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.registry.platform_simulator import Follower, run


class Command(BaseCommand):
    help = "Read the portal's corrections in order, and confirm them, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="the portal's address")
        parser.add_argument("--every", type=float, default=5.0, help="seconds")
        parser.add_argument("--late", type=float, default=20.0, help="seconds")

    def handle(self, *, url: str, every: float, late: float, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("there is no simulator in production")
        if not settings.FEED_TOKEN:
            raise CommandError("FEED_TOKEN is missing")
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        cursor = settings.DATA_DIR / "platform-cursor"
        follower = Follower(url, settings.FEED_TOKEN, cursor, late)
        run(follower, every=every, stopped=stopped)
