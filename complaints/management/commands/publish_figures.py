"""Publish the months that have ended."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from complaints.actions import publishing
from portal.common import scope


class Command(BaseCommand):
    help = "Publish the figures of months that have ended; a published month stays."

    def handle(self, **options: Any) -> None:
        with scope.system():
            for told in publishing.publish(at=timezone.now()):
                self.stdout.write(f"{told:%Y-%m}: published")
