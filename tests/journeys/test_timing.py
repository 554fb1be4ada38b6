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
from itertools import product
from urllib.parse import urlencode, urlsplit

import pytest

from tests.journeys.conftest import beside
from tests.journeys.test_without_a_browser import day_fields
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.stack

TRIES = 500
NEGLIGIBLE = 0.147
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

    def ask(self, number, born):
        """Return the seconds to the answer, and the answer without what is its own."""
        typed = {"csrfmiddlewaretoken": self.token, "national_id": number}
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


def strangers(people, chance):
    """Return look-ups that find nobody: an unknown number, or another's birth year."""
    numbers = {number for number, _ in people}
    for number, born in people:
        unknown = number[:6] + f"{chance.randrange(10**6):06d}"
        if unknown not in numbers:
            yield unknown, born
        if not born.endswith("02-29"):
            yield number, f"{int(born[:4]) - 1 - chance.randrange(3)}{born[4:]}"


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
        (number, born)
        for number, born in json.loads(ran.stdout)["people"]
        if number not in named
    ]
    chance = random.Random(4)
    # The year alone opens a record, too: two tries a person, none within a minute.
    known = people + [(number, born[:4] + "--") for number, born in people]
    unknown = list(strangers(people, chance))
    assert min(len(known), len(unknown)) >= TRIES
    chance.shuffle(known)
    chance.shuffle(unknown)
    asker = Asker(portal.base)
    request.addfinalizer(asker.connection.close)
    for number, born in unknown[-20:]:
        asker.ask(number, born)

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
    assert abs(cliffs_delta(found, not_found)) < NEGLIGIBLE
