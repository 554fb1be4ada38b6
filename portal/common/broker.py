"""The client of Redis for short questions: quick to give up, never in the way."""

import time
from functools import lru_cache
from typing import Final

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

BREAKER_SECONDS: Final = 5.0

_broken_until = 0.0


def client() -> Redis | None:
    """Return a client that answers within half a second or fails.

    None means that there is no Redis here, or that it failed less than five seconds
    ago in this process: do without. Nothing is sent, so a client may still fail; say
    so by `failed()`.
    """
    if not settings.REDIS_URL or time.monotonic() < _broken_until:
        return None
    return _client(settings.REDIS_URL)


def failed() -> None:
    """Note that Redis failed: for five seconds nobody in this process asks it."""
    global _broken_until
    _broken_until = time.monotonic() + BREAKER_SECONDS


def is_alive() -> bool:
    """Ask Redis whether it answers; False also where there is none."""
    redis = client()
    if redis is None:
        return False
    try:
        return bool(redis.ping())
    except RedisError:
        failed()
        return False


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    # redis-py retries by itself otherwise, and a frozen server would cost seconds.
    return Redis.from_url(
        url,
        socket_connect_timeout=0.3,
        socket_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
