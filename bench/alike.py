"""Whether a look-up tells by its time that somebody is on record (trust, T1).

Found and not found are asked for in turn, as a patient attacker could not: limits stop
them after ten. How far apart the times are is judged by the size of the effect, not by
a p-value at its edge: Cliff's delta below 0.147 is called negligible (Romano and
others, 2006).
"""

import http.client
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
from django.db import connection

from bench import servers
from bench.rounds import Line
from bench.sizes import Sizes
from portal.common import crypto, scope

# Of each way, found and not found.
TRIES: Final = 500
_PATH: Final = "/tra-cuu/"
# Of each answer its own; names of headers and of cookies are compared all the same.
_OWN: Final = {"date", "x-request-id", "set-cookie"}

# A person's number, birth date (ISO) and name; no name where another bears the same.
Known = tuple[str, str, str]
# How to look up, what is typed, and the birth date.
LookUp = tuple[str, str, str]


class Asker:
    """Sends look-ups over one connection, each as a browser without a session."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.connection = http.client.HTTPConnection(host, timeout=60)
        self.connection.request("GET", _PATH)
        page = self.connection.getresponse()
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.read())
        assert found is not None, "the page of the look-up has no form"
        self._token = found[1].decode()
        given = page.headers.get_all("Set-Cookie") or []
        self._cookie = "; ".join(cookie.partition(";")[0] for cookie in given)

    def ask(self, way: str, who: str, born: str) -> tuple[float, tuple[Any, ...]]:
        """Return the seconds to the answer, and the answer without what is its own."""
        year, month, day = (int(part or 0) or "" for part in born.split("-"))
        body = urlencode(
            {
                "csrfmiddlewaretoken": self._token,
                way: who,
                "born_on_0": day,
                "born_on_1": month,
                "born_on_2": year,
            }
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self._cookie,
            "Origin": f"http://{self._host}",
        }
        began = time.perf_counter()
        self.connection.request("POST", _PATH, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        kept = sorted(
            (name.lower(), "" if name.lower() in _OWN else value)
            for name, value in answer.getheaders()
        )
        cookies = [
            re.sub(r"(?<==)[^;]+", lambda value: str(len(value[0])), cookie, count=1)
            for name, cookie in answer.getheaders()
            if name.lower() == "set-cookie"
        ]
        expiry = re.compile(r"expires=[^;]+")
        return took, (
            answer.status,
            kept,
            [expiry.sub("", cookie) for cookie in cookies],
            content,
        )


def known_people() -> list[Known]:
    """Return those whom a look-up finds and writes to."""
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.person_id, i.number_sealed, p.born_on, p.full_name,"
            " count(*) OVER (PARTITION BY p.name_folded, p.born_on)"
            " FROM registry_identitydocument i"
            " JOIN registry_person p ON p.id = i.person_id"
            " JOIN registry_telephone t ON t.person_id = p.id AND t.is_contact"
            " WHERE i.kind = 'pin12' AND i.is_current AND p.born_precision = 'day'"
            " ORDER BY p.id"
        )
        found = cursor.fetchall()
    return [
        (
            crypto.unseal(sealed, bound_to=f"person:{person}"),
            born_on.isoformat(),
            name if alike == 1 else "",
        )
        for person, sealed, born_on, name, alike in found
    ]


def known_by_number(people: Sequence[Known]) -> list[LookUp]:
    """Return look-ups that find somebody: one a person, as a code lasts a minute."""
    # The year alone opens a record, too.
    return [
        ("national_id", number, born if place % 2 else born[:4] + "--")
        for place, (number, born, _name) in enumerate(people)
    ]


def unknown_by_number(
    people: Sequence[Known], chance: random.Random
) -> Iterator[LookUp]:
    """Yield look-ups that find nobody: an unknown number, or another's birth year."""
    numbers = {number for number, _, _ in people}
    for number, born, _name in people:
        unknown = number[:6] + f"{chance.randrange(10**6):06d}"
        if unknown not in numbers:
            yield "national_id", unknown, born
        if not born.endswith("02-29"):
            years = 1 + chance.randrange(3)
            yield "national_id", number, f"{int(born[:4]) - years}{born[4:]}"


def known_by_name(people: Sequence[Known]) -> list[LookUp]:
    """Return look-ups that find the one bearer of a name who was born on a day."""
    return [("full_name", name, born) for _number, born, name in people if name]


def unknown_by_name(people: Sequence[Known], chance: random.Random) -> Iterator[LookUp]:
    """Yield look-ups of names of the demo that nobody born on that day bears."""
    born = {(name, day) for _number, day, name in people}
    names, days = [one[2] for one in people if one[2]], [one[1] for one in people]
    while True:
        who = chance.choice(names), chance.choice(days)
        if who not in born:
            yield "full_name", *who


def ask_in_turn(
    asker: Asker, known: list[LookUp], unknown: list[LookUp], chance: random.Random
) -> tuple[list[float], list[float], list[tuple[Any, ...]]]:
    """Ask for one known and one unknown at a time, in either order.

    Return the seconds of those found, of those not found, and all the answers.
    """
    found: list[float] = []
    not_found: list[float] = []
    answers = []
    for one, other in zip(known, unknown, strict=True):
        turn = [(one, found), (other, not_found)]
        chance.shuffle(turn)
        for who, times in turn:
            took, answer = asker.ask(*who)
            times.append(took)
            answers.append(answer)
    return found, not_found, answers


def cliffs_delta(some: Sequence[float], others: Sequence[float]) -> float:
    """Return how far one lot of values stands above the other: -1 to 1, 0 is alike."""
    sides = sum((a > b) - (a < b) for a, b in product(some, others))
    return sides / (len(some) * len(others))


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Compare the times of look-ups that find somebody with those that do not."""
    chance = random.Random(4)
    people = known_people()
    ways = {
        "number": (known_by_number(people), unknown_by_number(people, chance)),
        "name": (known_by_name(people), unknown_by_name(people, chance)),
    }
    lines = []
    # No limits of an address here: all tries come from one.
    settings = {"DEMO": "1", "DATA_DIR": str(folder)}
    log = folder / "bench-web.log"
    with servers.web(servers.OURS, log=log, settings=settings) as port:
        asker = Asker(f"localhost:{port}")
        for way, (known, endless) in ways.items():
            chance.shuffle(known)
            unknown = list(islice(endless, TRIES + 40))
            # The first ones load the code.
            ask_in_turn(asker, known[-40:], unknown[-40:], chance)
            found, not_found, answers = ask_in_turn(
                asker, known[:TRIES], unknown[:TRIES], chance
            )
            if [one for one in answers if one != answers[0]]:
                raise AssertionError("answers to found and not found are not the same")
            lines.append(_line(way, found, not_found))
    return lines


def _line(way: str, found: Sequence[float], not_found: Sequence[float]) -> Line:
    ours, floor = (statistics.median(times) * 1e3 for times in (found, not_found))
    return Line(
        name=f"look-up by {way}: somebody found",
        unit="ms",
        ours=ours,
        floor=floor,
        ratio=floor / ours,
        ratio_range=(floor / ours, floor / ours),
        floor_name="nobody found",
        must="Cliff's delta under 0.147",
        more={"delta": f"{cliffs_delta(found, not_found):+.3f}", "tries": len(found)},
    )
