"""Match what changed, or everybody, and propose pairs to staff."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.registry.proposals import finding


class Command(BaseCommand):
    help = (
        "Look for owners of orphan doses, people and doses twice on record, among what"
        " changed since the last run or among everything, and propose them to staff."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", dest="is_full")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, is_full: bool, as_json: bool, **options: Any) -> None:
        report = finding.run(at=timezone.now(), is_full=is_full)
        if as_json:
            self.stdout.write(json.dumps(asdict(report)))
            return
        self.stdout.write(
            f"{report.people} people, {report.orphans} orphan doses,"
            f" {report.found} proposed, {report.gone} gone, {report.seconds:.1f} s"
        )
