"""Resolution times by organization, month and kind: measured from events, and kept."""

from complaints.rollups.counting import FEW, By, Times, recount
from complaints.rollups.kept import (
    age,
    follow_move,
    measure_anew,
    rebuild_all,
    rebuild_changed,
    take_turn,
)

__all__ = [
    "FEW",
    "By",
    "Times",
    "age",
    "follow_move",
    "measure_anew",
    "rebuild_all",
    "rebuild_changed",
    "recount",
    "take_turn",
]
