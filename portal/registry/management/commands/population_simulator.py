"""Run a population database for demo and tests, on this machine only."""

import json
import signal
import threading
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.registry.population.simulator import Faults, Server, State


class Command(BaseCommand):
    help = (
        "Answer as the national population database would, from the demo's own table."
        " Prints its address as JSON, then serves until stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="default: a free one")
        for fault in fields(Faults):
            kind: Any = fault.type
            parser.add_argument(
                f"--{fault.name.replace('_', '-')}", type=kind, default=fault.default
            )

    def handle(self, *, port: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("there is no simulator in production")
        if not settings.POPULATION_KEYS:
            raise CommandError("POPULATION_KEYS is missing")
        faults = Faults(**{item.name: options[item.name] for item in fields(Faults)})
        state = State(settings.POPULATION_KEYS, faults)
        with Server(("127.0.0.1", port), state) as server:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(
                    number,
                    # `shutdown` waits for the loop that this very thread runs.
                    lambda *_: threading.Thread(target=server.stop).start(),
                )
            self.stdout.write(json.dumps({"url": server.url}))
            self.stdout.flush()
            server.serve_forever(poll_interval=0.2)
