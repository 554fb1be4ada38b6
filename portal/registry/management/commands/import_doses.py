"""Take in a country's doses from a CSV file; run again to go on after a stop."""

import json
import os
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.registry.imports.country import load
from portal.registry.imports.country.lines import OPTIONAL, REQUIRED
from portal.registry.imports.exceptions import CannotRead


class Command(BaseCommand):
    help = (
        "Load doses with their people from a CSV file (UTF-8, one line a dose). "
        f"Columns: {', '.join(REQUIRED)}; may be there: {', '.join(OPTIONAL)}. "
        "Stopped in the middle, it goes on where it was when run again. Rows that are "
        "not taken stand with column and reason in PATH.findings.csv. Exit 1 if there "
        "are any, 2 if the file is refused as a whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH.csv")
        parser.add_argument("--findings", type=Path, metavar="FILE")
        parser.add_argument(
            "--processes", type=int, default=min(4, os.cpu_count() or 1)
        )
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        path: Path = options["path"]
        into = options["findings"] or path.with_name(f"{path.name}.findings.csv")
        begun = told = time.monotonic()
        here = load.Counted()
        try:
            for block in load.load_file(
                path, by=None, at=timezone.now(), processes=options["processes"]
            ):
                here.add(block)
                if time.monotonic() - told > 2 and not options["json"]:
                    told = time.monotonic()
                    self.stdout.write(f"{here.rows} rows, {here.doses} doses added")
        except CannotRead as error:
            detail = f" {error.detail}" if error.detail else ""
            raise CommandError(f"{error.words}{detail}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        seconds = time.monotonic() - begun
        findings = load.write_findings(path, into=into)
        report = asdict(load.counted(path)) | {
            "findings": findings,
            "findings_file": str(into),
            "rows_this_run": here.rows,
            "rows_per_second": round(here.rows / seconds) if here.rows else 0,
            "seconds": round(seconds, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"{report['rows']} rows: {report['doses']} doses of "
                f"{report['people']} new people added, {report['same']} on record "
                f"already, {report['refused']} refused; see {into}. This run: "
                f"{report['rows_per_second']} rows a second."
            )
        if findings:
            sys.exit(1)
