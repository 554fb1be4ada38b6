"""Telling the citizen: one message per event, recipient and channel, sent once."""

from complaints.notifications.sending import deliver, notify, on_paper, withdraw

__all__ = ["deliver", "notify", "on_paper", "withdraw"]
