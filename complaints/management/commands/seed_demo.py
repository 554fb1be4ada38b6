"""Fill an empty registry with invented people, doses and 90 days of complaints."""

import json
import os
import time
from argparse import ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from complaints import rollups
from complaints.actions import publishing
from complaints.demo import chunks, copying, staff, stories, window, world
from complaints.demo.chunks import Written
from complaints.demo.copying import Packed
from complaints.demo.world import World
from portal.common import scope
from portal.registry.models import LotAllocation, Person

MOST = 15_000_000
_GROWN = (
    *copying.COLUMNS,
    "accounts_user",
    "accounts_posting",
)


class Command(BaseCommand):
    help = (
        "Load invented people with doses, staff and complaints for a demonstration. "
        "The same --people, --seed and --at give the same rows. Safe to repeat: what "
        "is there stays; after an interruption the rest is added."
    )

    def add_arguments(self, parser):
        parser.add_argument("--people", type=_count, default=20_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--at", type=_instant, help="the instant that counts as now (ISO 8601)"
        )
        parser.add_argument(
            "--processes", type=int, default=min(4, os.cpu_count() or 1)
        )
        parser.add_argument(
            "--file-only",
            action="store_true",
            help="only bring demo.json up to date: address, submissions; or make it "
            "anew where it was lost",
        )
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Invented people belong into the demo only (DEMO=1).")
        if options["file_only"]:
            told = {"file": self._renew_file(options)}
            if options["json"]:
                self.stdout.write(json.dumps(told))
            return
        started = time.monotonic()
        here = _world(options)
        staff.hire(here)
        written, seconds = self._write(here, options["processes"], options["json"])
        stories.write(here)
        _analyze()
        with scope.system():
            rollups.rebuild_all(at=here.at)
            publishing.publish(at=here.at)
            path = window.write(here, folder=Path(settings.DATA_DIR))
        report = {
            "people": written.people,
            "doses": written.doses,
            "complaints": written.complaints,
            "people_per_second": round(written.people / seconds) if seconds else 0,
            "seconds": round(time.monotonic() - started, 1),
            "file": path.name,
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        self.stdout.write(
            f"{report['people']} people, {report['doses']} doses, "
            f"{report['complaints']} complaints; {report['people_per_second']} people "
            f"a second, {report['seconds']} s in all; see {report['file']}"
        )

    def _renew_file(self, options: dict[str, Any]) -> str | None:
        """Bring the demo's file up to date; return its name, or None and say why not.

        A portal can be used without it, so this keeps no start back.
        """
        folder = Path(settings.DATA_DIR)
        with scope.system():
            if window.renew(folder=folder):
                return window.FILE
        try:
            here = _world(options)
        except CommandError as error:
            self.stderr.write(f"{window.FILE} is lost and cannot be made anew: {error}")
            return None
        staff.hire(here)
        with scope.system():
            return window.write(here, folder=folder).name

    def _write(
        self, here: World, processes: int, is_quiet: bool
    ) -> tuple[Written, float]:
        """Write the chunks; return what was written and in how many seconds."""
        total = Written()
        started = told = time.monotonic()
        for written in chunks.write_all(
            here, processes=processes, first=_allocations(here)
        ):
            total.add(written)
            if time.monotonic() - told > 2 and not is_quiet:
                told = time.monotonic()
                self.stdout.write(f"{total.people} of {here.people} people added")
        return total, time.monotonic() - started


def _world(options: dict[str, Any]) -> World:
    """Read the world that the options mean; refuse where other people are."""
    at = options["at"] or chunks.as_of(timezone.now())
    try:
        here = world.read(people=options["people"], seed=options["seed"], at=at)
    except LookupError as error:
        raise CommandError(str(error)) from error
    if Person.objects.exists() and not chunks.begun(here):
        raise CommandError(
            "The registry holds other people already. Use the --people (DEMO_PEOPLE) "
            "and --seed that they were made with, or start with an empty DATA_DIR."
        )
    return here


def _allocations(here: World) -> list[Packed]:
    """Return the deliveries of lots that the doses are to come from, once."""
    rows = copying.Rows()
    if not LotAllocation.objects.exists():
        rows.lines("registry_lotallocation").extend(world.allocations(here))
    return rows.packed()


def _analyze() -> None:
    """Tell the planner about tables that were empty a moment ago."""
    with connection.cursor() as cursor:
        for table in _GROWN:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MOST:
        raise ArgumentTypeError(f"a number from 1 to {MOST}, not {text!r}")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(
            f"an instant like 2026-03-01T08:00:00+07:00, not {text!r}"
        )
    return moment if moment.tzinfo else timezone.make_aware(moment)
