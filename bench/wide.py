"""The queue in its filters, a search and a case, where 300,000 cases are open."""

import base64
import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from bench import citizens, servers, volume
from bench.client import Load, drive, request
from bench.floor import schema
from bench.rounds import Line
from bench.sizes import Sizes
from bench.staff import BACKEND, leads, opened
from complaints.models import Complaint
from complaints.views.queue_filters import SEALED, SEARCHES
from portal.accounts.models import Posting
from portal.common import crypto, scope
from portal.registry.models import Organization

# A name that one of a thousand bears, and one that all the others do.
SELDOM: Final = "Lò Văn Hiếm"
USUAL: Final = "Nguyễn Thị"
MUST: Final = "p50 22 ms; p95 100 ms; 6 statements"
# By which the address names the search of the session.
KEY: Final = "0a1b2c3d"


class Asked(NamedTuple):
    """A page that a reader asks for; ``words``: what is searched for, kept sealed."""

    name: str
    path: str
    words: str = ""


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure each page for the ministry, a busy province and a station."""
    missing = sizes.open_many - opened(owner)
    if missing > 0:
        volume.held(owner, count=missing, holders=sizes.holders)
    volume.varied(owner, seldom=SELDOM)
    count = opened(owner)
    schema.wait(owner, complaints=count, people=sizes.people)
    lines = []
    with servers.web(servers.OURS, log=folder / "bench-web.log") as port:
        for name, posting in leads():
            for asked in _pages(posting):
                lines.append(_line(name, posting, asked, count, port, sizes))
    return lines


def _pages(posting: Posting) -> Iterator[Asked]:
    queue = citizens.path_of("casework:queue")
    body = posting.organization
    yield Asked("first page", queue)
    yield Asked("one kind", f"{queue}?kind=wrong_person")
    yield Asked("overdue", f"{queue}?due=overdue")
    yield Asked("nobody's yet", f"{queue}?assignee=nobody")
    yield Asked("with a photo", f"{queue}?photo=yes")
    yield Asked("without one", f"{queue}?photo=no")
    yield Asked("kind, due and photo", f"{queue}?kind=wrong_dose&due=overdue&photo=yes")
    with scope.system():
        below = Organization.objects.filter(parent=body).order_by("code").first()
        case = (
            Complaint.objects.open()
            .filter(holder_path__startswith=body.path)
            .select_related("submission")
            .order_by("queue_at", "pk")
            .first()
        )
    if below is not None:
        yield Asked("one unit below", f"{queue}?unit={below.code}")
    yield Asked("a name that few bear", f"{queue}?q={SEALED}{KEY}", SELDOM)
    yield Asked("a name that most bear", f"{queue}?q={SEALED}{KEY}", USUAL)
    # Asked by each open queue every 45 s: 500 of them are 11 a second.
    shown = round((timezone.now() - timedelta(minutes=30)).timestamp() * 1_000_000)
    news = f"{citizens.path_of('casework:queue_news')}?shown={shown}&had=x"
    yield Asked("news of an open queue", news)
    if case is not None:
        code = case.submission.code
        yield Asked("a search by code", f"{queue}?q={code}")
        page = citizens.path_of("casework:case", int(code), case.number)
        yield Asked("a case", page)


def _line(
    name: str, posting: Posting, asked: Asked, count: int, port: int, sizes: Sizes
) -> Line:
    key = _session(posting, asked.words, at=timezone.now())
    sent = request(asked.path, cookies={settings.SESSION_COOKIE_NAME: key})
    _ask(port, sent, 3)
    loads = [_ask(port, sent, sizes.pages) for _round in range(sizes.rounds)]
    return Line(
        f"{asked.name}, {name}, {count:,} open",
        "ms",
        statistics.median(load.p50 for load in loads),
        must=MUST,
        more={
            "p95_ms": statistics.median(load.p95 for load in loads),
            "statements": citizens.statements(asked.path, key),
        },
    )


def _ask(port: int, sent: bytes, times: int) -> Load:
    """Ask for one page so often from one client; refuse a wrong answer."""
    load = drive(port, [sent] * times, expect=200, clients=1)
    if load.failed:
        raise RuntimeError(f"{load.failed} wrong answers: {load.first_failure}")
    return load


def _session(posting: Posting, words: str, *, at: datetime) -> str:
    """Return the session key of a reader who searches for these words."""
    content = {
        SESSION_KEY: str(posting.user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: posting.user.get_session_auth_hash(),
        "seen_at": at.isoformat(),
    }
    if words:
        sealed = crypto.seal(words, bound_to=f"search:{posting.user.pk}")
        content[SEARCHES] = {KEY: base64.b64encode(sealed).decode()}
    return citizens.sessions([content], at=at)[0]
