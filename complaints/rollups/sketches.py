"""Sketches: how many times fell into which bucket of a logarithmic scale.

Sketches of parts add up to that of the whole, which medians do not.
"""

import math
from collections.abc import Mapping
from typing import Final

# A bucket's middle is at most 1 % away from every time in the bucket.
RATIO: Final = 1.02


def percentile(sketch: Mapping[int, int], share: float) -> int | None:
    """Return a percentile of a sketch, at most 1 % off; None of an empty one."""
    rank = math.ceil(share * sum(sketch.values()))
    for bucket in sorted(sketch):
        rank -= sketch[bucket]
        if rank <= 0:
            return middle(bucket)
    return None


def middle(bucket: int) -> int:
    """Return the value with the same relative distance to both ends of a bucket."""
    return round(RATIO**bucket * 2 / (1 + RATIO)) if bucket else 1
