"""How often the citizen's pages may be asked, and the page that says wait.

The limits hang on what is asked for first; mobile carriers put thousands of people
behind one address, so the limit of an address is generous (trust, T2 to T4).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.accounts import assistance
from portal.common.forms import PartialDate
from portal.common.http import see_other
from portal.common.names import fold
from portal.common.templatetags.ui import wait_words
from portal.common.throttle import Limit, client_address, take

HOUR: Final = timedelta(hours=1)
LOOK_UP: Final = Limit("look_up", 10, HOUR)
# Ten thousand people bear one name; with a birth date few do, with a year some.
LOOK_UP_NAME: Final = Limit("look_up_name", 60, HOUR)
LOOK_UP_DEVICE: Final = Limit("look_up_device", 60, HOUR)
LOOK_UP_ADDRESS: Final = Limit("look_up_address", 3000, HOUR)
CODE_PHONE: Final = Limit("code_phone", 10, HOUR)
CODE_ADDRESS: Final = Limit("code_address", 1000, HOUR)
CODE_TRIES_DEVICE: Final = Limit("code_tries_device", 60, HOUR)
CODE_TRIES_ADDRESS: Final = Limit("code_tries_address", 3000, HOUR)
OPEN_PERSON: Final = Limit("open_person", 5, timedelta(days=1))
# Of one telephone that more than twenty share: birth dates tried, right or wrong. The
# slips of some shut nobody out, and thirty whole dates among a hundred people find few.
OPEN_CROWD: Final = Limit("open_crowd", 30, timedelta(days=1))
TRACK: Final = Limit("track", 10, HOUR)
TRACK_DEVICE: Final = Limit("track_device", 60, HOUR)
# Wrong ones alone, across all codes, whatever cookies are dropped. Behind one address
# of a mobile network 3,000 people an hour may slip in one case of ten.
TRACK_WRONG: Final = Limit("track_wrong", 300, HOUR)
# Seconds after which it is worth asking again where somebody else used a limit up.
A_WHILE: Final = 600
TRACK_ADDRESS: Final = Limit("track_address", 3000, HOUR)
DRAFTS_ADDRESS: Final = Limit("drafts_address", 2000, HOUR)
MAIL_ADDRESS: Final = Limit("mail_address", 5, timedelta(days=1))
PAPER: Final = Limit("paper", 20, HOUR)
CONTACT: Final = Limit("contact", 5, timedelta(days=1))
STOP: Final = Limit("contact_stop", 20, HOUR)
CERTIFICATES: Final = Limit("certificates", 600, HOUR)
# A picture is decoded while its sender waits, which costs a thousand times its text.
CERTIFICATE_PICTURES: Final = Limit("certificate_pictures", 30, HOUR)
DATA_REQUEST: Final = Limit("data_request", 5, timedelta(days=1))
UPLOAD_DEVICE: Final = Limit("upload_device", 40, HOUR)
# Of files from browsers that proved nothing yet: 300 of 10 MB are 3 GB an hour.
UPLOAD_ADDRESS: Final = Limit("upload_address", 300, HOUR)

Taken = tuple[Limit, str]


def over(request: HttpRequest, *taken: Taken, at: datetime) -> HttpResponse | None:
    """Count one use of each limit; return the page that says wait, or None.

    An empty subject is not counted: a browser without a session yet has no device of
    its own, and thousands of them share one address of a mobile network.
    """
    seconds = seconds_left(*taken, at=at)
    return wait(request, seconds=seconds) if seconds else None


def seconds_left(*taken: Taken, at: datetime) -> int:
    """Count one use of each limit up to the first that is over; return its seconds.

    For who stays on the page with what they typed, and reads there when to try again.
    """
    left = (seconds_over(limit, subject, at=at) for limit, subject in taken)
    return next(filter(None, left), 0)


def over_look_up(
    request: HttpRequest,
    *,
    national_id: str,
    full_name: str,
    born: PartialDate,
    at: datetime,
) -> HttpResponse | None:
    """Count a look-up of this number, and of this name and birth date; as ``over``.

    Both where both are typed: a number that nobody has leaves the name to be found by.
    """
    taken = [(LOOK_UP, national_id)] if national_id else []
    if full_name:
        taken.append((LOOK_UP_NAME, f"{fold(full_name)}|{born}"))
    return over(
        request,
        *taken,
        (LOOK_UP_DEVICE, device(request)),
        (LOOK_UP_ADDRESS, address(request)),
        at=at,
    )


def over_tries(request: HttpRequest, *, at: datetime) -> HttpResponse | None:
    """Count a try at a one-time code from this browser and address; as ``over``.

    Who only opens the page tries nothing.
    """
    if request.method != "POST":
        return None
    return over(
        request,
        (CODE_TRIES_DEVICE, device(request)),
        (CODE_TRIES_ADDRESS, address(request)),
        at=at,
    )


def seconds_over(limit: Limit, subject: str, *, at: datetime) -> int:
    """Count one use; return after how many seconds the next is allowed, 0 for now."""
    return take(limit, subject, at=at).retry_after if subject else 0


def closed_at_the_counter(view: Callable[..., HttpResponse]) -> Callable:
    """Keep the ways in closed while staff help somebody: the help is for one person."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if assistance.of(request) is None:
            return view(request, *args, **kwargs)
        return see_other("casework:counter")

    return guarded


def wait(request: HttpRequest, *, seconds: int) -> HttpResponse:
    """Return 429 with the seconds to wait."""
    response = render(request, "429.html", {"retry_after": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def try_later(seconds: int) -> str:
    """Return the words beside a form that is sent too often; it keeps what it holds."""
    return _(
        "That was too often. What you typed is here still: send it in %(time)s."
    ) % {"time": wait_words(seconds)}


def later(response: HttpResponse, *, seconds: int) -> HttpResponse:
    """Make a page that holds a form with these words a 429; 0 seconds leave it."""
    if seconds:
        response.status_code = 429
        response["Retry-After"] = str(seconds)
    return response


def address(request: HttpRequest) -> str:
    """Return the sender's address, as far as trusted proxies tell."""
    return client_address(request)


def browser(request: HttpRequest) -> str:
    """Return what names this browser beyond a session: the secret of its forms."""
    secret: str = request.META.get("CSRF_COOKIE") or ""
    return secret


def device(request: HttpRequest) -> str:
    """Return what names this browser: its session; empty before it has one."""
    return request.session.session_key or ""
