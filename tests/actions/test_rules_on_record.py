"""The rules' properties on the real registry: any order, exactly undone, never twice.

Invented people with many mistakes each stand on record with what surrounds their doses;
each example goes through the actions that run in operation and is rolled back.
"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from complaints.actions import prepared as clicks
from complaints.actions import (
    preparing,
    proving,
    rehearsal,
    selfcorrection,
    switches,
)
from complaints.actions.staging_ground import Ground
from complaints.models import Prepared, SelfCorrection
from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.labelled.measurement import (
    Rates,
    Sessions,
    facts_of,
    neighbour,
    outcomes,
)
from complaints.rules.selfcorrection.labelled.mistakes import MISTAKES, write
from complaints.rules.selfcorrection.labelled.world import make
from complaints.rules.selfcorrection.rule import Tier
from tests.factories import NOON, make_root, make_staff

pytestmark = pytest.mark.usefixtures("all_rows")

WORLD = make(people=2_000, seed=5)
RECORDS = [write(WORLD, n, chance, ()) for chance in (Random(3),) for n in range(2_000)]
OFTEN = tuple(
    replace(one, per_mille=one.per_mille * 8) for one in MISTAKES if one.rule != "A7"
)
FEW = settings(
    max_examples=4,
    deadline=None,
    # An example takes a second: what fails is looked at as it is.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def written(place):
    """Return somebody with many mistakes, and nothing claimed."""
    record = write(WORLD, place, Random(place), OFTEN)
    record.claims.clear()
    return record


# Those whom the rules change most: else most examples would show nothing.
PLACES = sorted(range(300), key=lambda n: -len(written(n).mistakes))[:40]


def put(record):
    return Ground(WORLD, RECORDS).put(record, at=NOON).person.pk


def said_of(person, ask, rules):
    facts = proving.of_people([person], at=NOON)[person]
    return rehearsal.asked(facts, ask, rules)


def settle(person, ask, order, batch):
    """Apply what fires, a rule at a time, until nothing fires; return the rules."""
    done = []
    while True:
        facts, said = said_of(person, ask, order)
        fires = judging.fired(said, Tier.A)
        if not fires:
            return done
        selfcorrection.apply(
            person,
            fires[0],
            province=None,
            batch=batch,
            answers=facts.answers,
            at=NOON,
        )
        done.append(fires[0].rule)


@FEW
@given(place=st.sampled_from(PLACES), order=st.permutations(rehearsal.RULES))
def test_any_order_of_rules_leaves_the_same_record_and_all_is_taken_back_exactly(
    all_rows, place, order
):
    record, ask = written(place), neighbour(WORLD, Rates(), Random(1))
    with transaction.atomic():
        root, person = make_root(), put(record)
        by = make_staff(root, "administrator")
        batch = rehearsal.own_batch(by, at=NOON)
        before = rehearsal.snapshot(person)
        ends = []
        for each in (rehearsal.RULES, order):
            point = transaction.savepoint()
            done = settle(person, ask, each, batch)
            ends.append((sorted(set(done)), rehearsal.snapshot(person)))
            rows = SelfCorrection.objects.filter(person=person)
            places = Counter(rows.values_list("place", flat=True))
            assert set(places.values()) <= {1}, "no field is changed twice"

            wholes = {row.whole for row in rows}
            selfcorrection.take_back(list(wholes), by=by, at=NOON)

            assert rehearsal.snapshot(person) == before
            assert settle(person, ask, each, batch) == [], (
                "what was undone is a person's"
            )
            transaction.savepoint_rollback(point)
        assert ends[0] == ends[1]
        transaction.set_rollback(True)


BY_A_CLICK = {one.rule: one for one in MISTAKES if one.rule in preparing.RULES}


@pytest.mark.parametrize("rule", preparing.RULES)
def test_what_staff_record_by_a_click_is_taken_back_exactly(rule):
    """One mistake each: the first person whom the rule can help."""
    only = (replace(BY_A_CLICK[rule], per_mille=1_000),)
    ask, sessions = neighbour(WORLD, Rates(), Random(1)), Sessions(RECORDS)
    record = next(
        one
        for one in (write(WORLD, n, Random(n), only) for n in range(500))
        if judging.fired(
            outcomes(facts_of(one, WORLD, sessions, Counter()), ask)[1], Tier.B
        )
    )
    root, person = make_root(), put(record)
    nurse = make_staff(root)
    boss = make_staff(root, "administrator")
    switches.switch(rule, is_on=True, reason="Thử", by=boss, at=NOON)
    facts, _said = said_of(person, ask, [rule])
    found = preparing.found_in(person, facts, [rule])
    preparing.keep(found, at=NOON)
    before = rehearsal.snapshot(person)
    row = clicks.accept(Prepared.objects.get().ref, by=nurse, at=NOON)
    assert (row.rule, row.state) == (rule, Prepared.State.MADE)
    assert rehearsal.snapshot(person) != before

    clicks.take_back(row.ref, by=nurse, at=NOON)

    assert rehearsal.snapshot(person) == before
    assert preparing.keep(found, at=NOON) == 0, "nothing is put forward twice"
