"""Resolution times by organization, month and kind: recounted from events, and kept."""

from complaints.rollups.kept import rebuild, rebuild_all, rebuild_changed
from complaints.rollups.measuring import FEW, By, Times, recount

__all__ = [
    "FEW",
    "By",
    "Times",
    "rebuild",
    "rebuild_all",
    "rebuild_changed",
    "recount",
]
