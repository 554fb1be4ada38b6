"""Questions that an open page asks by itself, and how long nobody touched it.

``rest.js`` says so in a header of every request that htmx makes on a timer. Such a
request is no work: it keeps no session alive, and what it sends is not what was typed.
"""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest

HEADER: Final = "X-Idle-Seconds"
# A page that was touched within that time has somebody before it.
PRESENT: Final = timedelta(minutes=5)
# What cannot be read counts as a page that was left.
_LEFT: Final = timedelta(days=1)


def idle(request: HttpRequest) -> timedelta | None:
    """Return how long the page that asks was not touched; None for no such question."""
    said = request.headers.get(HEADER)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 6):
        return _LEFT
    return timedelta(seconds=int(said))


def is_left(request: HttpRequest) -> bool:
    """Tell whether a page asks by itself that nobody touched for five minutes."""
    untouched = idle(request)
    return untouched is not None and untouched > PRESENT
