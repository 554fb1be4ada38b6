"""How long complaints took, counted from each of them up to the newest event."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from complaints import rollups
from complaints.choices import Channel, Kind
from complaints.models import Figure
from portal.registry.models import Organization


class Command(BaseCommand):
    help = (
        "Print resolution times in hours of wall time without pauses. Percentiles are"
        " of resolved complaints; on_time = resolved in time / (resolved + past due,"
        " open or ended without a decision); first answer: of answered and waiting"
        " ones, null where fewer than half have one; n = resolved."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", help="code; counts what lies below too")
        parser.add_argument("--from", dest="first", type=_day, required=True)
        parser.add_argument("--to", dest="last", type=_day, required=True)
        parser.add_argument("--by", choices=get_args(rollups.By))
        parser.add_argument(
            "--kind", choices=Kind.values, default="", help="only of this kind"
        )
        parser.add_argument(
            "--channel",
            choices=Channel.values,
            default="",
            help="only what came in so",
        )
        parser.add_argument(
            "--cohort", choices=Figure.Cohort.values, default=Figure.Cohort.OPENED.value
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *,
        organization: str | None,
        first: date,
        last: date,
        by: rollups.By | None,
        kind: str,
        channel: str,
        cohort: str,
        as_json: bool,
        **options: Any,
    ) -> None:
        if first > last:
            raise CommandError("--from lies after --to", returncode=2)
        at = timezone.now()
        rollups.rebuild_changed(at=at)
        groups = rollups.recount(
            path=_path(organization),
            first=first,
            last=last,
            by=by,
            kind=kind,
            channel=channel,
            cohort=Figure.Cohort(cohort),
            at=at,
        )
        if not by and not groups:
            groups = {"all": rollups.Times()}
        answer = {key: in_hours(times) for key, times in groups.items()}
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for key, figures in answer.items():
            shown = ", ".join(f"{name} {value}" for name, value in figures.items())
            self.stdout.write(f"{key}: {shown}")


def in_hours(times: rollups.Times) -> dict[str, int | float | None]:
    """Return the figures under the names of the contract, times in hours."""
    share = times.on_time_share
    return {
        "received": times.received,
        "first_answer_p50_h": _hours(times.first_answer_median),
        "median_h": _hours(times.median),
        "p75_h": _hours(times.p75),
        "p90_h": _hours(times.p90),
        "on_time": None if share is None else round(share, 4),
        "open": times.open,
        "open_overdue": times.open_overdue,
        "untouched": times.untouched,
        "lapsed": times.lapsed,
        "withdrawn": times.withdrawn,
        "reopened": times.reopened,
        "n": times.resolved,
    }


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 4)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _path(code: str | None) -> str:
    """Return the path of an organization, or that of all."""
    if code is None:
        return "/"
    path = Organization.objects.filter(code=code).values_list("path", flat=True).first()
    if path is None:
        raise CommandError(f"There is no organization {code}.", returncode=2)
    return path
