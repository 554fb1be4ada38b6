"""Sketches: how many times fell into which bucket of a logarithmic scale.

Sketches of parts add up to that of the whole, which medians do not.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

# A bucket's middle is at most 1 % away from every time in the bucket.
RATIO: Final = 1.02
_LOG: Final = math.log(RATIO)

Sketch = tuple[Sequence[int], Sequence[int]]


def bucket_of(seconds: int) -> int:
    """Return the bucket of a time in seconds; whatever is below a second is in 0."""
    return math.ceil(math.log(max(seconds, 1)) / _LOG)


def middle(bucket: int) -> int:
    """Return the value with the same relative distance to both ends of a bucket."""
    return round(RATIO**bucket * 2 / (1 + RATIO)) if bucket else 1


def percentiles(
    sketches: Iterable[Sketch], shares: Iterable[float], *, beyond: int = 0
) -> list[int | None]:
    """Return the times within which these shares of all sketches lie; 1 % off at most.

    A sketch is its rising buckets and, in the same order, how often each was hit. As
    percentile_disc says it: the first time that at least the share lies at or below;
    None where nothing was measured. ``beyond``: how many more lie above all of them;
    None where the share reaches into these. Nothing is added up: a bucket is looked
    for, and what lies below it in each sketch. It lies between those of the single
    sketches, or above the lowest of them with some beyond.
    """
    parts = [(buckets, list(accumulate(hits))) for buckets, hits in sketches if hits]
    measured = sum(upto[-1] for _buckets, upto in parts)
    total = measured + beyond
    if not measured:
        return [None for _share in shares]
    found: list[int | None] = []
    for share in shares:
        if share * total > measured:
            found.append(None)
            continue
        own = [buckets[bisect_left(upto, share * upto[-1])] for buckets, upto in parts]
        low, high = min(own), max(own)
        if beyond:
            high = max(buckets[-1] for buckets, _upto in parts)
        while low < high:
            bucket, below = (low + high) // 2, 0
            for buckets, upto in parts:
                if place := bisect_right(buckets, bucket):
                    below += upto[place - 1]
            if below >= share * total:
                high = bucket
            else:
                low = bucket + 1
        found.append(middle(low))
    return found
