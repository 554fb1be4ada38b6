"""Our grades and Splink's on the same held-out people, side by side.

``python -m portal.stack run -- python -m bench.matching [--people N] [--json]``. Splink
(a development dependency) gets the fields that ours gets, the same blocks and its own
training without labels; then the labels of the training people choose its mark: the
lowest that keeps 99.9 % precision there. Ours has its weights from the same training
people. Both are judged on other people, and on one core.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

# These can be imported only after Django is set up.
import pyarrow  # noqa: E402
import splink.comparison_level_library as levels  # noqa: E402
import splink.comparison_library as comparisons  # noqa: E402
from django.utils import timezone  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402

from portal.common import names  # noqa: E402
from portal.registry.matching import measurement, rarity, weights  # noqa: E402
from portal.registry.matching.facts import Facts  # noqa: E402
from portal.registry.matching.labelled import pairs  # noqa: E402
from portal.stack.console import say  # noqa: E402

TRAINING_SEED: Final = 1
HELD_OUT_SEED: Final = 2
PRECISION: Final = 0.999


def main(words: list[str]) -> int:
    """Measure both and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.matching")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(words)
    logging.getLogger("splink").setLevel(logging.ERROR)
    training = pairs.world(people=chosen.people, seed=TRAINING_SEED)
    held_out = pairs.world(people=chosen.people, seed=HELD_OUT_SEED)
    found = {"ours": _ours(held_out), **_splink(training, held_out)}
    if chosen.json:
        say(json.dumps(found))
        return 0
    for name, figures in found.items():
        say(f"{name}: {figures}")
    return 0


def _ours(held_out: pairs.World) -> dict[str, Any]:
    labelled = list(pairs.pairs(held_out))
    begun = time.perf_counter()
    tally = measurement.measure(
        labelled,
        weights=weights.in_force(timezone.localdate()),
        shares=rarity.shipped(),
    )
    seconds = time.perf_counter() - begun
    return {
        **tally.as_json()["certain"],
        "wrong": tally.pairs["certain", False],
        "pairs_per_second": round(len(labelled) / seconds),
    }


def _splink(training: pairs.World, held_out: pairs.World) -> dict[str, Any]:
    begun = time.perf_counter()
    linker = _linker(training)
    linker.training.estimate_probability_two_random_records_match(
        ["l.number = r.number AND l.folded = r.folded AND l.born = r.born"], recall=0.5
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in (block_on("number"), block_on("folded", "born_year")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, record_sample_proportion=1.0
        )
    trained = time.perf_counter() - begun
    mark = _mark(training, _predicted(linker))
    settings = linker.misc.save_model_to_json()
    begun = time.perf_counter()
    scores = _predicted(_linker(held_out, settings))
    seconds = time.perf_counter() - begun
    common = {
        "training_seconds": round(trained, 1),
        "pairs_per_second": round(len(scores) / seconds),
    }
    return {
        "splink, its mark for 99.9 % on training people": {
            **_judged(held_out, scores, mark),
            **common,
        },
        "splink, match probability 0.999": {
            **_judged(held_out, scores, 9.9643),
            **common,
        },
    }


def _linker(made: pairs.World, settings: Any = None) -> Linker:
    database = DuckDBAPI()
    sides = [
        database.register(
            pyarrow.Table.from_pylist([_row(n, facts) for n, facts in enumerate(side)]),
            dataset_display_name=name,
        )
        for name, side in (("recorded", made.recorded), ("listed", made.listed))
    ]
    return Linker(sides, settings or _settings(), log_level=logging.ERROR)


def _row(n: int, facts: Facts) -> dict[str, Any]:
    folded = names.fold(facts.full_name)
    born = facts.born
    return {
        "unique_id": n,
        "name": names.tone_key(facts.full_name) or None,
        "folded": folded or None,
        "given": folded.split()[-1] if folded else None,
        "born": str(born) if born and born.day else None,
        "born_year": born.year if born else None,
        "sex": facts.sex or None,
        "number": facts.numbers[0] if facts.numbers else None,
        "phone": next(iter(facts.phones), None),
        "commune": next(iter(facts.place.communes), None),
        "province": next(iter(facts.place.provinces), None),
    }


def _settings() -> SettingsCreator:
    """Return the model that its manual would build for these fields."""
    swapped = (
        "substr(born_l, 1, 4) = substr(born_r, 1, 4)"
        " AND substr(born_l, 6, 2) = substr(born_r, 9, 2)"
        " AND substr(born_l, 9, 2) = substr(born_r, 6, 2)"
    )
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparisons.CustomComparison(
                output_column_name="name",
                comparison_levels=[
                    levels.NullLevel("folded"),
                    levels.ExactMatchLevel("name", term_frequency_adjustments=True),
                    levels.ExactMatchLevel("folded", term_frequency_adjustments=True),
                    levels.DamerauLevenshteinLevel("folded", 1),
                    levels.And(
                        levels.ExactMatchLevel("given"),
                        levels.JaroWinklerLevel("folded", 0.88),
                    ),
                    levels.JaroWinklerLevel("folded", 0.88),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.CustomComparison(
                output_column_name="born",
                comparison_levels=[
                    levels.NullLevel("born_year"),
                    levels.ExactMatchLevel("born"),
                    levels.CustomLevel(swapped, "day and month swapped"),
                    levels.DamerauLevenshteinLevel("born", 1),
                    levels.CustomLevel(
                        "born_year_l = born_year_r"
                        " AND (born_l IS NULL OR born_r IS NULL)",
                        "year only",
                    ),
                    levels.ExactMatchLevel("born_year"),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.ExactMatch("sex"),
            comparisons.DamerauLevenshteinAtThresholds("number", [1]),
            comparisons.DamerauLevenshteinAtThresholds("phone", [1]),
            comparisons.CustomComparison(
                output_column_name="place",
                comparison_levels=[
                    levels.NullLevel("commune"),
                    levels.ExactMatchLevel("commune"),
                    levels.ExactMatchLevel("province"),
                    levels.ElseLevel(),
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("phone"),
            block_on("folded", "born_year"),
            block_on("born", "commune"),
        ],
    )


def _predicted(linker: Linker) -> dict[tuple[int, int], float]:
    """Return the match weight of each pair (recorded, listed) that its blocks gave."""
    rows = linker.inference.predict().as_record_list()
    found = {}
    for row in rows:
        one, other = row["unique_id_l"], row["unique_id_r"]
        if row["source_dataset_l"] != "recorded":
            one, other = other, one
        found[one, other] = row["match_weight"]
    return found


def _mark(training: pairs.World, scores: dict[tuple[int, int], float]) -> float:
    """Return the lowest weight above which the training people give the precision."""
    ranked = sorted(
        ((scores[pair], pair[0] == pair[1]) for pair in _pairs(training, scores)),
        reverse=True,
    )
    mark, right = ranked[0][0], 0
    for count, (weight, is_same) in enumerate(ranked, start=1):
        right += is_same
        if right / count >= PRECISION:
            mark = weight
    return mark


def _pairs(
    made: pairs.World, scores: dict[tuple[int, int], float]
) -> Iterator[tuple[int, int]]:
    return (pair for pair in pairs.places_of_pairs(made) if pair in scores)


def _judged(
    made: pairs.World, scores: dict[tuple[int, int], float], mark: float
) -> dict[str, Any]:
    right = wrong = usable = reached = 0
    for one, other in pairs.places_of_pairs(made):
        is_same, is_linked = one == other, scores.get((one, other), -99.0) >= mark
        right += is_same and is_linked
        wrong += is_linked and not is_same
        pair = pairs.Labelled(made.recorded[one], made.listed[other], is_same)
        if is_same and pairs.is_usable(pair):
            usable += 1
            reached += is_linked
    return {
        "pairs": right + wrong,
        "precision": round(right / (right + wrong), 5),
        "recall": round(reached / usable, 5),
        "wrong": wrong,
        "mark": round(mark, 2),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
