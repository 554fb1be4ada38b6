"""Take in a FHIR R4 Bundle of Patient and Immunization: all of it or nothing."""

import hashlib
import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.registry.imports.bundles import taking
from portal.registry.imports.bundles.reading import BadBundle

# A bundle is held in memory whole; a country comes by import_doses.
MOST_BYTES = 200 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Take in people and doses from a FHIR R4 Bundle. What is on record already is "
        "passed over; what differs from the record or is wrong in any entry refuses "
        "the whole bundle, and every problem is named by entry and field (exit 1)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="BUNDLE.json")
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        path: Path = options["path"]
        try:
            if path.stat().st_size > MOST_BYTES:
                raise CommandError(
                    "The bundle is larger than 200 MB. Split it.", returncode=2
                )
            content = path.read_bytes()
            bundle = json.loads(content)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        except (ValueError, RecursionError) as error:
            raise CommandError("The file is not JSON.", returncode=2) from error
        reference = f"fhir:{hashlib.sha256(content).hexdigest()[:32]}"
        try:
            taken = taking.take_in(
                bundle, reference=reference, by=None, at=timezone.now()
            )
        except BadBundle as bad:
            self._refuse(bad, as_json=options["json"])
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(taken) | {"problems": []}))
            return
        self.stdout.write(
            f"{taken.people} people and {taken.doses} doses added; "
            f"{taken.same_people} people and {taken.same_doses} doses were on record."
        )

    def _refuse(self, bad: BadBundle, *, as_json: bool) -> None:
        problems = [problem._asdict() for problem in bad.problems]
        if as_json:
            nothing = asdict(taking.Taken())
            self.stdout.write(json.dumps(nothing | {"problems": problems}))
            return
        for problem in bad.problems:
            self.stdout.write(
                f"entry {problem.entry}: {problem.field}: {problem.reason}"
            )
        self.stdout.write("Nothing was taken in.")
