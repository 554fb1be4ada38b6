"""Measure the grades of matching on people whose truth is known."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.common.numbers_typed import at_least_one, share
from portal.registry.matching import measurement, rarity, weights
from portal.registry.matching.labelled import pairs
from portal.registry.matching.labelled.neighbour import neighbour

# The weights were set on seed 1; this one is held out.
HELD_OUT = 2


class Command(BaseCommand):
    help = (
        "Grade pairs of invented people whose truth is known; print pairs, precision "
        "and recall for each grade. Recall counts the pairs of one person that have "
        "usable evidence and got the grade or a better one. With the rates of a "
        "population database it is asked about every record first."
    )

    def add_arguments(self, parser):
        parser.add_argument("--people", type=at_least_one, default=20_000)
        parser.add_argument("--seed", type=int, default=HELD_OUT)
        parser.add_argument(
            "--population",
            nargs=3,
            type=share,
            metavar=("WRONG", "LATE", "SILENT"),
            help="shares of answers that are wrong, late (outdated) and missing",
        )
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        people, seed, rates = (options[k] for k in ("people", "seed", "population"))
        made = pairs.world(people=people, seed=seed)
        if rates:
            wrong, late, silent = rates
            ask = neighbour(
                made.humans, wrong=wrong, late=late, silent=silent, seed=seed
            )
            made = pairs.asked(made, ask)
        tally = measurement.measure(
            pairs.pairs(made),
            weights=weights.in_force(timezone.localdate()),
            shares=rarity.shipped(),
        )
        found = tally.as_json()
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for grade, figures in found.items():
            self.stdout.write(f"{grade}: {figures}")
