"""Which case comes next for somebody who asks for one. Pure."""

from datetime import datetime, timedelta
from typing import Final

# A case that was reported again goes before what is due that much sooner, each time
# it was; who repeats it twenty times gains no more than who does it three times.
AHEAD: Final = timedelta(hours=8)
MOST_AHEAD: Final = 3


def place(queue_at: datetime, *, reported_again: int) -> datetime:
    """Return where a case stands in the order of giving out; the earliest is next.

    ``queue_at``: when it is due, or the beginning of that day where it is urgent.
    """
    return queue_at - AHEAD * min(reported_again, MOST_AHEAD)
