"""Sketches: how many times fell into which bucket of a logarithmic scale.

Sketches of parts add up to that of the whole, which medians do not.
"""

from typing import Final

# A bucket's middle is at most 1 % away from every time in the bucket.
RATIO: Final = 1.02


def middle(bucket: int) -> int:
    """Return the value with the same relative distance to both ends of a bucket."""
    return round(RATIO**bucket * 2 / (1 + RATIO)) if bucket else 1
