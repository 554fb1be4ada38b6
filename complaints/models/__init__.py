"""What is said of the record, and what becomes of it."""

from complaints.models.complaint import Claim, Complaint
from complaints.models.event import Event, Message
from complaints.models.policy import Figure, Policy, SubtreeFigure, Watermark
from complaints.models.submission import Draft, Evidence, Joining, Submission

__all__ = [
    "Claim",
    "Complaint",
    "Draft",
    "Event",
    "Evidence",
    "Figure",
    "Joining",
    "Message",
    "Policy",
    "SubtreeFigure",
    "Submission",
    "Watermark",
]
