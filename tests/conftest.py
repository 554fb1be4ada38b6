"""What every test stands on: the database's scope, no foreign network, a fixed noon."""

import socket
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from portal.common import scope

# A busy machine is slow, not wrong.
settings.register_profile("dumui", deadline=None)
settings.load_profile("dumui")

NOON = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    """Return noon in Vietnam on a Monday."""
    return NOON


@pytest.fixture
def all_rows(db):
    """Open all rows for a test that calls rules and actions itself."""
    with scope.system():
        yield


@pytest.fixture(autouse=True)
def _no_foreign_host(monkeypatch):
    """Refuse connections that leave the machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(
            address[0]
        ).startswith(("127.", "::1", "localhost")):
            raise AssertionError("a test reached for another machine")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
