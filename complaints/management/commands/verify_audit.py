"""Prove that nothing in the history was changed or taken away."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from complaints import integrity
from complaints.models import Event
from portal.audit import seals
from portal.common import scope

CHAIN = ("the_chain_of_events_is_whole", "events_are_numbered_without_gaps")


class Command(BaseCommand):
    help = "Check every chain of events and every daily seal. Exit 1 if one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        found = integrity.check(at=timezone.now())
        broken = [
            {"kind": name, "complaint": pk} for name in CHAIN for pk in found[name]
        ]
        with scope.system():
            checked = Event.objects.count()
            for of in seals.SEALED:
                count, wrong = seals.verify(of=of)
                checked += count
                broken += [
                    {"kind": f"seal of {b.of}", "day": b.day.isoformat()} for b in wrong
                ]
        self._show(checked, broken, as_json=options["json"])
        if broken:
            sys.exit(1)

    def _show(self, checked: int, broken: list[dict], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"checked": checked, "broken": broken}))
            return
        self.stdout.write(f"{checked} checked, {len(broken)} broken")
        for row in broken:
            self.stdout.write(f"  {row}")
