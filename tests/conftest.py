"""What every test stands on: the database's scope, no foreign network, a fixed noon."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db.models.signals import post_migrate
from django.utils import translation
from hypothesis import settings

from portal.common import scope

# A busy machine is slow, not wrong.
settings.register_profile("dumui", deadline=None)
settings.load_profile("dumui")

NOON = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


# What waits more than it works, the longest first: begun at once, it has company.
LONGEST = ("faults/test_chaos", "journeys/", "demo/test_processes", "loads/test_kill")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Begin with the longest; else keep the order, where what flushes comes late.

    A file goes to one process as a whole, so that what it makes once is made once; the
    journeys go to one as a whole, as each process would start a portal of its own. What
    flushes goes apart from the rest of its file, or it would come before others.
    """
    for item in items:
        marks = item.iter_markers("django_db")
        flushes = any(mark.kwargs.get("transaction") for mark in marks) or (
            "transactional_db" in getattr(item, "fixturenames", ())
        )
        group = "journeys" if "/journeys/" in item.nodeid else str(item.path)
        item.add_marker(pytest.mark.xdist_group(f"{group} {flushes}"))
    yield

    def place(item: pytest.Item) -> int:
        starts = [n for n, part in enumerate(LONGEST) if part in item.nodeid]
        return starts[0] if starts else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Leave out what a flush after each committed test would write anew for nobody.

    Permissions and content types of all models take most of its time; no test asks
    for them, as rights are postings here.
    """
    for receiver in (create_permissions, create_contenttypes):
        uid = f"{receiver.__module__}.{receiver.__name__}"
        post_migrate.disconnect(receiver, dispatch_uid=uid)
        post_migrate.disconnect(receiver)


@pytest.fixture
def at() -> datetime:
    """Return noon in Vietnam on a Monday."""
    return NOON


@pytest.fixture(autouse=True)
def _language_of_its_own():
    """Let no test begin in the language of the last page that another one opened."""
    yield
    translation.deactivate()


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


@dataclass
class Gateway:
    """A gateway on loopback: what it is to answer, and what it was sent."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    gives_ids: bool = False
    sent: list[tuple[dict, dict]] = field(default_factory=list)

    def texts(self) -> list[str]:
        """Return what was handed over, in order."""
        return [body["text"] for _headers, body in self.sent]


@pytest.fixture
def gateway(settings) -> Iterator[Gateway]:
    """Hold a gateway that the settings name."""
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            state.sent.append((dict(self.headers), body))
            self.send_response(state.answers.pop(0) if state.answers else 202)
            answer = b'{"id": "gw-%d"}' % len(state.sent) if state.gives_ids else b""
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    # A secret in the path makes every address its own, so its own breaker too.
    state.url = f"http://127.0.0.1:{server.server_port}/{id(state)}"
    settings.SMS_URL, settings.SMS_TOKEN = state.url, "secret"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
