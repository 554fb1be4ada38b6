"""Prove that nothing in the history was changed or taken away."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from complaints import integrity
from complaints.models import Event
from portal.audit import seals
from portal.common import scope

CHAIN: Final = ("the_chain_of_events_is_whole", "events_are_numbered_without_gaps")


class Command(BaseCommand):
    help = (
        "Check every chain of events and every daily seal, against heads that somebody"
        " outside kept (--heads) as well. Exit 1 if one is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="what export_heads once wrote"
        )

    def handle(self, **options: Any) -> None:
        kept = self._kept(options["heads"])
        found = integrity.check(at=timezone.now())
        with scope.system():
            broken: list[dict[str, Any]] = [
                {"kind": name, "complaint": pk, "seq": integrity.first_broken(pk)}
                for name in CHAIN
                for pk in found[name]
            ]
            checked = Event.objects.count()
            for of in seals.SEALED:
                count, wrong = seals.verify(of=of, kept=kept.get(of))
                checked += count
                broken += [_said(one) for one in wrong]
        self._show(checked, broken, as_json=options["json"])
        if broken:
            sys.exit(1)

    def _kept(self, path: Path | None) -> dict[str, dict[date, seals.Head]]:
        if path is None:
            return {}
        try:
            with path.open(encoding="utf-8", newline="") as file:
                return seals.read(file)
        except (OSError, UnicodeDecodeError, seals.BadHeads) as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error

    def _show(
        self, checked: int, broken: list[dict[str, Any]], *, as_json: bool
    ) -> None:
        if as_json:
            self.stdout.write(json.dumps({"checked": checked, "broken": broken}))
            return
        self.stdout.write(f"{checked} checked, {len(broken)} broken")
        for row in broken:
            self.stdout.write("  " + ", ".join(f"{k}: {v}" for k, v in row.items()))


def _said(one: seals.Broken) -> dict[str, Any]:
    """Return what is broken, the first row named where it can be."""
    said: dict[str, Any] = {
        "kind": f"seal of {one.of}",
        "day": one.day.isoformat(),
        "what": one.what,
    }
    if one.row is not None:
        said["row"] = one.row
    if one.outside:
        said["by"] = "heads kept outside"
    return said
