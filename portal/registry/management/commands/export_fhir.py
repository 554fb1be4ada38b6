"""Write the doses of an organization and of all below it as a FHIR R4 Bundle."""

import json
import os
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.audit import record as audit
from portal.registry.exports import bundles
from portal.registry.exports.doses import doses_of
from portal.registry.models import Organization


class Command(BaseCommand):
    help = (
        "Write a FHIR R4 Bundle (collection) of the doses given at an organization and "
        "below it, with their people. The file holds identity numbers in clear, is "
        "readable for this user only, and is noted in the audit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="BUNDLE.json")
        parser.add_argument("--organization", required=True, metavar="CODE")
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--to", dest="last", type=date.fromisoformat)
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        path: Path = options["path"]
        at = timezone.now()
        organization = Organization.objects.filter(code=options["organization"]).first()
        if organization is None:
            raise CommandError("No organization has that code.", returncode=2)
        first = options["first"] or date(2020, 12, 8)
        last = options["last"] or timezone.localdate(at)
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
            "w",
            encoding="utf-8",
        ) as file:
            count = bundles.write_bundle(
                file, doses_of(organization, first=first, last=last), at=at
            )
        audit.look_up(
            at=at,
            actor="system",
            actor_id=None,
            person_id=None,
            organization=organization.pk,
            subject="registry.export",
            detail=f"fhir {first}..{last} doses={count}",
        )
        # The file comes into its place only when it was noted.
        part.replace(path)
        if options["json"]:
            self.stdout.write(json.dumps({"doses": count, "file": str(path)}))
        else:
            self.stdout.write(f"{count} doses in {path}.")
