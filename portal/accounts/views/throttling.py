"""How often one may try to sign in, and what is answered beyond."""

from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.common.throttle import (
    Limit,
    Verdict,
    client_address,
    give_back,
    is_used_up,
    take,
)

# Strict for a user name from one address, mild for the name from everywhere. What one
# address may try no more does not count for the name, so that one address alone uses
# nobody's name up; and from where the password was right before, the name's own limit
# does not hold, so that many addresses together lock nobody out at the usual place.
PER_NAME_AND_ADDRESS: Final = Limit("sign_in_pair", 8, timedelta(minutes=5))
PER_NAME: Final = Limit("sign_in_name", 60, timedelta(minutes=5))
PER_ADDRESS: Final = Limit("sign_in_address", 120, timedelta(minutes=5))
# Once counted, the address is known to the name until this month of days is over.
KNOWN: Final = Limit("sign_in_known", 1, timedelta(days=30))
# Only who is inside can try the old password of an account.
OWN_PASSWORD: Final = Limit("own_password", 8, timedelta(minutes=5))
# Codes can be tried only by who knows the password, so nobody else can use these up.
# Twenty an hour of three that fit in a million: one chance in 700 a day.
CODE_AND_ADDRESS: Final = Limit("second_factor_pair", 6, timedelta(minutes=5))
CODE: Final = Limit("second_factor", 20, timedelta(hours=1))


def wait_for_password(request: HttpRequest, username: str, *, at: datetime) -> int:
    """Count a try of a password; return the seconds to wait, 0 where it may go on."""
    name = username.strip().lower()
    pair = _pair(request, name)
    wait = _longest(
        take(PER_NAME_AND_ADDRESS, pair, at=at),
        take(PER_ADDRESS, client_address(request), at=at),
    )
    if wait or is_used_up(KNOWN, pair, at=at):
        return wait
    return _longest(take(PER_NAME, name, at=at))


def wait_for_own_password(user: User, *, at: datetime) -> int:
    """Count a try of the old password by who is signed in; return as above."""
    return _longest(take(OWN_PASSWORD, str(user.pk), at=at))


def wait_for_code(request: HttpRequest, user: User, *, at: datetime) -> int:
    """Count a try of a second factor; return the seconds to wait, 0 for none."""
    return _longest(
        take(CODE_AND_ADDRESS, _pair(request, str(user.pk)), at=at),
        take(CODE, str(user.pk), at=at),
    )


def password_was_right(request: HttpRequest, username: str, *, at: datetime) -> None:
    """Forget the tries of who knows the password, and know the address from now on."""
    pair = _pair(request, username.strip().lower())
    give_back(PER_NAME_AND_ADDRESS, pair, at=at)
    take(KNOWN, pair, at=at)


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
