"""Sketches: how many times fell into which bucket of a logarithmic scale.

Sketches of parts add up to that of the whole, which medians do not.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
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


def added(sketches: Iterable[Sketch]) -> Counter[int]:
    """Return how many times fell into each bucket of several sketches together.

    A sketch is its buckets and, in the same order, how many times each was hit.
    """
    together: Counter[int] = Counter()
    for buckets, counts in sketches:
        if together:
            for bucket, count in zip(buckets, counts, strict=True):
                together[bucket] += count
        else:
            together.update(dict(zip(buckets, counts, strict=True)))
    return together


def percentiles(sketch: Counter[int], shares: Sequence[float]) -> list[int | None]:
    """Return the times within which these rising shares lie; at most 1 % off.

    As percentile_disc says it: the first time that at least the share lies at or
    below. None where nothing was measured.
    """
    total = sketch.total()
    if not total:
        return [None] * len(shares)
    found: list[int | None] = []
    seen = 0
    wanted = iter(shares)
    share = next(wanted, None)
    for bucket in sorted(sketch):
        seen += sketch[bucket]
        while share is not None and seen >= share * total:
            found.append(middle(bucket))
            share = next(wanted, None)
        if share is None:
            break
    return found
