"""Whether a photo of a paper can be read, from measures of the picture. Pure.

The thresholds were set on one half of the labelled photos in tests/data/photos and
judged on the other (tests/photos/test_legibility.py holds the table). They lead to a
question to the citizen and a mark for staff, never to a refusal.
"""

from collections.abc import Mapping
from typing import Final

from complaints.choices import Trouble

# Pixels of the short side: print of 3 mm on a sheet of A5 is then 9 pixels high.
TINY_BELOW: Final = 450
# Brightness, 0 to 255: white paper that is darker than this, ink that is brighter.
DARK_BELOW: Final = 90
BRIGHT_ABOVE: Final = 150
BLURRED_BELOW: Final = 15.0
# Percent of the paper.
HIDDEN_ABOVE: Final = 1.5


def trouble(measures: Mapping[str, float]) -> Trouble | None:
    """Return what is wrong with a photo of these measures first of all, or None.

    The order is that of what to do: a small or dark photo cannot be judged further.
    """
    if measures["short_side"] < TINY_BELOW:
        return Trouble.TINY
    if measures["paper"] < DARK_BELOW:
        return Trouble.DARK
    if measures["ink"] > BRIGHT_ABOVE:
        return Trouble.BRIGHT
    if measures["sharpness"] < BLURRED_BELOW:
        return Trouble.BLURRED
    if measures["hidden"] > HIDDEN_ABOVE:
        return Trouble.COVERED
    return None
