"""Write the daily heads of the sealed logs, for somebody outside to keep."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.audit import seals
from portal.common import scope


class Command(BaseCommand):
    help = (
        "Write the daily heads as CSV, to PATH or standard output. verify_audit --heads"
        " checks the log against what was kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path)
        parser.add_argument("--since", type=date.fromisoformat, metavar="DATE")
        parser.add_argument(
            "--rows",
            action="store_true",
            help="with four bytes of each row's digest, by which the row can be named",
        )

    def handle(self, **options: Any) -> None:
        path: Path | None = options["path"]
        into = StringIO() if path is None else path.open("w", encoding="utf-8")
        with into, scope.system():
            seals.write(seals.heads(since=options["since"], rows=options["rows"]), into)
            if isinstance(into, StringIO):
                self.stdout.write(into.getvalue(), ending="")
