"""Telling the citizen: one message per event, recipient and channel, sent once."""

from complaints.notifications.sending import (
    can_reach,
    deliver,
    notify,
    on_paper,
    withdraw,
)

__all__ = ["can_reach", "deliver", "notify", "on_paper", "withdraw"]
