"""Resolution times by organization, month and kind: recounted from events, and kept."""

from complaints.rollups.kept import rebuild, rebuild_all, rebuild_changed
from complaints.rollups.measuring import FEW, By, Times, recount
from complaints.rollups.sketches import percentile

__all__ = [
    "FEW",
    "By",
    "Times",
    "percentile",
    "rebuild",
    "rebuild_all",
    "rebuild_changed",
    "recount",
]
