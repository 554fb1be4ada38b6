import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import RequestFactory

from portal.common import broker, throttle
from portal.common.models import Tally
from portal.common.throttle import Limit
from tests.machine import REDIS, lacking

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOURLY = Limit("test", times=3, per=timedelta(hours=1))


@pytest.fixture(autouse=True)
def _closed_breaker(monkeypatch):
    monkeypatch.setattr(broker, "_broken_until", 0.0)


@pytest.fixture
def _without_redis(settings):
    settings.REDIS_URL = ""


@pytest.fixture(params=["redis", "database"])
def _either_place(request, settings, db):
    if request.param == "database":
        settings.REDIS_URL = ""
    elif not broker.is_alive():
        lacking("REDIS", REDIS)
    else:
        broker.client().flushdb()


@pytest.fixture
def frozen_redis(settings):
    """A server that accepts and never answers, as a stopped process does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield


@pytest.mark.usefixtures("_either_place")
def test_the_tries_of_a_window_are_counted_down_then_refused():
    verdicts = [throttle.take(HOURLY, "a", at=NOON) for _ in range(5)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 3 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert [verdict.retry_after for verdict in verdicts] == [0, 0, 0, 3600, 3600]


@pytest.mark.usefixtures("_either_place")
def test_the_next_window_starts_anew_when_it_was_said_to():
    for _ in range(3):
        throttle.take(HOURLY, "a", at=NOON)
    refused = throttle.take(HOURLY, "a", at=NOON + timedelta(minutes=50))

    later = NOON + timedelta(minutes=50, seconds=refused.retry_after)

    assert refused.retry_after == 600
    assert throttle.take(HOURLY, "a", at=later).allowed


@pytest.mark.usefixtures("_either_place")
def test_subjects_and_limits_do_not_touch_each_other():
    other = Limit("other", times=3, per=timedelta(hours=1))
    for _ in range(4):
        throttle.take(HOURLY, "a", at=NOON)

    assert throttle.take(HOURLY, "b", at=NOON).remaining == 2
    assert throttle.take(other, "a", at=NOON).remaining == 2


@pytest.mark.usefixtures("_without_redis", "db")
def test_the_subject_is_not_readable_in_the_database():
    throttle.take(HOURLY, "079190001234", at=NOON)

    tally = Tally.objects.get()

    assert "079190001234" not in tally.key
    assert tally.ends_at == NOON + timedelta(hours=1)


@pytest.mark.usefixtures("_without_redis", "db")
def test_counters_of_past_windows_are_forgotten():
    throttle.take(HOURLY, "a", at=NOON)
    throttle.take(HOURLY, "a", at=NOON + timedelta(hours=1))

    assert throttle.forget_ended(at=NOON + timedelta(hours=1)) == 1
    assert Tally.objects.count() == 1


@pytest.mark.usefixtures("_without_redis")
@pytest.mark.django_db(transaction=True)
def test_tries_at_once_on_several_connections_are_all_counted():
    together = threading.Barrier(6)

    def attempt(_):
        try:
            together.wait(timeout=10)
            return throttle.take(HOURLY, "a", at=NOON).allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        allowed = list(pool.map(attempt, range(6)))

    assert sum(allowed) == 3


@pytest.mark.usefixtures("frozen_redis", "db")
def test_a_frozen_redis_costs_one_short_wait_then_none():
    start = time.monotonic()
    first = throttle.take(HOURLY, "a", at=NOON)
    waited = time.monotonic() - start
    second = throttle.take(HOURLY, "a", at=NOON)
    waited_again = time.monotonic() - start - waited

    assert (first.remaining, second.remaining) == (2, 1)
    assert waited < 1.5
    assert waited_again < 0.3
    assert broker.client() is None


@pytest.mark.usefixtures("db")
def test_a_refused_connection_counts_in_the_database(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"

    assert throttle.take(HOURLY, "a", at=NOON).remaining == 2
    assert Tally.objects.count() == 1


def test_without_an_address_there_is_no_client_and_no_life(settings):
    settings.REDIS_URL = ""

    assert broker.client() is None
    assert not broker.is_alive()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.9.9.9, 198.51.100.7", "198.51.100.7"),
        (2, "10.9.9.9, 198.51.100.7, 203.0.113.5", "198.51.100.7"),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::"),
        (1, "2001:db8:0:7:aaaa:bbbb:cccc:dddd", "2001:db8:0:7::"),
        (1, "fe80::1%eth0", "fe80::"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "unknown", ""),
    ],
)
def test_only_the_trusted_proxies_are_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **headers)

    assert throttle.client_address(request) == address


@pytest.mark.usefixtures("_either_place")
def test_who_proved_to_know_is_not_held_back_by_earlier_tries():
    for _ in range(5):
        throttle.take(HOURLY, "a", at=NOON)
    throttle.take(HOURLY, "b", at=NOON)

    throttle.give_back(HOURLY, "a", at=NOON)

    assert throttle.take(HOURLY, "a", at=NOON).remaining == 2
    assert throttle.take(HOURLY, "b", at=NOON).remaining == 1
