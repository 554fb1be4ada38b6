"""How sure a share is: Wilson's score interval (1927)."""

from math import sqrt
from typing import Final

# Two sides of 95 %.
_Z: Final = 1.959964


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the bounds of a share at 95 %; 0 and 1 where nothing was seen."""
    if n == 0:
        return 0.0, 1.0
    share = right / n
    middle = share + _Z**2 / (2 * n)
    half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    whole = 1 + _Z**2 / n
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)
