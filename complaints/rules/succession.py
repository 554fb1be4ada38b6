"""What becomes of an open case when the unit that has it closes. Pure."""

from typing import Final

from complaints.choices import Status

# Begun anew by the successor's people; what waits for somebody goes on waiting.
_BEGINS_ANEW: Final = frozenset({Status.RECEIVED, Status.IN_REVIEW})


def status_after(status: Status) -> Status:
    """Return the status of an open case at the successor.

    A question to the citizen or another body and a proposal to sign stay what they
    are: the answers and the second signature come to the successor then.
    """
    return Status.RECEIVED if status in _BEGINS_ANEW else status


def keeps_assignee(status: Status) -> bool:
    """Tell whether the person at work stays: who asked, or who proposed."""
    return status not in _BEGINS_ANEW
