"""Whether a case may be handed over once more, or went round long enough. Pure."""

from collections.abc import Sequence
from typing import Final

from complaints.choices import Move

# One hand-over back to a former holder may be a correction; a second is ping-pong.
MOST_RETURNS: Final = 1
# After two between equals none of them answers for it: the third goes up.
MOST_HOPS: Final = 2


def goes_up(steps: Sequence[tuple[str, int]], *, to: int) -> bool:
    """Tell whether a hand-over goes to the level above instead of to whom was chosen.

    ``steps``: each move of this round that gave the case to a holder, with the holder,
    in order. What a level above gives down again begins to count anew, save returns.
    """
    had, hops, returns = set[int](), 0, 0
    for move, holder in steps:
        if move == Move.HAND_OVER:
            hops += 1
            returns += holder in had
        else:
            hops = 0
        had.add(holder)
    return hops >= MOST_HOPS or (to in had and returns >= MOST_RETURNS)
