"""Recompute the figures."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from complaints import rollups


class Command(BaseCommand):
    help = "Recount resolution times from events. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--changed", action="store_true", help="only organizations with news"
        )

    def handle(self, *, changed: bool, **options: Any) -> None:
        recount = rollups.rebuild_changed if changed else rollups.rebuild_all
        counted = recount(at=timezone.now())
        self.stdout.write(f"{counted} figures counted.")
