"""Write the doses of an organization and of all below it as XLSX or CSV."""

import json
import os
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from portal.registry.exports import doses
from portal.registry.models import Organization


class Command(BaseCommand):
    help = (
        "Write the doses given at an organization and below it into a file, XLSX or "
        "CSV by its ending, that spreadsheets open without running or losing anything. "
        "The file holds identity numbers in clear, is readable for this user only, and "
        "is noted in the audit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH.xlsx|PATH.csv")
        parser.add_argument("--organization", required=True, metavar="CODE")
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--to", dest="last", type=date.fromisoformat)
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        path: Path = options["path"]
        form = path.suffix.lstrip(".").lower()
        if form not in doses.MEDIA_TYPES:
            raise CommandError("The file must end in .xlsx or .csv.", returncode=2)
        at = timezone.now()
        try:
            organization = Organization.objects.get(code=options["organization"])
        except Organization.DoesNotExist as error:
            raise CommandError(
                "No organization has that code.", returncode=2
            ) from error
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        with (
            os.fdopen(
                os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b"
            ) as file,
            translation.override("vi"),
        ):
            count = doses.write(
                file,
                organization=organization,
                first=options["first"] or date(2020, 12, 8),
                last=options["last"] or timezone.localdate(at),
                form=form,
                by=None,
                at=at,
            )
        part.replace(path)
        report = {"doses": count, "file": str(path), "bytes": path.stat().st_size}
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(f"{count} doses, {report['bytes']} bytes in {path}.")
