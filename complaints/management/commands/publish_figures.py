"""Publish the months that have ended, or tell one anew."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from complaints.actions import publishing
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import scope


class Command(BaseCommand):
    help = (
        "Publish the figures of months that have ended. With --month, --reason and --by"
        " tell a published month anew, as a new edition."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", help="for example 2026-10")
        parser.add_argument("--reason", default="")
        parser.add_argument("--by", help="the account of an administrator")

    def handle(
        self,
        *,
        month: str | None,
        reason: str,
        by: str | None,
        **options: Any,
    ) -> None:
        at = timezone.now()
        with scope.system():
            if month is None:
                for told in publishing.publish(at=at):
                    self.stdout.write(f"{told:%Y-%m}: published")
                return
            try:
                wanted = date.fromisoformat(f"{month}-01")
                user = User.objects.get(username=by)
            except ValueError as error:
                raise CommandError(f"{month} is no month.", returncode=2) from error
            except User.DoesNotExist as error:
                raise CommandError("--by names no account.", returncode=2) from error
            try:
                row = publishing.correct(wanted, reason=reason, by=user, at=at)
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write(f"{month}: edition {row.edition}")
