"""Make the digests by which numbers and telephones are found anew."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from complaints.actions import rotation
from portal.registry.corrections.digests import Rotated


class Command(BaseCommand):
    help = (
        "Make all lasting digests anew under the newest of INDEX_KEYS, so that an older"
        " key can be dropped. The portal may run meanwhile; stopped, it goes on where"
        " rows are not done. Exit 1 where some digest is of no key that is known."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        tables: dict[str, Rotated] = {}
        for last in rotation.all_tables():
            tables[last.table] = last
            self.stderr.write(f"{last.table}: {last.rows} rows")
        told = tables.values()
        for username in rotation.waiting_staff():
            self.stderr.write(f"own telephone or number to be given again: {username}")
        if as_json:
            answer = {name: asdict(one) for name, one in tables.items()}
            self.stdout.write(json.dumps(answer))
        else:
            for one in told:
                self.stdout.write(
                    f"{one.table}: {one.changed} of {one.rows} made anew,"
                    f" {one.unknown} unknown, {one.twice} twice"
                )
        if any(one.unknown or one.twice for one in told):
            sys.exit(1)
