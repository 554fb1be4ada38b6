"""Run a national e-ID for demo and tests, where anybody may be anybody."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.eid.simulator import Server, State


class Command(BaseCommand):
    help = (
        "Answer as the national e-ID would, for the people of the demo and anybody"
        " typed. Prints its address as JSON, then serves until stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where it listens")
        parser.add_argument("--name", default="localhost", help="how it is reached")
        parser.add_argument("--port", type=int, default=0, help="default: a free one")

    def handle(self, *, host: str, name: str, port: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("there is no simulator in production")
        if not settings.EID_CLIENT_ID or not settings.EID_CLIENT_SECRET:
            raise CommandError("EID_CLIENT_ID or EID_CLIENT_SECRET is missing")
        state = State(
            settings.EID_CLIENT_ID,
            settings.EID_CLIENT_SECRET,
            people=_people(settings.DATA_DIR / "demo.json"),
        )
        with Server((host, port), state, name=name) as server:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(
                    number,
                    # `shutdown` waits for the loop that this very thread runs.
                    lambda *_: threading.Thread(target=server.shutdown).start(),
                )
            self.stdout.write(json.dumps({"url": server.url}))
            self.stdout.flush()
            server.serve_forever(poll_interval=0.2)


def _people(path: Path) -> list[dict[str, str]]:
    """Return the demo's people as the e-ID knows them; none where there is no demo."""
    try:
        demo = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [
        {
            "national_id": one["national_id"],
            "name": one["full_name"],
            "birthdate": one["born_on"],
            # The fourth digit is odd for women (Circular 59/2021/TT-BCA).
            "gender": "female" if one["national_id"][3:4] in "13579" else "male",
        }
        for one in demo["citizens"]
    ]
