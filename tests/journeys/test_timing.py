"""Nobody learns from a look-up whether somebody is on record: not from a word, not
from a header, not from how long it takes (trust, T1).

Times are judged by the size of the effect, not by a p-value at its edge: Cliff's delta
below 0.147 is called negligible (Romano and others, 2006). Over so many tries as a
patient attacker would not have, as limits stop them after ten.
"""

import http.client
import json
import random
import re
import statistics
import time
from itertools import islice, product
from urllib.parse import urlencode, urlsplit

import pytest

from tests.journeys.conftest import beside
from tests.journeys.test_without_a_browser import day_fields
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.stack

# Of each way, found and not found.
TRIES = 250
NEGLIGIBLE = 0.147
# Of one way alone: chance takes half as many tries further apart (four deviations).
NEGLIGIBLE_ALONE = 0.21
# Of the median, or of a thousandth of a second where all is quick.
MOST_APART = 0.05
# Of each answer its own; names of headers and of cookies are compared all the same.
OWN = {"date", "x-request-id", "set-cookie"}


class Asker:
    """Sends look-ups over one connection, each as a browser without a session."""

    def __init__(self, base):
        page = Visitor(base).get("/tra-cuu/")
        self.token = page.forms[0].values["csrfmiddlewaretoken"][0]
        self.cookie = "; ".join(f"{c.name}={c.value}" for c in page.cookies)
        self.base = base
        self.connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)

    def ask(self, way, who, born):
        """Return the seconds to the answer, and the answer without what is its own."""
        typed = {"csrfmiddlewaretoken": self.token, way: who}
        body = urlencode(typed | day_fields("born_on", born))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
            "Origin": self.base,
        }
        began = time.perf_counter()
        self.connection.request("POST", "/tra-cuu/", body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        kept = sorted(
            (name.lower(), "" if name.lower() in OWN else value)
            for name, value in answer.getheaders()
        )
        cookies = [
            (re.sub(r"(?<==)[^;]+", lambda value: str(len(value[0])), cookie, count=1))
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


def known_by_number(people):
    """Return look-ups that find somebody: one a person, as a code lasts a minute."""
    # The year alone opens a record, too.
    return [
        ("national_id", number, born if place % 2 else born[:4] + "--")
        for place, (number, born, _name) in enumerate(people)
    ]


def unknown_by_number(people, chance):
    """Return look-ups that find nobody: an unknown number, or another's birth year."""
    numbers = {number for number, _, _ in people}
    for number, born, _name in people:
        unknown = number[:6] + f"{chance.randrange(10**6):06d}"
        if unknown not in numbers:
            yield "national_id", unknown, born
        if not born.endswith("02-29"):
            years = 1 + chance.randrange(3)
            yield "national_id", number, f"{int(born[:4]) - years}{born[4:]}"


def known_by_name(people):
    """Return look-ups that find the one bearer of a name who was born on a day."""
    return [("full_name", name, born) for _number, born, name in people if name]


def unknown_by_name(people, chance):
    """Return look-ups of names of the demo that nobody born on that day bears."""
    born = {(name, day) for _number, day, name in people}
    names, days = [one[2] for one in people if one[2]], [one[1] for one in people]
    while True:
        who = chance.choice(names), chance.choice(days)
        if who not in born:
            yield "full_name", *who


def cliffs_delta(some, others):
    """Return how far one lot of values stands above the other: -1 to 1, 0 is alike."""
    sides = sum((a > b) - (a < b) for a, b in product(some, others))
    return sides / (len(some) * len(others))


def test_answers_to_found_and_not_found_cannot_be_told_apart(portal, request):
    ran = beside(portal, "-m", "tests.journeys.truth", "people")
    assert ran.returncode == 0, ran.stderr
    # The people of the stories need their codes for other journeys.
    named = {citizen["national_id"] for citizen in portal.demo["citizens"]}
    people = [
        (number, born, name)
        for number, born, name in json.loads(ran.stdout)["people"]
        if number not in named
    ]
    chance = random.Random(4)
    asker = Asker(portal.base)
    request.addfinalizer(asker.connection.close)
    by_number = list(unknown_by_number(people, chance))
    for who in by_number[-20:]:
        asker.ask(*who)

    first, *times = compare(asker, known_by_number(people), by_number[:-20], chance)
    by_name = list(islice(unknown_by_name(people, chance), TRIES))
    second, *more = compare(asker, known_by_name(people), by_name, chance)

    assert first == second
    found, not_found = (a + b for a, b in zip(times, more, strict=True))
    assert abs(cliffs_delta(found, not_found)) < NEGLIGIBLE


def compare(asker, known, unknown, chance):
    """Ask for both in turn; fail where answers or times differ.

    Return the answer, the seconds where somebody was found, and where nobody was.
    """
    assert min(len(known), len(unknown)) >= TRIES
    chance.shuffle(known)
    chance.shuffle(unknown)
    found, not_found, answers = [], [], []
    for pair in zip(known[:TRIES], unknown[:TRIES], strict=True):
        turn = [(pair[0], found), (pair[1], not_found)]
        chance.shuffle(turn)
        for who, times in turn:
            took, answer = asker.ask(*who)
            times.append(took)
            answers.append(answer)

    assert answers[0][0] == 303
    assert [a for a in answers if a != answers[0]] == []
    usual = statistics.median(found)
    apart = abs(usual - statistics.median(not_found))
    assert apart < max(MOST_APART * usual, 0.001)
    assert abs(cliffs_delta(found, not_found)) < NEGLIGIBLE_ALONE
    return answers[0], found, not_found
