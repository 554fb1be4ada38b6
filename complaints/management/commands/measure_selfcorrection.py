"""Measure the rules of self-correction on people whose truth is known."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from complaints.actions import rehearsal
from complaints.rules.selfcorrection.labelled import report
from complaints.rules.selfcorrection.labelled.measurement import Rates, measure
from portal.common.numbers_typed import at_least_one, share

# What the product asks for (self-correction, "what proves it").
LEAST_PRECISION = 0.999
LEAST_SETTLED = 0.6


class Command(BaseCommand):
    help = (
        "Let the rules act on invented people with mistakes of every class and compare "
        "with the truth; exit 1 where less than 99.9 % of the changes are right, less "
        "than 60 % of the repairable mistakes are settled without a person, or anybody "
        "was changed on whose record nothing was wrong. --write puts the tables into "
        "the document between its marks."
    )

    def add_arguments(self, parser):
        parser.add_argument("--people", type=at_least_one, default=100_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--population",
            nargs=3,
            type=share,
            default=(0.0, 0.0, 0.0),
            metavar=("WRONG", "LATE", "SILENT"),
            help="shares of answers that are wrong, late (outdated) and missing",
        )
        parser.add_argument(
            "--real",
            type=int,
            default=0,
            metavar="N",
            help="also let the actions change and take back N people of the real"
            " registry's kind, in a transaction that is rolled back",
        )
        parser.add_argument("--write", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        rates = Rates(*options["population"])
        tally = measure(people=options["people"], seed=options["seed"], rates=rates)
        found = tally.as_json()
        if options["real"]:
            played = rehearsal.rehearse(
                sample=options["real"], seed=options["seed"], at=timezone.now()
            )
            found["real"] = played.as_json()
        if options["write"]:
            with translation.override("en"):
                report.write(
                    options["write"],
                    tally,
                    people=options["people"],
                    seed=options["seed"],
                    rates=rates,
                )
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            for line in report.lines(tally):
                self.stdout.write(line)
            for name, count in found.get("real", {}).items():
                self.stdout.write(f"real: {name} {count}")
        if (
            (found["precision"] or 0) < LEAST_PRECISION
            or (found["settled_share"] or 0) < LEAST_SETTLED
            or found["others_changed"]
            or _left_traces(found.get("real"))
        ):
            raise CommandError("The rules are not good enough.", returncode=1)


def _left_traces(real: dict[str, int] | None) -> bool:
    """Tell whether a record, taken back, was another one, or somebody else's was."""
    return real is not None and (
        real["restored"] != real["changed"] or real["others_changed"] > 0
    )
