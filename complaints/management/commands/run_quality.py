"""Ask the quality rules about everything on record, and print what is open."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from complaints import quality
from portal.registry.quality import runs
from portal.registry.quality.rule import Severity
from portal.registry.quality.rules import RULES


class Command(BaseCommand):
    help = (
        "Ask the 54 quality rules about everything on record, or about what changed,"
        " and print how many findings are open by rule; null where a rule needs what"
        " is not recorded. Exit 1 when an error or a warning is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--changed", action="store_true", help="only what changed since the last"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, changed: bool, as_json: bool, **options: Any) -> None:
        at = timezone.now()
        if changed:
            report = quality.check_changed(at=at)
            while not report.is_done:
                report = quality.check_changed(at=at)
        else:
            report = quality.check_all(at=at)
        rows = runs.open_findings()
        if as_json:
            answer = {
                code: {"rows": count, "severity": RULES[code].severity.value}
                for code, count in rows.items()
            }
            self.stdout.write(json.dumps(answer))
        else:
            for code, count in rows.items():
                shown = "not recorded" if count is None else count
                self.stdout.write(f"{code} {RULES[code].severity} {shown}")
            self.stdout.write(
                f"{report.people} people, {report.doses} doses, {report.opened} opened,"
                f" {report.resolved} resolved, {report.seconds:.1f} s"
            )
        if any(
            count and RULES[code].severity != Severity.INFORMATION
            for code, count in rows.items()
        ):
            sys.exit(1)
