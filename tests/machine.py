"""What a machine may lack: tests that need it are skipped, or fail where it must be.

``REDIS=required`` and ``BROWSER=required`` are what ``.ci/run`` asks for: there a suite
without workers, faults or pages in a browser would prove too little.
"""

import os
from typing import NoReturn

import pytest

from portal.stack.redis import find_server

REDIS = "no Redis here: apt-get install redis-server"


def lacking(name: str, how: str) -> NoReturn:
    """Skip the test that asks, saying how to get what it needs; fail if it must run."""
    if os.environ.get(name) == "required":
        pytest.fail(how)
    pytest.skip(how)


def need_redis() -> None:
    """Go on where a Redis can be started here."""
    if find_server() is None:
        lacking("REDIS", REDIS)
