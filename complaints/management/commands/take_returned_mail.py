"""Take a letter that came back, as a mail server hands it over."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from complaints.notifications import returned
from complaints.notifications.receipts import Unknown
from portal.common import scope


class Command(BaseCommand):
    help = (
        "Read one returned e-mail (RFC 3464) from standard input and write to its"
        " address no more. Exit 0: noted, or no failure for good; 1: not of ours."
    )

    def handle(self, **options: Any) -> None:
        letter = sys.stdin.buffer.read(returned.MOST_BYTES)
        try:
            with scope.system():
                is_failure = returned.take_letter(letter, at=timezone.now())
        except Unknown as error:
            raise CommandError("names no e-mail of ours") from error
        self.stdout.write("noted" if is_failure else "no failure for good")
