"""Nobody learns from a look-up whether somebody is on record: not from a word, not
from a header (trust, T1).

How long it takes is measured by ``make bench ARGS="--only alike"``, on a machine at
rest: a neighbour that works makes times of its own. What may make a difference of time,
the statements, is compared in tests/pages/test_citizen_lookup.py.
"""

import json
import random
from itertools import islice
from urllib.parse import urlsplit

import pytest

from bench import alike
from tests.journeys.conftest import beside

pytestmark = pytest.mark.stack

# Of each way, found and not found.
TRIES = 40


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
    asker = alike.Asker(urlsplit(portal.base).netloc)
    request.addfinalizer(asker.connection.close)
    ways = [
        (alike.known_by_number(people), alike.unknown_by_number(people, chance)),
        (alike.known_by_name(people), alike.unknown_by_name(people, chance)),
    ]

    answers = []
    for known, unknown in ways:
        chance.shuffle(known)
        few = list(islice(unknown, TRIES))
        answers += alike.ask_in_turn(asker, known[:TRIES], few, chance)[2]

    assert len(answers) == 4 * TRIES
    assert answers[0][0] == 303
    assert [a for a in answers if a != answers[0]] == []
