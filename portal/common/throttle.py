"""Limits: how often something may be done for one subject in a time.

Counted in Redis by one atomic script, and where Redis is absent or fails, in PostgreSQL
by one statement. The subject (a number, a telephone, an address) is kept only as a
keyed digest. Windows are fixed and start at multiples of their length, so both places
agree about them; a switch from one place to the other starts a new count.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from redis.exceptions import RedisError

from portal.common import broker, crypto
from portal.common.models import Tally

_COUNT: Final = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n
"""
_COUNT_IN_DATABASE: Final = """
INSERT INTO common_tally (key, count, ends_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET count = common_tally.count + 1
RETURNING count
"""


@dataclass(frozen=True)
class Limit:
    """So many times per period for one subject; `name` keeps limits apart."""

    name: str
    times: int
    per: timedelta


@dataclass(frozen=True)
class Verdict:
    """Whether it may be done; if not, after how many seconds it is worth trying."""

    allowed: bool
    retry_after: int
    remaining: int


def take(limit: Limit, subject: str, *, at: datetime) -> Verdict:
    """Count one try and say whether it is within the limit.

    Call it outside a transaction that may be rolled back, or the try is not counted
    where PostgreSQL counts. Raises DatabaseError when neither place can count: a limit
    that cannot be kept refuses.
    """
    length = limit.per.total_seconds()
    key, ends = _key(limit, subject, at)
    count = _count_in_redis(key, length)
    if count is None:
        count = _count_in_database(key, datetime.fromtimestamp(ends, UTC))
    allowed = count <= limit.times
    return Verdict(
        allowed=allowed,
        retry_after=0 if allowed else max(1, math.ceil(ends - at.timestamp())),
        remaining=max(0, limit.times - count),
    )


def is_used_up(limit: Limit, subject: str, *, at: datetime) -> bool:
    """Tell whether no try is left of a limit, without counting one.

    For a limit that counts failures only. An empty subject has no limit. Raises
    DatabaseError when neither place can tell.
    """
    if not subject:
        return False
    key, _ = _key(limit, subject, at)
    redis = broker.client()
    if redis is not None:
        try:
            return int(str(redis.get(f"limit:{key}") or 0)) >= limit.times
        except RedisError:
            broker.failed()
    counted = Tally.objects.filter(key=key).values_list("count", flat=True).first()
    return (counted or 0) >= limit.times


def give_back(limit: Limit, subject: str, *, at: datetime) -> None:
    """Forget the window's tries of a subject, once it has proved itself.

    A limit on guessing must not stop who knows the answer and comes back often.
    """
    key, _ = _key(limit, subject, at)
    redis = broker.client()
    if redis is not None:
        try:
            redis.delete(f"limit:{key}")
        except RedisError:
            broker.failed()
    Tally.objects.filter(key=key).delete()


def _key(limit: Limit, subject: str, at: datetime) -> tuple[str, float]:
    """Return the counter's name in this window, and when the window ends."""
    length = limit.per.total_seconds()
    window = math.floor(at.timestamp() / length)
    mark = crypto.digest(f"limit:{limit.name}", subject).hex()
    return f"{limit.name}:{mark}:{window}", (window + 1) * length


def forget_ended(*, at: datetime) -> int:
    """Delete the counters of windows that are over; return how many there were."""
    deleted, _ = Tally.objects.filter(ends_at__lte=at).delete()
    return deleted


def client_address(request: HttpRequest) -> str:
    """Return the address that a request came from; "" when none can be believed.

    Each of the `TRUSTED_PROXIES` proxies appends the address that it saw to
    X-Forwarded-For, so the client's is that many entries from the right; everything
    further left is the client's own invention. A request with fewer entries did not
    come through all proxies: then the peer's own address counts. Of IPv6 it is the /64,
    which one subscriber has whole.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    trusted = settings.TRUSTED_PROXIES
    if trusted:
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(entries) >= trusted and entries[-trusted].strip():
            seen = entries[-trusted]
    return _plain_address(seen.strip())


def _plain_address(text: str) -> str:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if isinstance(parsed, ipaddress.IPv6Address):
        network = ipaddress.IPv6Network((int(parsed), 64), strict=False)
        return str(network.network_address)
    return str(parsed)


def _count_in_redis(key: str, length: float) -> int | None:
    redis = broker.client()
    if redis is None:
        return None
    try:
        # Kept a little longer than the window, since clocks differ.
        lifetime = str(int((length + 60) * 1000))
        return int(str(redis.eval(_COUNT, 1, f"limit:{key}", lifetime)))
    except RedisError:
        broker.failed()
        return None


def _count_in_database(key: str, ends_at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_IN_DATABASE, [key, ends_at])
        return int(cursor.fetchone()[0])
