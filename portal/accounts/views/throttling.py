"""How often one may try to sign in, and what is answered beyond."""

from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.common.throttle import Limit, Verdict, client_address, give_back, take

# Strict for a user name from one address, mild for the name from everywhere: a
# stranger can slow down guesses, but lock nobody out for longer than minutes.
PER_NAME_AND_ADDRESS: Final = Limit("sign_in_pair", 8, timedelta(minutes=5))
PER_NAME: Final = Limit("sign_in_name", 60, timedelta(minutes=5))
PER_ADDRESS: Final = Limit("sign_in_address", 120, timedelta(minutes=5))
# Codes can be tried only by who knows the password, so nobody else can use these up.
# Twenty an hour of three that fit in a million: one chance in 700 a day.
CODE_AND_ADDRESS: Final = Limit("second_factor_pair", 6, timedelta(minutes=5))
CODE: Final = Limit("second_factor", 20, timedelta(hours=1))


def wait_for_password(request: HttpRequest, username: str, *, at: datetime) -> int:
    """Count a try of a password; return the seconds to wait, 0 where it may go on."""
    name = username.strip().lower()
    return _longest(
        take(PER_NAME_AND_ADDRESS, _pair(request, name), at=at),
        take(PER_NAME, name, at=at),
        take(PER_ADDRESS, client_address(request), at=at),
    )


def wait_for_code(request: HttpRequest, user: User, *, at: datetime) -> int:
    """Count a try of a second factor; return the seconds to wait, 0 for none."""
    return _longest(
        take(CODE_AND_ADDRESS, _pair(request, str(user.pk)), at=at),
        take(CODE, str(user.pk), at=at),
    )


def password_was_right(request: HttpRequest, username: str, *, at: datetime) -> None:
    """Forget the tries of who knows the password."""
    name = username.strip().lower()
    give_back(PER_NAME_AND_ADDRESS, _pair(request, name), at=at)


def code_was_right(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Forget the tries of who holds the second factor."""
    give_back(CODE_AND_ADDRESS, _pair(request, str(user.pk)), at=at)
    give_back(CODE, str(user.pk), at=at)


def words(wait: int) -> str:
    """Return the sentence for somebody who has to wait so many seconds."""
    return _("Too many attempts. Try again in %(n)s minutes.") % {"n": -(-wait // 60)}


def _longest(*verdicts: Verdict) -> int:
    return max(
        (max(1, int(v.retry_after)) for v in verdicts if not v.allowed), default=0
    )


def _pair(request: HttpRequest, name: str) -> str:
    return f"{name}|{client_address(request)}"
