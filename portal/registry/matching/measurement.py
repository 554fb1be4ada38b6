"""Precision and recall of the grades over pairs whose truth is known."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.registry.matching import grading
from portal.registry.matching.labelled.pairs import Labelled, is_usable
from portal.registry.matching.rarity import Shares
from portal.registry.matching.weights import Weights


@dataclass
class Tally:
    """Counts of pairs by grade and truth, and of the levels seen."""

    pairs: Counter = field(default_factory=Counter)
    usable: Counter = field(default_factory=Counter)
    levels: Counter = field(default_factory=Counter)

    def as_json(self) -> dict[str, dict[str, float | int | None]]:
        """Return per grade how many pairs, precision and recall.

        Precision is the share of pairs of that grade that are of one person ("none":
        of two people). Recall is the share of one-person pairs with usable evidence
        that got this grade or a better one ("none": of two-person pairs that got it).
        """
        found: dict[str, dict[str, float | int | None]] = {}
        same = sum(self.usable[g, True] for g in grading.GRADES)
        unlike = sum(self.pairs[g, False] for g in grading.GRADES)
        reached = 0
        for grade in grading.GRADES:
            right, wrong = self.pairs[grade, True], self.pairs[grade, False]
            reached += self.usable[grade, True]
            hits, recall = right, _share(reached, same)
            if grade == "none":
                hits, recall = wrong, _share(wrong, unlike)
            found[grade] = {
                "pairs": right + wrong,
                "precision": _share(hits, right + wrong),
                "recall": recall,
            }
        return found


def measure(pairs: Iterable[Labelled], *, weights: Weights, shares: Shares) -> Tally:
    """Grade all pairs and count."""
    tally = Tally()
    for pair in pairs:
        found = grading.grade(pair.one, pair.other, weights=weights, shares=shares)
        tally.pairs[found.grade, pair.is_same] += 1
        if pair.is_same and is_usable(pair):
            tally.usable[found.grade, True] += 1
        for item in found.levels.items():
            tally.levels[*item, pair.is_same] += 1
    return tally


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None
